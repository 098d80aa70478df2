//! Runs a kernel with the widest vector instructions that this processor has.

use pulp::{Simd, WithSimd};

/// Runs `op`, compiled for AVX2 with fused multiply-adds where the processor has them, for NEON on
/// 64-bit ARM, and without vectors of a known width elsewhere.
///
/// A closure passed here is compiled for those instructions too if it is `#[inline(always)]`.
#[inline]
pub(crate) fn dispatch<Op: WithSimd>(op: Op) -> Op::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return Simd::vectorize(simd, op);
    }
    pulp::Arch::new().dispatch(op)
}

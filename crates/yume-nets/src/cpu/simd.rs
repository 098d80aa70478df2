//! Runs a kernel with the widest vector instructions that this processor has.

use pulp::{Simd, WithSimd};

/// Runs `op`, compiled for AVX2 with fused multiply-adds where the processor has them, for NEON on
/// 64-bit ARM, and without vectors of a known width elsewhere.
#[inline]
pub(crate) fn dispatch<Op: WithSimd>(op: Op) -> Op::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return Simd::vectorize(simd, op);
    }
    pulp::Arch::new().dispatch(op)
}

/// Runs plain loops likewise, for the compiler to turn into vector instructions.
///
/// The closure must be `#[inline(always)]` and change something that it captures: as a function of its
/// own, or behind the call that makes a `FnMut` of another closure, it would be compiled for any
/// processor.
#[inline]
pub(crate) fn vectorize(loops: impl FnMut()) {
    dispatch(Loops(loops));
}

struct Loops<F>(F);

impl<F: FnMut()> WithSimd for Loops<F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        (self.0)();
    }
}

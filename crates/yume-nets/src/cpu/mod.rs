//! Kernels for inference on the processor: products, convolutions, attention, and chains of elementwise
//! operations as one pass over memory.
//!
//! The general tensor operations read and write memory once per operation, which costs more than the
//! arithmetic on a CPU. Each kernel here has the same operations in tensor form as its slow twin, in
//! the place that calls it; gradients always take the slow one.

pub(crate) mod attention;
pub(crate) mod conv;
pub(crate) mod integers;
pub(crate) mod kept;
pub(crate) mod linear;
mod product;
mod simd;

use burn::tensor::{DType, Device, Tensor};
use rayon::prelude::{IndexedParallelIterator as _, ParallelIterator as _, ParallelSliceMut as _};
use simd::vectorize;

/// Values that one task handles at least: less work than this is not worth a thread.
const TASK: usize = 1 << 14;

/// Whether `x` is f32 on the processor and nobody will ask for its gradient.
pub(crate) fn serves<const D: usize>(x: &Tensor<D>) -> bool {
    let device = x.device();
    x.dtype() == DType::F32 && !device.is_autodiff() && device == Device::flex()
}

/// Runs a network on a thread that shares its work. From outside, every kernel would have to wake
/// such a thread, and wait to be woken by it.
pub(crate) fn among_workers<R: Send>(run: impl FnOnce() -> R + Send) -> R {
    rayon::scope(|_| run())
}

/// The values of a small tensor, such as a parameter.
pub(crate) fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec::<f32>().expect("kernels run on f32")
}

/// `x` in memory of its own, without what it was a part of.
pub(crate) fn compact<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let device = x.device();
    Tensor::from_data(x.into_data(), &device)
}

/// Runs `row` over consecutive rows of `width` values, in parallel; `row` gets the row's index.
pub(crate) fn map_rows<const D: usize>(
    x: Tensor<D>,
    width: usize,
    row: impl Fn(usize, &mut [f32]) + Sync,
) -> Tensor<D> {
    let device = x.device();
    let mut data = x.into_data();
    let all: &mut [f32] = data.as_mut_slice().expect("kernels run on f32");
    let rows = (TASK / width).max(1);
    all.par_chunks_mut(rows * width).enumerate().for_each(|(task, chunk)| {
        vectorize(
            #[inline(always)]
            || {
                for (i, values) in chunk.chunks_exact_mut(width).enumerate() {
                    row(task * rows + i, values);
                }
            },
        );
    });
    Tensor::from_data(data, &device)
}

/// `x + gate * y`; the gate has one value per column and batch item.
pub(crate) fn add_gated(x: Tensor<3>, y: Tensor<3>, gate: Tensor<3>) -> Tensor<3> {
    let [_, tokens, width] = x.dims();
    let (y, gate) = (values(y), values(gate));
    map_rows(
        x,
        width,
        #[inline(always)]
        |row, x| {
            let y = &y[row * width..][..width];
            let gate = &gate[row / tokens * width..][..width];
            for ((x, y), gate) in x.iter_mut().zip(y).zip(gate) {
                *x += y * gate;
            }
        },
    )
}

/// Layer normalisation of every row without parameters, then `x (1 + scale) + shift`.
pub(crate) fn modulate(x: Tensor<3>, shift: Tensor<3>, scale: Tensor<3>, eps: f32) -> Tensor<3> {
    let [_, tokens, width] = x.dims();
    let (shift, scale) = (values(shift), values(scale));
    map_rows(
        x,
        width,
        #[inline(always)]
        |row, x| {
            let at = row / tokens * width;
            let (shift, scale) = (&shift[at..][..width], &scale[at..][..width]);
            let mean = sum(x, |v| v) / width as f32;
            let variance = sum(x, |v| (v - mean) * (v - mean)) / width as f32;
            let inverse = (variance + eps).sqrt().recip();
            for ((x, shift), scale) in x.iter_mut().zip(shift).zip(scale) {
                *x = (*x - mean) * inverse * (1.0 + scale) + shift;
            }
        },
    )
}

/// Root-mean-square normalisation of every row.
pub(crate) fn rms_norm<const D: usize>(x: Tensor<D>, weight: Tensor<1>, eps: f32) -> Tensor<D> {
    let width = x.dims()[D - 1];
    let weight = values(weight);
    map_rows(
        x,
        width,
        #[inline(always)]
        |_, x| {
            let scale = (sum(x, |v| v * v) / width as f32 + eps).sqrt().recip();
            for (x, weight) in x.iter_mut().zip(&weight) {
                *x *= scale * weight;
            }
        },
    )
}

/// Rotates neighbouring channels of `[batch, tokens, heads, head_dim]` as complex numbers by
/// cosines and sines of `[tokens, head_dim / 2]`.
pub(crate) fn rotate(x: Tensor<4>, cos: &[f32], sin: &[f32]) -> Tensor<4> {
    let [_, tokens, heads, head_dim] = x.dims();
    let pairs = head_dim / 2;
    map_rows(
        x,
        heads * head_dim,
        #[inline(always)]
        |row, x| {
            let at = row % tokens * pairs;
            let (cos, sin) = (&cos[at..][..pairs], &sin[at..][..pairs]);
            for head in x.chunks_exact_mut(head_dim) {
                for ((pair, cos), sin) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
                    let (re, im) = (pair[0], pair[1]);
                    pair[0] = re * cos - im * sin;
                    pair[1] = re * sin + im * cos;
                }
            }
        },
    )
}

/// GELU in its tanh form: `x / (1 + exp(-2 sqrt(2 / pi) (x + 0.044715 x^3)))`.
pub(crate) fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let width = x.dims()[D - 1];
    map_rows(
        x,
        width,
        #[inline(always)]
        |_, x| {
            for x in x {
                let inner = 1.595_769 * (*x + 0.044_715 * *x * *x * *x);
                *x /= 1.0 + exp(-inner);
            }
        },
    )
}

/// SiLU of every value.
#[inline(always)]
fn silu(x: &mut [f32]) {
    for x in x {
        *x /= 1.0 + exp(-*x);
    }
}

/// A sum of terms.
#[inline(always)]
fn sum(x: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    lanes(x, 0.0, |a, b| a + b, term)
}

/// Joins terms in eight lanes, which the compiler turns into vector instructions.
#[inline(always)]
fn lanes(x: &[f32], start: f32, join: impl Fn(f32, f32) -> f32, term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [start; 8];
    let chunks = x.chunks_exact(8);
    let rest = chunks.remainder().iter().fold(start, |rest, &v| join(rest, term(v)));
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = join(*lane, term(value));
        }
    }
    lanes.into_iter().fold(rest, join)
}

/// `e^x` within 2 units in the last place, without a call: 2^k times a polynomial on half an
/// octave around 0 (the coefficients of Cephes' `expf`).
#[inline(always)]
fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    // 1.5 * 2^23 leaves no bits for fractions: the sum is rounded, and ends in k as an integer.
    const ROUND: f32 = 12_582_912.0;
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let k = rounded - ROUND;
    let r = x - k * 0.693_359_4 + k * 2.121_944_4e-4;
    let p = 1.987_569_2e-4_f32;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let series = p * r * r + r + 1.0;
    series * f32::from_bits((rounded.to_bits() << 23).wrapping_add(1.0f32.to_bits()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exact_to_rounding() {
        for i in -8600..8700 {
            let x = i as f32 / 100.0;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 3e-7, "exp({x}) is off by {error:e}");
        }
        assert!(exp(-1e9) < 1e-37 && exp(1e9) > 1e37);
    }
}

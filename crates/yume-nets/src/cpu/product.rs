//! Matrix products with a weight that was put into the order of its use beforehand.
//!
//! Every value is one sum over the inputs in their order, whatever rows are computed with it. So a
//! row gives exactly the same values alone and among others, on one thread and on many.

use pulp::{Simd, WithSimd};
use rayon::prelude::{IndexedParallelIterator as _, ParallelIterator as _, ParallelSliceMut as _};

use super::simd::dispatch;

/// Outputs that are summed together, if all outputs are a multiple of the wide one. With 3 rows of 24
/// or 6 rows of 16, sums, weights and a value fit the 16 registers of AVX2 with one to spare, and
/// there are enough sums to keep its two multipliers busy. (4 rows of 24 would fit exactly, but the
/// compiler then keeps one sum in memory.)
const WIDE: usize = 24;
const NARROW: usize = 16;
/// Multiplications that one task does at least: less is not worth a thread.
const TASK: usize = 1 << 21;
/// Rows of a task are a multiple of both heights of a tile.
const ROWS: usize = 12;

/// A weight and its bias: panels of `width` outputs, in each of them input after input.
#[derive(Debug)]
pub(crate) struct Panels {
    values: Vec<f32>,
    bias: Vec<f32>,
    outputs: usize,
    inputs: usize,
    width: usize,
}

impl Panels {
    /// From the weight of every output and input.
    pub(crate) fn new(
        outputs: usize,
        inputs: usize,
        weight: impl Fn(usize, usize) -> f32,
        bias: impl Fn(usize) -> f32,
    ) -> Self {
        let width = if outputs.is_multiple_of(WIDE) { WIDE } else { NARROW };
        let padded = outputs.next_multiple_of(width);
        let mut values = vec![0.0; padded * inputs];
        for (panel, values) in values.chunks_exact_mut(inputs * width).enumerate() {
            let first = panel * width;
            let count = width.min(outputs - first);
            for (input, values) in values.chunks_exact_mut(width).enumerate() {
                for (i, value) in values[..count].iter_mut().enumerate() {
                    *value = weight(first + i, input);
                }
            }
        }
        let bias = (0..padded).map(|i| if i < outputs { bias(i) } else { 0.0 }).collect();
        Self { values, bias, outputs, inputs, width }
    }

    /// Values of an output row.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }
}

/// The left side of a product: a row begins somewhere in `values` and has `run` values from each of
/// the distances `runs` on.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) runs: &'a [usize],
    pub(crate) run: usize,
}

/// Adds the product with every row to the rows of `out`, in parallel, and then finishes each row.
///
/// `start` says where in `left` the row of an output row begins; `finish` gets its index too.
pub(crate) fn add_product(
    left: Left<'_>,
    start: impl Fn(usize) -> usize + Sync,
    panels: &Panels,
    out: &mut [f32],
    finish: impl Fn(usize, &mut [f32]) + Sync,
) {
    let rows = (TASK / (panels.inputs * panels.outputs)).max(1).next_multiple_of(ROWS);
    out.par_chunks_mut(rows * panels.outputs).enumerate().for_each(|(task, out)| {
        let first = task * rows;
        dispatch(Product::new(
            left,
            #[inline(always)]
            |row| start(first + row),
            panels,
            out,
            #[inline(always)]
            |row, out| finish(first + row, out),
        ));
    });
}

/// One task of [`add_product`].
pub(crate) struct Product<'a, Start, Finish> {
    left: Left<'a>,
    start: Start,
    panels: &'a Panels,
    out: &'a mut [f32],
    finish: Finish,
}

impl<'a, Start: Fn(usize) -> usize, Finish: Fn(usize, &mut [f32])> Product<'a, Start, Finish> {
    /// Arguments as in [`add_product`].
    #[inline(always)]
    pub(crate) fn new(
        left: Left<'a>,
        start: Start,
        panels: &'a Panels,
        out: &'a mut [f32],
        finish: Finish,
    ) -> Self {
        Self { left, start, panels, out, finish }
    }
}

impl<Start: Fn(usize) -> usize, Finish: Fn(usize, &mut [f32])> WithSimd
    for Product<'_, Start, Finish>
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (S::F32_LANES, self.panels.width) {
            (8, WIDE) => self.run::<S, 3, 3>(simd),
            (8, _) => self.run::<S, 6, 2>(simd),
            (4, WIDE) => self.run::<S, 4, 6>(simd),
            (4, _) => self.run::<S, 6, 4>(simd),
            (_, WIDE) => self.run::<S, 1, WIDE>(simd),
            (_, _) => self.run::<S, 1, NARROW>(simd),
        }
    }
}

impl<Start: Fn(usize) -> usize, Finish: Fn(usize, &mut [f32])> Product<'_, Start, Finish> {
    /// Tiles of `M` rows and `N` vectors of outputs.
    #[inline(always)]
    fn run<S: Simd, const M: usize, const N: usize>(self, simd: S) {
        let Self { left, start, panels, out, finish } = self;
        let Panels { outputs, inputs, width, .. } = *panels;
        let rows = out.len() / outputs;
        for (panel, weights) in panels.values.chunks_exact(inputs * width).enumerate() {
            let column = panel * width;
            let count = width.min(outputs - column);
            let bias = &panels.bias[column..][..width];
            for first in (0..rows).step_by(M) {
                // Rows beyond the last repeat it, and are dropped.
                let mut starts = [0; M];
                for (m, at) in starts.iter_mut().enumerate() {
                    *at = start((first + m).min(rows - 1));
                }
                let sums = tile::<S, M, N>(simd, left, starts, weights, bias);
                for (m, sums) in sums.iter().enumerate().take(rows - first) {
                    let out = &mut out[(first + m) * outputs + column..][..count];
                    if count == width {
                        let (out, _) = S::as_mut_simd_f32s(out);
                        for n in 0..N {
                            out[n] = simd.add_f32s(out[n], sums[n]);
                        }
                    } else {
                        let sums: &[f32] = pulp::bytemuck::cast_slice(sums);
                        out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
                    }
                }
            }
        }
        for (row, out) in out.chunks_exact_mut(outputs).enumerate() {
            finish(row, out);
        }
    }
}

/// The products of `M` rows with one panel, in registers.
#[inline(always)]
pub(crate) fn tile<S: Simd, const M: usize, const N: usize>(
    simd: S,
    left: Left<'_>,
    starts: [usize; M],
    weights: &[f32],
    bias: &[f32],
) -> [[S::f32s; N]; M] {
    let (bias, _) = S::as_simd_f32s(bias);
    let mut sums = [[simd.splat_f32s(0.0); N]; M];
    for sums in &mut sums {
        sums.copy_from_slice(&bias[..N]);
    }
    let (weights, _) = S::as_simd_f32s(weights);
    for (weights, &run) in weights.chunks_exact(left.run * N).zip(left.runs) {
        // From `array::map` the compiler would not learn how long the rows are, and would check
        // every access.
        let mut rows: [&[f32]; M] = [&[]; M];
        for (row, start) in rows.iter_mut().zip(starts) {
            *row = &left.values[start + run..][..left.run];
        }
        for k in 0..left.run {
            let weights = &weights[k * N..][..N];
            for m in 0..M {
                let value = simd.splat_f32s(rows[m][k]);
                for n in 0..N {
                    sums[m][n] = simd.mul_add_e_f32s(value, weights[n], sums[m][n]);
                }
            }
        }
    }
    sums
}

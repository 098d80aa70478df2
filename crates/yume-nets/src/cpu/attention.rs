//! Softmax attention on the processor: a few queries at a time, whose scores stay in the cache.

use std::cell::Cell;

use burn::tensor::{DType, Tensor, TensorData};
use pulp::{Simd, WithSimd};
use rayon::prelude::{
    IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _,
    ParallelSliceMut as _,
};

use super::product::{Left, Panels, Product};
use super::simd::dispatch;
use super::{exp, lanes, sum, values};

/// Queries whose scores are held at a time; a multiple of the height of every tile.
const ROWS: usize = 12;
/// Queries of one task.
const TASK: usize = 5 * ROWS;
/// Beyond this many keys the scores of a few queries leave the cache.
const KEYS: usize = 4096;

/// Whether the kernel is made for this many keys.
pub(crate) fn serves(keys: usize) -> bool {
    (1..=KEYS).contains(&keys)
}

/// See [`crate::attention::attend`].
pub(crate) fn attend(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>) -> Tensor<3> {
    let [batch, queries, heads, head_dim] = q.dims();
    let [_, keys, ..] = k.dims();
    let device = q.device();
    let (q, k, v) = (values(q), values(k), values(v));
    let at = |item: usize, key: usize, head: usize| ((item * keys + key) * heads + head) * head_dim;
    let sides: Vec<(Panels, Panels)> = (0..batch * heads)
        .into_par_iter()
        .map(|index| {
            let (item, head) = (index / heads, index % heads);
            let keys_of = Panels::new(keys, head_dim, |key, i| k[at(item, key, head) + i], |_| 0.0);
            let values_of =
                Panels::new(head_dim, keys, |i, key| v[at(item, key, head) + i], |_| 0.0);
            (keys_of, values_of)
        })
        .collect();
    let width = heads * head_dim;
    let mut out = vec![0.0; batch * queries * width];
    for (item, out) in out.chunks_exact_mut(queries * width).enumerate() {
        out.par_chunks_mut(TASK * width).enumerate().for_each(|(task, out)| {
            let queries = &q[(item * queries + task * TASK) * width..][..out.len()];
            dispatch(Attend { queries, sides: &sides[item * heads..][..heads], head_dim, out });
        });
    }
    Tensor::from_data(TensorData::new(out, [batch, queries, width]), (&device, DType::F32))
}

/// Some queries of one item, over all heads.
struct Attend<'a> {
    queries: &'a [f32],
    /// Keys and values of every head.
    sides: &'a [(Panels, Panels)],
    head_dim: usize,
    out: &'a mut [f32],
}

impl WithSimd for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { queries, sides, head_dim, out } = self;
        let width = sides.len() * head_dim;
        let rows = out.len() / width;
        let scale = (head_dim as f32).sqrt().recip();
        let mut scores = Vec::new();
        let mut sums = vec![0.0; ROWS * head_dim];
        for (head, (keys, values)) in sides.iter().enumerate() {
            for first in (0..rows).step_by(ROWS) {
                let count = ROWS.min(rows - first);
                let totals: [Cell<f32>; ROWS] = Default::default();
                scores.clear();
                scores.resize(count * keys.outputs(), 0.0);
                Product::new(
                    Left { values: queries, runs: &[0], run: head_dim },
                    #[inline(always)]
                    |row| (first + row) * width + head * head_dim,
                    keys,
                    &mut scores,
                    #[inline(always)]
                    |row, scores: &mut [f32]| {
                        let largest = lanes(scores, f32::NEG_INFINITY, |a, b| a.max(b), |v| v);
                        for score in scores.iter_mut() {
                            *score = exp((*score - largest) * scale);
                        }
                        totals[row].set(sum(scores, |v| v));
                    },
                )
                .with_simd(simd);
                let sums = &mut sums[..count * head_dim];
                sums.fill(0.0);
                Product::new(
                    Left { values: &scores, runs: &[0], run: keys.outputs() },
                    #[inline(always)]
                    |row| row * keys.outputs(),
                    values,
                    sums,
                    #[inline(always)]
                    |row, sums: &mut [f32]| {
                        let scale = totals[row].get().recip();
                        sums.iter_mut().for_each(|sum| *sum *= scale);
                    },
                )
                .with_simd(simd);
                for (row, sums) in sums.chunks_exact(head_dim).enumerate() {
                    out[(first + row) * width + head * head_dim..][..head_dim]
                        .copy_from_slice(sums);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Distribution, module};

    use super::*;

    #[test]
    fn agrees_with_the_librarys_attention() {
        let device = Device::flex();
        let random = |shape| Tensor::<4>::random(shape, Distribution::Uniform(-2.0, 2.0), &device);
        // batch, queries, keys, heads, head_dim
        let table = [
            [1, 1, 1, 1, 8],
            [2, 13, 7, 3, 12],
            [1, 330, 330, 5, 32],
            [1, 61, 37, 2, 48],
            [2, 12, 100, 1, 64],
        ];
        for [batch, queries, keys, heads, head_dim] in table {
            let q = random([batch, queries, heads, head_dim]);
            let k = random([batch, keys, heads, head_dim]);
            let v = random([batch, keys, heads, head_dim]);
            let [a, b, c] = [&q, &k, &v].map(|x| x.clone().swap_dims(1, 2));
            let theirs = module::attention(a, b, c, None, None, Default::default())
                .swap_dims(1, 2)
                .reshape([batch, queries, heads * head_dim]);
            let largest = (attend(q, k, v) - theirs).abs().max().into_scalar::<f32>();
            assert!(largest < 1e-5, "off by {largest} with {keys} keys of {head_dim}");
        }
    }
}

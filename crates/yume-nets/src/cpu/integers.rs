//! Products of integers of eight bits on the processor.

use burn::tensor::{DType, Int, Tensor, TensorData};
use rayon::prelude::{
    IndexedParallelIterator as _, ParallelIterator as _, ParallelSlice as _, ParallelSliceMut as _,
};

use super::simd::vectorize;
use super::values;
use crate::integers::LARGEST;

/// Rows that one task handles: a row of the weight is read once for all of them.
const ROWS: usize = 64;

/// `x W^T`.
///
/// # Shapes
/// - x: `[..., in]`
/// - codes, scales: `[out, in]` and `[out, 1]` of the weight
/// - output: `[..., out]`
pub(crate) fn product<const D: usize>(
    x: Tensor<D>,
    codes: Tensor<2, Int>,
    scales: Tensor<2>,
) -> Tensor<D> {
    let device = x.device();
    let mut dims = x.dims();
    let [outputs, inputs] = codes.dims();
    dims[D - 1] = outputs;
    let (x, scales) = (values(x), values(scales));
    let codes = codes.into_data();
    let codes: &[i8] = codes.as_slice().expect("codes are held as i8");
    let mut out = vec![0.0; x.len() / inputs * outputs];
    out.par_chunks_mut(ROWS * outputs).zip(x.par_chunks(ROWS * inputs)).for_each(|(out, x)| {
        let mut task = Task::new(x, inputs);
        vectorize(
            #[inline(always)]
            || {
                task.encode(x);
                task.multiply(codes, &scales, out);
            },
        );
    });
    Tensor::from_data(TensorData::new(out, dims), (&device, DType::F32))
}

/// Some rows, coded, and room for the row of the weight that they are multiplied with.
struct Task {
    inputs: usize,
    codes: Vec<i16>, // [rows, in]: products of pairs of i16 are one instruction
    scales: Vec<f32>,
    weight: Vec<i16>,
}

impl Task {
    fn new(x: &[f32], inputs: usize) -> Self {
        let rows = x.len() / inputs;
        let (codes, scales) = (vec![0; x.len()], vec![0.0; rows]);
        Self { inputs, codes, scales, weight: vec![0; inputs] }
    }

    #[inline(always)]
    fn encode(&mut self, x: &[f32]) {
        let rows = x.chunks_exact(self.inputs).zip(self.codes.chunks_exact_mut(self.inputs));
        for ((x, codes), scale) in rows.zip(&mut self.scales) {
            let largest = x.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
            // A row of zeros keeps a scale that can be divided by.
            *scale = (largest / LARGEST).max(f32::MIN_POSITIVE);
            for (code, x) in codes.iter_mut().zip(x) {
                *code = (x / *scale).round_ties_even() as i16;
            }
        }
    }

    /// Writes `[rows, out]` into `out`.
    #[inline(always)]
    fn multiply(&mut self, codes: &[i8], scales: &[f32], out: &mut [f32]) {
        let (inputs, outputs) = (self.inputs, scales.len());
        for (output, (codes, scale)) in codes.chunks_exact(inputs).zip(scales).enumerate() {
            for (wide, code) in self.weight.iter_mut().zip(codes) {
                *wide = i16::from(*code);
            }
            for (row, x) in self.codes.chunks_exact(inputs).enumerate() {
                // At most 2^14 for each of the inputs, of which there are far fewer than 2^17.
                let pairs = x.iter().zip(&self.weight);
                let sum: i32 = pairs.map(|(x, weight)| i32::from(*x) * i32::from(*weight)).sum();
                out[row * outputs + output] = sum as f32 * self.scales[row] * scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Distribution};

    use super::*;

    #[test]
    fn sums_are_those_of_whole_numbers_and_a_row_alone_is_the_same() {
        let device = Device::flex();
        // rows, inputs, outputs
        for [rows, inputs, outputs] in [[1, 1, 1], [5, 7, 3], [130, 160, 48], [65, 33, 40]] {
            let random = |rows: usize, limit: f64| {
                Tensor::<2>::random([rows, inputs], Distribution::Uniform(-limit, limit), &device)
            };
            let x = random(rows, 3.0);
            let codes = random(outputs, 127.0).round().int().cast(DType::I8);
            let scales =
                Tensor::<2>::random([outputs, 1], Distribution::Uniform(0.01, 0.1), &device);
            let found = product(x.clone(), codes.clone(), scales.clone());

            let row_scales = x.clone().abs().max_dim(1) / LARGEST;
            let row_codes = (x.clone() / row_scales.clone()).round();
            let sums = row_codes.matmul(codes.clone().float().transpose());
            let exact = sums * row_scales * scales.clone().transpose();
            let off = (found.clone() - exact).abs().max().into_scalar::<f32>();
            assert!(off < 1e-2, "off by {off} with {inputs} inputs, {outputs} outputs");

            let last = product(x.narrow(0, rows - 1, 1), codes, scales);
            assert_eq!(values(last), values(found.narrow(0, rows - 1, 1)));
        }
    }

    #[test]
    fn a_row_of_zeros_stays_one() {
        let device = Device::flex();
        let codes = Tensor::<2>::ones([3, 4], &device).int().cast(DType::I8);
        let scales = Tensor::<2>::ones([3, 1], &device);
        assert_eq!(values(product(Tensor::<2>::zeros([2, 4], &device), codes, scales)), [0.0; 6]);
    }
}

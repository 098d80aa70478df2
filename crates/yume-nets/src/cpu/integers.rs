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

/// Rows that are multiplied at once with a row of the weight.
const AT_ONCE: usize = 4;

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
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = pulp::x86::V3::try_new() {
            return simd.vectorize(
                #[inline(always)]
                || {
                    task.encode(x);
                    task.multiply(
                        codes,
                        &scales,
                        out,
                        #[inline(always)]
                        |rows, weight| dots_by_pairs(simd.avx2, rows, weight),
                    );
                },
            );
        }
        vectorize(
            #[inline(always)]
            || {
                task.encode(x);
                task.multiply(codes, &scales, out, dots);
            },
        );
    });
    Tensor::from_data(TensorData::new(out, dims), (&device, DType::F32))
}

/// Some rows, coded, and room for the row of the weight that they are multiplied with. Rows are filled up
/// with zeros to a multiple of a vector, and with rows of zeros to a multiple of those multiplied at once.
struct Task {
    inputs: usize,
    codes: Vec<Vector>, // [rows, vectors]: products of pairs of i16 are one instruction
    scales: Vec<f32>,
    weight: Vec<Vector>,
}

/// What one instruction multiplies.
type Vector = [i16; 16];

impl Task {
    fn new(x: &[f32], inputs: usize) -> Self {
        let rows = x.len() / inputs;
        let vectors = inputs.div_ceil(size_of::<Vector>() / size_of::<i16>());
        Self {
            inputs,
            codes: vec![Vector::default(); rows.next_multiple_of(AT_ONCE) * vectors],
            scales: vec![0.0; rows],
            weight: vec![Vector::default(); vectors],
        }
    }

    #[inline(always)]
    fn encode(&mut self, x: &[f32]) {
        let codes = self.codes.chunks_exact_mut(self.weight.len());
        let rows = x.chunks_exact(self.inputs).zip(codes);
        for ((x, codes), scale) in rows.zip(&mut self.scales) {
            let largest = x.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
            // A row of zeros keeps a scale that can be divided by.
            *scale = (largest / LARGEST).max(f32::MIN_POSITIVE);
            for (code, x) in codes.as_flattened_mut().iter_mut().zip(x) {
                *code = (x / *scale).round_ties_even() as i16;
            }
        }
    }

    /// Writes `[rows, out]` into `out`; `dots` multiplies rows with the weight's.
    #[inline(always)]
    fn multiply(
        &mut self,
        codes: &[i8],
        scales: &[f32],
        out: &mut [f32],
        dots: impl Fn([&[Vector]; AT_ONCE], &[Vector]) -> [i32; AT_ONCE],
    ) {
        let (vectors, outputs) = (self.weight.len(), scales.len());
        for (output, (codes, scale)) in codes.chunks_exact(self.inputs).zip(scales).enumerate() {
            for (wide, code) in self.weight.as_flattened_mut().iter_mut().zip(codes) {
                *wide = i16::from(*code);
            }
            for (at_once, x) in self.codes.chunks_exact(AT_ONCE * vectors).enumerate() {
                let rows = [0, 1, 2, 3].map(|row| &x[row * vectors..][..vectors]);
                let first = at_once * AT_ONCE;
                let sums = dots(rows, &self.weight).into_iter().zip(&self.scales[first..]);
                for (row, (sum, row_scale)) in sums.enumerate() {
                    out[(first + row) * outputs + output] = sum as f32 * row_scale * scale;
                }
            }
        }
    }
}

/// Sums of products, each at most 2^14, of far fewer than 2^17 inputs.
#[inline(always)]
fn dots(rows: [&[Vector]; AT_ONCE], weight: &[Vector]) -> [i32; AT_ONCE] {
    rows.map(|row| {
        let pairs = row.as_flattened().iter().zip(weight.as_flattened());
        pairs.map(|(x, weight)| i32::from(*x) * i32::from(*weight)).sum()
    })
}

/// The same with AVX2.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn dots_by_pairs(
    avx2: pulp::core_arch::x86::Avx2,
    rows: [&[Vector]; AT_ONCE],
    weight: &[Vector],
) -> [i32; AT_ONCE] {
    let mut sums = [pulp::cast([0i32; 8]); AT_ONCE];
    for (at, weight) in weight.iter().enumerate() {
        let weight = pulp::cast(*weight);
        for (sum, row) in sums.iter_mut().zip(rows) {
            let products = avx2._mm256_madd_epi16(pulp::cast(row[at]), weight);
            *sum = avx2._mm256_add_epi32(*sum, products);
        }
    }
    sums.map(|sum| pulp::cast::<_, [i32; 8]>(sum).into_iter().sum())
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

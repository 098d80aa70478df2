//! Products of integers of eight bits: of coded weights with activations that are coded as they come,
//! row by row ("W8A8" with a scale per token, as in Yao et al., arXiv 2206.01861).

use burn::backend::tensor::IntTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{DType, Device, Int, Tensor};
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::matmul::{MatmulStrategy, matmul};

use crate::cpu;
use crate::layers::to_dtype;

/// The largest code.
pub(crate) const LARGEST: f32 = 127.0;

/// `x W^T`, in f32; each row of `x` has a scale of its own.
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
    let x = to_dtype(x, DType::F32);
    if cpu::serves(&x) {
        return cpu::integers::product(x, codes, scales);
    }
    let mut dims = x.dims();
    let [outputs, inputs] = codes.dims();
    let rows = x.shape().num_elements() / inputs;
    let x = x.reshape([rows, inputs]);
    // A row of zeros keeps a scale that can be divided by.
    let row_scales = (x.clone().abs().max_dim(1) / LARGEST).clamp_min(f32::MIN_POSITIVE);
    let row_codes = (x / row_scales.clone()).round().int().cast(DType::I8);
    let sums = to_dtype(sums(row_codes, codes).float(), DType::F32);
    dims[D - 1] = outputs;
    (sums * row_scales * scales.transpose()).reshape(dims)
}

/// Whether `device` holds integers of eight bits and multiplies them without an error.
pub fn multiplies_integers(device: &Device) -> bool {
    if !device.supports_dtype(DType::I8) {
        return false;
    }
    // Whole numbers as large as their row's scale, whose products f32 holds without an error. Not a
    // multiple of any tile.
    let (rows, inputs, outputs) = (70, 200, 90);
    let at = |n: usize, step: usize| ((n * step % 255) as f32) - LARGEST;
    let matrix = |rows: usize, step: usize| {
        let numbers =
            (0..rows * inputs).map(|n| if n % inputs == 0 { LARGEST } else { at(n, step) });
        numbers.collect::<Vec<f32>>()
    };
    let (x, weight) = (matrix(rows, 7), matrix(outputs, 11));
    let on_device = |numbers: &[f32], rows: usize| {
        Tensor::<1>::from_data(numbers, (device, DType::F32)).reshape([rows, inputs])
    };
    let codes = on_device(&weight, outputs).int().cast(DType::I8);
    let scales = Tensor::ones([outputs, 1], (device, DType::F32));
    let found = cpu::values(product(on_device(&x, rows), codes, scales));
    let exact = (0..rows * outputs).map(|n| {
        let (row, output) = (n / outputs, n % outputs);
        let pairs = x[row * inputs..][..inputs].iter().zip(&weight[output * inputs..][..inputs]);
        pairs.map(|(x, weight)| x * weight).sum::<f32>()
    });
    found.into_iter().zip(exact).all(|(found, exact)| found == exact)
}

/// The sums of products of codes, `[rows, in]` and `[out, in]` to `[rows, out]`, as i32.
fn sums(x: Tensor<2, Int>, weight: Tensor<2, Int>) -> Tensor<2, Int> {
    Tensor::from_dispatch(Dispatch::integer_product(x.into_dispatch(), weight.into_dispatch()))
}

/// The library's own product of integers keeps their width, so that its sums would overflow.
#[backend_extension(Cube, Fusion)]
trait IntegerProduct: Backend {
    #[fusion(dtype = DType::I32, shape = [x[0], weight[0]].into())]
    fn integer_product(x: IntTensor<Self>, weight: IntTensor<Self>) -> IntTensor<Self>;
}

impl IntegerProduct for CubeBackend {
    fn integer_product(x: IntTensor<Self>, mut weight: IntTensor<Self>) -> IntTensor<Self> {
        weight.meta.swap(0, 1);
        matmul(x, weight, None, MatmulStrategy::default(), DType::I32)
            .expect("one of the library's kernels for products takes any two matrices")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_multiplies_integers() {
        assert!(multiplies_integers(&Device::flex()));
    }
}

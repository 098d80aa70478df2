//! Linear layers on the processor.

use burn::tensor::{DType, Tensor, TensorData};

use super::product::{Left, Panels, add_product};
use super::values;

/// The weight `[out, in]` of a linear layer as products read it.
pub(crate) fn panels(weight: Tensor<2>, bias: Option<Tensor<1>>) -> Panels {
    let [outputs, inputs] = weight.dims();
    let weight = values(weight);
    let bias = bias.map(values);
    Panels::new(
        outputs,
        inputs,
        |output, input| weight[output * inputs + input],
        |output| bias.as_ref().map_or(0.0, |bias| bias[output]),
    )
}

/// `x W^T + b`.
///
/// # Shapes
/// - x: `[..., in]`
/// - output: `[..., out]`
pub(crate) fn linear<const D: usize>(x: Tensor<D>, panels: &Panels) -> Tensor<D> {
    let device = x.device();
    let mut dims = x.dims();
    let inputs = dims[D - 1];
    dims[D - 1] = panels.outputs();
    let x = values(x);
    let mut out = vec![0.0; x.len() / inputs * panels.outputs()];
    let left = Left { values: &x, runs: &[0], run: inputs };
    add_product(
        left,
        #[inline(always)]
        |row| row * inputs,
        panels,
        &mut out,
        |_, _| {},
    );
    Tensor::from_data(TensorData::new(out, dims), (&device, DType::F32))
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Distribution, module};

    use super::*;

    #[test]
    fn agrees_with_the_librarys_product_and_gives_a_row_alone_the_same_values() {
        let device = Device::flex();
        let random = |shape| Tensor::<2>::random(shape, Distribution::Uniform(-1.0, 1.0), &device);
        // rows, inputs, outputs
        for [rows, inputs, outputs] in
            [[1, 1, 1], [5, 7, 3], [330, 160, 480], [25, 33, 40], [330, 480, 160], [12, 96, 24]]
        {
            let (x, weight) = (random([rows, inputs]), random([outputs, inputs]));
            let bias = random([1, outputs]).reshape([outputs]);
            let panels = panels(weight.clone(), Some(bias.clone()));
            let ours = linear(x.clone(), &panels);
            let theirs = module::linear(x.clone(), weight.transpose(), Some(bias));
            let largest = (ours.clone() - theirs).abs().max().into_scalar::<f32>();
            assert!(largest < 1e-4, "off by {largest} with {inputs} inputs, {outputs} outputs");
            let last = linear(x.narrow(0, rows - 1, 1), &panels);
            assert_eq!(values(last), values(ours.narrow(0, rows - 1, 1)));
        }
    }
}

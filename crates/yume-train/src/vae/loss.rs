//! What a decoded video is judged by.

use burn::tensor::Tensor;

use crate::config::VaeLoss;

/// Scales at which gradients are compared.
const SCALES: usize = 3;

/// The loss of `decoded` against `video`, a single number.
///
/// # Shapes
/// - decoded, video: `[batch, 3, frames, height, width]`
pub fn loss(weights: &VaeLoss, decoded: Tensor<5>, video: Tensor<5>) -> Tensor<1> {
    let difference = decoded - video;
    let [_, _, frames, ..] = difference.dims();
    let mut sum = difference.clone().abs().mean() * weights.absolute
        + difference.clone().square().mean() * weights.squared;
    if frames > 1 {
        sum = sum + change(difference.clone(), 2).abs().mean() * weights.temporal;
    }
    let mut scaled = difference;
    for scale in 0..SCALES {
        // All maps here are linear, so the difference of gradients is the gradient of the difference.
        let gradient =
            change(scaled.clone(), 3).abs().mean() + change(scaled.clone(), 4).abs().mean();
        sum = sum + gradient * (weights.gradient / SCALES as f32);
        let [_, _, _, height, width] = scaled.dims();
        if scale + 1 < SCALES && height % 4 == 0 && width % 4 == 0 {
            scaled = halve(scaled);
        }
    }
    sum
}

fn change(x: Tensor<5>, axis: usize) -> Tensor<5> {
    let length = x.dims()[axis] - 1;
    x.clone().narrow(axis, 1, length) - x.narrow(axis, 0, length)
}

fn halve(x: Tensor<5>) -> Tensor<5> {
    let [batch, channels, frames, height, width] = x.dims();
    let (rows, columns) = (height / 2, width / 2);
    x.reshape([batch * channels * frames, rows, 2, columns, 2])
        .mean_dim(4)
        .mean_dim(2) // [batch * channels * frames, rows, 1, columns, 1]
        .reshape([batch, channels, frames, rows, columns])
}

#[cfg(test)]
mod tests {
    use burn::tensor::{DType, Device};

    use super::*;

    #[test]
    fn an_even_offset_counts_only_where_it_is_seen() {
        let shape = [1, 3, 5, 16, 16];
        let options = (&Device::flex(), DType::F32);
        let (a, b) = (Tensor::<5>::zeros(shape, options), Tensor::<5>::full(shape, 0.5, options));
        let of = |absolute, gradient, temporal, squared| {
            let weights = VaeLoss { absolute, gradient, temporal, squared };
            loss(&weights, a.clone(), b.clone()).into_scalar::<f32>()
        };
        assert_eq!(of(1.0, 0.0, 0.0, 0.0), 0.5);
        assert_eq!(of(0.0, 0.0, 0.0, 1.0), 0.25);
        assert_eq!(of(0.0, 1.0, 1.0, 0.0), 0.0);
        assert_eq!(
            loss(
                &VaeLoss { absolute: 1.0, gradient: 1.0, temporal: 1.0, squared: 1.0 },
                a.clone(),
                a.clone()
            )
            .into_scalar::<f32>(),
            0.0
        );
    }
}

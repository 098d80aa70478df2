//! Convolution with stride 1 on the processor, as one product without unfolding the input.
//!
//! The channels of a pixel lie side by side in memory. With a margin of zeros around every frame, the
//! pixels that a row of the kernel sees are then one stretch of memory, and a convolution is a product
//! whose left side begins at another place for every pixel.

use burn::tensor::{DType, Tensor, TensorData};
use rayon::prelude::{IndexedParallelIterator as _, ParallelIterator as _, ParallelSliceMut as _};

use super::product::{Left, Panels, add_product};
use super::simd::vectorize;
use super::{silu, sum, values};
use crate::channels_last::{by_channel, by_pixel};

/// Pixels that one task copies at least.
const TASK: usize = 1 << 14;

/// What happens to the input on its way into a convolution, and what is added to the output.
#[derive(Default)]
pub(crate) struct Around {
    /// Every pixel's channels are first scaled to length sqrt(channels), times these, then SiLU.
    pub(crate) norm: Option<Tensor<4>>,
    /// Every pixel is repeated in both directions.
    pub(crate) doubled: bool,
    /// Has the shape of the output.
    pub(crate) plus: Option<Tensor<5>>,
}

/// The weight `[out, in, k_t, k, k]` of a convolution as products read it.
pub(crate) fn panels(weight: Tensor<5>, bias: Tensor<1>) -> Panels {
    let [outputs, channels, kernel_t, kernel, _] = weight.dims();
    let taps = kernel_t * kernel * kernel;
    let (weight, bias) = (values(weight), values(bias));
    Panels::new(
        outputs,
        taps * channels,
        |output, input| {
            let (tap, channel) = (input / channels, input % channels);
            weight[(output * channels + channel) * taps + tap]
        },
        |output| bias[output],
    )
}

/// A convolution over frames, rows and columns; valid in time, as many rows and columns as before.
///
/// # Shapes
/// - x: `[batch, in, frames, height, width]`, the frames of the past included
/// - kernel: frames and edge, the edge odd
/// - output: `[batch, out, frames - k_t + 1, height, width]`, height and width doubled if asked for
pub(crate) fn convolve(
    x: Tensor<5>,
    panels: &Panels,
    [kernel_t, kernel]: [usize; 2],
    around: Around,
) -> Tensor<5> {
    let [batch, channels, frames, height, width] = x.dims();
    let device = x.device();
    let scale = if around.doubled { 2 } else { 1 };
    let (height, width) = (height * scale, width * scale);
    let margin = kernel / 2;
    let (rows, stride) = (height + 2 * margin, (width + 2 * margin) * channels);
    let input = if kernel == 1 && scale == 1 && around.norm.is_none() {
        values(by_pixel(x))
    } else {
        padded(x, scale, margin, around.norm)
    };
    let runs: Vec<usize> =
        (0..kernel_t).flat_map(|t| (0..kernel).map(move |row| (t * rows + row) * stride)).collect();
    let left = Left { values: &input, runs: &runs, run: kernel * channels };

    let out_frames = frames + 1 - kernel_t;
    let starts = starts([batch, out_frames], frames, [height, width], [rows, stride], channels);
    let outputs = panels.outputs();
    let mut out = match around.plus {
        Some(plus) => values(by_pixel(plus)),
        None => vec![0.0; starts.len() * outputs],
    };
    add_product(
        left,
        #[inline(always)]
        |pixel| starts[pixel],
        panels,
        &mut out,
        |_, _| {},
    );
    let data = TensorData::new(out, [batch, out_frames, height, width, outputs]);
    by_channel(Tensor::from_data(data, (&device, DType::F32)))
}

/// Where the values begin that each pixel of the output sees. A division per pixel would be slower.
fn starts(
    [batch, out_frames]: [usize; 2],
    frames: usize,
    [height, width]: [usize; 2],
    [rows, stride]: [usize; 2],
    channels: usize,
) -> Vec<usize> {
    let mut starts = Vec::with_capacity(batch * out_frames * height * width);
    for item in 0..batch {
        for frame in 0..out_frames {
            for row in 0..height {
                let start = ((item * frames + frame) * rows + row) * stride;
                starts.extend((0..width).map(|column| start + column * channels));
            }
        }
    }
    starts
}

/// Every frame, enlarged by `scale` and normalised, with a margin of zeros.
fn padded(x: Tensor<5>, scale: usize, margin: usize, norm: Option<Tensor<4>>) -> Vec<f32> {
    let [batch, channels, frames, height, width] = x.dims();
    let (rows, columns) = (scale * height + 2 * margin, scale * width + 2 * margin);
    let input = values(by_pixel(x));
    let gamma: Option<Vec<f32>> = norm.map(|gamma| {
        values(gamma).into_iter().map(|gamma| gamma * (channels as f32).sqrt()).collect()
    });
    let inside = margin * channels..(margin + scale * width) * channels;
    let mut out = vec![0.0; batch * frames * rows * columns * channels];
    let of_task = (TASK / (columns * channels)).max(1);
    out.par_chunks_mut(of_task * columns * channels).enumerate().for_each(|(task, out)| {
        vectorize(
            #[inline(always)]
            || {
                for (i, out) in out.chunks_exact_mut(columns * channels).enumerate() {
                    let (frame, row) = ((task * of_task + i) / rows, (task * of_task + i) % rows);
                    if row < margin || row >= margin + scale * height {
                        continue;
                    }
                    let row = frame * height + (row - margin) / scale;
                    let input = &input[row * width * channels..][..width * channels];
                    let out = &mut out[inside.clone()];
                    if scale == 1 {
                        out.copy_from_slice(input);
                    } else {
                        let pixels = out.chunks_exact_mut(scale * channels);
                        for (out, input) in pixels.zip(input.chunks_exact(channels)) {
                            for out in out.chunks_exact_mut(channels) {
                                out.copy_from_slice(input);
                            }
                        }
                    }
                    if let Some(gamma) = &gamma {
                        for out in out.chunks_exact_mut(channels) {
                            let scale = sum(out, |v| v * v).sqrt().max(1e-12).recip();
                            for (out, gamma) in out.iter_mut().zip(gamma) {
                                *out *= scale * gamma;
                            }
                        }
                        silu(out);
                    }
                }
            },
        );
    });
    out
}

#[cfg(test)]
mod tests {
    use burn::tensor::activation::silu;
    use burn::tensor::ops::ConvOptions;
    use burn::tensor::{Device, Distribution, module};

    use super::*;

    #[test]
    fn agrees_with_the_librarys_operations() {
        let device = Device::flex();
        let random = |shape| Tensor::<5>::random(shape, Distribution::Uniform(-1.0, 1.0), &device);
        // batch, in, out, frames, height, width, k_t, k, scale
        let table = [
            [1, 3, 4, 1, 5, 7, 1, 3, 1],
            [2, 5, 6, 4, 8, 12, 3, 3, 1],
            [1, 16, 33, 3, 3, 2, 1, 1, 1],
            [1, 8, 8, 5, 4, 6, 3, 1, 1],
            [1, 7, 9, 2, 16, 24, 1, 3, 2],
            [1, 24, 24, 4, 6, 50, 1, 3, 1],
        ];
        for [batch, input, output, frames, height, width, kernel_t, kernel, scale] in table {
            for is_normed in [false, true] {
                let x = random([batch, input, frames, height, width]);
                let weight = random([output, input, kernel_t, kernel, kernel]);
                let bias = random([1, 1, 1, 1, output]).reshape([output]);
                let gamma = random([1, input, 1, 1, 1]);
                let plus =
                    random([batch, output, frames + 1 - kernel_t, scale * height, scale * width]);
                let normed = if is_normed {
                    let length = x.clone().square().sum_dim(1).sqrt();
                    silu(x.clone() / length * gamma.clone() * (input as f32).sqrt())
                } else {
                    x.clone()
                };
                let large = normed
                    .reshape([batch * input * frames, height, 1, width, 1])
                    .expand([batch * input * frames, height, scale, width, scale])
                    .reshape([batch, input, frames, scale * height, scale * width]);
                let pad = kernel / 2;
                let options = ConvOptions::new([1; 3], [0, pad, pad], [1; 3], 1);
                let theirs = module::conv3d(large, weight.clone(), Some(bias.clone()), options)
                    + plus.clone();
                let around = Around {
                    norm: is_normed.then(|| gamma.reshape([input, 1, 1, 1])),
                    doubled: scale == 2,
                    plus: Some(plus),
                };
                let ours = convolve(x, &panels(weight, bias), [kernel_t, kernel], around);
                assert_eq!(ours.dims(), theirs.dims());
                let largest = (ours - theirs).abs().max().into_scalar::<f32>();
                assert!(largest < 2e-4, "off by {largest} with {output} outputs, scale {scale}");
            }
        }
    }
}

//! Convolution with stride 1 on the processor, without unfolding the input.
//!
//! Every plane is copied once with a margin of zeros. Over such planes a convolution is a sum of
//! shifted rows: the same shift for every pixel, margins included, so the inner loops run over
//! straight memory and a tile of sums stays in registers.

use burn::tensor::{DType, Tensor, TensorData};
use rayon::prelude::{
    IndexedParallelIterator as _, ParallelIterator as _, ParallelSlice as _, ParallelSliceMut as _,
};

/// Output channels and positions summed at a time: 4 x 24 sums, 3 inputs and 1 weight are the 16
/// registers of AVX2.
const OUT: usize = 4;
const TILE: usize = 24;

/// A convolution over frames, rows and columns; valid in time, as many rows and columns as before.
///
/// # Shapes
/// - x: `[batch, in, frames, height, width]`, the frames of the past included
/// - weight: `[out, in, k_t, k, k]` with odd k
/// - output: `[batch, out, frames - k_t + 1, scale * height, scale * width]`; a scale of 2 repeats
///   every pixel of the input before the convolution
pub(crate) fn convolve(
    x: Tensor<5>,
    weight: Tensor<5>,
    bias: Tensor<1>,
    scale: usize,
) -> Tensor<5> {
    let [batch, channels, frames, height, width] = x.dims();
    let [outputs, _, kernel_t, kernel, _] = weight.dims();
    let (height, width) = (height * scale, width * scale);
    let device = x.device();
    let margin = kernel / 2;
    let stride = width + 2 * margin;
    let positions = height * stride;
    let planes =
        Planes { length: (height + 2 * margin) * stride + TILE, values: padded(x, scale, margin) };
    let (weight, bias) = (super::values(weight), super::values(bias));
    let taps: Vec<usize> =
        (0..kernel).flat_map(|row| (0..kernel).map(move |column| row * stride + column)).collect();
    let packed = pack(&weight, outputs, channels, kernel_t, taps.len());
    let blocks = outputs.div_ceil(OUT);
    let out_frames = frames - kernel_t + 1;

    let mut out = vec![0.0f32; batch * outputs * out_frames * height * width];
    let plane = height * width;
    // One task per item, block of channels and frame, with a buffer for its sums.
    let mut sums = vec![0.0f32; batch * blocks * out_frames * OUT * positions];
    sums.par_chunks_mut(OUT * positions).enumerate().for_each(|(task, sums)| {
        let (frame, rest) = (task % out_frames, task / out_frames);
        let (block, item) = (rest % blocks, rest / blocks);
        let inputs: Vec<&[f32]> = (0..kernel_t)
            .flat_map(|t| (0..channels).map(move |channel| (t, channel)))
            .map(|(t, channel)| planes.of((item * channels + channel) * frames + frame + t))
            .collect();
        let depth = inputs.len() * taps.len() * OUT;
        let weights = &packed[block * depth..][..depth];
        Task { inputs: &inputs, taps: &taps, weights, positions, sums }.run();
    });
    // Frames of one channel lie together in the output; the margins are left behind.
    out.par_chunks_mut(plane).enumerate().for_each(|(index, out)| {
        let (frame, rest) = (index % out_frames, index / out_frames);
        let (output, item) = (rest % outputs, rest / outputs);
        let task = (item * blocks + output / OUT) * out_frames + frame;
        let sums = &sums[(task * OUT + output % OUT) * positions..][..positions];
        for (out, sums) in out.chunks_exact_mut(width).zip(sums.chunks_exact(stride)) {
            out.iter_mut().zip(sums).for_each(|(out, sum)| *out = sum + bias[output]);
        }
    });
    let data = TensorData::new(out, [batch, outputs, out_frames, height, width]);
    Tensor::from_data(data, (&device, DType::F32))
}

/// Planes of equal length, one after the other.
struct Planes {
    values: Vec<f32>,
    length: usize,
}

impl Planes {
    fn of(&self, index: usize) -> &[f32] {
        &self.values[index * self.length..][..self.length]
    }
}

/// Every plane, enlarged by `scale`, with a margin of zeros and room for a last tile behind it.
fn padded(x: Tensor<5>, scale: usize, margin: usize) -> Vec<f32> {
    let [batch, channels, frames, height, width] = x.dims();
    let stride = scale * width + 2 * margin;
    let length = (scale * height + 2 * margin) * stride + TILE;
    let input = super::values(x);
    let mut values = vec![0.0; batch * channels * frames * length];
    values.par_chunks_mut(length).zip(input.par_chunks_exact(height * width)).for_each(
        |(plane, input)| {
            for (y, row) in
                plane.chunks_exact_mut(stride).skip(margin).take(scale * height).enumerate()
            {
                let input = &input[y / scale * width..][..width];
                let row = &mut row[margin..][..scale * width];
                if scale == 1 {
                    row.copy_from_slice(input);
                } else {
                    for (out, value) in row.chunks_exact_mut(scale).zip(input) {
                        out.fill(*value);
                    }
                }
            }
        },
    );
    values
}

/// Weights in the order they are used: block of outputs, frame, input, tap, output.
fn pack(weight: &[f32], outputs: usize, channels: usize, frames: usize, taps: usize) -> Vec<f32> {
    let blocks = outputs.div_ceil(OUT);
    let mut packed = vec![0.0; blocks * frames * channels * taps * OUT];
    for (output, weight) in weight.chunks_exact(channels * frames * taps).enumerate() {
        for channel in 0..channels {
            for frame in 0..frames {
                for tap in 0..taps {
                    let depth = (frame * channels + channel) * taps + tap;
                    let block = output / OUT * frames * channels * taps;
                    packed[(block + depth) * OUT + output % OUT] =
                        weight[(channel * frames + frame) * taps + tap];
                }
            }
        }
    }
    packed
}

/// The sums of all positions of one frame for `OUT` outputs.
struct Task<'a> {
    inputs: &'a [&'a [f32]],
    taps: &'a [usize],
    weights: &'a [f32],
    positions: usize,
    sums: &'a mut [f32],
}

impl Task<'_> {
    fn run(self) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
        {
            #[allow(
                unsafe_code,
                reason = "the line above proves that the instructions are there"
            )]
            // SAFETY: this processor has AVX2 and FMA.
            return unsafe { self.run_avx2() };
        }
        // Other processors either have fused multiply-adds throughout (64-bit ARM), or none.
        self.sum::<{ cfg!(target_arch = "aarch64") }>();
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn run_avx2(self) {
        self.sum::<true>();
    }

    // Inlined into the function above: compiled by itself it would know nothing of its instructions.
    #[inline(always)]
    fn sum<const FUSED: bool>(self) {
        for at in (0..self.positions).step_by(TILE) {
            let mut tile = [[0.0f32; TILE]; OUT];
            for (input, weights) in
                self.inputs.iter().zip(self.weights.chunks_exact(self.taps.len() * OUT))
            {
                for (&tap, weights) in self.taps.iter().zip(weights.chunks_exact(OUT)) {
                    let input = &input[at + tap..][..TILE];
                    for o in 0..OUT {
                        for i in 0..TILE {
                            tile[o][i] = if FUSED {
                                input[i].mul_add(weights[o], tile[o][i])
                            } else {
                                input[i] * weights[o] + tile[o][i]
                            };
                        }
                    }
                }
            }
            let count = TILE.min(self.positions - at);
            for (o, tile) in tile.iter().enumerate() {
                self.sums[o * self.positions + at..][..count].copy_from_slice(&tile[..count]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::ops::ConvOptions;
    use burn::tensor::{Device, Distribution, module};

    use super::*;

    #[test]
    fn agrees_with_the_librarys_convolution() {
        let device = Device::flex();
        let random = |shape| Tensor::<5>::random(shape, Distribution::Uniform(-1.0, 1.0), &device);
        // batch, in, out, frames, height, width, k_t, k, scale
        let table = [
            [1, 3, 4, 1, 5, 7, 1, 3, 1],
            [2, 5, 6, 4, 8, 12, 3, 3, 1],
            [1, 16, 33, 3, 3, 2, 1, 1, 1],
            [1, 8, 8, 5, 4, 6, 3, 1, 1],
            [1, 7, 9, 2, 16, 24, 1, 3, 2],
        ];
        for [batch, input, output, frames, height, width, kernel_t, kernel, scale] in table {
            let x = random([batch, input, frames, height, width]);
            let weight = random([output, input, kernel_t, kernel, kernel]);
            let bias = random([1, 1, 1, 1, output]).reshape([output]);
            let large = x
                .clone()
                .reshape([batch * input * frames, height, 1, width, 1])
                .expand([batch * input * frames, height, scale, width, scale])
                .reshape([batch, input, frames, scale * height, scale * width]);
            let pad = kernel / 2;
            let options = ConvOptions::new([1; 3], [0, pad, pad], [1; 3], 1);
            let theirs = module::conv3d(large, weight.clone(), Some(bias.clone()), options);
            let ours = convolve(x, weight, bias, scale);
            assert_eq!(ours.dims(), theirs.dims());
            let largest = (ours - theirs).abs().max().into_scalar::<f32>();
            assert!(largest < 1e-4, "off by {largest} with {output} outputs, scale {scale}");
        }
    }
}

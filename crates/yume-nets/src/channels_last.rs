//! Feature maps with the channels of a pixel side by side in memory.
//!
//! Between the layers they look like `[batch, channels, frames, height, width]` and are views of
//! `[batch, frames, height, width, channels]`, which the convolutions of every device read and write.
//! What happens between two convolutions happens in that order, so that nothing has to be put into it.

use burn::tensor::{DType, Device, Tensor};

use crate::cpu;

/// The order in memory.
///
/// # Shapes
/// - x: `[batch, channels, frames, height, width]`
/// - output: `[batch, frames, height, width, channels]`
pub(crate) fn by_pixel(x: Tensor<5>) -> Tensor<5> {
    x.permute([0, 2, 3, 4, 1])
}

/// The inverse of [`by_pixel`].
pub(crate) fn by_channel(x: Tensor<5>) -> Tensor<5> {
    x.permute([0, 4, 1, 2, 3])
}

/// Zeros of a shape `[batch, channels, frames, height, width]`.
pub(crate) fn zeros(
    [batch, channels, frames, height, width]: [usize; 5],
    device: &Device,
    dtype: DType,
) -> Tensor<5> {
    by_channel(Tensor::zeros([batch, frames, height, width, channels], (device, dtype)))
}

/// `a + b`, both `[batch, channels, frames, height, width]`.
pub(crate) fn add(a: Tensor<5>, b: Tensor<5>) -> Tensor<5> {
    by_channel(by_pixel(a) + by_pixel(b))
}

/// The channels of `a` and those of `b` after them.
pub(crate) fn join_channels(a: Tensor<5>, b: Tensor<5>) -> Tensor<5> {
    by_channel(Tensor::cat(vec![by_pixel(a), by_pixel(b)], 4))
}

/// The frames of `x` after those `before` them.
pub(crate) fn join_frames(before: Tensor<5>, x: Tensor<5>) -> Tensor<5> {
    by_channel(Tensor::cat(vec![by_pixel(before), by_pixel(x)], 1))
}

/// The last `count` frames of `x`, with zeros before them if there are fewer.
pub(crate) fn last_frames(x: Tensor<5>, count: usize) -> Tensor<5> {
    let [batch, channels, frames, height, width] = x.dims();
    if frames < count {
        let missing = [batch, channels, count - frames, height, width];
        return join_frames(zeros(missing, &x.device(), x.dtype()), x);
    }
    let last = by_pixel(x).narrow(1, frames - count, count);
    // There a part of a tensor keeps all of it in memory.
    by_channel(if cpu::serves(&last) { cpu::compact(last) } else { last })
}

/// Turns the two halves of the channels into two frames, the first into the earlier one.
///
/// # Shapes
/// - x: `[batch, 2 * channels, frames, height, width]`
/// - output: `[batch, channels, 2 * frames, height, width]`
pub(crate) fn halves_to_frames(x: Tensor<5>) -> Tensor<5> {
    let [batch, channels, frames, height, width] = x.dims();
    let halves = by_pixel(x).reshape([batch, frames, height * width, 2, channels / 2]);
    by_channel(halves.swap_dims(2, 3).reshape([batch, 2 * frames, height, width, channels / 2]))
}

/// Every pixel twice in both directions.
///
/// # Shapes
/// - x: `[batch, channels, frames, height, width]`
/// - output: `[batch, channels, frames, 2 * height, 2 * width]`
pub(crate) fn doubled(x: Tensor<5>) -> Tensor<5> {
    let [batch, channels, frames, height, width] = x.dims();
    let rows = batch * frames * height;
    let large = by_pixel(x)
        .reshape([rows, 1, width, 1, channels])
        .expand([rows, 2, width, 2, channels])
        .reshape([batch, frames, 2 * height, 2 * width, channels]);
    by_channel(large)
}

/// Every frame as an item of a batch.
///
/// # Shapes
/// - x: `[batch, channels, frames, height, width]`
/// - output: `[batch * frames, channels, height, width]`, the channels side by side in memory
pub(crate) fn frames_as_batch(x: Tensor<5>) -> Tensor<4> {
    let [batch, channels, frames, height, width] = x.dims();
    by_pixel(x).reshape([batch * frames, height, width, channels]).permute([0, 3, 1, 2])
}

/// The inverse of [`frames_as_batch`] for so many `frames`.
pub(crate) fn batch_as_frames(x: Tensor<4>, frames: usize) -> Tensor<5> {
    let [items, channels, height, width] = x.dims();
    let pixels = x.permute([0, 2, 3, 1]);
    by_channel(pixels.reshape([items / frames, frames, height, width, channels]))
}

//! Frames as tensors and back.

use burn::tensor::{DType, Device, Tensor, TensorData};
use yume_media::Frame;

/// Planar values in [-1, 1], `[3, height, width]`.
pub fn planar(frame: &Frame) -> Vec<f32> {
    let mut planes = vec![0.0; frame.rgb.len()];
    let pixels = frame.rgb.len() / 3;
    for (i, pixel) in frame.rgb.chunks_exact(3).enumerate() {
        for (channel, &value) in pixel.iter().enumerate() {
            planes[channel * pixels + i] = f32::from(value) / 127.5 - 1.0;
        }
    }
    planes
}

/// A video tensor `[1, 3, frames, height, width]` of planar frames.
pub fn video(
    frames: &[impl AsRef<[f32]>],
    height: usize,
    width: usize,
    device: &Device,
) -> Tensor<5> {
    let pixels = height * width;
    let mut values = Vec::with_capacity(frames.len() * 3 * pixels);
    for channel in 0..3 {
        for frame in frames {
            values.extend_from_slice(&frame.as_ref()[channel * pixels..][..pixels]);
        }
    }
    let data = TensorData::new(values, [1, 3, frames.len(), height, width]);
    Tensor::from_data(data, (device, DType::F32))
}

/// Planar frames of a video tensor `[1, 3, frames, height, width]` of f32.
///
/// # Panics
/// If the tensor is of another type.
pub fn split_video(video: Tensor<5>) -> Vec<Vec<f32>> {
    let [_, channels, frames, height, width] = video.dims();
    let pixels = height * width;
    let values = video.into_data().try_into_vec::<f32>().expect("frames are decoded as f32");
    (0..frames)
        .map(|frame| {
            let plane = |channel| &values[(channel * frames + frame) * pixels..][..pixels];
            (0..channels).flat_map(plane).copied().collect()
        })
        .collect()
}

/// A picture to show, of planar values in [-1, 1].
pub fn frame(planes: &[f32], height: usize, width: usize) -> Frame {
    let pixels = height * width;
    let mut rgb = vec![0; 3 * pixels];
    for (i, pixel) in rgb.chunks_exact_mut(3).enumerate() {
        for (channel, value) in pixel.iter_mut().enumerate() {
            let unit = planes[channel * pixels + i].mul_add(0.5, 0.5).clamp(0.0, 1.0);
            *value = (unit * 255.0).round() as u8;
        }
    }
    Frame::new(width as u32, height as u32, rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_from_its_planes() {
        let original = Frame::new(4, 2, (0..24).map(|i| (i * 10) as u8).collect());
        assert!(frame(&planar(&original), 2, 4) == original);
    }
}

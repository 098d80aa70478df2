//! Frames as planar numbers and back.

use burn::tensor::{DType, Device, Tensor, TensorData};
use yume_media::Frame;

/// Planar values in [-1, 1], `[3, height, width]`.
pub fn planar(frame: &Frame) -> Vec<f32> {
    let pixels = frame.rgb.len() / 3;
    let mut planes = vec![0.0; frame.rgb.len()];
    for (i, pixel) in frame.rgb.chunks_exact(3).enumerate() {
        for (channel, &value) in pixel.iter().enumerate() {
            planes[channel * pixels + i] = f32::from(value) / 127.5 - 1.0;
        }
    }
    planes
}

/// The frame of planar values, which are clamped to [-1, 1].
pub fn frame(planes: &[f32], height: usize, width: usize) -> Frame {
    let pixels = height * width;
    let mut rgb = vec![0; 3 * pixels];
    for (channel, plane) in planes.chunks_exact(pixels).enumerate() {
        for (i, &value) in plane.iter().enumerate() {
            rgb[3 * i + channel] = ((value.clamp(-1.0, 1.0) + 1.0) * 127.5).round() as u8;
        }
    }
    Frame::new(width as u32, height as u32, rgb)
}

/// A video `[1, 3, frames, height, width]` of planar frames.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_from_its_planes() {
        let original = Frame::new(4, 2, (0..24).map(|i| (i * 10) as u8).collect());
        assert!(frame(&planar(&original), 2, 4) == original);
    }
}

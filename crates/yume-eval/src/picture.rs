//! How close and how sharp pictures are.

/// Peak signal to noise ratio in decibels of planar values in [-1, 1].
pub fn peak_signal_to_noise(a: &[f32], b: &[f32]) -> f32 {
    let squared: f64 = a.iter().zip(b).map(|(x, y)| f64::from(x - y).powi(2)).sum();
    let mean = squared / a.len().max(1) as f64;
    // The range is 2; equal pictures count as 8-bit rounding allows.
    (10.0 * (4.0 / mean.max(1e-8)).log10()) as f32
}

/// Mean length of the gradient of planar values, per pixel.
pub fn sharpness(planes: &[f32], height: usize, width: usize) -> f32 {
    let mut sum = 0.0;
    for plane in planes.chunks_exact(height * width) {
        for row in 0..height - 1 {
            for column in 0..width - 1 {
                let here = plane[row * width + column];
                let right = plane[row * width + column + 1] - here;
                let down = plane[(row + 1) * width + column] - here;
                sum += right.hypot(down);
            }
        }
    }
    sum / (planes.len() as f32).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_differences() {
        let (a, b) = (vec![0.0; 300], vec![0.2; 300]);
        assert!((peak_signal_to_noise(&a, &b) - 20.0).abs() < 1e-3);
        assert!(peak_signal_to_noise(&a, &a) > 80.0);
    }

    #[test]
    fn blur_is_less_sharp() {
        let edge: Vec<f32> = (0..64).map(|i| f32::from(i % 8 < 4)).collect();
        let flat: Vec<f32> = (0..64).map(|i| (i % 8) as f32 / 20.0).collect();
        assert!(sharpness(&edge, 8, 8) > sharpness(&flat, 8, 8));
        assert_eq!(sharpness(&[0.3; 64], 8, 8), 0.0);
    }
}

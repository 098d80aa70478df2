//! Structural similarity (Wang, Bovik, Sheikh and Simoncelli, 2004).

/// Half of the window, whose weights are a Gaussian of 1.5 pixels.
const REACH: usize = 5;
const DEVIATION: f32 = 1.5;
/// `(0.01 L)^2` and `(0.03 L)^2` for values of a range L of 2.
const STEADY: [f32; 2] = [4e-4, 3.6e-3];

/// Mean structural similarity of the luma of planar pictures in [-1, 1], over all windows that lie
/// inside: 1 for equal pictures. 0 if the picture is smaller than a window.
pub fn structural_similarity(a: &[f32], b: &[f32], height: usize, width: usize) -> f32 {
    if height.min(width) <= 2 * REACH {
        return 0.0;
    }
    let [a, b] = [a, b].map(|planes| luma(planes, height * width));
    let times = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).collect::<Vec<_>>();
    let blurred = |x: &[f32]| blur(x, height, width);
    let means = [blurred(&a), blurred(&b)];
    let squares = [blurred(&times(&a, &a)), blurred(&times(&b, &b)), blurred(&times(&a, &b))];
    let count = means[0].len();
    let similar = |i: usize| {
        let (ma, mb) = (means[0][i], means[1][i]);
        let (va, vb) = (squares[0][i] - ma * ma, squares[1][i] - mb * mb);
        let cov = squares[2][i] - ma * mb;
        let alike = (2.0 * ma * mb + STEADY[0]) * (2.0 * cov + STEADY[1]);
        alike / ((ma * ma + mb * mb + STEADY[0]) * (va + vb + STEADY[1]))
    };
    (0..count).map(similar).sum::<f32>() / count as f32
}

/// By the weights of BT.601.
fn luma(planes: &[f32], area: usize) -> Vec<f32> {
    let [red, green, blue] = [0, 1, 2].map(|plane| &planes[plane * area..][..area]);
    (0..area).map(|i| 0.299 * red[i] + 0.587 * green[i] + 0.114 * blue[i]).collect()
}

/// Weighted means of the windows that lie inside the picture, row after row.
fn blur(x: &[f32], height: usize, width: usize) -> Vec<f32> {
    let mut weights = [0.0; 2 * REACH + 1];
    for (i, weight) in weights.iter_mut().enumerate() {
        let distance = (i as f32 - REACH as f32) / DEVIATION;
        *weight = (-0.5 * distance * distance).exp();
    }
    let sum: f32 = weights.iter().sum();
    let mean = |start: usize, step: usize, x: &[f32]| {
        let terms = weights.iter().enumerate();
        terms.map(|(k, weight)| weight * x[start + k * step]).sum::<f32>() / sum
    };
    let inner = width - 2 * REACH;
    let across: Vec<f32> = (0..height)
        .flat_map(|row| (0..inner).map(move |column| row * width + column))
        .map(|start| mean(start, 1, x))
        .collect();
    (0..(height - 2 * REACH) * inner).map(|start| mean(start, inner, &across)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(of: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        let plane: Vec<f32> = (0..16 * 24).map(|i| of(i / 24, i % 24)).collect();
        plane.repeat(3)
    }

    #[test]
    fn equal_pictures_have_1_and_what_blurs_or_darkens_takes_away() {
        // Narrow beside the window, so that all windows have nearly one mean.
        let stripes = picture(|_, column| if column % 2 == 0 { 0.75 } else { 0.25 });
        let ssim = |other: &[f32]| structural_similarity(&stripes, other, 16, 24);
        assert!((ssim(&stripes) - 1.0).abs() < 1e-5);
        let pale: Vec<f32> = stripes.iter().map(|x| 0.5 + (x - 0.5) * 0.5).collect();
        let grey = picture(|_, _| 0.5);
        let opposite: Vec<f32> = stripes.iter().map(|x| 1.0 - x).collect();
        // The covariance is half the variance: 2 (1/2) / (1 + 1/4) = 0.8 in the structure.
        assert!((ssim(&pale) - 0.8).abs() < 0.02, "{}", ssim(&pale));
        assert!(ssim(&grey).abs() < 0.1 && ssim(&opposite) < -0.8);
    }

    #[test]
    fn a_picture_smaller_than_a_window_has_none() {
        assert_eq!(structural_similarity(&[0.0; 300], &[0.0; 300], 10, 10), 0.0);
    }
}

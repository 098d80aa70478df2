//! How far the features of many frames are from those of others: the Fréchet distance between two
//! normal distributions (Heusel et al., 2017), with the covariances between features left out, because
//! there are fewer frames than they would need.

/// Squared distance of means and standard deviations, in units of the variance of `truth`: 0 for equal
/// distributions, 1 if the model's frames are all alike and in the middle of the true ones.
pub fn distance(model: &[&[f32]], truth: &[&[f32]]) -> f32 {
    let width = truth.first().map_or(0, |features| features.len());
    let (mut apart, mut scale) = (0.0, 0.0);
    for i in 0..width {
        let (a, b) = (moments(model, i), moments(truth, i));
        apart += (a.0 - b.0).powi(2) + (a.1 - b.1).powi(2);
        scale += b.1 * b.1;
    }
    if scale == 0.0 {
        if apart == 0.0 { 0.0 } else { f32::INFINITY }
    } else {
        (apart / scale) as f32
    }
}

/// Mean and standard deviation of one feature.
fn moments(frames: &[&[f32]], feature: usize) -> (f64, f64) {
    let count = frames.len().max(1) as f64;
    let values = || frames.iter().map(|frame| f64::from(frame[feature]));
    let mean = values().sum::<f64>() / count;
    let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_distributions() {
        let cloud = |middle: f32, width: f32| -> Vec<Vec<f32>> {
            (0..40).map(|i| vec![middle + width * (i % 2 * 2 - 1) as f32, width]).collect()
        };
        let truth = cloud(0.0, 2.0);
        for (model, expected) in [
            (cloud(0.0, 2.0), 0.0),
            // One deviation aside: 4 over a variance of 4.
            (truth.iter().map(|f| vec![f[0] + 2.0, f[1]]).collect(), 1.0),
            // All alike, in the middle.
            (vec![vec![0.0, 2.0]; 40], 1.0),
        ] {
            let slices = |frames: &[Vec<f32>]| frames.to_vec();
            let (model, truth) = (slices(&model), slices(&truth));
            let model: Vec<&[f32]> = model.iter().map(Vec::as_slice).collect();
            let truth: Vec<&[f32]> = truth.iter().map(Vec::as_slice).collect();
            let found = distance(&model, &truth);
            assert!((found - expected).abs() < 1e-5, "{found} instead of {expected}");
        }
    }
}

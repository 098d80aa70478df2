//! Whether a video keeps showing the same, by features of its frames (as in `VBench`: the mean likeness
//! of each frame to the first one and to the one before).
//!
//! Features are centred: the mean of true frames is taken away first. Those of a small tower differ
//! little from picture to picture, and without it any two frames would be alike.

/// Consistency of a clip whose frames have these features: 1 if they never change. A clip of fewer
/// than two frames is consistent.
pub fn consistency(features: &[Vec<f32>]) -> f32 {
    let Some(first) = features.first() else { return 1.0 };
    mean(features.windows(2).map(|pair| {
        let (before, now) = (&pair[0], &pair[1]);
        (cosine(first, now) + cosine(before, now)) / 2.0
    }))
    .unwrap_or(1.0)
}

/// The same measure of frames that belong to different clips: the least that one should see. `None`
/// if there is one clip only.
pub fn unrelated(clips: &[&[Vec<f32>]]) -> Option<f32> {
    let others = |i: usize| {
        let next = clips[(i + 1) % clips.len()];
        clips[i].iter().zip(next).map(|(a, b)| cosine(a, b))
    };
    if clips.len() < 2 {
        return None;
    }
    mean((0..clips.len()).flat_map(others))
}

/// The mean of features.
pub(crate) fn centre<'f>(features: impl Iterator<Item = &'f [f32]>) -> Vec<f32> {
    let (mut sum, mut count) = (Vec::new(), 0.0);
    for one in features {
        sum.resize(one.len(), 0.0);
        sum.iter_mut().zip(one).for_each(|(sum, value)| *sum += value);
        count += 1.0;
    }
    sum.iter_mut().for_each(|sum| *sum /= f32::max(count, 1.0));
    sum
}

/// Features without what all frames have in common.
pub(crate) fn centred(features: &[f32], centre: &[f32]) -> Vec<f32> {
    features.iter().zip(centre).map(|(value, centre)| value - centre).collect()
}

fn mean(values: impl Iterator<Item = f32>) -> Option<f32> {
    let (mut sum, mut count) = (0.0, 0u32);
    for value in values {
        sum += f64::from(value);
        count += 1;
    }
    (count > 0).then(|| (sum / f64::from(count)) as f32)
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    };
    match (dot(a, a), dot(b, b)) {
        (0.0, 0.0) => 1.0,
        (0.0, _) | (_, 0.0) => 0.0,
        (a_squared, b_squared) => (dot(a, b) / (a_squared * b_squared).sqrt()) as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_clips() {
        let turned = |angle: f32| vec![angle.cos(), angle.sin()];
        let still = vec![turned(0.3); 4];
        // Sixty degrees further each time: to the one before 0.5, to the first 0.5, -0.5 and -1.
        let turning: Vec<_> = (0..4).map(|i| turned(i as f32 * 60f32.to_radians())).collect();
        let back_and_forth = vec![turned(0.0), turned(1.6), turned(0.0), turned(1.6)];
        for (clip, least, most) in [
            (&still, 1.0, 1.0),
            (&turning, 1.0 / 12.0 - 1e-5, 1.0 / 12.0 + 1e-5),
            (&back_and_forth, -0.1, 0.4),
            (&vec![turned(1.0)], 1.0, 1.0),
            (&Vec::new(), 1.0, 1.0),
        ] {
            let found = consistency(clip);
            assert!((least..=most + 1e-6).contains(&found), "{found} for {clip:?}");
        }
    }

    #[test]
    fn what_all_frames_have_in_common_is_no_likeness() {
        let frames = [[5.0, 1.0], [5.0, -1.0]];
        let middle = centre(frames.iter().map(|frame| frame.as_slice()));
        assert_eq!(middle, [5.0, 0.0]);
        let clip: Vec<_> = frames.iter().map(|frame| centred(frame, &middle)).collect();
        assert_eq!(consistency(&clip), -1.0);
        assert_eq!(consistency(&[vec![0.0; 2], vec![0.0; 2]]), 1.0, "both are in the middle");
        assert_eq!(consistency(&[vec![0.0; 2], vec![1.0; 2]]), 0.0);
    }

    #[test]
    fn frames_of_other_clips_are_the_lower_bound() {
        let (a, b) = (vec![vec![1.0, 0.0]; 3], vec![vec![0.0, 1.0]; 3]);
        assert_eq!(unrelated(&[&a, &b]), Some(0.0));
        assert_eq!(unrelated(&[&a, &a]), Some(1.0));
        assert_eq!(unrelated(&[&a]), None);
    }
}

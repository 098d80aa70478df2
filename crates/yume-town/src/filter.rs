//! Exact box filters of stripes: what share of a footprint lies on a stripe. They take the place of textures and never shimmer.

use crate::noise::split;

/// Share of the footprint of width `w` around `x` that lies in [a, b].
#[inline]
pub(crate) fn band(x: f32, a: f32, b: f32, w: f32) -> f32 {
    let w = w.max(1e-4);
    let half = 0.5 * w;
    ((b.min(x + half) - a.max(x - half)) / w).clamp(0.0, 1.0)
}

/// Share of the footprint of width `w` around `x` that lies in the stripes [a, b] + k * period, 0 <= a <= b <= period.
#[inline]
pub(crate) fn stripes(x: f32, a: f32, b: f32, period: f32, w: f32) -> f32 {
    let w = w.max(1e-4);
    let inverse = 1.0 / period;
    let covered_until = |at: f32| {
        let (part, turns) = split(at * inverse);
        turns * (b - a) + (part * period - a).clamp(0.0, b - a)
    };
    ((covered_until(x + 0.5 * w) - covered_until(x - 0.5 * w)) / w).clamp(0.0, 1.0)
}

/// 1 while details of this size are well resolved by a footprint `w`, 0 once they are lost, smooth between.
#[inline]
pub(crate) fn resolved(size: f32, w: f32) -> f32 {
    (1.5 - 1.5 * w / size).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::{band, stripes};

    /// The slow twin: the mean of many point samples.
    fn sampled(x: f32, w: f32, inside: impl Fn(f32) -> bool) -> f32 {
        let n = 20_000;
        let hits = (0..n).filter(|&i| inside(x + w * ((i as f32 + 0.5) / n as f32 - 0.5))).count();
        hits as f32 / n as f32
    }

    #[test]
    fn filters_equal_the_mean_of_many_samples() {
        for (x, w) in [(0.0, 0.3), (0.4, 0.2), (1.9, 0.7), (2.5, 3.7), (-3.3, 1.1), (-0.05, 0.2)] {
            let want = sampled(x, w, |at| (0.25..=0.9).contains(&at));
            assert!((band(x, 0.25, 0.9, w) - want).abs() < 1e-3, "band at {x}, width {w}");
            let want = sampled(x, w, |at| (0.25..=0.9).contains(&at.rem_euclid(1.25)));
            assert!(
                (stripes(x, 0.25, 0.9, 1.25, w) - want).abs() < 1e-3,
                "stripes at {x}, width {w}"
            );
        }
    }
}

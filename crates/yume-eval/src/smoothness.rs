//! Whether motion is smooth, as in `VBench`: every second frame is left out and interpolated from its
//! neighbours, and what is found there is compared. The interpolator is motion compensation by
//! overlapping tiles, whose shifts are found by phase correlation; `VBench` has a trained one.

use crate::shift::{TILE, shift};

const STRIDE: usize = TILE / 2;

/// 1 minus the mean absolute error of interpolated frames over the range of values: 1 for a still or
/// steadily sliding picture. `frames` are planar, of `height` by `width` pixels. `None` for fewer than
/// three frames, or frames smaller than a tile.
pub fn smoothness(frames: &[Vec<f32>], (height, width): (usize, usize)) -> Option<f32> {
    if frames.len() < 3 || height < TILE || width < TILE {
        return None;
    }
    let (mut sum, mut count) = (0.0, 0.0);
    for three in frames.windows(3).step_by(2) {
        let made = between(&three[0], &three[2], height, width);
        let error: f64 =
            made.iter().zip(&three[1]).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>();
        sum += error / made.len() as f64;
        count += 1.0;
    }
    // The range is 2.
    Some((1.0 - sum / count / 2.0) as f32)
}

/// The frame half way from `before` to `after`.
fn between(before: &[f32], after: &[f32], height: usize, width: usize) -> Vec<f32> {
    let pixels = height * width;
    let (grey_before, grey_after) = (grey(before, pixels), grey(after, pixels));
    let mut sum = vec![0.0; 3 * pixels];
    let mut weights = vec![0.0; pixels];
    for top in places(height) {
        for left in places(width) {
            let cut = |picture: &[f32]| -> Vec<f32> {
                let rows = top..top + TILE;
                rows.flat_map(|row| picture[row * width + left..][..TILE].iter().copied()).collect()
            };
            let moved = shift(&cut(&grey_before), &cut(&grey_after));
            let half = [moved.down / 2.0, moved.right / 2.0];
            for y in 0..TILE {
                for x in 0..TILE {
                    let weight = fade(y) * fade(x);
                    let (row, column) = (top + y, left + x);
                    let at =
                        |sign: f32| [row as f32 + sign * half[0], column as f32 + sign * half[1]];
                    let (from, to) = (at(-1.0), at(1.0));
                    weights[row * width + column] += weight;
                    for channel in 0..3 {
                        let plane = channel * pixels..(channel + 1) * pixels;
                        let (a, b) = (&before[plane.clone()], &after[plane]);
                        let value = sample(a, height, width, from) + sample(b, height, width, to);
                        sum[channel * pixels + row * width + column] += weight * value / 2.0;
                    }
                }
            }
        }
    }
    for plane in sum.chunks_exact_mut(pixels) {
        plane.iter_mut().zip(&weights).for_each(|(value, weight)| *value /= weight);
    }
    sum
}

/// Where tiles begin along an axis, so that they reach its end.
fn places(length: usize) -> Vec<usize> {
    let last = length - TILE;
    let mut places: Vec<usize> = (0..=last).step_by(STRIDE).collect();
    if places.last() != Some(&last) {
        places.push(last);
    }
    places
}

/// How much a tile counts at one of its pixels: less towards its edge, and never nothing.
fn fade(k: usize) -> f32 {
    let from_edge = (k + 1).min(TILE - k) as f32;
    from_edge / (TILE / 2) as f32
}

fn grey(frame: &[f32], pixels: usize) -> Vec<f32> {
    (0..pixels).map(|i| (frame[i] + frame[pixels + i] + frame[2 * pixels + i]) / 3.0).collect()
}

/// Bilinear, with the edge held.
fn sample(plane: &[f32], height: usize, width: usize, [row, column]: [f32; 2]) -> f32 {
    let row = row.clamp(0.0, (height - 1) as f32);
    let column = column.clamp(0.0, (width - 1) as f32);
    let (y, x) = (row as usize, column as usize);
    let (down, right) = (row - y as f32, column - x as f32);
    let (below, beside) = ((y + 1).min(height - 1), (x + 1).min(width - 1));
    let at = |y: usize, x: usize| plane[y * width + x];
    let upper = at(y, x) + right * (at(y, beside) - at(y, x));
    let lower = at(below, x) + right * (at(below, beside) - at(below, x));
    upper + down * (lower - upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (64, 96);

    fn texture(x: f32, y: f32) -> f32 {
        0.3 * (0.7 * x + 0.2 * y).sin() + 0.3 * (0.35 * y - 0.5 * x).cos()
    }

    fn clip(frames: usize, at: impl Fn(usize, f32, f32) -> f32) -> Vec<Vec<f32>> {
        let (height, width) = SIZE;
        let plane = |t: usize| -> Vec<f32> {
            (0..height * width).map(|i| at(t, (i % width) as f32, (i / width) as f32)).collect()
        };
        (0..frames).map(|t| plane(t).repeat(3)).collect()
    }

    #[test]
    fn known_clips() {
        let still = clip(5, |_, x, y| texture(x, y));
        let pan = clip(5, |t, x, y| texture(x - 1.5 * t as f32, y));
        let jitter = clip(5, |t, x, y| texture(x - if t % 2 == 0 { 0.0 } else { 3.0 }, y));
        let noise = clip(5, |t, x, y| {
            let seed = (x as u32 * 7919 + y as u32 * 104_729 + t as u32 * 1_299_709) ^ 0x9e37;
            (seed.wrapping_mul(2_654_435_761) >> 16) as f32 / 32768.0 - 1.0
        });
        let of = |clip: &[Vec<f32>]| smoothness(clip, SIZE).unwrap();
        assert_eq!(of(&still), 1.0);
        assert!(of(&pan) > 0.98, "a steady pan: {}", of(&pan));
        assert!(of(&jitter) < of(&pan) - 0.05, "jitter: {}", of(&jitter));
        assert!(of(&noise) < 0.8, "noise: {}", of(&noise));
    }

    #[test]
    fn too_little_to_interpolate_is_not_measured() {
        assert_eq!(smoothness(&clip(2, |_, x, _| x), SIZE), None);
        assert_eq!(smoothness(&vec![vec![0.0; 3 * 16 * 16]; 5], (16, 16)), None);
    }

    #[test]
    fn tiles_reach_the_end_of_every_axis() {
        for (length, expected) in [(32, vec![0]), (64, vec![0, 16, 32]), (40, vec![0, 8])] {
            assert_eq!(places(length), expected);
        }
    }
}

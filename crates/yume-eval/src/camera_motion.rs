//! How a camera moved, measured from its pictures alone: tiles shift, and a rotation and a
//! translation over flat ground explain the shifts best.

use super::shift::{TILE, shift};

/// Distance of what stands above the horizon, in metres; it only scales the travel.
const FAR: f32 = 20.0;
const STRIDE: usize = TILE / 2;
/// Residuals beyond this many pixels count less and less.
const SURE: f32 = 1.0;
const REFITS: usize = 3;

/// The camera that took the pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optics {
    /// Width of the view in degrees.
    pub hfov_deg: f32,
    /// Metres above the ground.
    pub height: f32,
    /// Frames per second.
    pub fps: f32,
}

/// Velocity of a camera.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CameraMotion {
    /// Metres per second ahead.
    pub forward: f32,
    /// Metres per second to the right.
    pub right: f32,
    /// Radians per second to the left.
    pub yaw: f32,
    /// Radians per second up.
    pub pitch: f32,
}

impl CameraMotion {
    /// Forward, right, yaw, pitch.
    pub fn axes(self) -> [f32; 4] {
        [self.forward, self.right, self.yaw, self.pitch]
    }
}

impl Optics {
    /// The mean motion over planar `frames` of `height` by `width` pixels, from pairs of frames that
    /// are `gap` apart. `None` if there is no such pair or no room for a tile.
    pub fn measure(
        &self,
        frames: &[Vec<f32>],
        (height, width): (usize, usize),
        gap: usize,
    ) -> Option<CameraMotion> {
        let grey: Vec<Vec<f32>> = frames
            .iter()
            .map(|frame| {
                let pixels = height * width;
                (0..pixels)
                    .map(|i| (frame[i] + frame[pixels + i] + frame[2 * pixels + i]) / 3.0)
                    .collect()
            })
            .collect();
        let mut sum = [0.0; 4];
        let mut pairs = 0.0;
        for k in (0..grey.len().saturating_sub(gap)).step_by(gap.max(1)) {
            let moved = self.pair(&grey[k], &grey[k + gap], height, width)?;
            sum.iter_mut().zip(moved).for_each(|(s, m)| *s += m);
            pairs += 1.0;
        }
        if pairs == 0.0 {
            return None;
        }
        let [yaw, pitch, forward, right] = sum.map(|s| s / pairs * self.fps / gap as f32);
        Some(CameraMotion { forward, right, yaw, pitch })
    }

    /// Yaw, pitch, forward and right between two grey pictures.
    fn pair(&self, a: &[f32], b: &[f32], height: usize, width: usize) -> Option<[f32; 4]> {
        if height < TILE || width < TILE {
            return None;
        }
        let focal = width as f32 / 2.0 / (self.hfov_deg / 2.0).to_radians().tan();
        let mut equations = Vec::new();
        for top in (0..=height - TILE).step_by(STRIDE) {
            for left in (0..=width - TILE).step_by(STRIDE) {
                let cut = |picture: &[f32]| -> Vec<f32> {
                    let rows = top..top + TILE;
                    rows.flat_map(|row| picture[row * width + left..][..TILE].iter().copied())
                        .collect()
                };
                let moved = shift(&cut(a), &cut(b));
                let x = (left as f32 + TILE as f32 / 2.0 - width as f32 / 2.0) / focal;
                let y = -(top as f32 + TILE as f32 / 2.0 - height as f32 / 2.0) / focal;
                let near = if y < 0.0 { (-y / self.height).max(1.0 / FAR) } else { 1.0 / FAR };
                let weight = moved.peak * moved.peak;
                equations.push(Equation {
                    factors: [1.0 + x * x, -x * y, x * near, -near],
                    value: moved.right / focal,
                    weight,
                });
                equations.push(Equation {
                    factors: [x * y, -(1.0 + y * y), y * near, 0.0],
                    value: -moved.down / focal,
                    weight,
                });
            }
        }
        let mut trust = vec![1.0; equations.len()];
        let mut found = solve(&equations, &trust);
        for _ in 0..REFITS {
            for (pair, trust) in equations.chunks_exact(2).zip(trust.chunks_exact_mut(2)) {
                // Both shifts of a tile are right or wrong together.
                let error = pair.iter().map(|e| e.residual(&found).powi(2)).sum::<f32>().sqrt();
                trust.fill(1.0 / (1.0 + (error * focal / SURE).powi(2)));
            }
            found = solve(&equations, &trust);
        }
        Some(found)
    }
}

/// One shift as a sum of the four unknowns.
struct Equation {
    factors: [f32; 4],
    value: f32,
    weight: f32,
}

impl Equation {
    fn residual(&self, unknowns: &[f32; 4]) -> f32 {
        self.factors.iter().zip(unknowns).map(|(f, u)| f * u).sum::<f32>() - self.value
    }
}

/// Least squares; travel is held back a little, because little shows it.
fn solve(equations: &[Equation], trust: &[f32]) -> [f32; 4] {
    const HOLD: [f32; 4] = [1e-6, 1e-6, 1e-4, 1e-4];
    let mut rows = [[0.0f64; 5]; 4];
    let mut total = 0.0;
    for (equation, trust) in equations.iter().zip(trust) {
        let weight = f64::from(equation.weight * trust);
        total += weight;
        for (i, row) in rows.iter_mut().enumerate() {
            let factor = weight * f64::from(equation.factors[i]);
            for (j, value) in row.iter_mut().enumerate().take(4) {
                *value += factor * f64::from(equation.factors[j]);
            }
            row[4] += factor * f64::from(equation.value);
        }
    }
    for (i, hold) in HOLD.iter().enumerate() {
        rows[i][i] += f64::from(*hold) * total + 1e-12;
    }
    // Gauss without pivoting: the matrix is positive definite.
    for i in 0..4 {
        for j in i + 1..4 {
            let factor = rows[j][i] / rows[i][i];
            let pivot = rows[i];
            for (value, pivot) in rows[j].iter_mut().zip(pivot).skip(i) {
                *value -= factor * pivot;
            }
        }
    }
    let mut unknowns = [0.0; 4];
    for i in (0..4).rev() {
        let known: f64 = (i + 1..4).map(|j| rows[i][j] * unknowns[j]).sum();
        unknowns[i] = (rows[i][4] - known) / rows[i][i];
    }
    unknowns.map(|value| value as f32)
}

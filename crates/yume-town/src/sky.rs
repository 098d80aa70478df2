//! The sky: gradient, sun or moon, clouds, stars and a line of hills that tells the directions apart.

use crate::{
    light::Light,
    noise::{fade, floor, hash2, noise2, unit},
    vec3::{Vec3, vec3},
};

impl Light {
    /// Colour of the sky in this unit direction; `angle` is the width of the view in radians that the answer stands for.
    pub(crate) fn sky(&self, d: Vec3, angle: f32) -> Vec3 {
        let up = d.z.max(0.0);
        let toward = d.dot(self.to_sun);
        let mut colour = self.zenith.mix(self.horizon, fade(3.0 * up));
        if toward > 0.0 {
            let near = toward * toward;
            let near = near * near;
            colour = colour + self.glow * (near * near * near.max(0.2));
        }
        if self.stars > 0.0 && up > 0.03 {
            colour = colour + Vec3::splat(self.stars * stars(d, angle) * (up * 6.0).min(1.0));
        }
        // The disc has no harder edge than a footprint, so that it does not crawl.
        let rim = (1.0 - self.disc_cos).max(1e-6);
        let soft = (angle * (2.0 * rim).sqrt()).max(1e-6);
        let disc = ((toward - self.disc_cos) / soft + 0.5).clamp(0.0, 1.0);
        colour = colour.mix(self.disc, if self.disc.x > 0.2 { disc } else { 0.0 });
        if self.cloudiness > 0.0 && up > 0.0 {
            colour = self.with_clouds(colour, d, up, toward);
        }
        if d.z < HIGHEST_HILL + angle {
            let hills = hill_height(d);
            let cover = ((hills - d.z) / angle.max(1e-6) + 0.5).clamp(0.0, 1.0);
            colour = colour.mix(self.haze.mix(self.zenith, 0.3) * 0.93, cover);
        }
        // Thick air hides the sky near the horizon.
        let thick = (self.haze_per_metre - 0.008).max(0.0) * 9.0 / (up + 0.05);
        colour.mix(self.haze, 1.0 - fade(thick))
    }

    fn with_clouds(&self, behind: Vec3, d: Vec3, up: f32, toward: f32) -> Vec3 {
        let far = 1.0 / (up + 0.14);
        let (x, y) = (d.x * far * 0.95, d.y * far * 0.95);
        let broad = noise2(x + 40.0, y + 40.0, -1, 11);
        let fine = noise2(x * 2.7, y * 2.7, -1, 12);
        let wisps = noise2(x * 6.1, y * 6.1, -1, 13);
        let n = 0.58 * broad + 0.29 * fine + 0.13 * wisps;
        let edge = 0.78 - 0.5 * self.cloudiness;
        let cover = ((n - edge) * 4.5).clamp(0.0, 1.0);
        let cover = cover * cover * (3.0 - 2.0 * cover) * (up * 9.0).min(1.0);
        let lit = self.cloud * (1.08 - 0.22 * cover * fine) + self.glow * (0.5 * toward.max(0.0));
        behind.mix(lit, 0.9 * cover)
    }
}

/// The sine of the angle above the horizon under which no hill is higher.
const HIGHEST_HILL: f32 = 0.075;

/// Height of the hills as the sine of the angle above the horizon.
fn hill_height(d: Vec3) -> f32 {
    let flat = (d.x * d.x + d.y * d.y).max(1e-6).sqrt();
    let (x, y) = (d.x / flat, d.y / flat);
    0.012
        + 0.05 * noise2(x * 2.3 + 9.0, y * 2.3 + 9.0, -1, 5)
        + 0.012 * noise2(x * 9.0 + 30.0, y * 9.0 + 30.0, -1, 6)
}

/// Brightness of the stars. They sit in the cells of a stereographic map, which keeps circles round.
fn stars(d: Vec3, angle: f32) -> f32 {
    const PER_UNIT: f32 = 34.0;
    let (x, y) = (d.x / (1.0 + d.z) * PER_UNIT, d.y / (1.0 + d.z) * PER_UNIT);
    let (i, j) = (floor(x), floor(y));
    let h = hash2(i, j, 77);
    if h & 3 != 0 {
        return 0.0;
    }
    let middle = vec3(0.25 + 0.5 * unit(h), 0.25 + 0.5 * unit(h.rotate_left(9)), 0.0);
    let away = vec3(x - i as f32, y - j as f32, 0.0) - middle;
    // A star is a point: what it gains in width under a coarse footprint it loses in brightness.
    let width = (0.6 * angle * PER_UNIT).clamp(0.03, 0.24);
    let power = (0.03 / width).clamp(0.15, 1.0) * (0.4 + 0.9 * unit(h.rotate_left(17)));
    power * (1.0 - away.dot(away) / (width * width)).max(0.0)
}

//! What a time of year changes: the colours of leaves, what has fallen on the ground, and what lies on roofs.

use crate::{
    filter::resolved,
    ground::Spot,
    noise::{floor, hash2, lerp, noise2, unit},
    scene::Season,
    town::Ground,
    vec3::{Vec3, rgb},
};

const SNOW: Vec3 = rgb(212, 219, 232);
const TURNED: [Vec3; 5] =
    [rgb(206, 128, 44), rgb(222, 168, 62), rgb(176, 76, 44), rgb(196, 104, 50), rgb(150, 124, 58)];
const FALLEN: [Vec3; 4] =
    [rgb(186, 106, 44), rgb(206, 152, 60), rgb(146, 70, 42), rgb(122, 88, 52)];
const STRAW: Vec3 = rgb(152, 142, 74);
/// Edge of a fallen leaf, metres: one over a power of two, so that the town repeats.
const LEAF: f32 = 0.125;

impl Season {
    /// The colour of a plant's leaves, of which `green` is the one in summer.
    pub(crate) fn leaves(self, green: Vec3, seed: u32) -> Vec3 {
        match self {
            Self::Summer => green,
            Self::Autumn => green.mix(TURNED[seed as usize % TURNED.len()], 0.88),
            Self::Winter => green.mix(rgb(88, 84, 72), 0.6),
        }
    }

    /// What lies on leaves whose surface faces up by `up`, -1 to 1.
    pub(crate) fn on_leaves(self, albedo: Vec3, up: f32) -> Vec3 {
        match self {
            Self::Summer | Self::Autumn => albedo,
            Self::Winter => albedo.mix(SNOW, ((up + 0.15) * 1.4).clamp(0.0, 0.9)),
        }
    }

    /// What lies on a roof that is seen with a footprint of `size`.
    pub(crate) fn on_roof(self, albedo: Vec3, [x, y]: [f32; 2], size: f32) -> Vec3 {
        match self {
            Self::Summer | Self::Autumn => albedo,
            Self::Winter => {
                let thawed = resolved(1.5, size) * (noise2(x * 0.7, y * 0.7, -1, 61) - 0.5);
                albedo.mix(SNOW, 0.84 - 0.3 * thawed)
            }
        }
    }

    /// What lies on the ground.
    pub(crate) fn on_ground(self, albedo: Vec3, ground: &Ground, spot: &Spot) -> Vec3 {
        let is_grass = matches!(ground, Ground::Grass | Ground::House { .. });
        let is_paved = matches!(ground, Ground::Pavement);
        if matches!(ground, Ground::Water) {
            return albedo;
        }
        match self {
            Self::Summer => albedo,
            Self::Autumn => {
                let albedo =
                    if is_grass { albedo.mix(STRAW * (albedo.y * 1.7), 0.7) } else { albedo };
                let most = if is_grass {
                    0.75
                } else if is_paved {
                    0.42
                } else {
                    0.16
                };
                let (fallen, share) = litter(spot, most);
                albedo.mix(fallen, share)
            }
            Self::Winter => {
                let bare = if is_grass {
                    0.02
                } else if is_paved {
                    0.36
                } else {
                    0.56
                };
                let size = spot.size();
                let drift = 0.65 * noise2(spot.x * 0.5, spot.y * 0.5, 127, 62)
                    + 0.35 * noise2(spot.x * 2.0, spot.y * 2.0, 511, 63);
                let share = ((drift - bare) * 5.0).clamp(0.0, 1.0);
                let share = lerp(1.0 - bare, share, resolved(3.0, size));
                let grain = noise2(spot.x * 4.0, spot.y * 4.0, 1023, 64) - 0.5;
                albedo.mix(SNOW * (1.0 + 0.08 * grain * resolved(0.5, size)), 0.96 * share)
            }
        }
    }
}

/// The colour of fallen leaves, and the share of the footprint that they cover, at most `most`.
fn litter(spot: &Spot, most: f32) -> (Vec3, f32) {
    let drift = noise2(spot.x * 0.5, spot.y * 0.5, 127, 65);
    let density = most * ((drift - 0.25) * 1.8).clamp(0.0, 1.0);
    let mean =
        FALLEN.iter().fold(Vec3::ZERO, |sum, &leaf| sum + leaf) * (1.0 / FALLEN.len() as f32);
    let seen = resolved(2.0 * LEAF, spot.size());
    if seen <= 0.0 {
        return (mean, density);
    }
    let leaf = hash2(floor(spot.x / LEAF) & 2047, floor(spot.y / LEAF) & 2047, 66);
    let lies = if unit(leaf) < density { 0.95 } else { 0.0 };
    (mean.mix(FALLEN[(leaf & 3) as usize], seen), lerp(density, lies, seen))
}

//! What stands beside the streets: trees, bushes and lamps.

use crate::{
    noise::Rng,
    vec3::{Vec3, rgb, vec3},
};

/// One leafy ball: centre relative to the foot of its prop, and half axes, in metres.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaves {
    pub(crate) centre: Vec3,
    pub(crate) radius: Vec3,
    /// One over each half axis.
    pub(crate) inverse: Vec3,
}

impl Leaves {
    fn new(centre: Vec3, radius: Vec3) -> Self {
        Self { centre, radius, inverse: vec3(1.0 / radius.x, 1.0 / radius.y, 1.0 / radius.z) }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// A trunk of this radius and height under overlapping balls of leaves.
    Tree {
        trunk: f32,
        trunk_height: f32,
    },
    Bush,
    Lamp,
}

#[derive(Clone, Debug)]
pub(crate) struct Prop {
    /// The foot, in the first copy of the town.
    pub(crate) foot: [f32; 2],
    pub(crate) shape: Shape,
    pub(crate) leaves: Vec<Leaves>,
    pub(crate) colour: Vec3,
    /// Everything lies within this distance of the foot and below this height.
    pub(crate) reach: f32,
    pub(crate) top: f32,
    pub(crate) seed: u32,
}

/// Height and radius of a lamp's globe, and the radius of its post.
pub(crate) const GLOBE_HEIGHT: f32 = 4.3;
pub(crate) const GLOBE_RADIUS: f32 = 0.26;
/// Metres around the middle of a lit globe in which the air glows.
pub(crate) const HALO_RADIUS: f32 = 0.9;
pub(crate) const POST_RADIUS: f32 = 0.065;

const GREENS: [Vec3; 5] =
    [rgb(116, 164, 62), rgb(98, 152, 66), rgb(132, 172, 70), rgb(86, 140, 64), rgb(150, 170, 66)];

impl Prop {
    pub(crate) fn tree(foot: [f32; 2], rng: &mut Rng) -> Self {
        let size = rng.between(0.82, 1.12);
        let height = rng.between(3.5, 4.3) * size;
        let crown =
            vec3(rng.between(1.25, 1.5), rng.between(1.25, 1.5), rng.between(1.4, 1.75)) * size;
        let mut leaves = vec![Leaves::new(vec3(0.0, 0.0, height), crown)];
        let turn = rng.between(0.0, std::f32::consts::TAU);
        for k in 0..2 {
            let (sin, cos) = (turn + k as f32 * rng.between(1.9, 3.4)).sin_cos();
            let out = rng.between(0.6, 0.85) * size;
            let centre = vec3(out * cos, out * sin, height + rng.between(-0.75, 0.65) * size);
            leaves.push(Leaves::new(centre, Vec3::splat(rng.between(0.8, 1.1) * size)));
        }
        let trunk = rng.between(0.11, 0.17) * size;
        let shape = Shape::Tree { trunk, trunk_height: height - 0.6 * crown.z };
        Self::grown(foot, shape, leaves, rng)
    }

    pub(crate) fn bush(foot: [f32; 2], rng: &mut Rng) -> Self {
        let size = rng.between(0.45, 0.8);
        let (sin, cos) = rng.between(0.0, std::f32::consts::TAU).sin_cos();
        let leaves = vec![
            Leaves::new(vec3(0.0, 0.0, 0.6 * size), vec3(size, size, 0.85 * size)),
            Leaves::new(
                vec3(0.6 * size * cos, 0.6 * size * sin, 0.45 * size),
                Vec3::splat(0.7 * size),
            ),
        ];
        Self::grown(foot, Shape::Bush, leaves, rng)
    }

    pub(crate) fn lamp(foot: [f32; 2]) -> Self {
        Self {
            foot,
            shape: Shape::Lamp,
            leaves: Vec::new(),
            colour: rgb(38, 40, 46),
            reach: HALO_RADIUS,
            top: GLOBE_HEIGHT + HALO_RADIUS,
            seed: 0,
        }
    }

    fn grown(foot: [f32; 2], shape: Shape, leaves: Vec<Leaves>, rng: &mut Rng) -> Self {
        let reach = |l: &Leaves| l.centre.x.hypot(l.centre.y) + l.radius.x.max(l.radius.y);
        Self {
            foot,
            shape,
            reach: leaves.iter().map(reach).fold(0.0, f32::max),
            top: leaves.iter().map(|l| l.centre.z + l.radius.z).fold(0.0, f32::max),
            leaves,
            colour: rng.pick(&GREENS) * rng.between(0.88, 1.08),
            seed: rng.bits(),
        }
    }

    /// Metres around the foot that a walker cannot enter.
    pub(crate) fn obstacle(&self) -> f32 {
        match self.shape {
            Shape::Tree { trunk, .. } => trunk,
            Shape::Bush => 0.6 * self.reach,
            Shape::Lamp => 0.12,
        }
    }
}

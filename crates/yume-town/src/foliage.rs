//! Trees, bushes and lamps on the way of a ray.

use crate::{
    light::{LAMP_COLOUR, Light},
    noise::noise3,
    prop::{GLOBE_HEIGHT, GLOBE_RADIUS, HALO_RADIUS, POST_RADIUS, Prop, Shape},
    ray::{Hit, Ray, Stretch, Surface},
    scene::Season,
    town::{Reach, Town, shortest},
    vec3::{Vec3, rgb, vec3},
};

/// What lies before the first solid surface and lets part of it through: posts, trunks and globes thinner than a pixel.
pub(crate) struct Veil {
    pub(crate) colour: Vec3,
    /// Share of what is behind that is still seen.
    pub(crate) clear: f32,
    /// Distance of the nearest thing that covers more than half of what is behind it.
    pub(crate) t: f32,
}

impl Veil {
    pub(crate) const NONE: Self = Self { colour: Vec3::ZERO, clear: 1.0, t: f32::INFINITY };

    fn cover(&mut self, colour: Vec3, share: f32, t: f32) {
        if share > 0.5 {
            self.t = self.t.min(t);
        }
        self.colour = self.colour + colour * (self.clear * share);
        self.clear *= 1.0 - share;
    }

    /// The veil before this colour.
    pub(crate) fn over(&self, behind: Vec3) -> Vec3 {
        self.colour + behind * self.clear
    }
}

impl Town {
    /// The leaves that the ray meets in this stretch before distance `before`; posts and trunks go into the veil.
    pub(crate) fn meet_props(
        &self,
        ray: &Ray,
        stretch: &Stretch,
        look: &Look<'_>,
        veil: &mut Veil,
    ) -> Option<Hit> {
        let range = &self.cells[stretch.cell].props;
        let mut nearest: Option<Hit> = None;
        let mut stems: [Option<(f32, &Prop, f32)>; 2] = [None, None];
        for reach in &self.reaching[range.start as usize..range.end as usize] {
            let Some(away) = Away::new(ray, reach, stretch) else { continue };
            let (number, prop) = (reach.prop, &self.props[reach.prop as usize]);
            if let Some((t, normal)) = prop.meet_leaves(ray, &away, stretch, look.angle)
                && nearest.is_none_or(|hit| t < hit.t)
            {
                nearest = Some(Hit { t, normal, surface: Surface::Leaves { prop: number } });
            }
            if away.t > stretch.enter && away.t <= stretch.leave {
                let slot = usize::from(stems[0].is_some());
                stems[slot] = Some((away.t, prop, away.aside));
            }
        }
        if let [Some(a), Some(b)] = stems
            && b.0 < a.0
        {
            stems = [Some(b), Some(a)];
        }
        for (t, prop, aside) in stems.into_iter().flatten() {
            if nearest.is_none_or(|hit| t < hit.t) {
                prop.veil(ray, t, aside, look, veil);
            }
        }
        nearest
    }

    /// Whether leaves or a trunk stand between this ray's origin and the sun.
    pub(crate) fn props_shade(&self, ray: &Ray, stretch: &Stretch) -> bool {
        let range = &self.cells[stretch.cell].props;
        self.reaching[range.start as usize..range.end as usize].iter().any(|reach| {
            let Some(away) = Away::new(ray, reach, stretch) else { return false };
            let prop = &self.props[reach.prop as usize];
            if let Shape::Tree { trunk, trunk_height } = prop.shape
                && away.aside.abs() < trunk
                && away.t > 0.0
                && ray.at(away.t).z < trunk_height
            {
                return true;
            }
            let from = vec3(-away.to_foot[0], -away.to_foot[1], ray.from.z);
            prop.leaves.iter().any(|ball| {
                ball_crossing(from - ball.centre, ray.along, ball.inverse)
                    .is_some_and(|(_, far)| far > 0.0)
            })
        })
    }
}

/// What the shading of thin things needs to know.
pub(crate) struct Look<'a> {
    pub(crate) light: &'a Light,
    /// Radians between neighbouring samples.
    pub(crate) angle: f32,
}

/// Where a prop is, seen from the origin of a ray.
struct Away {
    to_foot: [f32; 2],
    /// Distance along the ray at which it passes the axis of the prop, and how far to the left it passes, in metres.
    t: f32,
    aside: f32,
}

impl Away {
    /// `None` if the ray passes the prop by or flies over it, or meets it in another stretch.
    #[inline]
    fn new(ray: &Ray, reach: &Reach, stretch: &Stretch) -> Option<Self> {
        let to_foot = [shortest(ray.from.x, reach.foot[0]), shortest(ray.from.y, reach.foot[1])];
        let aside = to_foot[0] * ray.along.y - to_foot[1] * ray.along.x;
        if aside.abs() > reach.radius * ray.flat {
            return None;
        }
        let inverse = 1.0 / ray.flat;
        let t = (to_foot[0] * ray.along.x + to_foot[1] * ray.along.y) * inverse * inverse;
        let around = reach.radius * inverse;
        let (near, far) = ((t - around).max(stretch.enter), (t + around).min(stretch.leave + 0.01));
        let lower = if ray.along.z < 0.0 { far } else { near };
        if near > far || ray.from.z + ray.along.z * lower > reach.top {
            return None;
        }
        Some(Self { to_foot, t, aside: aside * inverse })
    }
}

/// Where a ray from `from` relative to the middle of an ellipsoid enters and leaves it.
#[inline]
fn ball_crossing(from: Vec3, along: Vec3, inverse: Vec3) -> Option<(f32, f32)> {
    let (o, d) = (from.times(inverse), along.times(inverse));
    let (a, b) = (d.dot(d), o.dot(d));
    let inside = b * b - a * (o.dot(o) - 1.0);
    if inside <= 0.0 {
        return None;
    }
    let root = inside.sqrt();
    Some(((-b - root) / a, (-b + root) / a))
}

impl Prop {
    fn meet_leaves(
        &self,
        ray: &Ray,
        away: &Away,
        stretch: &Stretch,
        angle: f32,
    ) -> Option<(f32, Vec3)> {
        let from = vec3(-away.to_foot[0], -away.to_foot[1], ray.from.z);
        let mut found: Option<(f32, Vec3)> = None;
        for ball in &self.leaves {
            let Some((near, far)) = ball_crossing(from - ball.centre, ray.along, ball.inverse)
            else {
                continue;
            };
            for t in [near, far] {
                if t <= 1e-3 || t > stretch.leave + 1e-3 || found.is_some_and(|(best, _)| best <= t)
                {
                    continue;
                }
                let p = from + ray.along * t - ball.centre;
                let normal = p.times(ball.inverse).times(ball.inverse).normalized();
                let facing = normal.dot(ray.along).abs();
                if facing < 0.42 && self.is_gap(p, facing, t * angle) {
                    continue;
                }
                found = Some((t, if normal.dot(ray.along) > 0.0 { -normal } else { normal }));
                break;
            }
        }
        found
    }

    /// Whether one sees between the leaves here: the outline frays where the ray only grazes it. Too fine to see from afar.
    #[inline]
    fn is_gap(&self, p: Vec3, facing: f32, footprint: f32) -> bool {
        let fray = (1.0 - footprint * 9.0).clamp(0.0, 1.0) * 0.42;
        if facing >= fray {
            return false;
        }
        noise3(p.x * 5.0, p.y * 5.0, p.z * 5.0, self.seed) > 0.25 + 0.75 * facing / fray
    }

    /// Draws the trunk, or the post and globe, that the ray passes at distance `t` and `aside` metres off its axis.
    fn veil(&self, ray: &Ray, t: f32, aside: f32, look: &Look<'_>, veil: &mut Veil) {
        let footprint = (t * look.angle).max(1e-4);
        let z = ray.from.z + ray.along.z * t;
        let covered = |radius: f32| {
            ((radius.min(aside + 0.5 * footprint) - (-radius).max(aside - 0.5 * footprint))
                / footprint)
                .clamp(0.0, 1.0)
        };
        let up_to = |height: f32| ((height - z) / footprint + 0.5).clamp(0.0, 1.0);
        match self.shape {
            Shape::Bush => {}
            Shape::Tree { trunk, trunk_height } => {
                let wide = trunk * (1.0 + 0.5 * (1.0 - z / 0.5).clamp(0.0, 1.0));
                let share = covered(wide) * up_to(trunk_height);
                if share > 0.0 {
                    let bark = rgb(104, 78, 58);
                    veil.cover(self.rounded(ray, t, aside / wide, bark, look), share, t);
                }
            }
            Shape::Lamp => {
                let wide = POST_RADIUS * (1.0 + 0.7 * ((0.6 - z) * 4.0).clamp(0.0, 1.0));
                let share = covered(wide) * up_to(GLOBE_HEIGHT - 0.5 * GLOBE_RADIUS);
                let below = GLOBE_HEIGHT - z;
                let globe = (aside * aside + below * below).sqrt();
                let power = look.light.lamp.x.min(1.0);
                let soft = footprint.max(0.02);
                let ball = ((GLOBE_RADIUS - globe) / soft + 0.5).clamp(0.0, 1.0)
                    * (2.0 * GLOBE_RADIUS / soft).min(1.0);
                if ball > 0.0 {
                    let glass = rgb(228, 230, 234).times(look.light.falling_on(Vec3::UP, 0.6));
                    let glass = look.light.through_air(glass, t).mix(LAMP_COLOUR * 1.25, power);
                    veil.cover(glass, ball, t);
                }
                if share > 0.0 {
                    veil.cover(self.rounded(ray, t, aside / wide, self.colour, look), share, t);
                }
                if power > 0.0 && globe < HALO_RADIUS {
                    let near = 1.0 - globe / HALO_RADIUS;
                    veil.colour =
                        veil.colour + LAMP_COLOUR * (0.5 * power * near * near * veil.clear);
                }
            }
        }
    }

    /// Colour of an upright cylinder that the ray meets at `across` (-1 to 1) of its width.
    fn rounded(&self, ray: &Ray, t: f32, across: f32, colour: Vec3, look: &Look<'_>) -> Vec3 {
        let across = across.clamp(-0.9, 0.9);
        let ahead = (1.0 - across * across).sqrt();
        let (fx, fy) = (ray.along.x / ray.flat, ray.along.y / ray.flat);
        // The axis lies `across` to the left, so the surface shows its right side there.
        let normal = vec3(-fx * ahead - fy * across, -fy * ahead + fx * across, 0.0);
        let sunlit = if matches!(self.shape, Shape::Lamp) { 0.7 } else { 0.35 };
        look.light.through_air(colour.times(look.light.falling_on(normal, sunlit)), t)
    }

    /// Colour of the leaves at a point relative to the foot, with the surface's normal roughened by the leaves.
    pub(crate) fn leaf(
        &self,
        season: Season,
        p: Vec3,
        normal: Vec3,
        footprint: f32,
    ) -> (Vec3, Vec3) {
        let detail = (1.0 - footprint * 3.0).clamp(0.0, 1.0);
        let mut albedo = season.leaves(self.colour, self.seed);
        let height = (p.z / self.top).clamp(0.0, 1.0);
        // Lower leaves hang in the shade of the upper ones.
        albedo = albedo * (0.62 + 0.42 * height);
        if detail <= 0.0 {
            return (season.on_leaves(albedo, normal.z), normal);
        }
        let coarse = noise3(p.x * 2.6, p.y * 2.6, p.z * 2.6, self.seed);
        let fine = noise3(p.x * 7.0, p.y * 7.0, p.z * 7.0, self.seed ^ 1);
        let tuft =
            (coarse - 0.5) * 1.1 + (fine - 0.5) * 0.7 * (1.0 - footprint * 8.0).clamp(0.0, 1.0);
        let bent = normal + vec3(coarse - 0.5, fine - 0.5, 0.6 * tuft) * (0.7 * detail);
        let (albedo, bent) = (albedo * (1.0 + 0.55 * tuft * detail), bent.normalized());
        (season.on_leaves(albedo, bent.z), bent)
    }
}

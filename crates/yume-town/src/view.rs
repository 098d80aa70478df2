//! The colour that arrives along a ray.

use std::ops::ControlFlow;

use crate::{
    facade::Sight,
    foliage::{Look, Veil},
    ground::{self, Spot},
    light::Light,
    lot::Roof,
    noise::noise2,
    prop::GLOBE_HEIGHT,
    ray::{Hit, Ray, SIGHT, Surface},
    scene::Season,
    town::{Axis, Ground, Town, shortest},
    vec3::{Vec3, rgb, vec3},
};

/// A town in the light of a scene, seen at one resolution.
pub(crate) struct View<'a> {
    pub(crate) town: &'a Town,
    pub(crate) light: &'a Light,
    pub(crate) season: Season,
    /// Radians between neighbouring samples.
    pub(crate) angle: f32,
}

/// What one ray met.
pub(crate) struct Sample {
    ray: Ray,
    veil: Veil,
    hit: Option<Hit>,
}

impl Sample {
    fn t(&self) -> f32 {
        self.hit.map_or(SIGHT, |hit| hit.t)
    }
}

impl View<'_> {
    /// Colour of a pixel from the rays through it, which are `across` by `across`; `middle` goes through its middle. `samples`
    /// is room to work in.
    pub(crate) fn pixel(
        &self,
        rays: impl Iterator<Item = Ray>,
        middle: Vec3,
        across: f32,
        samples: &mut Vec<Sample>,
    ) -> Vec3 {
        samples.clear();
        samples.extend(rays.map(|ray| self.sample(ray)));
        let each = 1.0 / samples.len() as f32;
        let mut sum = Vec3::ZERO;
        if self.is_one_surface(samples) {
            let ray = Ray::new(samples[0].ray.from, middle);
            let behind = self.shared(&ray, self.angle * across, samples);
            for sample in samples.iter() {
                sum = sum + shoulder(sample.veil.over(behind));
            }
        } else {
            for sample in samples.iter() {
                sum = sum + shoulder(self.colour(sample, true));
            }
        }
        sum * each
    }

    /// Whether one answer does for all: the exact filters see to what lies between the samples. Not where a surface is seen at
    /// so flat an angle that a filter along the axes of the town blurs more than the samples do.
    fn is_one_surface(&self, samples: &[Sample]) -> bool {
        let Some(first) = samples[0].hit else {
            return samples.iter().all(|sample| sample.hit.is_none());
        };
        let flattest = match first.surface {
            Surface::Leaves { .. } => return false,
            Surface::Ground { .. } if self.light.wet > 0.0 => return false,
            Surface::Ground { cell } if self.is_water(cell) => return false,
            Surface::Ground { .. } => 0.16,
            Surface::Wall { .. } | Surface::Roof { .. } => 0.12,
        };
        let is_same = |hit: Hit| hit.surface == first.surface && hit.normal == first.normal;
        samples.iter().all(|sample| sample.hit.is_some_and(is_same))
            && -samples[0].ray.along.dot(first.normal) > flattest
    }

    /// The colour behind the veils of samples that met one surface.
    fn shared(&self, ray: &Ray, angle: f32, samples: &[Sample]) -> Vec3 {
        let Some(first) = samples[0].hit else {
            return self.light.sky(ray.along, angle);
        };
        let each = 1.0 / samples.len() as f32;
        let t = samples.iter().map(|sample| sample.t()).sum::<f32>() * each;
        let sunlit = |s: &Sample| self.sunlit(s.ray.at(s.t()), first.normal);
        // Among many samples, where the corners agree so does nearly always all between.
        let across = samples.len().isqrt();
        let corners = [0, across - 1, samples.len() - across, samples.len() - 1];
        let at_corners = corners.iter().map(|&k| sunlit(&samples[k])).sum::<f32>();
        let sunlit = if samples.len() <= 4 || at_corners == 0.0 || at_corners == 4.0 {
            0.25 * at_corners
        } else {
            samples.iter().map(sunlit).sum::<f32>() * each
        };
        self.light.through_air(self.shade(ray, &Hit { t, ..first }, angle, sunlit, true), t)
    }

    fn sample(&self, ray: Ray) -> Sample {
        let mut veil = Veil::NONE;
        let hit = self.meet(&ray, &mut veil);
        Sample { ray, veil, hit }
    }

    /// Distance to what a ray meets, or none for the sky.
    pub(crate) fn distance(&self, ray: &Ray) -> Option<f32> {
        let sample = self.sample(*ray);
        let t = sample.hit.map_or(f32::INFINITY, |hit| hit.t).min(sample.veil.t);
        t.is_finite().then_some(t)
    }

    fn colour(&self, sample: &Sample, mirrors: bool) -> Vec3 {
        let ray = &sample.ray;
        let behind = match &sample.hit {
            None => self.light.sky(ray.along, self.angle),
            Some(hit) => {
                let p = ray.at(hit.t);
                let sunlit = match hit.surface {
                    Surface::Leaves { .. } => self.sunlit_leaves(p, hit.normal),
                    _ => self.sunlit(p, hit.normal),
                };
                self.light.through_air(self.shade(ray, hit, self.angle, sunlit, mirrors), hit.t)
            }
        };
        sample.veil.over(behind)
    }

    /// Colour of a surface close by, for a view of this width in radians.
    fn shade(&self, ray: &Ray, hit: &Hit, angle: f32, sunlit: f32, mirrors: bool) -> Vec3 {
        let p = ray.at(hit.t);
        let footprint = hit.t * angle;
        match hit.surface {
            Surface::Ground { cell } => self.ground(ray, p, footprint, cell, sunlit, mirrors),
            Surface::Wall { cell } => self.wall(ray, p, footprint, hit.normal, cell, sunlit),
            Surface::Roof { lot } => {
                let lot = &self.town.lots[lot as usize];
                let [x, y] = lot.local(p.x, p.y);
                let (along, across) = if lot.roof == Roof::RidgeX { (x, y) } else { (y, x) };
                let tilted = footprint / (-ray.along.dot(hit.normal)).max(0.15);
                let albedo = lot.roof_paint(along, across, tilted);
                let albedo = self.season.on_roof(albedo, [along, across], tilted);
                let lamps = self.lamplight(p, hit.normal);
                albedo.times(self.light.falling_on(hit.normal, sunlit) + lamps)
            }
            Surface::Leaves { prop } => {
                let prop = &self.town.props[prop as usize];
                let from_foot = vec3(shortest(prop.foot[0], p.x), shortest(prop.foot[1], p.y), p.z);
                let (albedo, normal) = prop.leaf(self.season, from_foot, hit.normal, footprint);
                let through = self.light.sun * (0.16 * sunlit);
                // Leaves are small and turned every way: they catch little of a lamp.
                let lamps = self.lamplight(p, normal) * 0.4;
                albedo.times(self.light.falling_on(normal, sunlit) + through + lamps)
            }
        }
    }

    fn meet(&self, ray: &Ray, veil: &mut Veil) -> Option<Hit> {
        let (limit, ground) = self.town.limits(ray);
        let look = Look { light: self.light, angle: self.angle };
        let mut above = None;
        let found = self.town.cross(ray, limit, |stretch| {
            let house = self.town.meet_house(ray, &stretch, &mut above);
            let leaves = if self.town.cells[stretch.cell].props.is_empty() {
                None
            } else {
                self.town.meet_props(ray, &stretch, &look, veil)
            };
            match (house, leaves) {
                (Some(house), Some(leaves)) => {
                    ControlFlow::Break(if leaves.t < house.t { leaves } else { house })
                }
                (Some(hit), None) | (None, Some(hit)) => ControlFlow::Break(hit),
                (None, None) => ControlFlow::Continue(()),
            }
        });
        found.or_else(|| {
            (ground <= limit).then(|| {
                let p = ray.at(ground);
                let cell = self.town.cell_at(p.x, p.y);
                Hit { t: ground, normal: Vec3::UP, surface: Surface::Ground { cell } }
            })
        })
    }

    fn ground(
        &self,
        ray: &Ray,
        p: Vec3,
        footprint: f32,
        cell: usize,
        sunlit: f32,
        mirrors: bool,
    ) -> Vec3 {
        let lean = 1.0 / (-ray.along.z).max(1e-3);
        let stretch = |along: f32| footprint * (1.0 + (along * lean) * (along * lean)).sqrt();
        let spot = Spot { x: p.x, y: p.y, wide: stretch(ray.along.x), deep: stretch(ray.along.y) };
        let place = &self.town.cells[cell];
        let albedo = ground::albedo(place, &spot);
        let mut albedo = self.season.on_ground(albedo, &place.ground, &spot);
        let is_water = self.is_water(cell);
        let wet = match place.ground {
            Ground::Grass => 0.0,
            Ground::Water => 1.0,
            _ => self.light.wet,
        };
        albedo = albedo * (1.0 - 0.28 * wet);
        let lit = self.light.falling_on(Vec3::UP, sunlit);
        let colour = albedo.times(lit + self.lamplight(p, Vec3::UP));
        if wet == 0.0 || !mirrors {
            return colour;
        }
        let pool = noise2(p.x * 0.5, p.y * 0.5, 127, 51) * 0.65
            + noise2(p.x * 2.0, p.y * 2.0, 511, 52) * 0.35;
        // Water is a puddle everywhere, and never quite as calm as one.
        let pool = if is_water { 0.7 } else { ((pool - 0.42) * 5.0).clamp(0.0, 1.0) };
        let calm = (1.0 - footprint * 4.0).clamp(0.0, 1.0) * (1.0 - 0.8 * pool);
        let ripple = |k: u32| (noise2(p.x * 8.0, p.y * 8.0, 2047, k) - 0.5) * 0.12 * calm;
        let normal = vec3(ripple(53), ripple(54), 1.0).normalized();
        let mut along = ray.along.mirrored(normal);
        along.z = along.z.max(0.01);
        let grazing = 1.0 - (-ray.along.z).clamp(0.0, 1.0);
        let fresnel = 0.04 + 0.96 * grazing.powi(5);
        let share = if is_water {
            0.12 + 0.88 * fresnel.sqrt()
        } else {
            wet * fresnel * (0.55 + 0.4 * pool)
        };
        let mirrored = Ray::new(p + Vec3::UP * 0.01, along.normalized());
        let behind = self.colour(&self.sample(mirrored), false);
        colour.mix(behind, share.min(0.85))
    }

    fn is_water(&self, cell: usize) -> bool {
        matches!(self.town.cells[cell].ground, Ground::Water)
    }

    fn wall(
        &self,
        ray: &Ray,
        p: Vec3,
        footprint: f32,
        normal: Vec3,
        cell: usize,
        sunlit: f32,
    ) -> Vec3 {
        let cell = &self.town.cells[cell];
        let Ground::House { lot } = cell.ground else {
            return Vec3::ZERO;
        };
        let lot = &self.town.lots[lot as usize];
        let [x, y] = lot.local(p.x, p.y);
        let axis = if normal.x == 0.0 { Axis::Y } else { Axis::X };
        let inward = (-ray.along.dot(normal)).max(1e-3);
        let sun_inward = (-self.light.to_sun.dot(normal)).min(-1e-2);
        let (u, length, along, sun_along) = match axis {
            Axis::X => (y, lot.size[1], ray.along.y, self.light.to_sun.y),
            Axis::Y => (x, lot.size[0], ray.along.x, self.light.to_sun.x),
        };
        let spread = |along: f32| footprint * (1.0 + (along / inward) * (along / inward)).sqrt();
        let sight = Sight {
            u,
            v: p.z,
            length,
            wide: spread(along),
            high: spread(ray.along.z),
            view_drift: [along / inward, ray.along.z / inward],
            sun_drift: [-sun_along / sun_inward, -self.light.to_sun.z / sun_inward],
            seed: lot.seed ^ ((normal.x + 2.0 * normal.y + 3.0) as u32) << 4,
            lit_windows: self.light.lit_windows,
        };
        let is_hut = lot.roof == Roof::Flat && p.z > lot.eave;
        let paint = lot.facade(&sight, is_hut);
        let sunlit = sunlit * (1.0 - paint.shade);
        let near_ground = 0.82 + 0.18 * (p.z * 0.7).min(1.0);
        let lit = self.light.falling_on(normal, sunlit) * near_ground;
        let mut colour = paint.albedo.times(lit + self.lamplight(p, normal));
        if paint.glass > 0.0 {
            let away = ray.along.mirrored(normal);
            let sky = self.light.horizon.mix(self.light.zenith, (away.z * 2.0).clamp(0.0, 1.0));
            let street = rgb(70, 74, 84).times(self.light.from_above);
            let seen = street.mix(sky, (away.z * 5.0 + 0.4).clamp(0.0, 1.0));
            let grazing = 1.0 - inward;
            colour = colour.mix(seen, paint.glass * (0.1 + 0.75 * grazing.powi(4)));
        }
        colour + paint.glow
    }

    /// Light of the lamps around on a surface.
    fn lamplight(&self, p: Vec3, normal: Vec3) -> Vec3 {
        if self.light.lamp.x <= 0.0 {
            return Vec3::ZERO;
        }
        let cell =
            &self.town.cells[self.town.cell_at(p.x + 0.01 * normal.x, p.y + 0.01 * normal.y)];
        let lamps = &self.town.lighting[cell.lamps.start as usize..cell.lamps.end as usize];
        let mut power = 0.0;
        for &lamp in lamps {
            let foot = self.town.props[lamp as usize].foot;
            let to = vec3(shortest(p.x, foot[0]), shortest(p.y, foot[1]), GLOBE_HEIGHT - p.z);
            let squared = to.dot(to);
            let reach =
                (1.0 - squared / (crate::plan::LAMP_REACH * crate::plan::LAMP_REACH)).max(0.0);
            let facing = (to.dot(normal) / squared.max(0.01).sqrt()).max(0.0);
            power += facing * reach * reach * 8.0 / (squared + 6.0);
        }
        // The eye gets used to what is very bright.
        self.light.lamp * (power / (1.0 + 1.4 * power))
    }

    /// 1 where the sun reaches a surface, 0 in the shadow of something.
    fn sunlit(&self, p: Vec3, normal: Vec3) -> f32 {
        if self.light.sun.x <= 0.0 || self.light.to_sun.dot(normal) <= 0.0 {
            return 0.0;
        }
        self.sunlit_beyond(p + normal * 0.02, true)
    }

    /// As `sunlit`, for leaves: they do not shade themselves, their own roughness does.
    fn sunlit_leaves(&self, p: Vec3, normal: Vec3) -> f32 {
        if self.light.sun.x <= 0.0 || self.light.to_sun.dot(normal) < -0.3 {
            return 0.0;
        }
        self.sunlit_beyond(p, false)
    }

    fn sunlit_beyond(&self, p: Vec3, with_props: bool) -> f32 {
        let ray = Ray::new(p, self.light.to_sun);
        let (limit, _) = self.town.limits(&ray);
        let mut above = None;
        let shaded = self.town.cross(&ray, limit, |stretch| {
            let is_shaded = (with_props
                && !self.town.cells[stretch.cell].props.is_empty()
                && self.town.props_shade(&ray, &stretch))
                || self.town.meet_house(&ray, &stretch, &mut above).is_some();
            if is_shaded { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if shaded.is_some() { 0.0 } else { 1.0 }
    }
}

/// Bends what is brighter than white back to white.
fn shoulder(colour: Vec3) -> Vec3 {
    const KNEE: f32 = 0.8;
    let bend = |v: f32| {
        let over = (v - KNEE).max(0.0) / (1.0 - KNEE);
        v.min(KNEE) + (1.0 - KNEE) * over / (1.0 + over)
    };
    if colour.x.max(colour.y).max(colour.z) <= KNEE {
        colour
    } else {
        vec3(bend(colour.x), bend(colour.y), bend(colour.z))
    }
}

//! The light of a scene: sun, sky and lamps as colours. The numbers are chosen by eye, noon after the pictures that the first
//! weights were trained on.

use crate::{
    noise::fade,
    scene::{Scene, TimeOfDay, Weather},
    vec3::{Vec3, rgb, vec3},
};

#[derive(Clone, Debug)]
pub(crate) struct Light {
    /// Unit vector towards the sun (at night the moon), its light on a surface that faces it, and its colour in the sky.
    pub(crate) to_sun: Vec3,
    pub(crate) sun: Vec3,
    pub(crate) disc: Vec3,
    /// Cosine of the angle the disc covers from its middle.
    pub(crate) disc_cos: f32,
    /// Light of the whole sky on a surface that faces up, and of the ground on one that faces down.
    pub(crate) from_above: Vec3,
    pub(crate) from_below: Vec3,
    pub(crate) zenith: Vec3,
    pub(crate) horizon: Vec3,
    /// What the sky near the sun gains.
    pub(crate) glow: Vec3,
    pub(crate) cloud: Vec3,
    /// Share of the sky that clouds cover, 0 to 1.
    pub(crate) cloudiness: f32,
    pub(crate) stars: f32,
    /// Share of the far view that the air hides per metre.
    pub(crate) haze_per_metre: f32,
    pub(crate) haze: Vec3,
    /// Light of one lamp at a metre, and the share of windows that are lit.
    pub(crate) lamp: Vec3,
    pub(crate) lit_windows: f32,
    /// 0 for dry ground, 1 for wet.
    pub(crate) wet: f32,
}

/// The colour of lamps and lit windows.
pub(crate) const LAMP_COLOUR: Vec3 = vec3(1.0, 0.8, 0.5);

impl Light {
    pub(crate) fn new(scene: &Scene) -> Self {
        let mut light = Self::of_time(scene.time);
        let elevation = light.to_sun.z;
        let flat = (1.0 - elevation * elevation).sqrt();
        let (sin, cos) = scene.sun_azimuth.sin_cos();
        light.to_sun = vec3(flat * cos, flat * sin, elevation);
        match scene.weather {
            Weather::Clear => {}
            Weather::Fog => light.thicken(1.0 / 30.0, 0.25),
            Weather::Rain => {
                light.thicken(1.0 / 85.0, 0.0);
                light.cloudiness = 0.9;
                light.wet = 1.0;
                light.lit_windows = light.lit_windows.max(0.12);
            }
        }
        light
    }

    /// Fills the air with mist that hides `per_metre` of the view and leaves this share of the sun.
    fn thicken(&mut self, per_metre: f32, sun_left: f32) {
        let grey = |c: Vec3| Vec3::splat(c.dot(vec3(0.3, 0.59, 0.11)));
        let lost = self.sun * (0.45 * self.to_sun.z.max(0.15) * (1.0 - sun_left));
        self.haze = self.haze.mix(grey(self.haze), 0.75);
        self.horizon = self.haze;
        self.zenith = self.zenith.mix(grey(self.zenith).mix(self.haze, 0.5), 0.85);
        self.glow = self.glow * 0.3;
        self.cloud = self.haze * 0.95;
        self.stars = 0.0;
        self.from_above = self.from_above.mix(grey(self.from_above), 0.6) + lost;
        self.from_below = self.from_below.mix(grey(self.from_below), 0.6) + lost * 0.7;
        self.sun = self.sun * sun_left;
        self.disc = self.disc * sun_left;
        self.haze_per_metre = per_metre;
    }

    fn of_time(time: TimeOfDay) -> Self {
        let noon = Self {
            to_sun: vec3(0.0, 0.0, 0.79),
            sun: vec3(0.82, 0.75, 0.66),
            disc: vec3(1.5, 1.45, 1.3),
            disc_cos: 0.9994,
            from_above: vec3(0.46, 0.49, 0.56),
            from_below: vec3(0.4, 0.39, 0.41),
            zenith: rgb(56, 116, 206),
            horizon: rgb(172, 197, 222),
            glow: vec3(0.16, 0.14, 0.1),
            cloud: rgb(226, 229, 234),
            cloudiness: 0.5,
            stars: 0.0,
            haze_per_metre: 1.0 / 130.0,
            haze: rgb(160, 184, 212),
            lamp: Vec3::ZERO,
            lit_windows: 0.0,
            wet: 0.0,
        };
        match time {
            TimeOfDay::Noon => noon,
            TimeOfDay::Morning => Self {
                to_sun: vec3(0.0, 0.0, 0.4),
                sun: vec3(0.92, 0.76, 0.54),
                from_above: vec3(0.44, 0.47, 0.55),
                from_below: vec3(0.36, 0.35, 0.37),
                zenith: rgb(104, 150, 212),
                horizon: rgb(226, 214, 196),
                glow: vec3(0.35, 0.26, 0.12),
                cloud: rgb(244, 234, 220),
                cloudiness: 0.4,
                haze: rgb(206, 203, 200),
                ..noon
            },
            TimeOfDay::Sunset => Self {
                to_sun: vec3(0.0, 0.0, 0.13),
                sun: vec3(1.0, 0.52, 0.24),
                disc: vec3(2.2, 1.9, 1.2),
                disc_cos: 0.9985,
                from_above: vec3(0.4, 0.34, 0.46),
                from_below: vec3(0.34, 0.27, 0.32),
                zenith: rgb(70, 58, 128),
                horizon: rgb(240, 150, 92),
                glow: vec3(0.6, 0.32, 0.08),
                cloud: rgb(236, 150, 128),
                cloudiness: 0.5,
                haze: rgb(196, 130, 104),
                lamp: LAMP_COLOUR * 1.2,
                lit_windows: 0.3,
                ..noon
            },
            TimeOfDay::Overcast => Self {
                sun: Vec3::ZERO,
                disc: Vec3::ZERO,
                from_above: vec3(0.86, 0.88, 0.92),
                from_below: vec3(0.56, 0.56, 0.58),
                zenith: rgb(150, 158, 170),
                horizon: rgb(196, 200, 206),
                glow: Vec3::ZERO,
                cloud: rgb(178, 184, 194),
                cloudiness: 0.8,
                haze: rgb(186, 191, 198),
                haze_per_metre: 1.0 / 105.0,
                ..noon
            },
            TimeOfDay::Night => Self {
                to_sun: vec3(0.0, 0.0, 0.6),
                sun: vec3(0.09, 0.1, 0.15),
                disc: vec3(0.95, 0.94, 0.86),
                disc_cos: 0.9993,
                from_above: vec3(0.23, 0.26, 0.41),
                from_below: vec3(0.18, 0.18, 0.26),
                zenith: rgb(13, 15, 40),
                horizon: rgb(48, 50, 88),
                glow: vec3(0.1, 0.1, 0.14),
                cloud: rgb(36, 38, 66),
                cloudiness: 0.35,
                stars: 1.0,
                haze: rgb(40, 42, 74),
                lamp: LAMP_COLOUR * 3.8,
                lit_windows: 0.38,
                ..noon
            },
        }
    }

    /// Light that arrives at a surface with this normal, without lamps; `sunlit` is 0 in shadow, 1 in the sun.
    #[inline]
    pub(crate) fn falling_on(&self, normal: Vec3, sunlit: f32) -> Vec3 {
        // Walls along x are a little darker than walls along y, so that corners read even in the shade.
        let turned = 1.0 - 0.07 * normal.x * normal.x;
        let diffuse = self.from_below.mix(self.from_above, 0.5 + 0.5 * normal.z) * turned;
        diffuse + self.sun * (self.to_sun.dot(normal).max(0.0) * sunlit)
    }

    /// A colour seen through this many metres of air.
    #[inline]
    pub(crate) fn through_air(&self, colour: Vec3, metres: f32) -> Vec3 {
        let left = fade(self.haze_per_metre * (metres - 6.0).max(0.0));
        self.haze.mix(colour, left)
    }
}

//! What the walls and roofs of houses look like: plinths, shop fronts, doors, windows in their reveals, and cornices.

use crate::{
    filter::{band, resolved, stripes},
    lot::{CORNICE, FLOOR, Lot, Style},
    noise::{floor, hash2, nearest, noise2, split, unit},
    opening::Opening,
    vec3::{Vec3, rgb},
};

/// A place on a wall and how it is seen.
#[derive(Clone, Copy)]
pub(crate) struct Sight {
    /// Metres along the wall and above the ground, and the length of the wall.
    pub(crate) u: f32,
    pub(crate) v: f32,
    pub(crate) length: f32,
    /// Size of the footprint along and up the wall.
    pub(crate) wide: f32,
    pub(crate) high: f32,
    /// How far the view moves along and up per metre into the wall, and how far the sunlight does.
    pub(crate) view_drift: [f32; 2],
    pub(crate) sun_drift: [f32; 2],
    /// Tells the walls of a house apart.
    pub(crate) seed: u32,
    pub(crate) lit_windows: f32,
}

impl Sight {
    pub(crate) fn size(&self) -> f32 {
        self.wide.max(self.high)
    }
}

/// What a place on a wall is made of.
#[derive(Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) albedo: Vec3,
    /// Light of its own.
    pub(crate) glow: Vec3,
    /// Share of glass, which mirrors the sky.
    pub(crate) glass: f32,
    /// Share of sunlight that the depth of a window or an awning keeps off.
    pub(crate) shade: f32,
}

impl Paint {
    fn plain(albedo: Vec3) -> Self {
        Self { albedo, glow: Vec3::ZERO, glass: 0.0, shade: 0.0 }
    }

    /// Paints this colour over a share of the place.
    pub(crate) fn cover(&mut self, albedo: Vec3, share: f32) {
        let keep = 1.0 - share;
        self.albedo = self.albedo.mix(albedo, share);
        self.glow = self.glow * keep;
        self.glass *= keep;
        self.shade *= keep;
    }
}

impl Lot {
    /// Paint of a wall; the walls of huts are bare.
    pub(crate) fn facade(&self, sight: &Sight, is_hut: bool) -> Paint {
        let mut paint = Paint::plain(self.bare_wall(sight));
        if is_hut {
            paint.albedo = paint.albedo.mix(self.trim * 0.8, 0.4);
            return paint;
        }
        let upper_end = self.ground_floor + self.upper_floors as f32 * FLOOR;
        if sight.v - 0.5 * sight.high < self.ground_floor {
            let share = band(sight.v, -1.0, self.ground_floor, sight.high);
            let mut front = paint;
            if self.shop {
                self.shop_front(sight, &mut front);
            } else {
                self.ground_floor(sight, &mut front);
            }
            paint = blend(paint, front, share);
        }
        if sight.v + 0.5 * sight.high > self.ground_floor && sight.v - 0.5 * sight.high < upper_end
        {
            self.upper_windows(sight, &mut paint);
        }
        self.mouldings(sight, upper_end, &mut paint);
        paint
    }

    fn bare_wall(&self, sight: &Sight) -> Vec3 {
        let size = sight.size();
        let mut shade = 1.0;
        let broad = resolved(4.0, size);
        if broad > 0.0 {
            shade += 0.09 * broad * (noise2(sight.u * 0.7, sight.v * 0.5, -1, sight.seed) - 0.5);
        }
        match self.style {
            Style::Brick if sight.high < 0.16 => {
                let fine = resolved(0.16, sight.high);
                let course = floor(sight.v / 0.12);
                let shift = if course & 1 == 0 { 0.0 } else { 0.16 };
                let brick = unit(hash2(floor((sight.u + shift) / 0.32), course, sight.seed)) - 0.5;
                shade += 0.16 * brick * fine * resolved(0.3, sight.wide);
                let joints = stripes(sight.v, 0.0, 0.018, 0.12, sight.high).max(stripes(
                    sight.u + shift,
                    0.0,
                    0.016,
                    0.32,
                    sight.wide,
                ));
                shade -= 0.17 * joints * fine;
            }
            Style::Boards => {
                shade -= 0.16 * stripes(sight.v, 0.0, 0.05, 0.3, sight.high);
            }
            Style::Brick | Style::Ledges | Style::Quoins | Style::Shutters => {
                let plaster = resolved(0.3, size);
                if plaster > 0.0 {
                    shade += 0.05
                        * plaster
                        * (noise2(sight.u * 7.0, sight.v * 7.0, -1, sight.seed) - 0.5);
                }
            }
        }
        // Rain has washed dust down.
        let low = (1.0 - sight.v * 0.4).clamp(0.0, 1.0);
        self.wall * (shade * (1.0 - 0.16 * low))
    }

    /// Metres from window to window so that a whole number fits the wall.
    fn pitch(&self, length: f32) -> f32 {
        length / nearest(length / self.bay).max(1.0)
    }

    fn upper_windows(&self, sight: &Sight, paint: &mut Paint) {
        let pitch = self.pitch(sight.length);
        let wide = if self.style == Style::Boards { self.window * 1.15 } else { self.window };
        let wide = wide.min(pitch - 0.5);
        let storey = sight.v - self.ground_floor;
        let opening = Opening {
            left: 0.5 * (pitch - wide),
            right: 0.5 * (pitch + wide),
            pitch,
            bottom: 0.85,
            top: 2.45,
            rise: FLOOR,
            first: 0.0,
            last: self.upper_floors as f32 * FLOOR,
            depth: 0.16,
        };
        let u = sight.u;
        let within = band(storey, 0.0, opening.last, sight.high);
        if self.style == Style::Shutters {
            let rows = stripes(storey, 0.85, 2.45, FLOOR, sight.high) * within;
            let both = stripes(u, opening.left - 0.4, opening.right + 0.4, pitch, sight.wide)
                - stripes(u, opening.left - 0.04, opening.right + 0.04, pitch, sight.wide);
            let slats = 1.0 - 0.25 * stripes(storey, 0.0, 0.05, 0.1, sight.high);
            paint.cover(self.accent * (0.75 * slats), (both * rows).clamp(0.0, 1.0));
        }
        // Sill and lintel stand out from the wall and shade it.
        let sill_wide =
            stripes(u, opening.left - 0.14, opening.right + 0.14, pitch, sight.wide) * within;
        let sill = stripes(storey, 0.7, 0.85, FLOOR, sight.high);
        paint.cover(self.wall * 0.62, sill_wide * stripes(storey, 0.6, 0.7, FLOOR, sight.high));
        paint.cover(self.trim, sill_wide * sill);
        if matches!(self.style, Style::Brick | Style::Quoins) {
            paint.cover(
                self.trim * 0.97,
                sill_wide * stripes(storey, 2.45, 2.72, FLOOR, sight.high),
            );
        }
        let frame = stripes(u, opening.left - 0.09, opening.right + 0.09, pitch, sight.wide)
            * stripes(storey, 0.85, 2.54, FLOOR, sight.high)
            * within;
        paint.cover(self.trim, frame);
        opening.paint(sight, storey, self, paint);
    }

    fn ground_floor(&self, sight: &Sight, paint: &mut Paint) {
        let pitch = self.pitch(sight.length);
        let wide = self.window.min(pitch - 0.5);
        let opening = Opening {
            left: 0.5 * (pitch - wide),
            right: 0.5 * (pitch + wide),
            pitch,
            bottom: 0.95,
            top: 2.5,
            rise: self.ground_floor,
            first: 0.0,
            last: self.ground_floor,
            depth: 0.16,
        };
        let frame = stripes(sight.u, opening.left - 0.1, opening.right + 0.1, pitch, sight.wide)
            * band(sight.v, 0.8, 2.6, sight.high);
        paint.cover(self.trim, frame);
        opening.paint(sight, sight.v, self, paint);
        let bays = nearest(sight.length / pitch).max(1.0);
        let door = floor(unit(hash2(3, 5, sight.seed)) * bays) as f32;
        let from_door = sight.u - (door + 0.5) * pitch;
        // One bay holds the door in place of a window.
        paint.cover(
            self.bare_wall(sight),
            band(from_door, -0.5 * pitch, 0.5 * pitch, sight.wide)
                * band(sight.v, 0.0, 2.75, sight.high),
        );
        self.door(sight, from_door, paint);
        self.plinth(sight, from_door, paint);
    }

    fn door(&self, sight: &Sight, from_middle: f32, paint: &mut Paint) {
        let (w, h) = (sight.wide, sight.high);
        let d = from_middle;
        paint.cover(self.trim, band(d, -0.72, 0.72, w) * band(sight.v, 0.0, 2.72, h));
        paint.cover(self.accent * 0.62, band(d, -0.55, 0.55, w) * band(sight.v, 0.08, 2.2, h));
        let panels =
            band(d.abs(), 0.1, 0.42, w) * (band(sight.v, 0.3, 1.0, h) + band(sight.v, 1.2, 2.0, h));
        paint.cover(self.accent * 0.5, panels.min(1.0));
        let fan = band(d, -0.55, 0.55, w) * band(sight.v, 2.26, 2.6, h);
        paint.cover(rgb(52, 62, 82), fan);
        paint.glass += fan * 0.8;
        paint.glow =
            paint.glow + crate::light::LAMP_COLOUR * (fan * 0.8 * sight.lit_windows.min(1.0));
    }

    fn plinth(&self, sight: &Sight, from_door: f32, paint: &mut Paint) {
        if sight.v - sight.high < 0.5 {
            let stone = self.wall.mix(rgb(112, 108, 106), 0.6) * 0.85;
            let beside_door = 1.0 - band(from_door, -0.72, 0.72, sight.wide);
            paint.cover(stone, band(sight.v, -1.0, 0.42, sight.high) * beside_door);
        }
    }

    fn shop_front(&self, sight: &Sight, paint: &mut Paint) {
        let (w, h) = (sight.wide, sight.high);
        let pitch = self.pitch(sight.length) * if self.bay < 2.5 { 2.0 } else { 1.5 };
        let pitch = sight.length / nearest(sight.length / pitch).max(1.0);
        paint.cover(self.wall * 0.72, band(sight.v, 0.0, 2.3, h));
        let opening = Opening {
            left: 0.18,
            right: pitch - 0.18,
            pitch,
            bottom: 0.45,
            top: 2.3,
            rise: self.ground_floor,
            first: 0.0,
            last: self.ground_floor,
            depth: 0.22,
        };
        paint.cover(
            self.trim * 0.8,
            stripes(sight.u, 0.1, pitch - 0.1, pitch, w) * band(sight.v, 0.38, 2.38, h),
        );
        opening.paint(sight, sight.v, self, paint);
        let bays = nearest(sight.length / pitch).max(1.0);
        let door = floor(unit(hash2(3, 5, sight.seed)) * bays) as f32;
        let from_door = sight.u - (door + 0.5) * pitch;
        paint
            .cover(self.trim * 0.85, band(from_door, -0.62, 0.62, w) * band(sight.v, 0.05, 2.3, h));
        let leaf = band(from_door, -0.52, 0.52, w) * band(sight.v, 0.08, 2.22, h);
        paint.cover(self.accent * 0.55, leaf);
        let pane = band(from_door, -0.36, 0.36, w) * band(sight.v, 0.8, 2.08, h);
        paint.cover(rgb(56, 66, 86), pane);
        paint.glass += pane * 0.8;
        paint.glow = paint.glow
            + crate::light::LAMP_COLOUR * (pane * sight.lit_windows.min(1.0) * 1.4).min(0.85);
        // The awning, its frayed hem and its shadow on the glass.
        let shadow = band(sight.v, 1.55, 2.15, h) * 0.55;
        paint.albedo = paint.albedo * (1.0 - 0.5 * shadow);
        paint.shade = paint.shade.max(shadow);
        let stripe = stripes(sight.u, 0.0, 0.4, 0.8, w);
        let cloth = rgb(238, 234, 226).mix(self.accent, stripe);
        let fold = 1.0 - 0.25 * ((2.85 - sight.v) / 0.75).clamp(0.0, 1.0);
        let arch = (split(sight.u / 0.4).0 - 0.5).abs();
        let hem = 2.1 + 0.12 * arch * arch * 4.0 * resolved(0.3, w);
        paint.cover(cloth * fold, band(sight.v, hem, 2.85, h));
        paint.cover(self.wall * 0.55, band(sight.v, 2.85, 2.9, h));
    }

    /// What runs along the whole wall or up its corners.
    fn mouldings(&self, sight: &Sight, upper_end: f32, paint: &mut Paint) {
        let (v, h) = (sight.v, sight.high);
        match self.style {
            Style::Ledges => {
                let ledges = stripes(v - self.ground_floor, 0.0, 0.2, FLOOR, h)
                    * band(v, self.ground_floor - 0.1, upper_end - 0.1, h);
                paint.cover(self.trim * 0.96, ledges);
                let under = stripes(v - self.ground_floor + 0.08, 0.0, 0.08, FLOOR, h)
                    * band(v, self.ground_floor - 0.1, upper_end - 0.1, h);
                paint.cover(self.wall * 0.6, under);
            }
            Style::Quoins => {
                let long = if floor(v / 0.4) & 1 == 0 { 0.55 } else { 0.36 };
                let long = crate::noise::lerp(0.45, long, resolved(0.5, h));
                let from_corner = sight.u.min(sight.length - sight.u);
                let joints = 1.0 - 0.22 * stripes(v, 0.0, 0.04, 0.4, h);
                paint.cover(self.trim * (0.95 * joints), band(from_corner, -1.0, long, sight.wide));
            }
            Style::Brick | Style::Shutters | Style::Boards => {
                paint.cover(
                    self.trim * 0.92,
                    band(v, self.ground_floor - 0.12, self.ground_floor + 0.1, h),
                );
            }
        }
        let eave = upper_end + CORNICE;
        if v + h > upper_end && v - h < eave {
            paint.cover(self.wall * 0.6, band(v, eave - 0.5, eave - 0.38, h));
            let teeth = 1.0
                - 0.3
                    * stripes(sight.u, 0.0, 0.16, 0.34, sight.wide)
                    * band(v, eave - 0.38, eave - 0.22, h);
            paint.cover(self.trim * (0.93 * teeth), band(v, eave - 0.38, eave, h));
        }
    }

    /// Paint of the roof. `across` counts down the slope, metres.
    pub(crate) fn roof_paint(&self, along: f32, across: f32, size: f32) -> Vec3 {
        let mut shade = 1.0;
        if self.roof == crate::lot::Roof::Flat {
            shade += 0.1
                * resolved(3.0, size)
                * (noise2(along * 0.8, across * 0.8, -1, self.seed) - 0.5);
        } else {
            shade -= 0.28 * stripes(across, 0.0, 0.07, 0.34, size);
            let row = floor(across / 0.34);
            let tile =
                unit(hash2(floor(along / 0.3 + 0.5 * (row & 1) as f32), row, self.seed)) - 0.5;
            shade += 0.24 * tile * resolved(0.4, size);
        }
        self.roof_colour * shade
    }
}

fn blend(a: Paint, b: Paint, share: f32) -> Paint {
    Paint {
        albedo: a.albedo.mix(b.albedo, share),
        glow: a.glow.mix(b.glow, share),
        glass: crate::noise::lerp(a.glass, b.glass, share),
        shade: crate::noise::lerp(a.shade, b.shade, share),
    }
}

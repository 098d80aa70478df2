//! Rows of windows set into a wall. Near ones have depth: one sees the side of the reveal, and its shadow falls on the glass.

use crate::{
    facade::{Paint, Sight},
    filter::{band, resolved, stripes},
    light::LAMP_COLOUR,
    lot::Lot,
    noise::{floor, hash2, lerp, nearest, unit},
    vec3::{Vec3, rgb},
};

/// A window that repeats every `pitch` metres along the wall and every `rise` metres up.
pub(crate) struct Opening {
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) pitch: f32,
    pub(crate) bottom: f32,
    pub(crate) top: f32,
    pub(crate) rise: f32,
    /// The rows lie between these heights.
    pub(crate) first: f32,
    pub(crate) last: f32,
    /// Metres from the wall to the glass.
    pub(crate) depth: f32,
}

const GLASS: Vec3 = rgb(50, 62, 92);

impl Opening {
    /// Paints the windows at height `v` above the lowest row's floor.
    pub(crate) fn paint(&self, sight: &Sight, v: f32, lot: &Lot, paint: &mut Paint) {
        let u = sight.u;
        let rows = stripes(v, self.bottom, self.top, self.rise, sight.high)
            * band(v, self.first, self.last, sight.high);
        let share = stripes(u, self.left, self.right, self.pitch, sight.wide) * rows;
        if share <= 0.0 {
            return;
        }
        let (column, row) = (floor(u / self.pitch), floor(v / self.rise));
        let is_near = resolved(0.5, sight.size());
        let mut pane = share;
        let mut in_shade = 0.0;
        let (mut su, mut sv) = (u, v);
        if is_near > 0.0 {
            let deep = self.depth * is_near;
            let corner = [column as f32 * self.pitch, row as f32 * self.rise];
            (su, sv) = (u + deep * sight.view_drift[0], v + deep * sight.view_drift[1]);
            let inside = |u: f32, v: f32, soft: f32| {
                band(u - corner[0], self.left, self.right, sight.wide.max(soft))
                    * band(v - corner[1], self.bottom, self.top, sight.high.max(soft))
            };
            pane = share * inside(su, sv, 0.0);
            paint.cover(lot.trim.mix(lot.wall, 0.5) * 0.72, share);
            let sunlit =
                inside(su + deep * sight.sun_drift[0], sv + deep * sight.sun_drift[1], 0.02);
            in_shade = (1.0 - sunlit) * is_near;
        }
        let mut glass =
            self.panes(sight, su - column as f32 * self.pitch, sv - row as f32 * self.rise, lot);
        let who = hash2(column, row, sight.seed);
        let single = resolved(1.6 * self.pitch, sight.wide) * resolved(1.6 * self.rise, sight.high);
        // Some windows have a blind or a curtain, some are lit.
        let blind = if who & 7 < 2 { unit(who.rotate_left(7)) * 0.7 } else { 0.0 };
        let drawn = band(
            sv - row as f32 * self.rise,
            self.top - blind * (self.top - self.bottom),
            self.top,
            sight.high,
        );
        glass.cover(rgb(190, 184, 172), drawn * single * 0.8);
        let is_lit = if unit(who.rotate_left(13)) < sight.lit_windows { 1.0 } else { 0.0 };
        let lit = lerp(sight.lit_windows, is_lit, single);
        if lit > 0.0 {
            let tone = 0.72 + 0.3 * unit(who.rotate_left(21)) * single;
            let fall = 0.9 + 0.1 * ((sv - row as f32 * self.rise) / self.rise).clamp(0.0, 1.0);
            glass.glow = LAMP_COLOUR * (lit * tone * fall * (0.2 + 0.8 * glass.glass));
            glass.glass *= 1.0 - 0.7 * lit;
        }
        paint.cover(glass.albedo, pane);
        paint.glow = paint.glow + glass.glow * pane;
        paint.glass += glass.glass * pane;
        paint.shade = (paint.shade + in_shade * pane).min(1.0);
    }

    /// Glass with its bars at a place counted from the lower left corner of the bay.
    fn panes(&self, sight: &Sight, u: f32, v: f32, lot: &Lot) -> Paint {
        let wide = self.right - self.left;
        let parts = nearest(wide / 0.75).max(1.0);
        let part = wide / parts;
        let bar = 0.032;
        let uprights = stripes(u - self.left + bar, 0.0, 2.0 * bar, part, sight.wide);
        let crossbar = self.bottom + 0.68 * (self.top - self.bottom);
        let level = band(v, crossbar - bar, crossbar + bar, sight.high);
        let rim = 1.0
            - band(u, self.left + 0.05, self.right - 0.05, sight.wide)
                * band(v, self.bottom + 0.05, self.top - 0.05, sight.high);
        let bars = uprights.max(level).max(rim).clamp(0.0, 1.0);
        // The room behind is darker towards the floor.
        let height = ((v - self.bottom) / (self.top - self.bottom)).clamp(0.0, 1.0);
        let mut paint = Paint {
            albedo: GLASS * (0.85 + 0.35 * height),
            glow: Vec3::ZERO,
            glass: 1.0,
            shade: 0.0,
        };
        paint.cover(lot.trim * 0.95, bars);
        paint
    }
}

//! Follows a ray through the cells of the town until it meets something solid.

use std::ops::ControlFlow;

use crate::{
    lot::{Lot, Roof},
    noise::floor,
    town::{Axis, CELL, Ground, Town, index},
    vec3::{Vec3, vec3},
};

/// How far one can see, in metres; beyond is only sky.
pub(crate) const SIGHT: f32 = 250.0;

/// More cells than a ray of `SIGHT` can cross; stops a ray of senseless numbers.
const MOST_CELLS: usize = 200;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ray {
    pub(crate) from: Vec3,
    /// Unit length.
    pub(crate) along: Vec3,
    /// Length of `along` in plan.
    pub(crate) flat: f32,
}

impl Ray {
    #[inline]
    pub(crate) fn new(from: Vec3, along: Vec3) -> Self {
        let flat = (along.x * along.x + along.y * along.y).sqrt().max(1e-6);
        Self { from, along, flat }
    }

    #[inline]
    pub(crate) fn at(&self, t: f32) -> Vec3 {
        self.from + self.along * t
    }
}

/// The part of a ray inside one cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    /// Place of the cell in `Town::cells`.
    pub(crate) cell: usize,
    pub(crate) enter: f32,
    pub(crate) leave: f32,
    /// The grid line crossed on entering; `None` in the first cell.
    pub(crate) through: Option<Axis>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Surface {
    Ground { cell: usize },
    Wall { cell: usize },
    Roof { lot: u16 },
    Leaves { prop: u16 },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) t: f32,
    pub(crate) normal: Vec3,
    pub(crate) surface: Surface,
}

impl Town {
    /// Calls `visit` for each cell that the ray crosses below that cell's contents, near to far, up to distance `limit`.
    #[inline]
    pub(crate) fn cross<B>(
        &self,
        ray: &Ray,
        limit: f32,
        mut visit: impl FnMut(Stretch) -> ControlFlow<B>,
    ) -> Option<B> {
        let start = |from: f32, along: f32| {
            let cell = floor(from * (1.0 / CELL));
            let pace = CELL / along.abs().max(1e-9);
            let edge = if along > 0.0 {
                (cell + 1) as f32 * CELL - from
            } else {
                from - cell as f32 * CELL
            };
            (cell, pace, edge * (1.0 / CELL) * pace, if along > 0.0 { 1 } else { -1 })
        };
        let (mut i, pace_x, mut next_x, step_x) = start(ray.from.x, ray.along.x);
        let (mut j, pace_y, mut next_y, step_y) = start(ray.from.y, ray.along.y);
        let (mut enter, mut through) = (0.0, None);
        for _ in 0..MOST_CELLS {
            let cell = index(i, j);
            // Not `f32::min`, whose care for NaN costs more than all else here.
            let next = if next_x < next_y { next_x } else { next_y };
            let leave = if next < limit { next } else { limit };
            let lower = if ray.along.z < 0.0 { leave } else { enter };
            if ray.from.z + ray.along.z * lower < self.tops[cell]
                && let ControlFlow::Break(found) = visit(Stretch { cell, enter, leave, through })
            {
                return Some(found);
            }
            if leave >= limit {
                return None;
            }
            enter = leave;
            if next_x <= next_y {
                i = i.wrapping_add(step_x);
                next_x += pace_x;
                through = Some(Axis::X);
            } else {
                j = j.wrapping_add(step_y);
                next_y += pace_y;
                through = Some(Axis::Y);
            }
        }
        None
    }

    /// How far to follow a ray, and where it meets the ground.
    #[inline]
    pub(crate) fn limits(&self, ray: &Ray) -> (f32, f32) {
        if ray.along.z < -1e-6 {
            let ground = ray.from.z / -ray.along.z;
            (ground.clamp(0.0, SIGHT), ground)
        } else if ray.along.z > 1e-6 {
            (((self.highest - ray.from.z) / ray.along.z).clamp(0.0, SIGHT), f32::INFINITY)
        } else {
            (SIGHT, f32::INFINITY)
        }
    }

    /// The house that the ray meets inside this cell. `above` is the house, and its height, that
    /// the ray flew over in the cell before.
    #[inline]
    pub(crate) fn meet_house(
        &self,
        ray: &Ray,
        stretch: &Stretch,
        above: &mut Option<(u16, f32)>,
    ) -> Option<Hit> {
        let cell = &self.cells[stretch.cell];
        let Ground::House { lot: number } = cell.ground else {
            *above = None;
            return None;
        };
        let lot = &self.lots[number as usize];
        let before = above.replace((number, cell.height));
        let enter_z = ray.from.z + ray.along.z * stretch.enter;
        if let Some(through) = stretch.through
            && before != Some((number, cell.height))
        {
            let height = match (lot.roof, before) {
                (Roof::Flat, _) => cell.height,
                (_, Some((same, _))) if same == number => f32::MIN,
                _ => lot.roof_above(ray.at(stretch.enter)),
            };
            if enter_z < height {
                let back = |along: f32| if along > 0.0 { -1.0 } else { 1.0 };
                let normal = match through {
                    Axis::X => vec3(back(ray.along.x), 0.0, 0.0),
                    Axis::Y => vec3(0.0, back(ray.along.y), 0.0),
                };
                return Some(Hit {
                    t: stretch.enter,
                    normal,
                    surface: Surface::Wall { cell: stretch.cell },
                });
            }
        }
        let (t, normal) = match lot.roof {
            Roof::Flat => {
                let leave_z = ray.from.z + ray.along.z * stretch.leave;
                if leave_z >= cell.height || (enter_z < cell.height && stretch.through.is_none()) {
                    return None;
                }
                let t = (cell.height - ray.from.z) / ray.along.z;
                (t.clamp(stretch.enter, stretch.leave), Vec3::UP)
            }
            Roof::RidgeX | Roof::RidgeY => lot.meet_gable(ray, stretch)?,
        };
        Some(Hit { t, normal, surface: Surface::Roof { lot: number } })
    }
}

impl Lot {
    /// Height of a gable roof above this point of the town.
    fn roof_above(&self, p: Vec3) -> f32 {
        let [x, y] = self.local(p.x, p.y);
        self.gable_height(if self.roof == Roof::RidgeX { y } else { x })
    }

    /// Where the ray goes through a gable roof, and the roof's normal there.
    fn meet_gable(&self, ray: &Ray, stretch: &Stretch) -> Option<(f32, Vec3)> {
        let start = ray.at(stretch.enter);
        let [x, y] = self.local(start.x, start.y);
        let (across, pace, width) = match self.roof {
            Roof::RidgeX => (y, ray.along.y, self.size[1]),
            Roof::RidgeY | Roof::Flat => (x, ray.along.x, self.size[0]),
        };
        let length = stretch.leave - stretch.enter;
        let above = |s: f32| start.z + ray.along.z * s - self.gable_height(across + pace * s);
        // Above the roof, a ray sees it as two planes that meet at the ridge.
        let ridge = (0.5 * width - across) / pace;
        let bend = if ridge > 0.0 && ridge < length { ridge } else { length };
        let (mut from, mut high) = (0.0, above(0.0));
        for to in [bend, length] {
            let low = above(to);
            if low < 0.0 && (high >= 0.0 || stretch.through.is_some()) {
                let s = from + (to - from) * high.max(0.0) / (high.max(0.0) - low);
                let side = if across + pace * s < 0.5 * width { -1.0 } else { 1.0 };
                let tilt = 1.0 / (1.0 + self.slope * self.slope).sqrt();
                let out = side * self.slope * tilt;
                let normal = match self.roof {
                    Roof::RidgeX => vec3(0.0, out, tilt),
                    Roof::RidgeY | Roof::Flat => vec3(out, 0.0, tilt),
                };
                return Some((stretch.enter + s, normal));
            }
            (from, high) = (to, low);
        }
        None
    }
}

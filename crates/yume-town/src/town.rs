//! The town: a square of cells that repeats for ever in both directions.

use yume_motion::walk::Pose;

use crate::{
    district::District,
    lot::Lot,
    noise::{Rng, floor, nearest},
    plan::STEPS,
    prop::{Prop, Shape},
};

/// Metres along the side of a cell.
pub(crate) const CELL: f32 = 4.0;
/// Cells along the side of the town, a power of two.
pub(crate) const CELLS: usize = 64;
/// Metres after which the town repeats.
pub(crate) const SIZE: f32 = CELL * CELLS as f32;

/// What the ground of a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// A lane of a street that runs along x, or along y; `middle` is +1 where the middle of the street lies towards growing
    /// coordinates, else -1. A crossing has the zebra stripes of pedestrians.
    Road {
        along: Axis,
        middle: i8,
        crossing: bool,
    },
    /// Where two streets meet.
    Junction,
    Pavement,
    Grass,
    /// Still water, a little below what is around it.
    Water,
    /// A house stands here.
    House {
        lot: u16,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    X,
    Y,
}

/// One cell of 4 m by 4 m.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) ground: Ground,
    /// Height of the house here, with its hut if that stands here; of a gable house, of its eave.
    pub(crate) height: f32,
    /// Which of the neighbours towards -x, +x, -y, +y hold a house (bits 0 to 3), and which hold road or water (bits 4 to 7).
    pub(crate) beside: u8,
    /// Props that reach into this cell: a part of `Town::reaching`.
    pub(crate) props: std::ops::Range<u32>,
    /// Lamps near enough to light this cell: a part of `Town::lighting`.
    pub(crate) lamps: std::ops::Range<u32>,
}

/// Where a prop reaches, kept together for the many rays that pass it by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    pub(crate) foot: [f32; 2],
    pub(crate) radius: f32,
    pub(crate) top: f32,
    pub(crate) prop: u16,
}

/// A town, laid out from a seed: equal seeds give equal towns. It repeats after 256 m in both directions.
#[derive(Debug)]
pub struct Town {
    pub(crate) district: District,
    pub(crate) cells: Vec<Cell>,
    /// Height below which a cell holds anything but ground.
    pub(crate) tops: Vec<f32>,
    pub(crate) lots: Vec<Lot>,
    pub(crate) props: Vec<Prop>,
    pub(crate) reaching: Vec<Reach>,
    pub(crate) lighting: Vec<u16>,
    /// The highest of `tops`.
    pub(crate) highest: f32,
}

/// Place of a cell in the lists of the town, for cell coordinates in any copy of it.
#[inline]
pub(crate) fn index(i: i32, j: i32) -> usize {
    let mask = CELLS as i32 - 1;
    (((j & mask) as usize) << CELLS.ilog2()) | (i & mask) as usize
}

/// The shortest way from `from` to `to`, along one axis of the repeating town.
#[inline]
pub(crate) fn shortest(from: f32, to: f32) -> f32 {
    let d = to - from;
    d - nearest(d * (1.0 / SIZE)) * SIZE
}

impl Town {
    /// Place in `cells` of the cell at this point of the plane.
    #[inline]
    pub(crate) fn cell_at(&self, x: f32, y: f32) -> usize {
        let cell = index(floor(x * (1.0 / CELL)), floor(y * (1.0 / CELL)));
        debug_assert!(cell < self.cells.len());
        cell
    }

    /// Lays out the town of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of(seed, District::Mixed)
    }

    /// Lays out the town of this seed as a district of one kind: its streets are those of [`Town::new`].
    #[must_use]
    pub fn of(seed: u64, district: District) -> Self {
        crate::plan::town(seed, district)
    }

    /// A place to begin a walk: on a street, looking along it and slightly aside, on a lawn of a park or beside a canal, with
    /// at least 8 m free ahead. Equal seeds give equal places. `x` and `y` are metres in the town, `yaw` counts counter-clockwise from its x axis.
    #[must_use]
    pub fn spawn(&self, seed: u64) -> Pose {
        let mut rng = Rng::new(seed ^ 0x57a2_7bed);
        loop {
            let (i, j) =
                (rng.within(0, CELLS as u32 - 1) as i32, rng.within(0, CELLS as u32 - 1) as i32);
            let Some((along, aside)) = self.outlook(i, j, &mut rng) else { continue };
            let spot = |rng: &mut Rng, at: i32| (at as f32 + rng.between(0.25, 0.75)) * CELL;
            let (x, y) = (spot(&mut rng, i), spot(&mut rng, j));
            let quarter = if along == Axis::X { 0.0 } else { 0.25 };
            let back = if rng.chance(0.5) { 0.5 } else { 0.0 };
            let yaw = std::f32::consts::TAU * (quarter + back) + rng.between(-aside, aside);
            let pose = Pose { x, y, yaw, pitch: 0.0 };
            if self.is_free_ahead(pose, 8.0) && !self.is_by_post(pose) && self.is_telling(pose) {
                return pose;
            }
        }
    }

    /// Along which axis one looks from a cell where a walk may begin, and how many radians aside at most.
    fn outlook(&self, i: i32, j: i32, rng: &mut Rng) -> Option<(Axis, f32)> {
        let cell = &self.cells[index(i, j)];
        let along = if cell.beside & 0b0011_0000 != 0 { Axis::Y } else { Axis::X };
        match (self.district, cell.ground) {
            (District::Park, Ground::Grass) => Some((along, std::f32::consts::PI)),
            (District::Canal, Ground::Pavement) => {
                let is_water = |step: [i32; 2]| {
                    self.cells[index(i + step[0], j + step[1])].ground == Ground::Water
                };
                STEPS.into_iter().any(is_water).then_some((along, 0.5))
            }
            (District::Park | District::Canal, _) => None,
            (_, Ground::Road { along, .. }) => Some((along, 0.16)),
            (_, Ground::Pavement) if rng.chance(0.35) => Some((along, 0.16)),
            _ => None,
        }
    }

    /// Whether one sees from here what makes the district.
    fn is_telling(&self, pose: Pose) -> bool {
        let at = |aside: f32, metres: f32| {
            let (sin, cos) = (pose.yaw + aside).sin_cos();
            self.cells[self.cell_at(pose.x + metres * cos, pose.y + metres * sin)].ground
        };
        match self.district {
            District::Park => {
                let is_green = |metres| matches!(at(0.0, metres), Ground::Grass | Ground::Water);
                [5.0, 10.0, 15.0, 20.0].into_iter().all(is_green)
            }
            District::Canal => {
                [-0.25, 0.25].into_iter().any(|aside| at(aside, 9.0) == Ground::Water)
            }
            _ => true,
        }
    }

    /// Whether a post or trunk so near ahead would fill a good part of the view.
    fn is_by_post(&self, pose: Pose) -> bool {
        let (sin, cos) = pose.yaw.sin_cos();
        self.props.iter().any(|prop| {
            let (dx, dy) = (shortest(pose.x, prop.foot[0]), shortest(pose.y, prop.foot[1]));
            let is_thin = !matches!(prop.shape, Shape::Bush);
            is_thin && dx.hypot(dy) < 4.0 && dx * cos + dy * sin > -1.0
        })
    }

    fn is_free_ahead(&self, pose: Pose, metres: f32) -> bool {
        let (sin, cos) = pose.yaw.sin_cos();
        let steps = (metres / 0.25) as usize;
        (0..=steps).all(|k| {
            let d = k as f32 * 0.25;
            self.is_free(pose.x + d * cos, pose.y + d * sin, crate::walk::BODY + 0.2)
        })
    }

    /// Whether a walker of this radius (metres, below 1) may stand at this place: away from houses, trunks, bushes and lamps.
    #[must_use]
    pub fn is_free(&self, x: f32, y: f32, radius: f32) -> bool {
        let radius = radius.clamp(0.0, 1.0);
        let cell = |v: f32| floor(v / CELL);
        for j in cell(y - radius)..=cell(y + radius) {
            for i in cell(x - radius)..=cell(x + radius) {
                let cell = &self.cells[index(i, j)];
                if matches!(cell.ground, Ground::House { .. } | Ground::Water) {
                    return false;
                }
                let props = &self.reaching[cell.props.start as usize..cell.props.end as usize];
                let is_hit = |reach: &Reach| {
                    let prop = &self.props[reach.prop as usize];
                    let (dx, dy) = (shortest(x, prop.foot[0]), shortest(y, prop.foot[1]));
                    dx.hypot(dy) < radius + prop.obstacle()
                };
                if props.iter().any(is_hit) {
                    return false;
                }
            }
        }
        true
    }
}

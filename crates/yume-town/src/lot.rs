//! A house: the ground it stands on, its shape and its dress.

use crate::{
    district::Manner,
    noise::{Rng, split},
    town::{CELL, SIZE},
    vec3::{Vec3, rgb},
};

/// The top of a house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Roof {
    Flat,
    /// A ridge along x; the roof falls towards both sides in y.
    RidgeX,
    /// A ridge along y.
    RidgeY,
}

/// How the walls above the ground floor are dressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Courses of brick and stone lintels.
    Brick,
    /// A ledge between the floors.
    Ledges,
    /// Corner stones and framed windows.
    Quoins,
    /// Shutters beside the windows.
    Shutters,
    /// Boards and wide windows.
    Boards,
}

#[derive(Clone, Debug)]
pub(crate) struct Lot {
    /// South-western corner and size in metres. The corner lies in the first copy of the town.
    pub(crate) corner: [f32; 2],
    pub(crate) size: [f32; 2],
    /// Metres from the ground to the roof, and to the first ceiling.
    pub(crate) eave: f32,
    pub(crate) ground_floor: f32,
    pub(crate) upper_floors: u32,
    pub(crate) roof: Roof,
    /// Rise of a gable roof per metre.
    pub(crate) slope: f32,
    pub(crate) style: Style,
    /// Metres from window to window, and the width of one.
    pub(crate) bay: f32,
    pub(crate) window: f32,
    pub(crate) wall: Vec3,
    pub(crate) trim: Vec3,
    pub(crate) roof_colour: Vec3,
    pub(crate) accent: Vec3,
    pub(crate) shop: bool,
    pub(crate) seed: u32,
}

/// Metres between the floors above the first ceiling.
pub(crate) const FLOOR: f32 = 3.1;
/// Metres from the highest ceiling to the eave.
pub(crate) const CORNICE: f32 = 0.7;
/// Metres from an eave to the top of the hut on a flat roof.
pub(crate) const HUT: f32 = 2.4;

const WALLS: [Vec3; 12] = [
    rgb(203, 106, 100),
    rgb(222, 166, 60),
    rgb(198, 76, 66),
    rgb(226, 196, 170),
    rgb(158, 164, 176),
    rgb(232, 220, 182),
    rgb(170, 196, 214),
    rgb(196, 160, 190),
    rgb(214, 130, 72),
    rgb(160, 190, 150),
    rgb(238, 230, 220),
    rgb(150, 86, 74),
];
const TILES: [Vec3; 4] = [rgb(186, 74, 58), rgb(168, 88, 62), rgb(112, 98, 100), rgb(146, 62, 56)];
const ACCENTS: [Vec3; 6] = [
    rgb(204, 44, 44),
    rgb(38, 130, 138),
    rgb(48, 110, 64),
    rgb(52, 72, 150),
    rgb(226, 140, 40),
    rgb(130, 52, 110),
];

/// What the houses of one town have in common.
pub(crate) struct TownStyle {
    walls: Vec<Vec3>,
    tall: f32,
}

impl TownStyle {
    pub(crate) fn draw(manner: &Manner, rng: &mut Rng) -> Self {
        let mut left = WALLS.to_vec();
        let count = rng.within(6, 9) as usize;
        let walls =
            (0..count).map(|_| left.swap_remove(rng.bits() as usize % left.len())).collect();
        let drawn = rng.between(0.25, 0.6);
        Self { walls, tall: manner.tall.unwrap_or(drawn) }
    }
}

impl Lot {
    /// Draws the house on the lot with this south-western cell and this many cells.
    pub(crate) fn draw(
        style: &TownStyle,
        manner: &Manner,
        cell: [usize; 2],
        cells: [usize; 2],
        rng: &mut Rng,
    ) -> Self {
        let size = cells.map(|n| n as f32 * CELL);
        let narrow = cells[0].min(cells[1]);
        let mut floors = rng.within(manner.floors[0], manner.floors[1]);
        if narrow >= 2 && rng.chance(style.tall) {
            floors += rng.within(manner.taller_by[0], manner.taller_by[1]);
        }
        let shop = rng.chance(manner.shops);
        let ground_floor = if shop { 3.6 } else { 3.2 };
        let gable = narrow <= 2 && floors <= 4 && rng.chance(manner.gables);
        let roof = match gable {
            false => Roof::Flat,
            true if cells[0] > cells[1] || (cells[0] == cells[1] && rng.chance(0.5)) => {
                Roof::RidgeX
            }
            true => Roof::RidgeY,
        };
        let wall = rng.pick(&style.walls);
        let shade = rng.between(0.9, 1.05);
        Self {
            corner: cell.map(|n| n as f32 * CELL),
            size,
            eave: ground_floor + (floors - 1) as f32 * FLOOR + CORNICE,
            ground_floor,
            upper_floors: floors - 1,
            roof,
            slope: rng.between(0.6, 0.95),
            style: rng.pick(&[
                Style::Brick,
                Style::Ledges,
                Style::Quoins,
                Style::Shutters,
                Style::Boards,
            ]),
            bay: rng.pick(&[2.0, 2.0, 2.0, 2.667]),
            window: rng.between(0.95, 1.25),
            wall: wall * shade,
            trim: rgb(236, 230, 220).mix(wall, rng.between(0.0, 0.25)),
            roof_colour: if gable { rng.pick(&TILES) } else { rgb(150, 146, 142) * shade },
            accent: rng.pick(&ACCENTS),
            shop,
            seed: rng.bits(),
        }
    }

    /// Position relative to the corner, for a point in any copy of the town. Points up to a metre before the corner stay negative.
    #[inline]
    pub(crate) fn local(&self, x: f32, y: f32) -> [f32; 2] {
        let wrapped = |d: f32| split((d + 1.0) * (1.0 / SIZE)).0 * SIZE - 1.0;
        [wrapped(x - self.corner[0]), wrapped(y - self.corner[1])]
    }

    /// Height of a gable roof `across` metres from one of its feet, towards the other.
    #[inline]
    pub(crate) fn gable_height(&self, across: f32) -> f32 {
        let width = if self.roof == Roof::RidgeX { self.size[1] } else { self.size[0] };
        self.eave + self.slope * (0.5 * width - (across - 0.5 * width).abs()).max(0.0)
    }

    /// Height of the highest point without a hut.
    pub(crate) fn top(&self) -> f32 {
        match self.roof {
            Roof::Flat => self.eave,
            Roof::RidgeX => self.eave + self.slope * 0.5 * self.size[1],
            Roof::RidgeY => self.eave + self.slope * 0.5 * self.size[0],
        }
    }
}

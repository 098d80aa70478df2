//! What the ground looks like: asphalt with its markings, crossings, kerbs, paving slabs, grass and water.

use crate::{
    filter::{band, resolved, stripes},
    noise::{floor, hash2, noise2, split, unit},
    town::{Axis, CELL, Cell, Ground},
    vec3::{Vec3, rgb},
};

const ASPHALT: Vec3 = rgb(91, 92, 102);
const PAINT: Vec3 = rgb(232, 232, 228);
const SLAB: Vec3 = rgb(176, 170, 160);
const KERB: Vec3 = rgb(166, 164, 162);
const GRASS: Vec3 = rgb(106, 150, 54);
const WATER: Vec3 = rgb(44, 74, 78);

/// A place on the ground: metres in the town, and the size of the footprint along x and y.
#[derive(Clone, Copy)]
pub(crate) struct Spot {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) wide: f32,
    pub(crate) deep: f32,
}

impl Spot {
    pub(crate) fn size(&self) -> f32 {
        self.wide.max(self.deep)
    }

    /// Metres from the lower edges of the cell.
    fn in_cell(&self) -> [f32; 2] {
        [split(self.x * (1.0 / CELL)).0 * CELL, split(self.y * (1.0 / CELL)).0 * CELL]
    }

    /// Metres from the edge of the cell on the side of this bit of `Cell::beside`, and the footprint in that direction.
    fn edge_distance(&self, bit: usize) -> (f32, f32) {
        let [x, y] = self.in_cell();
        match bit {
            0 => (x, self.wide),
            1 => (CELL - x, self.wide),
            2 => (y, self.deep),
            _ => (CELL - y, self.deep),
        }
    }
}

pub(crate) fn albedo(cell: &Cell, spot: &Spot) -> Vec3 {
    let colour = match cell.ground {
        Ground::Road { along, middle, crossing } => road(cell, spot, along, middle, crossing),
        Ground::Junction => asphalt(spot),
        Ground::Pavement => pavement(cell, spot),
        Ground::Water => water(cell, spot),
        Ground::Grass | Ground::House { .. } => grass(spot),
    };
    // Walls keep part of the sky from the ground before them.
    let mut open = 1.0;
    for bit in 0..4 {
        if cell.beside & (1 << bit) != 0 {
            let (away, _) = spot.edge_distance(bit);
            open *= 0.72 + 0.28 * (away * 0.8).min(1.0);
        }
    }
    colour * open
}

fn asphalt(spot: &Spot) -> Vec3 {
    let size = spot.size();
    let worn = noise2(spot.x * 0.25, spot.y * 0.25, 63, 21) - 0.5;
    let mut shade = 1.0 + 0.12 * worn * resolved(8.0, size);
    let visible = resolved(1.2, size);
    if visible > 0.0 {
        shade += 0.1 * visible * (noise2(spot.x, spot.y, 255, 22) - 0.5);
        let grain = resolved(0.12, size);
        if grain > 0.0 {
            shade += 0.14 * grain * (noise2(spot.x * 16.0, spot.y * 16.0, 4095, 23) - 0.5);
        }
    }
    ASPHALT * shade
}

fn road(cell: &Cell, spot: &Spot, along: Axis, middle: i8, crossing: bool) -> Vec3 {
    let mut colour = asphalt(spot);
    let [x, y] = spot.in_cell();
    let (run, across, run_width, across_width) = match along {
        Axis::X => (x, y, spot.wide, spot.deep),
        Axis::Y => (y, x, spot.deep, spot.wide),
    };
    let from_middle = if middle > 0 { CELL - across } else { across };
    let wear =
        1.0 - 0.16 * resolved(0.5, spot.size()) * noise2(spot.x * 4.0, spot.y * 4.0, 1023, 24);
    if crossing {
        let bars = stripes(across, 0.2, 0.7, 1.0, across_width) * band(run, 0.45, 3.55, run_width);
        return colour.mix(PAINT * wear, bars);
    }
    let dash = stripes(run, 0.8, 3.2, CELL, run_width) * band(from_middle, -0.1, 0.1, across_width);
    colour = colour.mix(PAINT * wear, dash);
    // The gutter along the kerb.
    let from_kerb = CELL - from_middle;
    if cell.beside & (if along == Axis::X { 0b1100_0000 } else { 0b0011_0000 }) != 0 {
        colour = colour * (1.0 - 0.22 * band(from_kerb, 0.0, 0.28, across_width));
    }
    colour
}

fn pavement(cell: &Cell, spot: &Spot) -> Vec3 {
    const PER_CELL: f32 = 4.0;
    let slab = CELL / PER_CELL;
    let size = spot.size();
    let mut colour = SLAB;
    let each = resolved(slab, size);
    if each > 0.0 {
        let mask = 255;
        let (i, j) = (floor(spot.x / slab) & mask, floor(spot.y / slab) & mask);
        colour = colour * (1.0 + 0.09 * each * (unit(hash2(i, j, 31)) - 0.5));
        let stain = noise2(spot.x * 2.0, spot.y * 2.0, 511, 32) - 0.5;
        colour = colour * (1.0 + 0.1 * stain * resolved(0.8, size));
    }
    let joint = 0.026;
    let joints = stripes(spot.x + joint, 0.0, 2.0 * joint, slab, spot.wide);
    let joints = joints.max(stripes(spot.y + joint, 0.0, 2.0 * joint, slab, spot.deep));
    colour = colour * (1.0 - 0.26 * joints);
    for bit in 0..4 {
        if cell.beside & (16 << bit) != 0 {
            let (away, width) = spot.edge_distance(bit);
            colour = colour.mix(KERB * 1.08, band(away, 0.06, 0.36, width));
            colour = colour.mix(KERB * 0.62, band(away, 0.0, 0.07, width));
            colour = colour * (1.0 - 0.25 * band(away, 0.36, 0.4, width));
        }
    }
    colour
}

/// What is seen through the surface, dark along the walls that hold the water.
fn water(cell: &Cell, spot: &Spot) -> Vec3 {
    let mut colour = WATER;
    for bit in 0..4 {
        if cell.beside & (16 << bit) == 0 {
            let (away, width) = spot.edge_distance(bit);
            colour = colour.mix(WATER * 0.35, band(away, -0.1, 0.5, width));
        }
    }
    colour
}

fn grass(spot: &Spot) -> Vec3 {
    let size = spot.size();
    let broad = noise2(spot.x * 0.5, spot.y * 0.5, 127, 41) - 0.5;
    let mut shade = 1.0 + 0.22 * broad * resolved(4.0, size);
    if resolved(0.6, size) > 0.0 {
        shade += 0.22 * resolved(0.6, size) * (noise2(spot.x * 4.0, spot.y * 4.0, 1023, 42) - 0.5);
        shade +=
            0.34 * resolved(0.08, size) * (noise2(spot.x * 32.0, spot.y * 32.0, 8191, 43) - 0.5);
    }
    let mut colour = GRASS * shade;
    let flower = hash2(floor(spot.x * 8.0) & 2047, floor(spot.y * 8.0) & 2047, 44);
    if flower & 127 == 0 {
        let petals =
            [rgb(240, 226, 90), rgb(240, 240, 240), rgb(222, 120, 170)][(flower >> 8) as usize % 3];
        colour = colour.mix(petals, 0.8 * resolved(0.1, size));
    }
    colour
}

//! Lays out a town: streets, blocks split into lots, parks, and what stands beside the streets.

use crate::{
    district::{District, Manner},
    lot::{HUT, Lot, Roof, TownStyle},
    noise::Rng,
    prop::{GLOBE_HEIGHT, Prop, Shape},
    streets::{Strip, blocks, is_second_street, lay_paths, strips},
    town::{Axis, CELL, CELLS, Cell, Ground, Reach, Town, index, shortest},
};

/// Metres within which a lamp lights its surroundings.
pub(crate) const LAMP_REACH: f32 = 11.0;

pub(crate) fn town(seed: u64, district: District) -> Town {
    let mut rng = Rng::new(seed);
    let manner = district.manner();
    let (mut columns, mut rows) = (strips(CELLS, &mut rng), strips(CELLS, &mut rng));
    if manner.has_paths {
        lay_paths(&mut columns);
        lay_paths(&mut rows);
    }
    let mut plan = Plan { manner, grounds: street_grounds(&columns, &rows), lots: Vec::new() };
    if manner.has_canals {
        plan.dig_canals(&columns, &rows);
    }
    let style = TownStyle::draw(&manner, &mut rng);
    // It is drawn in every district, so that one seed gives all of them the same streets.
    let drawn = rng.between(0.1, 0.25);
    let parks = manner.parks.unwrap_or(drawn);
    for &(j, deep) in &blocks(&rows) {
        for &(i, wide) in &blocks(&columns) {
            if rng.chance(parks) {
                plan.lay_park([i, j], [wide, deep]);
            } else {
                plan.split([i, j], [wide, deep], &style, &mut rng);
            }
        }
    }
    let mut heights = vec![0.0; CELLS * CELLS];
    for (height, ground) in heights.iter_mut().zip(&plan.grounds) {
        if let Ground::House { lot } = *ground {
            *height = plan.lots[lot as usize].eave;
        }
    }
    for lot in &plan.lots {
        let cells = lot.size.map(|m| (m / CELL) as i32);
        if lot.roof == Roof::Flat && cells[0].min(cells[1]) >= 2 && rng.chance(0.6) {
            let at = [0, 1]
                .map(|k| (lot.corner[k] / CELL) as i32 + rng.within(0, cells[k] as u32 - 1) as i32);
            heights[index(at[0], at[1])] += HUT;
        }
    }
    let props = plan.props(&mut rng);
    assemble(plan, &heights, props, district)
}

fn street_grounds(columns: &[Strip], rows: &[Strip]) -> Vec<Ground> {
    let ground = |i: usize, j: usize| match (columns[i], rows[j]) {
        (Strip::Road, Strip::Road) => Ground::Junction,
        (Strip::Road, across) => Ground::Road {
            along: Axis::Y,
            middle: if columns[(i + 1) % CELLS] == Strip::Road { 1 } else { -1 },
            crossing: across == Strip::Pavement,
        },
        (across, Strip::Road) => Ground::Road {
            along: Axis::X,
            middle: if rows[(j + 1) % CELLS] == Strip::Road { 1 } else { -1 },
            crossing: across == Strip::Pavement,
        },
        (Strip::Pavement, _) | (_, Strip::Pavement) => Ground::Pavement,
        (Strip::Block, Strip::Block) => Ground::Grass,
    };
    (0..CELLS * CELLS).map(|k| ground(k % CELLS, k / CELLS)).collect()
}

struct Plan {
    manner: Manner,
    grounds: Vec<Ground>,
    lots: Vec<Lot>,
}

impl Plan {
    fn fill(&mut self, at: [usize; 2], size: [usize; 2], ground: Ground) {
        for j in at[1]..at[1] + size[1] {
            for i in at[0]..at[0] + size[0] {
                self.grounds[j * CELLS + i] = ground;
            }
        }
    }

    /// A lawn, with a pond where a path fits around it.
    fn lay_park(&mut self, at: [usize; 2], size: [usize; 2]) {
        self.fill(at, size, Ground::Grass);
        if self.manner.has_ponds && size.iter().all(|cells| *cells >= 4) {
            self.fill(at.map(|cell| cell + 1), size.map(|cells| cells - 2), Ground::Water);
        }
    }

    /// Water in every second street, but for where others cross it.
    fn dig_canals(&mut self, columns: &[Strip], rows: &[Strip]) {
        let canals =
            |strips: &[Strip]| (0..CELLS).map(|i| is_second_street(strips, i)).collect::<Vec<_>>();
        let (canal_columns, canal_rows) = (canals(columns), canals(rows));
        for k in 0..CELLS * CELLS {
            let (i, j) = (k % CELLS, k / CELLS);
            if let Ground::Road { along, crossing: false, .. } = self.grounds[k] {
                let is_canal = if along == Axis::Y { canal_columns[i] } else { canal_rows[j] };
                if is_canal {
                    self.grounds[k] = Ground::Water;
                }
            }
        }
    }

    /// Halves a block until every part is at most three cells wide and deep, then builds on it.
    fn split(&mut self, at: [usize; 2], size: [usize; 2], style: &TownStyle, rng: &mut Rng) {
        let longer = usize::from(size[1] > size[0]);
        let length = size[longer];
        if length > 3 || (length == 3 && rng.chance(0.35)) {
            let cut = rng
                .within(1, length as u32 - 1)
                .clamp(length as u32 / 3, length as u32 * 2 / 3 + 1) as usize;
            let cut = cut.clamp(1, length - 1);
            let (mut near, mut far, mut beyond) = (size, size, at);
            near[longer] = cut;
            far[longer] = length - cut;
            beyond[longer] += cut;
            self.split(at, near, style, rng);
            self.split(beyond, far, style, rng);
            return;
        }
        if rng.chance(self.manner.squares) {
            // A small square between the houses.
            self.fill(at, size, Ground::Pavement);
            return;
        }
        if self.manner.gardens > 0.0 && rng.chance(self.manner.gardens) {
            self.fill(at, size, Ground::Grass);
            return;
        }
        self.fill(at, size, Ground::House { lot: self.lots.len() as u16 });
        self.lots.push(Lot::draw(style, &self.manner, at, size, rng));
    }

    fn at(&self, i: usize, j: usize, step: [i32; 2]) -> Ground {
        self.grounds[index(i as i32 + step[0], j as i32 + step[1])]
    }

    fn props(&self, rng: &mut Rng) -> Vec<Prop> {
        let mut props = Vec::new();
        for k in 0..CELLS * CELLS {
            let (i, j) = (k % CELLS, k / CELLS);
            let is_road = |step| {
                matches!(self.at(i, j, step), Ground::Road { crossing: false, .. } | Ground::Water)
            };
            let middle = [(i as f32 + 0.5) * CELL, (j as f32 + 0.5) * CELL];
            let jitter = |rng: &mut Rng, by: f32| middle.map(|m| m + rng.between(-by, by));
            match self.grounds[k] {
                Ground::Pavement => {
                    let step = STEPS.into_iter().find(|&step| is_road(step));
                    let Some(step) = step else {
                        if STEPS
                            .iter()
                            .all(|&step| !matches!(self.at(i, j, step), Ground::Road { .. }))
                            && rng.chance(0.12)
                        {
                            props.push(Prop::tree(jitter(rng, 0.5), rng));
                        }
                        continue;
                    };
                    let along = if step[0] == 0 { i } else { j };
                    let kerb = |out: f32| [0, 1].map(|a| middle[a] + out * step[a] as f32);
                    let parity = usize::from(step[0] + step[1] > 0) * 2;
                    if (along + parity).is_multiple_of(4) {
                        props.push(Prop::lamp(kerb(1.35)));
                    } else if rng.chance(0.24) {
                        let foot = kerb(rng.between(0.7, 1.0));
                        props.push(Prop::tree(foot, rng));
                    }
                }
                Ground::Grass => {
                    if rng.chance(self.manner.lawn_trees) {
                        props.push(Prop::tree(jitter(rng, 1.1), rng));
                    } else if rng.chance(0.14) {
                        props.push(Prop::bush(jitter(rng, 1.3), rng));
                    }
                }
                Ground::Road { .. } | Ground::Junction | Ground::Water | Ground::House { .. } => {}
            }
        }
        props
    }
}

/// The neighbours of a cell in the order of `Cell::beside`.
pub(crate) const STEPS: [[i32; 2]; 4] = [[-1, 0], [1, 0], [0, -1], [0, 1]];

fn assemble(plan: Plan, heights: &[f32], props: Vec<Prop>, district: District) -> Town {
    let (mut reaching, mut lighting) = (Vec::new(), Vec::new());
    let mut cells = Vec::with_capacity(heights.len());
    let mut tops = Vec::with_capacity(heights.len());
    for (k, &height) in heights.iter().enumerate() {
        let (i, j) = (k % CELLS, k / CELLS);
        let middle = [(i as f32 + 0.5) * CELL, (j as f32 + 0.5) * CELL];
        let (first_prop, first_lamp) = (reaching.len() as u32, lighting.len() as u32);
        let mut top = height;
        if let Ground::House { lot } = plan.grounds[k] {
            top = top.max(plan.lots[lot as usize].top());
        }
        for (number, prop) in props.iter().enumerate() {
            let away = [0, 1].map(|a| shortest(middle[a], prop.foot[a]).abs());
            if away[0].max(away[1]) > LAMP_REACH + CELL {
                continue;
            }
            let outside = away.map(|d| (d - 0.5 * CELL).max(0.0));
            let is_lamp = matches!(prop.shape, Shape::Lamp);
            // A thin lamp is drawn see-through, so it must be met only once: in the cell of its foot.
            let radius = if is_lamp { 0.0 } else { prop.reach };
            if outside[0].hypot(outside[1]) <= radius {
                let prop_number = number as u16;
                reaching.push(Reach {
                    foot: prop.foot,
                    radius: prop.reach,
                    top: prop.top,
                    prop: prop_number,
                });
                top = top.max(prop.top);
            }
            if is_lamp && away[0].hypot(away[1]) < LAMP_REACH + 0.7 * CELL {
                lighting.push(number as u16);
            }
        }
        let mut beside = 0;
        for (bit, &step) in STEPS.iter().enumerate() {
            match plan.at(i, j, step) {
                Ground::House { .. } => beside |= 1 << bit,
                Ground::Road { .. } | Ground::Junction | Ground::Water => beside |= 16 << bit,
                Ground::Pavement | Ground::Grass => {}
            }
        }
        cells.push(Cell {
            ground: plan.grounds[k],
            height,
            beside,
            props: first_prop..reaching.len() as u32,
            lamps: first_lamp..lighting.len() as u32,
        });
        tops.push(top);
    }
    let highest = tops.iter().copied().fold(GLOBE_HEIGHT, f32::max);
    Town { district, cells, tops, lots: plan.lots, props, reaching, lighting, highest }
}

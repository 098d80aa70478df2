//! Which strips of the town are road, pavement and building ground, along one axis.

use crate::noise::Rng;

/// What a row or column of cells is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strip {
    Road,
    Pavement,
    Block,
}

/// Draws `cells` strips: streets of pavement, two lanes and pavement with blocks of 3 to 7 cells between them. They repeat.
pub(crate) fn strips(cells: usize, rng: &mut Rng) -> Vec<Strip> {
    let mut strips = Vec::with_capacity(cells);
    while strips.len() < cells {
        let left = cells - strips.len();
        let fits = |k: &usize| left == 4 + k || (left > 4 + k && divisible(left - 4 - k));
        let blocks: Vec<usize> = (3..=7).filter(fits).collect();
        let block = rng.pick(&blocks);
        strips.extend([Strip::Pavement, Strip::Road, Strip::Road, Strip::Pavement]);
        strips.extend(std::iter::repeat_n(Strip::Block, block));
    }
    strips
}

/// Whether streets of 4 and blocks of 3 to 7 cells can fill this many cells.
fn divisible(cells: usize) -> bool {
    (1..=cells / 7).any(|streets| (7 * streets..=11 * streets).contains(&cells))
}

/// Whether the lane at cell `i` is one of every second street.
pub(crate) fn is_second_street(strips: &[Strip], i: usize) -> bool {
    (strips[..i].iter().filter(|strip| **strip == Strip::Road).count() / 2).is_multiple_of(2)
}

/// Makes every second street a path between blocks.
pub(crate) fn lay_paths(strips: &mut [Strip]) {
    let lanes: Vec<usize> = (0..strips.len())
        .filter(|&i| strips[i] == Strip::Road && is_second_street(strips, i))
        .collect();
    for lanes in lanes.chunks_exact(2) {
        strips[lanes[0] - 1..=lanes[1] + 1].fill(Strip::Block);
        strips[lanes[0]] = Strip::Pavement;
    }
}

/// The runs of blocks: first cell and length of each.
pub(crate) fn blocks(strips: &[Strip]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (i, _) in strips.iter().enumerate().filter(|(_, s)| **s == Strip::Block) {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == i => *length += 1,
            _ => runs.push((i, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::{Strip, blocks, strips};
    use crate::noise::Rng;

    #[test]
    fn every_axis_is_filled_with_whole_streets_and_blocks() {
        for seed in 0..200 {
            let strips = strips(64, &mut Rng::new(seed));
            assert_eq!(strips.len(), 64);
            let runs = blocks(&strips);
            assert!(runs.iter().all(|(_, length)| (3..=7).contains(length)), "{runs:?}");
            let roads = strips.iter().filter(|s| **s == Strip::Road).count();
            assert_eq!(roads, 2 * runs.len());
        }
    }
}

//! Another light: what is foreseen, in the colours that the network imagines. A small network imagines
//! colours well and edges badly, and a change of light leaves edges where they are.

/// Edge in pixels of the cells whose colours are compared.
const CELL: usize = 16;
/// Added to both colours, so that black can become something else.
const FLOOR: f32 = 0.02;
/// The most that a colour is multiplied by.
const MOST: f32 = 6.0;

/// What becomes of colours in each part of a frame.
pub(crate) struct Light {
    size: (usize, usize),
    /// Of each plane, what a cell is multiplied by.
    gains: [Vec<f32>; 3],
}

impl Light {
    /// What makes `foreseen` frames as light as `imagined` ones, both planar in [-1, 1].
    pub(crate) fn new(
        foreseen: &[Vec<f32>],
        imagined: &[Vec<f32>],
        (height, width): (usize, usize),
    ) -> Self {
        let area = height * width;
        let (rows, columns) = cells((height, width));
        let cell = |i: usize| i / width / CELL * columns + i % width / CELL;
        let mean = |frames: &[Vec<f32>], plane: usize| {
            let (mut sums, mut counts) = (vec![0.0; rows * columns], vec![0.0; rows * columns]);
            for frame in frames {
                for (i, value) in frame[plane * area..][..area].iter().enumerate() {
                    sums[cell(i)] += value.mul_add(0.5, 0.5);
                    counts[cell(i)] += 1.0;
                }
            }
            let means: Vec<f32> = sums.iter().zip(&counts).map(|(sum, n)| sum / n).collect();
            smooth(&means, rows, columns)
        };
        let gain = |(from, to): (&f32, &f32)| ((to + FLOOR) / (from + FLOOR)).min(MOST);
        let gains = [0, 1, 2].map(|plane| {
            let (from, to) = (mean(foreseen, plane), mean(imagined, plane));
            from.iter().zip(&to).map(gain).collect()
        });
        Self { size: (height, width), gains }
    }

    /// The same for frames that look elsewhere: alike from left to right.
    pub(crate) fn level(&self) -> Self {
        let (_, columns) = cells(self.size);
        let level = |row: &[f32]| vec![row.iter().sum::<f32>() / columns as f32; columns];
        let gains =
            self.gains.each_ref().map(|g| g.chunks_exact(columns).flat_map(level).collect());
        Self { size: self.size, gains }
    }

    /// Puts a planar frame into this light.
    pub(crate) fn shine(&self, frame: &mut [f32]) {
        let (height, width) = self.size;
        for (plane, gains) in frame.chunks_exact_mut(height * width).zip(&self.gains) {
            for (i, value) in plane.iter_mut().enumerate() {
                let place = [i / width, i % width].map(|at| (at as f32 + 0.5) / CELL as f32 - 0.5);
                let unit = value.mul_add(0.5, 0.5) + FLOOR;
                let lit = unit * between(gains, cells(self.size), place) - FLOOR;
                *value = lit.mul_add(2.0, -1.0).clamp(-1.0, 1.0);
            }
        }
    }
}

/// Rows and columns of cells.
fn cells((height, width): (usize, usize)) -> (usize, usize) {
    (height.div_ceil(CELL), width.div_ceil(CELL))
}

/// The mean of each cell and its neighbours, the nearer ones counted more.
fn smooth(cells: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let at = |row: usize, column: usize| {
        let (mut sum, mut weights) = (0.0, 0.0);
        for r in row.saturating_sub(1)..=(row + 1).min(rows - 1) {
            for c in column.saturating_sub(1)..=(column + 1).min(columns - 1) {
                let weight = 1.0 / (1.0 + (r.abs_diff(row) + c.abs_diff(column)) as f32);
                sum += weight * cells[r * columns + c];
                weights += weight;
            }
        }
        sum / weights
    };
    (0..rows * columns).map(|i| at(i / columns, i % columns)).collect()
}

/// The value between cells, at a place counted in cells from the middle of the first.
fn between(cells: &[f32], (rows, columns): (usize, usize), [row, column]: [f32; 2]) -> f32 {
    let split = |at: f32, count: usize| {
        let at = at.clamp(0.0, (count - 1) as f32);
        let first = (at as usize).min(count.saturating_sub(2));
        (first, (first + 1).min(count - 1), at - first as f32)
    };
    let ((up, down, below), (left, right, beside)) = (split(row, rows), split(column, columns));
    let along = |row: usize| {
        let [left, right] = [left, right].map(|column| cells[row * columns + column]);
        left + (right - left) * beside
    };
    along(up) + (along(down) - along(up)) * below
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (40, 56);

    fn relight(foreseen: &mut [Vec<f32>], imagined: &[Vec<f32>]) {
        let light = Light::new(foreseen, imagined, SIZE);
        foreseen.iter_mut().for_each(|frame| light.shine(frame));
    }

    fn frame(paint: impl Fn(usize, usize, usize) -> f32) -> Vec<f32> {
        let (height, width) = SIZE;
        (0..3 * height * width)
            .map(|i| paint(i / (height * width), i / width % height, i % width))
            .map(|unit| unit.mul_add(2.0, -1.0))
            .collect()
    }

    #[test]
    fn edges_stay_and_colours_change() {
        // Stripes at noon; at night a third of the light, and half of that above.
        let stripes = |x: usize| if (x / 2).is_multiple_of(2) { 0.9 } else { 0.3 };
        let night = |y: usize| if y < 20 { 1.0 / 6.0 } else { 1.0 / 3.0 };
        let mut foreseen = vec![frame(|_, _, x| stripes(x)); 2];
        // What is imagined has no edges at all.
        let imagined = vec![frame(|_, y, _| 0.6 * night(y)); 2];
        relight(&mut foreseen, &imagined);
        for (y, x) in [(2, 3), (2, 9), (36, 3), (36, 9)] {
            let found = foreseen[1][y * SIZE.1 + x].mul_add(0.5, 0.5);
            let wanted = stripes(x) * night(y);
            assert!((found - wanted).abs() < 0.06, "{y}, {x}: {found}, not {wanted}");
        }
    }

    #[test]
    fn the_same_light_changes_nothing() {
        let paint = |plane: usize, y: usize, x: usize| ((plane + 3 * y + 5 * x) % 17) as f32 / 16.0;
        let mut foreseen = vec![frame(paint)];
        let before = foreseen.clone();
        relight(&mut foreseen, &before);
        for (a, b) in foreseen[0].iter().zip(&before[0]) {
            assert!((a - b).abs() < 1e-5, "{a} was {b}");
        }
    }

    #[test]
    fn black_can_become_bright_and_nothing_leaves_its_range() {
        let mut foreseen = vec![frame(|_, _, x| if x < 28 { 0.0 } else { 1.0 })];
        relight(&mut foreseen, &[frame(|_, _, _| 1.0)]);
        let black = foreseen[0][SIZE.1 + 2].mul_add(0.5, 0.5);
        assert!(black > 0.08, "{black}");
        assert!(foreseen[0].iter().all(|value| (-1.0..=1.0).contains(value)));
    }
}

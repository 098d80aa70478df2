//! A frame while it is put together from pictures.

use super::relief::{NOTHING, Passage, ray, spread};
use super::source::{Source, pixel};
use crate::warp::{Taps, WarpView};

/// Places across and down a frame where it is tried which pictures are needed.
const GRID: usize = 16;
/// A picture that shows fewer of the places that are not yet shown is not worth its time.
const LEAST: usize = 2;
/// Gaps that are wider, over the width, are left to other pictures.
const WIDEST_GAP: f32 = 0.3;

/// A frame while it is put together.
pub(super) struct Canvas<'a> {
    view: &'a WarpView,
    width: usize,
    height: usize,
    /// Where pixels are in a flat world within a wall, coordinate by coordinate, so that the compiler does
    /// several pixels at once.
    places: [Vec<f32>; 3],
    sum: [Vec<f32>; 3],
    pub(super) covered: Vec<f32>,
    near: Vec<f32>,
    /// Inverse depth of what is shown.
    depth: Vec<f32>,
    found: [Vec<f32>; 3],
}

impl<'a> Canvas<'a> {
    pub(super) fn new(view: &'a WarpView) -> Self {
        let (width, height) = (view.size[0] as usize, view.size[1] as usize);
        let area = width * height;
        let mut places = [0; 3].map(|_| vec![0.0; area]);
        let mut depth = vec![0.0; area];
        let [x, y, z] = &mut places;
        for (i, (((x, y), z), depth)) in x.iter_mut().zip(y).zip(z).zip(&mut depth).enumerate() {
            [*x, *y, *z] = view.place([(i % width) as f32, (i / width) as f32]);
            *depth = 1.0 / view.ahead([*x, *y, *z]);
        }
        Self {
            view,
            width,
            height,
            places,
            sum: [0; 3].map(|_| vec![0.0; area]),
            covered: vec![0.0; area],
            near: vec![0.0; area],
            depth,
            found: [0; 3].map(|_| vec![0.0; width]),
        }
    }

    /// Whether a picture shows something that is not yet shown.
    pub(super) fn needs(&self, source: &Source<'_>) -> bool {
        // From the middle of the first pixel to that of the last.
        let along = |i: usize, pixels: usize| i * pixels.saturating_sub(1) / (GRID - 1);
        let pixels = (0..GRID * GRID)
            .map(|i| along(i / GRID, self.height) * self.width + along(i % GRID, self.width));
        // At its edge a picture counts for less, but nobody else is needed there.
        let open = pixels.filter(|&at| self.covered.get(at).is_some_and(|&covered| covered <= 0.0));
        open.filter(|&at| source.find(self.view, self.place(at))[2] > 0.0).take(LEAST).count()
            >= LEAST
    }

    fn place(&self, at: usize) -> [f32; 3] {
        self.places.each_ref().map(|values| values[at])
    }

    /// Puts what a picture shows behind what is there.
    pub(super) fn put_behind(&mut self, source: &Source<'_>) {
        self.put(source, |covered, _| 1.0 - covered);
    }

    /// Puts it before what is there, but for what is nearer than `metres`.
    pub(super) fn put_before(&mut self, source: &Source<'_>, metres: f32) {
        self.put(source, |_, depth| if depth * metres > 1.0 { 0.0 } else { 1.0 });
    }

    /// Adds a picture, `share` of each pixel of it, which is told how much is covered there and the inverse
    /// depth of what covers it. That gives way where there is no room.
    fn put(&mut self, source: &Source<'_>, share: impl Fn(f32, f32) -> f32) {
        let relief = source.depth.map(|depth| {
            let [there, back] = Passage::both(self.view, source);
            (spread(self.view, &there, depth), back)
        });
        let planes = [0, 1, 2].map(|plane| {
            let area = self.width * self.height;
            &source.picture[plane * area..][..area]
        });
        for row in 0..self.height {
            let first = row * self.width;
            match &relief {
                Some((shown, back)) => self.find_relief(row, &shown[first..], back),
                None => self.find_flat(row, source),
            }
            for i in 0..self.width {
                let found = self.found.each_ref().map(|values| values[i]);
                let at = first + i;
                let weight =
                    source.weight(self.view, found) * share(self.covered[at], self.depth[at]);
                if weight <= 0.0 {
                    continue;
                }
                let [column, line, _] = found;
                let taps = Taps::at([column.max(0.0), line.max(0.0)], self.width, self.height);
                let keep = (1.0 - weight).min(self.covered[at]) / self.covered[at].max(1e-6);
                for (sum, plane) in self.sum.iter_mut().zip(planes) {
                    sum[at] = sum[at] * keep + weight * taps.blend(plane);
                }
                self.near[at] = self.near[at] * keep + weight * source.nearness;
                let covered = self.covered[at] * keep;
                if weight > covered
                    && let Some((shown, _)) = &relief
                {
                    self.depth[at] = shown[at];
                }
                self.covered[at] = covered + weight;
            }
        }
    }

    /// Looks the pixels of a row up in a picture of a flat world.
    fn find_flat(&mut self, row: usize, source: &Source<'_>) {
        let [x, y, z] = self.places.each_ref().map(|values| &values[row * self.width..]);
        let [columns, rows, inside] = &mut self.found;
        for (i, ((column, row), inside)) in columns.iter_mut().zip(rows).zip(inside).enumerate() {
            [*column, *row, *inside] = source.find(self.view, [x[i], y[i], z[i]]);
        }
    }

    /// Looks them up in one whose depth is known, and so what the view sees of it.
    fn find_relief(&mut self, row: usize, shown: &[f32], back: &Passage) {
        let [columns, rows, inside] = &mut self.found;
        for (i, ((column, line), inside)) in columns.iter_mut().zip(rows).zip(inside).enumerate() {
            let inverse = shown[i];
            let place = back.apply(ray(self.view, [i as f32, row as f32]), inverse.max(0.0));
            [*column, *line, *inside] = pixel(self.view, place);
            if inverse == NOTHING {
                *inside = 0.0;
            }
        }
    }

    /// Fills what came out from behind something near with what is beside it and as far, mirrored.
    pub(super) fn fill_gaps(&mut self) {
        let most = (self.width as f32 * WIDEST_GAP) as usize;
        for row in 0..self.height {
            let begin = row * self.width;
            let mut edge: Option<usize> = None;
            for at in begin..begin + self.width {
                if self.covered[at] <= 0.0 {
                    continue;
                }
                if let Some(before) = edge
                    && at - before > 1
                    && at - before <= most
                {
                    let is_left = self.depth[before] < self.depth[at];
                    for k in 1..at - before {
                        let (to, from) = if is_left {
                            (before + k, (before + 1).saturating_sub(k).max(begin))
                        } else {
                            (at - k, (at + k - 1).min(begin + self.width - 1))
                        };
                        self.copy(from, to);
                    }
                }
                edge = Some(at);
            }
        }
    }

    fn copy(&mut self, from: usize, to: usize) {
        // What is itself beyond the next gap shows nothing.
        if self.covered[from] <= 0.0 {
            return;
        }
        for sum in &mut self.sum {
            sum[to] = sum[from] / self.covered[from];
        }
        (self.covered[to], self.near[to], self.depth[to]) = (1.0, 0.0, self.depth[from]);
    }

    /// The picture, and how near it was taken.
    pub(super) fn finish(&self) -> (Vec<f32>, Vec<f32>) {
        let over = |values: &[f32]| -> Vec<f32> {
            let each = values.iter().zip(&self.covered);
            each.map(|(value, covered)| if *covered > 0.0 { value / covered } else { 0.0 })
                .collect()
        };
        (self.sum.each_ref().map(|plane| over(plane)).concat(), over(&self.near))
    }
}

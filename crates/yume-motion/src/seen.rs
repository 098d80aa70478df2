//! Everything a walker has seen, kept as a few pictures and the places where they were taken, and
//! how it looks from where the camera will be.
//!
//! The world is taken to be that of [`crate::warp`], around the last camera. Everything is looked up
//! in the picture that was taken nearest to the camera, in the older one of two taken at one place,
//! and behind it in the next. So a turn away and back ends in the very picture that it began with.
//! What none of them shows is the oldest picture, for a model whose worlds are folded, and
//! the last picture mirrored for any other.

mod fold;
mod renewal;

use std::f32::consts::FRAC_PI_2;
use std::sync::Arc;

use fold::Fold;

use crate::walk::Pose;
use crate::warp::{Taps, WarpModel, WarpView};

/// Nothing nearer to a picture's camera than this many metres is looked up in it.
const NEAREST: f32 = 0.5;
/// A picture is worth as much as one that is so much nearer and was kept just before it: whatever
/// was generated again and again is less sharp.
const AGE_METRES: f32 = 0.02;
/// Pictures are looked things up in from within this part of the way to the wall.
const REACH: f32 = 1.0 / 3.0;
/// As many seams as this side by side would be as wide as the picture.
const SEAMS: f32 = 24.0;
/// Places across and down a frame where it is tried which pictures are needed.
const GRID: usize = 10;
/// A picture that shows fewer of the places that the better ones do not show is not worth its time.
const LEAST: usize = 2;

/// How much of a walk is kept.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct RecallRule {
    /// The most pictures.
    pub pictures: usize,
    /// Metres of walking after which a picture is kept although the camera did not turn.
    pub apart_metres: f32,
    /// Degrees of turning after which a picture is kept although the camera did not move.
    pub apart_deg: f32,
    /// A picture taken within so many metres shows a thing as sharp as it is.
    pub sharp_metres: f32,
    /// From so many metres, which are more, it is too coarse to be believed more than what is imagined.
    pub coarse_metres: f32,
    /// Whether the world around a corner is taken to be like that where the walk began.
    pub folds: bool,
}

impl RecallRule {
    /// What a picture tells that was taken so many metres from the camera, from 1 to 0.
    fn nearness(&self, metres: f32) -> f32 {
        let far = self.coarse_metres;
        ((far - metres) / (far - self.sharp_metres).max(1e-3)).clamp(0.0, 1.0)
    }

    /// How different two poses are: 1 is enough to keep both.
    fn distance(&self, a: Pose, b: Pose) -> f32 {
        let metres = (a.x - b.x).hypot(a.y - b.y);
        let turned = turn(a.yaw - b.yaw).abs() + (a.pitch - b.pitch).abs();
        metres / self.apart_metres + turned.to_degrees() / self.apart_deg
    }
}

/// An angle between -pi and pi.
fn turn(angle: f32) -> f32 {
    let (sin, cos) = angle.sin_cos();
    sin.atan2(cos)
}

/// A picture and the pose it was taken at. Clones share the picture.
#[derive(Clone, Debug, PartialEq)]
struct View {
    picture: Arc<[f32]>,
    pose: Pose,
    /// From 1 for a start to 0 for what was enlarged again and again.
    quality: f32,
    /// 1, or -1 for a mirror image.
    side: f32,
    /// Whether nobody took it: it stands for what is too far ahead to be seen.
    is_renewal: bool,
}

/// The pictures of a walk that are kept, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    views: Vec<View>,
}

/// What is known of a frame to come.
#[derive(Clone, Debug, PartialEq)]
pub struct Recalled {
    /// `[3, height, width]`.
    pub picture: Vec<f32>,
    /// Of each pixel, 1 where some picture shows it, if only folded, and 0 where it is a mirror image.
    pub is_seen: Vec<f32>,
    /// Of each pixel, from 1 where it was taken as near as it is looked at now to 0 where it was taken
    /// from too far to be sharp, or was not seen.
    pub nearness: Vec<f32>,
}

impl Seen {
    /// Pictures kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.views.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
    }

    /// Where the pictures were taken, oldest first.
    #[must_use]
    pub fn poses(&self) -> Vec<Pose> {
        self.views.iter().map(|view| view.pose).collect()
    }

    /// Keeps a picture `[3, height, width]` taken at `pose`, if it shows something new. Where there
    /// is no room, the one goes that tells least: it is near others and far from the walker.
    pub fn remember(&mut self, rule: &RecallRule, picture: &[f32], pose: Pose) {
        if rule.pictures == 0 || self.views.iter().any(|view| rule.distance(view.pose, pose) < 1.0)
        {
            return;
        }
        let quality = self.quality(rule, pose);
        self.keep(
            rule,
            View { picture: picture.into(), pose, quality, side: 1.0, is_renewal: false },
        );
        if rule.folds
            && let Some(renewal) = self.renewal(pose, quality)
        {
            self.keep(rule, renewal);
        }
    }

    /// Changes each picture that is kept.
    pub fn repaint(&mut self, paint: impl Fn(&mut [f32])) {
        let mut painted: Vec<[Arc<[f32]>; 2]> = Vec::new();
        for view in &mut self.views {
            let known = painted.iter().find(|[before, _]| Arc::ptr_eq(before, &view.picture));
            let after = known.map_or_else(
                || {
                    let mut picture = view.picture.to_vec();
                    paint(&mut picture);
                    picture.into()
                },
                |[_, after]| Arc::clone(after),
            );
            painted.push([std::mem::replace(&mut view.picture, Arc::clone(&after)), after]);
        }
    }

    fn keep(&mut self, rule: &RecallRule, new: View) {
        if self.views.len() >= rule.pictures {
            let worth = |i: usize| {
                let own = self.views[i].pose;
                let others = self.views.iter().enumerate().filter(|(j, _)| *j != i);
                // Of two, so that the end of a row of pictures tells more than its middle.
                let [mut nearest, mut next] = [f32::MAX; 2];
                for distance in others.map(|(_, view)| rule.distance(view.pose, own)) {
                    next = next.min(distance.max(nearest));
                    nearest = nearest.min(distance);
                }
                (nearest + next) / (1.0 + rule.distance(own, new.pose))
            };
            // A folded world is made of its first picture.
            let others = usize::from(rule.folds)..self.views.len();
            let least = others.min_by(|&a, &b| worth(a).total_cmp(&worth(b)));
            if let Some(least) = least {
                self.views.remove(least);
            }
        }
        self.views.push(new);
    }

    /// The frame at `step`, a pose seen from `last_pose`, where `last` was taken.
    ///
    /// # Shapes
    /// `last` is `[3, height, width]`, as are the pictures kept.
    ///
    /// # Panics
    /// When pictures have another length.
    #[must_use]
    pub fn recall(
        &self,
        (warp, rule): (&WarpModel, &RecallRule),
        (last, last_pose): (&[f32], Pose),
        (width, height): (usize, usize),
        step: Pose,
    ) -> Recalled {
        let view = warp.view(step, last_pose.pitch, [width as f32, height as f32]);
        let sources = useful(&view, self.sources(&view, rule, (last, last_pose), step));
        let area = width * height;
        assert_eq!(last.len(), 3 * area, "the picture must hold 3 planes of {width}x{height}");
        let mut picture = vec![0.0; 3 * area];
        let (mut is_seen, mut nearness) = (vec![1.0; area], vec![0.0; area]);
        let mut row = Row::new(width);
        for j in 0..height {
            row.begin(&view, j);
            for source in &sources {
                row.look_up(&view, source, height);
            }
            for plane in 0..3 {
                let to = &mut picture[plane * area + j * width..][..width];
                for ((value, sum), covered) in to.iter_mut().zip(&row.sum[plane]).zip(&row.covered)
                {
                    *value = sum / covered;
                }
            }
            let near = nearness[j * width..].iter_mut().zip(&row.near).zip(&row.covered);
            for ((value, near), covered) in near.filter(|(_, covered)| **covered > 0.0) {
                *value = near / covered;
            }
            for (i, _) in row.covered.iter().enumerate().filter(|(_, covered)| **covered <= 0.0) {
                let taps = Taps::at(view.source([i as f32, j as f32]), width, height);
                for plane in 0..3 {
                    picture[plane * area + j * width + i] =
                        taps.blend(&last[plane * area..][..area]);
                }
                is_seen[j * width + i] = 0.0;
            }
        }
        Recalled { picture, is_seen, nearness }
    }

    /// The pictures to look things up in, the best first.
    fn sources<'a>(
        &'a self,
        view: &WarpView,
        rule: &RecallRule,
        (last, last_pose): (&'a [f32], Pose),
        step: Pose,
    ) -> Vec<Source<'a>> {
        let reach = view.model.cylinder_radius * REACH;
        let mut ranked: Vec<(f32, Source<'a>)> = self
            .views
            .iter()
            .enumerate()
            .filter(|(_, kept)| !kept.is_ahead(last_pose.then(step)))
            .filter_map(|(number, kept)| {
                let pose = kept.pose.seen_from(last_pose);
                let metres = (step.x - pose.x).hypot(step.y - pose.y);
                // From the other side things look different, and from afar they are a blur.
                let shows = turn(step.yaw - pose.yaw).abs() < FRAC_PI_2 && metres < reach;
                let rank = metres + AGE_METRES * number as f32;
                let nearness = rule.nearness(metres) * kept.quality;
                let source =
                    || Source { side: kept.side, ..Source::new(&kept.picture, pose, nearness) };
                shows.then(|| (rank, source()))
            })
            .collect();
        let rest = Pose { pitch: last_pose.pitch, ..Pose::default() };
        let metres = step.x.hypot(step.y);
        let rank = metres + AGE_METRES * self.views.len() as f32;
        let quality = self.quality(rule, last_pose);
        ranked.push((rank, Source::new(last, rest, rule.nearness(metres) * quality)));
        ranked.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut sources = self.renewed(rule, (last_pose, step));
        sources.extend(ranked.into_iter().map(|(_, source)| source));
        if rule.folds
            && let Some(oldest) = self.views.first()
        {
            let yaw = oldest.pose.yaw - last_pose.yaw;
            let pose = Pose { yaw, pitch: oldest.pose.pitch, ..Pose::default() };
            let source = |fold| Source { fold, ..Source::new(&oldest.picture, pose, 0.0) };
            sources.extend(Fold::all(yaw).map(source));
        }
        sources
    }
}

/// A picture and its camera, seen from the last one.
struct Source<'a> {
    picture: &'a [f32],
    position: [f32; 2],
    yaw: [f32; 2],
    pitch: [f32; 2],
    fold: Fold,
    side: f32,
    /// How much it covers of what is behind it, 0 to 1.
    share: f32,
    seams: f32,
    nearness: f32,
}

impl<'a> Source<'a> {
    fn new(picture: &'a [f32], pose: Pose, nearness: f32) -> Self {
        Self {
            picture,
            position: [pose.x, pose.y],
            yaw: [pose.yaw.cos(), pose.yaw.sin()],
            pitch: [pose.pitch.cos(), pose.pitch.sin()],
            fold: Fold::NONE,
            side: 1.0,
            share: 1.0,
            seams: SEAMS,
            nearness,
        }
    }

    /// Where a place is in the picture, in pixels, and by how many pixels it is inside.
    #[inline]
    fn find(&self, view: &WarpView, [x, y, z]: [f32; 3]) -> [f32; 3] {
        let [width, height] = view.size;
        let [x, y] = self.fold.apply([x, y]);
        let (dx, dy) = (x - self.position[0], y - self.position[1]);
        let ahead = self.yaw[0] * dx + self.yaw[1] * dy;
        let left = self.side * (self.yaw[0] * dy - self.yaw[1] * dx);
        let depth = ahead * self.pitch[0] + z * self.pitch[1];
        let u = -left / depth / view.tangent[0];
        let v = -(z * self.pitch[0] - ahead * self.pitch[1]) / depth / view.tangent[1];
        let column = ((u + 1.0) * width - 1.0) / 2.0;
        let row = ((v + 1.0) * height - 1.0) / 2.0;
        let inside =
            (column + 0.5).min(width - 0.5 - column).min(row + 0.5).min(height - 0.5 - row);
        [column, row, if depth >= NEAREST { inside } else { 0.0 }]
    }
}

/// Of ranked sources, those that show something that the better ones do not.
fn useful<'a>(view: &WarpView, ranked: Vec<Source<'a>>) -> Vec<Source<'a>> {
    // From the middle of the first pixel to that of the last.
    let along = |i: usize, pixels: f32| i as f32 / (GRID - 1) as f32 * (pixels - 1.0);
    let pixel = |i: usize| [along(i % GRID, view.size[0]), along(i / GRID, view.size[1])];
    let mut open: Vec<[f32; 3]> = (0..GRID * GRID).map(|i| view.place(pixel(i))).collect();
    let mut shows_more = |source: &Source<'_>| {
        let is_inside = |&place: &[f32; 3]| source.find(view, place)[2] > 0.0;
        let shows = open.iter().filter(|place| is_inside(place)).count() >= LEAST;
        if shows && source.share == 1.0 {
            open.retain(|place| !is_inside(place));
        }
        shows
    };
    let mut sources = ranked;
    sources.retain(|source| shows_more(source));
    sources
}

/// How much a picture counts so many pixels inside its edge: less at the edge, to hide the seam.
#[inline]
fn weight(inside: f32, width: f32, seams: f32) -> f32 {
    (inside / width * seams).clamp(0.0, 1.0)
}

/// One row of a frame while it is put together.
struct Row {
    /// Coordinate by coordinate, so that the compiler does several pixels at once.
    places: [Vec<f32>; 3],
    found: [Vec<f32>; 3],
    sum: [Vec<f32>; 3],
    covered: Vec<f32>,
    near: Vec<f32>,
}

impl Row {
    fn new(width: usize) -> Self {
        Self {
            places: [0; 3].map(|_| vec![0.0; width]),
            found: [0; 3].map(|_| vec![0.0; width]),
            sum: [0; 3].map(|_| vec![0.0; width]),
            covered: vec![0.0; width],
            near: vec![0.0; width],
        }
    }

    fn begin(&mut self, view: &WarpView, j: usize) {
        let [x, y, z] = &mut self.places;
        for (i, ((x, y), z)) in x.iter_mut().zip(y).zip(z).enumerate() {
            [*x, *y, *z] = view.place([i as f32, j as f32]);
        }
        self.sum.iter_mut().for_each(|plane| plane.fill(0.0));
        self.covered.fill(0.0);
        self.near.fill(0.0);
    }

    /// Puts what `source` shows behind what is there.
    fn look_up(&mut self, view: &WarpView, source: &Source<'_>, height: usize) {
        let (width, area) = (self.covered.len(), self.covered.len() * height);
        let is_open = |covered: &f32| *covered < 1.0;
        let Some(first) = self.covered.iter().position(is_open) else { return };
        let end = self.covered.iter().rposition(is_open).map_or(width, |last| last + 1);
        let [x, y, z] = self.places.each_ref().map(|values| &values[first..end]);
        let [column, row, inside] = self.found.each_mut().map(|values| &mut values[first..end]);
        for (i, ((column, row), inside)) in column.iter_mut().zip(row).zip(inside).enumerate() {
            [*column, *row, *inside] = source.find(view, [x[i], y[i], z[i]]);
        }
        let planes = [0, 1, 2].map(|plane| &source.picture[plane * area..][..area]);
        for i in first..end {
            let [column, row, inside] = self.found.each_ref().map(|values| values[i]);
            let weight =
                (1.0 - self.covered[i]) * source.share * weight(inside, width as f32, source.seams);
            if weight > 0.0 {
                let taps = Taps::at([column.max(0.0), row.max(0.0)], width, height);
                for (sum, plane) in self.sum.iter_mut().zip(planes) {
                    sum[i] += weight * taps.blend(plane);
                }
                self.covered[i] += weight;
                self.near[i] += weight * source.nearness;
            }
        }
    }
}

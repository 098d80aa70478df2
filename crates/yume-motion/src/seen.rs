//! Everything a walker has seen, kept as a few pictures and the places where they were taken, and
//! how it looks from where the camera will be.
//!
//! The world is taken to be that of [`crate::warp`], around the last camera. Everything is looked up
//! in the picture that was taken nearest to the camera, in the older one of two taken at one place,
//! and behind it in the next. So a turn away and back ends in the very picture that it began with.
//! What none of them shows is the picture around, for a model whose worlds are folded, and
//! the last picture mirrored for any other. Where the depth of a picture is known, that takes the place of
//! the assumed world.

mod canvas;
mod fold;
mod relief;
mod renewal;
mod source;

pub use relief::sharpen;

use std::f32::consts::FRAC_PI_2;
use std::sync::Arc;

use canvas::Canvas;
use fold::Fold;
use source::Source;

use crate::walk::Pose;
use crate::warp::{Taps, WarpModel, WarpView};

/// A picture is worth as much as one that is so much nearer and was kept just before it: whatever
/// was generated again and again is less sharp.
const AGE_METRES: f32 = 0.02;
/// Pictures are looked things up in from within this part of the way to the wall.
const REACH: f32 = 1.0 / 3.0;
/// The most pictures that one frame is put together from, but for what is folded.
const MOST: usize = 4;

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
    /// One over the metres ahead of its camera, pixel by pixel, if that is known.
    depth: Option<Arc<[f32]>>,
    pose: Pose,
    /// From 1 for a start to 0 for what was enlarged again and again.
    quality: f32,
    /// 1, or -1 for a mirror image.
    side: f32,
    /// Whether nobody took it: it stands for what is too far ahead to be seen.
    is_renewal: bool,
    /// The direction in which it was put up.
    course: f32,
}

/// The pictures of a walk that are kept, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    views: Vec<View>,
    /// Pictures of other places that a walk ahead comes to, in turn.
    places: Vec<Arc<[f32]>>,
    /// Places that it came to.
    reached: usize,
    /// Whether the next of them is to come at once.
    is_called: bool,
}

/// The last picture of a walk.
#[derive(Clone, Copy, Debug)]
pub struct Last<'a> {
    /// `[3, height, width]`.
    pub picture: &'a [f32],
    /// One over the metres ahead of its camera, `[height, width]`, 0 for the sky, if that is known.
    pub depth: Option<&'a [f32]>,
    /// Where it was taken.
    pub pose: Pose,
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
    /// Nothing seen so far, with pictures `[3, height, width]` of places that a walk ahead comes to, in turn.
    /// Without any it comes to where it began, again and again.
    #[must_use]
    pub fn among(places: Vec<Arc<[f32]>>) -> Self {
        Self { places, ..Self::default() }
    }

    /// Other places from here on, the first of them as soon as a walk goes ahead; those put up before for who
    /// stands at `pose` are gone.
    pub fn lead_to(&mut self, places: Vec<Arc<[f32]>>, pose: Pose) {
        self.views.retain(|view| !view.is_ahead(pose));
        (self.places, self.reached, self.is_called) = (places, 0, true);
    }

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

    /// The depth of a picture taken at `pose`, known if it is kept; `depth` is asked otherwise, as by
    /// [`Seen::remember`].
    pub fn depth_of(
        &self,
        rule: &RecallRule,
        picture: &[f32],
        pose: Pose,
        depth: impl Fn(&[f32], f32, f32) -> Option<Arc<[f32]>>,
    ) -> Option<Arc<[f32]>> {
        let kept = self.views.iter().rev().find(|view| !view.is_renewal && view.pose == pose);
        let known = kept.and_then(|view| view.depth.clone());
        known.or_else(|| depth(picture, pose.pitch, self.quality(rule, pose)))
    }

    /// Keeps a picture `[3, height, width]` taken at `pose`, if it shows something new. Where there is no
    /// room, the one goes that tells least: it is near others and far from the walker.
    ///
    /// `depth` is asked for one over the metres ahead of a camera, `[height, width]`, and told the picture,
    /// its pitch and its quality.
    pub fn remember(
        &mut self,
        rule: &RecallRule,
        picture: &[f32],
        pose: Pose,
        depth: impl Fn(&[f32], f32, f32) -> Option<Arc<[f32]>>,
    ) {
        if rule.pictures == 0 || self.views.iter().any(|view| rule.distance(view.pose, pose) < 1.0)
        {
            return;
        }
        let quality = self.quality(rule, pose);
        let renewal = if rule.folds { self.renewal(rule, (pose, quality), &depth) } else { None };
        let view = View {
            picture: picture.into(),
            depth: depth(picture, pose.pitch, quality),
            pose,
            quality,
            side: 1.0,
            is_renewal: false,
            course: pose.yaw,
        };
        self.keep(rule, view);
        if let Some(renewal) = renewal {
            self.reached += 1;
            self.is_called = false;
            self.keep(rule, renewal);
        }
    }

    /// Changes each picture that is kept, and those of places to come.
    pub fn repaint(&mut self, paint: impl Fn(&mut [f32])) {
        let mut painted: Vec<[Arc<[f32]>; 2]> = Vec::new();
        let kept = self.views.iter_mut().map(|view| &mut view.picture);
        for shown in kept.chain(&mut self.places) {
            let known = painted.iter().find(|[before, _]| Arc::ptr_eq(before, shown));
            let after = known.map_or_else(
                || {
                    let mut picture = shown.to_vec();
                    paint(&mut picture);
                    picture.into()
                },
                |[_, after]| Arc::clone(after),
            );
            painted.push([std::mem::replace(shown, Arc::clone(&after)), after]);
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

    /// The frame at `step`, a pose seen from that of the last picture.
    ///
    /// # Shapes
    /// The last picture is `[3, height, width]`, as are the pictures kept.
    ///
    /// # Panics
    /// When pictures have another length.
    #[must_use]
    pub fn recall(
        &self,
        (warp, rule): (&WarpModel, &RecallRule),
        last: Last<'_>,
        (width, height): (usize, usize),
        step: Pose,
    ) -> Recalled {
        let area = width * height;
        assert_eq!(last.picture.len(), 3 * area, "a picture has 3 planes of {width}x{height}");
        let view = warp.view(step, last.pose.pitch, [width as f32, height as f32]);
        let mut canvas = Canvas::new(&view);
        let mut put = 0;
        for source in self.sources(&view, rule, last, step) {
            if put < MOST && canvas.needs(&source) {
                canvas.put_behind(&source);
                put += 1;
            }
        }
        if last.depth.is_some() {
            canvas.fill_gaps();
        }
        for source in self.folded(rule, last) {
            if canvas.needs(&source) {
                canvas.put_behind(&source);
            }
        }
        for (metres, source) in self.renewed(rule, (last.pose, step)) {
            canvas.put_before(&source, metres);
        }
        let open: Vec<usize> = (0..area).filter(|&at| canvas.covered[at] <= 0.0).collect();
        let (mut picture, nearness) = canvas.finish();
        let mut is_seen = vec![1.0; area];
        for at in open {
            let place = view.source([(at % width) as f32, (at / width) as f32]);
            let taps = Taps::at(place, width, height);
            for plane in 0..3 {
                picture[plane * area + at] = taps.blend(&last.picture[plane * area..][..area]);
            }
            is_seen[at] = 0.0;
        }
        Recalled { picture, is_seen, nearness }
    }

    /// The pictures to look things up in, the best first.
    fn sources<'a>(
        &'a self,
        view: &WarpView,
        rule: &RecallRule,
        last: Last<'a>,
        step: Pose,
    ) -> Vec<Source<'a>> {
        let reach = view.model.cylinder_radius * REACH;
        let mut ranked: Vec<(f32, Source<'a>)> = self
            .views
            .iter()
            .enumerate()
            .filter(|(_, kept)| !kept.is_ahead(last.pose.then(step)))
            .filter_map(|(number, kept)| {
                let pose = kept.pose.seen_from(last.pose);
                let metres = (step.x - pose.x).hypot(step.y - pose.y);
                // From the other side things look different, and from afar they are a blur.
                let shows = turn(step.yaw - pose.yaw).abs() < FRAC_PI_2 && metres < reach;
                let rank = metres + AGE_METRES * number as f32;
                let nearness = rule.nearness(metres) * kept.quality;
                shows.then(|| (rank, kept.source(pose, nearness)))
            })
            .collect();
        let rest = Pose { pitch: last.pose.pitch, ..Pose::default() };
        let metres = step.x.hypot(step.y);
        let rank = metres + AGE_METRES * self.views.len() as f32;
        let nearness = rule.nearness(metres) * self.quality(rule, last.pose);
        ranked.push((rank, Source::new(last.picture, last.depth, rest, nearness)));
        ranked.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        ranked.into_iter().map(|(_, source)| source).collect()
    }

    /// The picture that the walker's surroundings are made of, as the world to all sides, for a model
    /// whose worlds are folded: the nearest of the first one and those put up ahead and reached.
    fn folded<'a>(&'a self, rule: &RecallRule, last: Last<'_>) -> Vec<Source<'a>> {
        if !rule.folds {
            return Vec::new();
        }
        let reached =
            |(i, view): &(usize, &View)| *i == 0 || (view.is_renewal && !view.is_ahead(last.pose));
        let metres = |view: &View| (view.pose.x - last.pose.x).hypot(view.pose.y - last.pose.y);
        let all = self.views.iter().enumerate().filter(reached).map(|(_, view)| view);
        let Some(around) = all.min_by(|a, b| metres(a).total_cmp(&metres(b))) else {
            return Vec::new();
        };
        let yaw = around.pose.yaw - last.pose.yaw;
        let pose = Pose { yaw, pitch: around.pose.pitch, ..Pose::default() };
        let source = |fold| Source { fold, ..around.source(pose, 0.0) };
        Fold::all(yaw).map(source).collect()
    }
}

impl View {
    /// To look things up in, its camera at `pose`.
    fn source(&self, pose: Pose, nearness: f32) -> Source<'_> {
        let source = Source::new(&self.picture, self.depth.as_deref(), pose, nearness);
        Source { side: self.side, ..source }
    }
}

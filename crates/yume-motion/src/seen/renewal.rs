//! What comes after the end of a picture. Whoever walks ahead enlarges what was seen from afar, and whoever
//! walks sideways or backwards leaves it, until nothing is left. Before that, another place is put up
//! further on, or the picture that the walk began with.

use std::f32::consts::FRAC_PI_2;
use std::sync::Arc;

use super::{RecallRule, Seen, Source, View, turn};
use crate::walk::Pose;

/// Metres ahead after which a picture is worth 1/e.
const FADES_METRES: f32 = 14.0;
/// The same to the sides and back.
const FADES_ASIDE_METRES: f32 = 10.0;
/// A picture that is worth less is renewed.
const LEAST: f32 = 0.5;
/// Metres ahead at which the picture is put up.
const AHEAD_METRES: f32 = 15.0;
/// Metres that it takes to appear.
const APPEARS_METRES: f32 = 5.0;
/// Who looks, or walks, less than so many radians to the side keeps to the street, and makes another
/// otherwise.
const ASIDE: f32 = 0.5;
/// What was put up farther to the side stands in another street.
const BESIDE_METRES: f32 = 6.0;

impl View {
    /// Whether it was put up and is not yet reached by who stands at `pose`.
    pub(super) fn is_ahead(&self, pose: Pose) -> bool {
        let (sin, cos) = self.course.sin_cos();
        self.is_renewal && (self.pose.x - pose.x) * cos + (self.pose.y - pose.y) * sin > 0.0
    }
}

impl Seen {
    /// What a picture taken at `pose` is worth, which is made of what was seen before: from 1 for a start to 0
    /// for what was enlarged again and again.
    pub(super) fn quality(&self, rule: &RecallRule, pose: Pose) -> f32 {
        let Some(before) = self.before(rule, pose) else { return 1.0 };
        let moved = pose.seen_from(before.pose);
        let aside = (-moved.x).max(0.0) + moved.y.abs();
        let faded = moved.x.max(0.0) / FADES_METRES + aside / FADES_ASIDE_METRES;
        before.quality * (-faded).exp()
    }

    /// The picture taken nearest to a pose.
    fn before(&self, rule: &RecallRule, pose: Pose) -> Option<&View> {
        let apart = |view: &&View| rule.distance(view.pose, pose);
        self.views.iter().min_by(|a, b| apart(a).total_cmp(&apart(b)))
    }

    /// The next place where the street goes on, if what is seen at `pose` is worth too little: the first
    /// picture where no other is known. Each is in the mirror of the one put up before.
    pub(super) fn renewal(
        &self,
        rule: &RecallRule,
        (pose, quality): (Pose, f32),
        depth: impl Fn(&[f32], f32, f32) -> Option<Arc<[f32]>>,
    ) -> Option<View> {
        let oldest = self.views.first().filter(|_| self.is_called || quality < LEAST)?;
        let quarters = (turn(pose.yaw - oldest.pose.yaw) / FRAC_PI_2).round();
        let street = oldest.pose.yaw + quarters * FRAC_PI_2;
        let yaw = if turn(pose.yaw - street).abs() < ASIDE { street } else { pose.yaw };
        let street = Pose { pitch: oldest.pose.pitch, yaw, ..pose };
        let before = self.before(rule, pose)?;
        let moved = pose.seen_from(Pose { yaw, ..before.pose });
        let aside = moved.y.atan2(moved.x);
        let course = if aside.abs() < ASIDE { yaw } else { yaw + aside };
        let way = Pose { yaw: course, ..street };
        let mut renewals = self.views.iter().filter(|view| view.is_renewal);
        // What was put up is not yet reached, or was just left.
        let is_near = renewals.clone().any(|view| {
            let there = view.pose.seen_from(way);
            let (least, most) = (-0.6 * AHEAD_METRES, 1.2 * AHEAD_METRES);
            let is_on_the_way = (least..most).contains(&there.x) && there.y.abs() < BESIDE_METRES;
            is_on_the_way && turn(view.pose.yaw - yaw).abs() < ASIDE
        });
        if is_near && !self.is_called {
            return None;
        }
        let there = way.then(Pose { x: AHEAD_METRES, ..Pose::default() });
        let pose = Pose { x: there.x, y: there.y, ..street };
        let side = renewals.next_back().map_or(-1.0, |last| -last.side);
        let view = View { pose, course, quality: 1.0, side, is_renewal: true, ..oldest.clone() };
        // The first picture comes in its turn.
        match self.places.get(self.reached % (self.places.len() + 1)) {
            None => Some(view),
            Some(place) => Some(View {
                picture: Arc::clone(place),
                depth: depth(place, 0.0, 1.0),
                pose: Pose { pitch: 0.0, ..pose },
                ..view
            }),
        }
    }

    /// The pictures put up ahead, as seen at `step` from the last pose, the farthest first, and how many
    /// metres ahead they are.
    pub(super) fn renewed<'a>(
        &'a self,
        rule: &RecallRule,
        (last_pose, step): (Pose, Pose),
    ) -> Vec<(f32, Source<'a>)> {
        let place = |view: &'a View| {
            let pose = view.pose.seen_from(last_pose);
            let metres = (step.x - pose.x).hypot(step.y - pose.y);
            let share = ((AHEAD_METRES - metres) / APPEARS_METRES).clamp(0.0, 1.0);
            let shows = turn(step.yaw - pose.yaw).abs() < FRAC_PI_2 && share > 0.0;
            let source = view.source(pose, rule.nearness(metres));
            shows.then_some((metres, Source { share, ..source }))
        };
        let ahead = |view: &&View| view.is_ahead(last_pose.then(step));
        let mut found: Vec<_> = self.views.iter().filter(ahead).filter_map(place).collect();
        found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        found
    }
}

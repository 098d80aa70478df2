//! A walk through the town: the rule of [`yume_motion::walk`] plus walls that one slides along.

use yume_motion::{
    Motion,
    walk::{Pose, WalkRule, WalkState},
};

use crate::town::Town;

/// Metres from the middle of the walker that nothing may enter.
pub(crate) const BODY: f32 = 0.45;

/// Longest piece of a step that is tested at once, in metres: shorter than the walker and than any obstacle.
const PIECE: f32 = 0.15;

/// The most pieces of one step; a rule that asks for more is walked only so far.
const MOST_PIECES: f32 = 4096.0;

/// A walker in a town.
#[derive(Debug)]
pub struct Walk<'a> {
    town: &'a Town,
    rule: WalkRule,
    state: WalkState,
    pose: Pose,
}

/// Where one motion led.
#[derive(Clone, Debug, PartialEq)]
pub struct Walked {
    /// The pose after each frame, in metres and radians of the town.
    pub poses: Vec<Pose>,
    /// Frames in which something stood in the way. The pictures of a segment follow its motion exactly where this is 0.
    pub blocked: usize,
}

impl<'a> Walk<'a> {
    /// A walker at rest, looking level from `pose`; see [`Town::spawn`].
    #[must_use]
    pub fn new(town: &'a Town, pose: Pose, rule: WalkRule) -> Self {
        let pose = Pose { pitch: 0.0, ..pose };
        Self { town, rule, state: WalkState::default(), pose }
    }

    /// Where the walker is.
    #[must_use]
    pub fn pose(&self) -> Pose {
        self.pose
    }

    /// Walks on for `frames` frames under one motion.
    pub fn segment(&mut self, motion: Motion, frames: usize) -> Walked {
        let start = self.pose;
        let (sin, cos) = start.yaw.sin_cos();
        let free = self.state.advance(&self.rule, motion, frames);
        let (mut aside, mut blocked) = ([0.0, 0.0], 0);
        let mut poses = Vec::with_capacity(frames);
        for step in free {
            let want = [
                start.x + cos * step.x - sin * step.y + aside[0],
                start.y + sin * step.x + cos * step.y + aside[1],
            ];
            let reached = self.slide([self.pose.x, self.pose.y], want);
            if reached != want {
                blocked += 1;
                aside = [aside[0] + reached[0] - want[0], aside[1] + reached[1] - want[1]];
            }
            self.pose =
                Pose { x: reached[0], y: reached[1], yaw: start.yaw + step.yaw, pitch: step.pitch };
            poses.push(self.pose);
        }
        Walked { poses, blocked }
    }

    /// Goes from `from` towards `to` as far as the town lets one, along a wall if it stands in the way.
    fn slide(&self, from: [f32; 2], to: [f32; 2]) -> [f32; 2] {
        let way = [to[0] - from[0], to[1] - from[1]];
        let length = way[0].hypot(way[1]);
        if !length.is_finite() {
            return from;
        }
        let pieces = (length / PIECE).ceil().clamp(1.0, MOST_PIECES);
        let piece = way.map(|w| w / pieces.max(length / PIECE));
        let (mut at, mut is_straight) = (from, true);
        for _ in 0..pieces as usize {
            let next = [at[0] + piece[0], at[1] + piece[1]];
            let is_free = |p: [f32; 2]| self.town.is_free(p[0], p[1], BODY);
            if is_free(next) {
                at = next;
                continue;
            }
            is_straight = false;
            let choices = [[next[0], at[1]], [at[0], next[1]]];
            if let Some(choice) = choices.into_iter().find(|&p| p != at && is_free(p)) {
                at = choice;
            } else if let Some(round) = self.round(at, piece) {
                at = round;
            }
        }
        // The whole way in one go, so that a free walk gathers no rounding.
        if is_straight && length <= PIECE * MOST_PIECES { to } else { at }
    }

    /// A shorter step past a trunk or a post that is met head-on.
    fn round(&self, at: [f32; 2], piece: [f32; 2]) -> Option<[f32; 2]> {
        [0.9f32, -0.9, 1.35, -1.35].into_iter().find_map(|turn| {
            let (sin, cos) = turn.sin_cos();
            let p = [
                at[0] + cos * (cos * piece[0] - sin * piece[1]),
                at[1] + cos * (sin * piece[0] + cos * piece[1]),
            ];
            self.town.is_free(p[0], p[1], BODY).then_some(p)
        })
    }
}

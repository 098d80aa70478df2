//! A walk of a few motions that nothing stands in the way of.

use std::ops::Range;

use yume_media::Frame;
use yume_motion::walk::{Pose, WalkRule, WalkState};
use yume_motion::{Motion, Travel, Turn};
use yume_town::{Camera, Scene, Town, Walk, inverse_depth, render, render_clip};

use crate::config::TrainConfig;
use crate::dice::Dice;

/// Motions tried for one leg before the walk begins elsewhere.
const TRIES: usize = 8;

/// Where walks take place and how their pictures are made.
pub struct Grounds {
    towns: Vec<Town>,
    scenes: Vec<Scene>,
    rule: WalkRule,
    travel: [f32; 9],
    turn: [f32; 9],
    keep: f32,
    size: (usize, usize),
    supersample: u32,
}

/// One motion of a walk.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The motion.
    pub motion: Motion,
    /// The walker before it.
    pub before: WalkState,
    /// The pose after each frame, in the town.
    pub poses: Vec<Pose>,
}

/// A walk of a few motions.
#[derive(Clone, Debug)]
pub struct Trip {
    town: usize,
    /// The light.
    pub scene: Scene,
    /// Where it begins.
    pub start: Pose,
    /// Its motions in order.
    pub legs: Vec<Leg>,
}

/// One view of a town.
#[derive(Clone, Debug)]
pub struct View {
    /// The picture.
    pub frame: Frame,
    /// One over the metres that everything in it is ahead of the camera, 0 for the sky.
    pub inverse_depth: Vec<f32>,
    /// Radians above the horizon.
    pub pitch: f32,
}

impl Grounds {
    /// The towns of `config`, seen in frames of `height` by `width` pixels.
    pub fn new(config: &TrainConfig, rule: WalkRule, (height, width): (usize, usize)) -> Self {
        let data = &config.data;
        Self {
            towns: config.towns(),
            scenes: config.scenes(),
            rule,
            travel: data.travel,
            turn: data.turn,
            keep: data.keep,
            size: (height, width),
            supersample: data.supersample,
        }
    }

    /// Height and width of the frames.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// The rule of the walks.
    pub fn rule(&self) -> &WalkRule {
        &self.rule
    }

    /// A walk of `legs` motions of `frames` frames each, as the dice fall.
    pub fn trip(&self, dice: &mut Dice, legs: usize, frames: usize) -> Trip {
        loop {
            let town = dice.below(self.towns.len());
            let scene = self.scene(dice);
            let start = self.towns[town].spawn(dice.bits());
            if let Some(legs) = self.legs(dice, &self.towns[town], start, legs, frames) {
                return Trip { town, scene, start, legs };
            }
        }
    }

    /// A walk of exactly these motions, from the first place where nothing stands in the way.
    pub fn trip_along(&self, dice: &mut Dice, motions: &[Motion], frames: usize) -> Trip {
        /// Places tried before one with something in the way will do.
        const PLACES: usize = 500;
        let mut place = 0;
        loop {
            place += 1;
            let town = dice.below(self.towns.len());
            let scene = self.scene(dice);
            let start = self.towns[town].spawn(dice.bits());
            let mut walk = Walk::new(&self.towns[town], start, self.rule);
            let (mut legs, mut walker, mut blocked) = (Vec::new(), WalkState::default(), 0);
            for &motion in motions {
                let walked = walk.segment(motion, frames);
                blocked += walked.blocked;
                legs.push(Leg { motion, before: walker, poses: walked.poses });
                let _ = walker.advance(&self.rule, motion, frames);
            }
            if blocked == 0 || place == PLACES {
                return Trip { town, scene, start, legs };
            }
        }
    }

    /// A view from somewhere on the streets, half of them along one, as the dice fall.
    pub fn view(&self, dice: &mut Dice) -> View {
        /// Metres around a place where walks begin.
        const AROUND: f32 = 3.0;
        /// Metres that a walker is wide.
        const WIDE: f32 = 0.6;
        let town = &self.towns[dice.below(self.towns.len())];
        let scene = self.scene(dice);
        let mut pose = town.spawn(dice.bits());
        for _ in 0..20 {
            let [x, y] = [pose.x, pose.y].map(|at| at + AROUND * (2.0 * dice.unit() - 1.0));
            if town.is_free(x, y, WIDE) {
                (pose.x, pose.y) = (x, y);
                break;
            }
        }
        if dice.chance(0.5) {
            pose.yaw += std::f32::consts::TAU * dice.unit();
        }
        if dice.chance(0.3) {
            pose.pitch = self.rule.pitch_max_deg.to_radians() as f32 * (2.0 * dice.unit() - 1.0);
        }
        let (height, width) = (self.size.0 as u32, self.size.1 as u32);
        let camera = Camera::of_walker(pose);
        View {
            frame: render(town, &scene, &camera, width, height, self.supersample),
            inverse_depth: inverse_depth(town, &camera, width, height),
            pitch: pose.pitch,
        }
    }

    fn legs(
        &self,
        dice: &mut Dice,
        town: &Town,
        start: Pose,
        count: usize,
        frames: usize,
    ) -> Option<Vec<Leg>> {
        let mut legs: Vec<Leg> = Vec::with_capacity(count);
        let mut walker = WalkState::default();
        while legs.len() < count {
            let leg = (0..TRIES).find_map(|_| {
                let motion = match legs.last() {
                    Some(last) if dice.chance(self.keep) => last.motion,
                    _ => self.motion(dice),
                };
                // A walk cannot be copied, so its way so far is walked again.
                let mut walk = Walk::new(town, start, self.rule);
                for leg in &legs {
                    walk.segment(leg.motion, frames);
                }
                let walked = walk.segment(motion, frames);
                (walked.blocked == 0).then_some(Leg { motion, before: walker, poses: walked.poses })
            })?;
            let _ = walker.advance(&self.rule, leg.motion, frames);
            legs.push(leg);
        }
        Some(legs)
    }

    fn motion(&self, dice: &mut Dice) -> Motion {
        let travel = Travel::ALL[dice.weighted(&self.travel)];
        Motion { travel, turn: Turn::ALL[dice.weighted(&self.turn)] }
    }

    /// One of the scenes, as the dice fall.
    pub fn scene(&self, dice: &mut Dice) -> Scene {
        self.scenes[dice.below(self.scenes.len())]
    }

    /// The pictures of `range` of a trip, where 0 is its start and the frames of all legs follow.
    ///
    /// # Panics
    /// If the trip is shorter.
    pub fn frames(&self, trip: &Trip, range: Range<usize>) -> Vec<Frame> {
        self.frames_in(trip.scene, trip, range)
    }

    /// The same in the light of another scene.
    ///
    /// # Panics
    /// If the trip is shorter.
    pub fn frames_in(&self, scene: Scene, trip: &Trip, range: Range<usize>) -> Vec<Frame> {
        let mut poses = vec![Pose { pitch: 0.0, ..trip.start }];
        poses.extend(trip.legs.iter().flat_map(|leg| leg.poses.iter().copied()));
        let (height, width) = self.size;
        let (town, poses) = (&self.towns[trip.town], &poses[range]);
        render_clip(town, &scene, poses, width as u32, height as u32, self.supersample)
    }
}

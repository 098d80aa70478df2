//! How measured motion follows what was asked for, with what this measurement can see at most and
//! what chance would give.

use serde::Serialize;
use yume_motion::walk::WalkRule;

use crate::CameraMotion;
use crate::seen::Seen;

/// Part of the nominal speed of a turn or a travel from which on it counts as one.
const COUNTS: f32 = 0.4;
/// Diagonal travel has this part of the speed along each axis, so that less of it counts.
const DIAGONAL: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// How often a direction is the one asked for, of nine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Followed {
    /// In the model's frames.
    pub model: f32,
    /// In true frames: the upper bound.
    pub truth: f32,
    /// In the model's frames, with what was asked for shuffled: the lower bound, exactly the mean over
    /// all orders.
    pub shuffled: f32,
}

/// How measured motion follows what was asked for, along one axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Axis {
    /// forward, right, yaw or pitch.
    pub name: &'static str,
    /// Correlation in the model's frames.
    pub correlation: f32,
    /// Amplitude in the model's frames over what was asked.
    pub gain: f32,
    /// Correlation in true frames: the most that this measurement can see.
    pub true_correlation: f32,
    /// Amplitude in true frames.
    pub true_gain: f32,
}

/// Instruction following.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Obedience {
    /// Directions of turning.
    pub turns: Followed,
    /// Directions of travel.
    pub travel: Followed,
    /// Where the model lies between the bounds, both directions together: 0 to 1.
    pub score: f32,
    /// Every axis.
    pub axes: Vec<Axis>,
}

/// What makes a velocity a direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    yaw: f32,
    pitch: f32,
    asked: f32,
    /// Travel looks slower than it is, by how far things are; true frames say by how much.
    forward: f32,
    right: f32,
}

/// Back, neither or ahead; left, neither or right; and so on.
type Direction = [i8; 2];

impl Scale {
    /// The scale of a rule, with the travel of true segments as it looks.
    pub(crate) fn of(rule: &WalkRule, truth: &[&Seen]) -> Self {
        let gain = |axis| relation(&pairs(truth, axis)).1.max(0.05);
        let speed = rule.speed as f32;
        let radians = |degrees: f64| (degrees.to_radians() as f32).max(1e-6);
        Self {
            yaw: radians(rule.yaw_deg_per_sec),
            pitch: radians(rule.pitch_deg_per_sec),
            asked: speed,
            forward: speed * gain(0),
            right: speed * gain(1),
        }
    }

    /// Whether the turn of a segment is the one asked for; `None` if its motion was not measured.
    pub(crate) fn follows_turn(&self, seen: &Seen) -> Option<bool> {
        Some(self.turn(seen.asked) == self.turn(seen.motion?))
    }

    /// Whether the travel of a segment is the one asked for.
    pub(crate) fn follows_travel(&self, seen: &Seen) -> Option<bool> {
        Some(self.travel_asked(seen.asked) == self.travel(seen.motion?))
    }

    fn turn(&self, motion: CameraMotion) -> Direction {
        [class(motion.yaw / self.yaw), class(motion.pitch / self.pitch)]
    }

    fn travel_asked(&self, motion: CameraMotion) -> Direction {
        [motion.forward, motion.right].map(|speed| class(speed / self.asked / DIAGONAL))
    }

    fn travel(&self, motion: CameraMotion) -> Direction {
        [
            class(motion.forward / self.forward / DIAGONAL),
            class(motion.right / self.right / DIAGONAL),
        ]
    }
}

impl Obedience {
    /// That of a model's segments, with true ones for the same motions.
    pub(crate) fn of(scale: &Scale, model: &[&Seen], truth: &[&Seen]) -> Self {
        let directions = |seen: &[&Seen],
                          asked: &dyn Fn(CameraMotion) -> Direction,
                          found: &dyn Fn(CameraMotion) -> Direction| {
            let pairs =
                seen.iter().filter_map(|seen| Some((asked(seen.asked), found(seen.motion?))));
            pairs.collect::<Vec<_>>()
        };
        let followed = |asked: &dyn Fn(CameraMotion) -> Direction,
                        found: &dyn Fn(CameraMotion) -> Direction| {
            let made = directions(model, asked, found);
            let seen = directions(truth, asked, found);
            Followed {
                model: agreement(&made),
                truth: agreement(&seen),
                shuffled: by_chance(&made),
            }
        };
        let turns = followed(&|m| scale.turn(m), &|m| scale.turn(m));
        let travel = followed(&|m| scale.travel_asked(m), &|m| scale.travel(m));
        let axes = ["forward", "right", "yaw", "pitch"].into_iter().enumerate();
        let axes = axes.map(|(i, name)| {
            let (correlation, gain) = relation(&pairs(model, i));
            let (true_correlation, true_gain) = relation(&pairs(truth, i));
            Axis { name, correlation, gain, true_correlation, true_gain }
        });
        let score = score(&[turns, travel], turns.model + travel.model);
        Self { turns, travel, score, axes: axes.collect() }
    }

    /// The score of part of the segments, by the bounds of all.
    pub(crate) fn score_of(&self, turns: f32, travel: f32) -> f32 {
        score(&[self.turns, self.travel], turns + travel)
    }
}

/// Where `model` lies between the sums of the bounds. A direction that is hard to see counts less,
/// because its bounds are closer together.
fn score(followed: &[Followed], model: f32) -> f32 {
    let (low, high) =
        followed.iter().fold((0.0, 0.0), |(low, high), f| (low + f.shuffled, high + f.truth));
    ((model - low) / (high - low).max(1e-6)).clamp(0.0, 1.0)
}

fn class(part: f32) -> i8 {
    if part > COUNTS {
        1
    } else if part < -COUNTS {
        -1
    } else {
        0
    }
}

fn agreement(pairs: &[(Direction, Direction)]) -> f32 {
    pairs.iter().filter(|(asked, found)| asked == found).count() as f32 / pairs.len().max(1) as f32
}

/// The mean agreement when every asked direction meets every found one.
fn by_chance(pairs: &[(Direction, Direction)]) -> f32 {
    let met = |(asked, _): &(Direction, Direction)| {
        pairs.iter().filter(|(_, found)| asked == found).count() as f32
    };
    pairs.iter().map(met).sum::<f32>() / (pairs.len() as f32).powi(2).max(1.0)
}

/// What was asked and what was found along an axis.
fn pairs(seen: &[&Seen], axis: usize) -> Vec<(f32, f32)> {
    let pair = |seen: &&Seen| Some((seen.asked.axes()[axis], seen.motion?.axes()[axis]));
    seen.iter().filter_map(pair).collect()
}

/// Correlation, and the slope through the origin of the second over the first.
fn relation(pairs: &[(f32, f32)]) -> (f32, f32) {
    let count = pairs.len().max(1) as f32;
    let mean = |of: fn(&(f32, f32)) -> f32| pairs.iter().map(of).sum::<f32>() / count;
    let (mean_a, mean_b) = (mean(|p| p.0), mean(|p| p.1));
    let (mut aa, mut bb, mut ab, mut raw_aa, mut raw_ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for &(a, b) in pairs {
        aa += (a - mean_a) * (a - mean_a);
        bb += (b - mean_b) * (b - mean_b);
        ab += (a - mean_a) * (b - mean_b);
        raw_aa += a * a;
        raw_ab += a * b;
    }
    (ab / (aa * bb).sqrt().max(1e-12), raw_ab / f32::max(raw_aa, 1e-12))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Spread;

    /// Segments in which motions were asked for and answered.
    pub(crate) fn answered(
        asked: &[CameraMotion],
        answer: impl Fn(CameraMotion) -> CameraMotion,
    ) -> Vec<Seen> {
        let seen = |&asked| Seen {
            asked,
            motion: Some(answer(asked)),
            smoothness: Some(0.9),
            sharpness: 0.5,
            colour: Spread::of(&[0.1; 12]),
            features: Vec::new(),
            truth: Some(20.0),
            reference: None,
        };
        asked.iter().map(seen).collect()
    }

    /// All pairs of three turns and three travels.
    pub(crate) fn motions(rule: &WalkRule) -> Vec<CameraMotion> {
        let yaw = rule.yaw_deg_per_sec.to_radians() as f32;
        let speed = rule.speed as f32;
        let motion = |i: i32| CameraMotion {
            yaw: yaw * (i % 3 - 1) as f32,
            forward: speed * (i / 3 % 3 - 1) as f32,
            ..CameraMotion::default()
        };
        (0..90).map(motion).collect()
    }

    #[test]
    fn a_model_that_obeys_scores_one_and_a_deaf_one_none() {
        let rule = WalkRule::TINY_V0;
        let asked = motions(&rule);
        // True travel looks half as fast as it is.
        let half = |m: CameraMotion| CameraMotion { forward: 0.5 * m.forward, ..m };
        let truth = answered(&asked, half);
        let truth: Vec<&Seen> = truth.iter().collect();
        let scale = Scale::of(&rule, &truth);
        type Answer = fn(CameraMotion) -> CameraMotion;
        let table: [(Answer, f32, f32, f32); 4] = [
            (|m| CameraMotion { forward: 0.5 * m.forward, ..m }, 1.0, 1.0, 1.0),
            (|m| CameraMotion { yaw: 0.8 * m.yaw, forward: 0.4 * m.forward, ..m }, 1.0, 1.0, 1.0),
            (|_| CameraMotion::default(), 1.0 / 3.0, 1.0 / 3.0, 0.0),
            (|m| CameraMotion { yaw: -m.yaw, forward: 0.5 * m.forward, ..m }, 1.0 / 3.0, 1.0, 0.5),
        ];
        for (answer, turns, travel, score) in table {
            let model = answered(&asked, answer);
            let model: Vec<&Seen> = model.iter().collect();
            let found = Obedience::of(&scale, &model, &truth);
            for (found, expected) in
                [(found.turns.model, turns), (found.travel.model, travel), (found.score, score)]
            {
                assert!((found - expected).abs() < 1e-5, "{found} instead of {expected}");
            }
            assert!((found.turns.shuffled - 1.0 / 3.0).abs() < 1e-5);
            assert_eq!((found.turns.truth, found.travel.truth), (1.0, 1.0));
        }
    }

    #[test]
    fn gains_and_correlations_are_those_of_the_answers() {
        let rule = WalkRule::TINY_V0;
        let asked = motions(&rule);
        let (truth, model) = (
            answered(&asked, |m| m),
            answered(&asked, |m| CameraMotion { yaw: 0.8 * m.yaw, forward: 0.0, ..m }),
        );
        let (truth, model): (Vec<&Seen>, Vec<&Seen>) =
            (truth.iter().collect(), model.iter().collect());
        let found = Obedience::of(&Scale::of(&rule, &truth), &model, &truth);
        let yaw = &found.axes[2];
        assert!((yaw.correlation - 1.0).abs() < 1e-5 && (yaw.gain - 0.8).abs() < 1e-5);
        assert!((yaw.true_gain - 1.0).abs() < 1e-5);
        assert!(found.axes[0].gain.abs() < 1e-6, "it never goes ahead");
    }
}

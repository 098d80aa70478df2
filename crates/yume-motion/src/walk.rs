//! How the walker of the small world answers a motion: the velocity approaches its target by a
//! fixed part per frame.

use std::f32::consts::{PI, TAU};

use crate::Motion;

/// The rule of the walk, as data.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct WalkRule {
    /// Metres per second of any travel.
    pub speed: f64,
    /// Degrees per second of a turn to the side.
    pub yaw_deg_per_sec: f64,
    /// Degrees per second of a tilt.
    pub pitch_deg_per_sec: f64,
    /// The tilt stops at this many degrees, up and down.
    pub pitch_max_deg: f64,
    /// Part of the way to the target velocity that one frame goes, 0 to 1.
    pub ramp: f64,
    /// Frames per second.
    pub fps: f64,
}

impl WalkRule {
    /// The walk that the embedded world was trained on.
    pub const TINY_V0: Self = Self {
        speed: 2.0,
        yaw_deg_per_sec: 13.0,
        pitch_deg_per_sec: 6.0,
        pitch_max_deg: 14.0,
        ramp: 0.35,
        fps: 16.0,
    };

    /// The velocity that a motion leads to: `[forward m/s, right m/s, yaw to the left rad/s, pitch
    /// up rad/s]`.
    fn target(&self, motion: Motion) -> [f64; 4] {
        let [forward, right] = motion.travel.signs().map(f64::from);
        let speed = self.speed / forward.hypot(right).max(1.0);
        let [left, up] = motion.turn.signs().map(f64::from);
        let yaw = self.yaw_deg_per_sec.to_radians();
        let pitch = self.pitch_deg_per_sec.to_radians();
        [forward * speed, right * speed, left * yaw, up * pitch]
    }
}

/// What carries over from one segment to the next. It begins at rest, looking level.
#[derive(Copy, Clone, PartialEq, Debug, Default)]
pub struct WalkState {
    /// `[forward m/s, right m/s, yaw to the left rad/s, pitch up rad/s]`.
    pub velocity: [f32; 4],
    /// Radians above the horizon.
    pub pitch: f32,
    /// Metres ahead and to the left of where the walk began.
    pub position: [f32; 2],
    /// Radians to the left of where the walk began, between -pi and pi.
    pub yaw: f32,
}

/// Where the camera is, seen from where it was when the segment began, standing level there.
#[derive(Copy, Clone, PartialEq, Debug, Default)]
pub struct Pose {
    /// Metres ahead.
    pub x: f32,
    /// Metres to the left.
    pub y: f32,
    /// Radians to the left.
    pub yaw: f32,
    /// Radians above the horizon; counted from the horizon, not from the segment's beginning.
    pub pitch: f32,
}

impl Pose {
    /// The pose `step`, which was seen from this one, seen from where this one was seen.
    #[must_use]
    pub fn then(self, step: Self) -> Self {
        let (sin, cos) = self.yaw.sin_cos();
        Self {
            x: self.x + cos * step.x - sin * step.y,
            y: self.y + sin * step.x + cos * step.y,
            yaw: self.yaw + step.yaw,
            pitch: step.pitch,
        }
    }

    /// This pose seen from `base`: what [`Pose::then`] takes to come here from there.
    #[must_use]
    pub fn seen_from(self, base: Self) -> Self {
        let (sin, cos) = base.yaw.sin_cos();
        let (x, y) = (self.x - base.x, self.y - base.y);
        Self {
            x: cos * x + sin * y,
            y: cos * y - sin * x,
            yaw: self.yaw - base.yaw,
            pitch: self.pitch,
        }
    }
}

impl WalkState {
    /// Where the walk has led, seen from where it began.
    #[must_use]
    pub fn pose(&self) -> Pose {
        let [x, y] = self.position;
        Pose { x, y, yaw: self.yaw, pitch: self.pitch }
    }

    /// Walks on for `frames` frames under one motion and returns the pose of each.
    #[must_use = "the poses are where the camera went"]
    pub fn advance(&mut self, rule: &WalkRule, motion: Motion, frames: usize) -> Vec<Pose> {
        // In f64 like the training data, so that a long segment gathers no rounding.
        let target = rule.target(motion);
        let secs = 1.0 / rule.fps;
        let pitch_max = rule.pitch_max_deg.to_radians();
        let mut velocity = self.velocity.map(f64::from);
        let mut pitch = f64::from(self.pitch);
        let [mut x, mut y, mut yaw] = [0.0f64; 3];
        let mut poses = Vec::with_capacity(frames);
        for _ in 0..frames {
            for (velocity, target) in velocity.iter_mut().zip(target) {
                *velocity += rule.ramp * (target - *velocity);
            }
            let [forward, right, yaw_rate, pitch_rate] = velocity;
            yaw += yaw_rate * secs;
            pitch = (pitch + pitch_rate * secs).min(pitch_max).max(-pitch_max);
            let (sin, cos) = yaw.sin_cos();
            x += (cos * forward + sin * right) * secs;
            y += (sin * forward - cos * right) * secs;
            poses.push(Pose { x: x as f32, y: y as f32, yaw: yaw as f32, pitch: pitch as f32 });
        }
        self.velocity = velocity.map(|part| part as f32);
        self.pitch = pitch as f32;
        let last = Pose { x: x as f32, y: y as f32, yaw: yaw as f32, pitch: self.pitch };
        let reached = self.pose().then(last);
        self.position = [reached.x, reached.y];
        self.yaw = wrapped(reached.yaw);
        poses
    }
}

/// The same direction between -pi and pi, so that no number of turns costs precision.
fn wrapped(yaw: f32) -> f32 {
    if yaw.abs() > PI { yaw - TAU * (yaw / TAU).round() } else { yaw }
}

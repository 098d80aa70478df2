//! What is measured of one segment of a walk, the model's or the true one.

use yume_checkpoint::{Fill, ModelSpec};
use yume_media::Frame;
use yume_motion::Motion;
use yume_motion::walk::{Pose, WalkRule, WalkState};
use yume_world::pixels::planar;
use yume_world::{Model, WorldError};

use crate::features::Features;
use crate::{CameraMotion, Optics, Spread, peak_signal_to_noise, sharpness, smoothness};

/// Frames at the beginning of a segment, while the camera gathers speed.
const RAMP: usize = 8;
/// Frames between the two pictures of a measurement of motion.
const GAP: usize = 4;
/// Frames between those whose features are taken.
const EVERY: usize = 4;

/// One segment, measured.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// How the camera should have moved.
    pub asked: CameraMotion,
    /// How it moved, if that can be measured.
    pub motion: Option<CameraMotion>,
    /// See [`smoothness`].
    pub smoothness: Option<f32>,
    /// Mean of [`sharpness`].
    pub sharpness: f32,
    /// The colours of its frames.
    pub colour: Spread,
    /// Of a frame now and then.
    pub features: Vec<Features>,
    /// Mean PSNR against the true frames, where there are such, in decibels.
    pub truth: Option<f32>,
    /// Mean PSNR against the reference's frames, where there are such.
    pub reference: Option<f32>,
}

/// How the frames of a model are looked at.
pub(crate) struct Eye {
    size: (usize, usize),
    rule: WalkRule,
    optics: Optics,
    length: usize,
}

impl Eye {
    pub(crate) fn of(spec: &ModelSpec) -> Self {
        let walker = yume_town::Camera::of_walker(Pose::default());
        // The town is seen with a walker's eyes; a model that assumes others is measured by its own.
        let hfov_deg = match &spec.fill {
            Fill::Warp(warp) => warp.hfov_deg,
            Fill::Zeros | Fill::Hold => walker.hfov_deg,
        };
        Self {
            size: (spec.frame.height, spec.frame.width),
            rule: spec.walk,
            optics: Optics { hfov_deg, height: walker.height, fps: spec.frame.fps },
            length: spec.frame.segment_frames,
        }
    }

    /// Measures the segments of a walk under `motions`; its `frames` begin with the start.
    pub(crate) fn segments(
        &self,
        model: &Model,
        motions: &[Motion],
        frames: &[Frame],
    ) -> Result<Vec<Seen>, WorldError> {
        let mut walker = WalkState::default();
        let asked = motions.iter().map(|&motion| self.asked(&mut walker, motion));
        let segments = asked.enumerate().map(|(segment, asked)| {
            let first = segment * self.length;
            // The frame before the segment belongs to it, as the one that it moves away from.
            let frames: Vec<Vec<f32>> =
                frames[first..=first + self.length].iter().map(planar).collect();
            self.segment(model, asked, &frames)
        });
        segments.collect()
    }

    fn segment(
        &self,
        model: &Model,
        asked: CameraMotion,
        frames: &[Vec<f32>],
    ) -> Result<Seen, WorldError> {
        let (height, width) = self.size;
        let own = &frames[1..];
        let sharp: f32 = own.iter().map(|frame| sharpness(frame, height, width)).sum();
        let colour = own.iter().map(|frame| Spread::of(frame));
        let shown = own.iter().skip(EVERY - 1).step_by(EVERY);
        Ok(Seen {
            asked,
            motion: self.optics.measure(&frames[RAMP..], self.size, GAP),
            smoothness: smoothness(frames, self.size),
            sharpness: sharp / own.len() as f32,
            colour: colour.fold(Spread::default(), |sum, one| sum.and(&one)),
            features: shown.map(|frame| Features::of(model, frame)).collect::<Result<_, _>>()?,
            truth: None,
            reference: None,
        })
    }

    /// Mean PSNR of every segment of one walk against the same of another.
    pub(crate) fn likeness(&self, frames: &[Frame], others: &[Frame]) -> Vec<f32> {
        let pairs: Vec<f32> = frames
            .iter()
            .zip(others)
            .skip(1)
            .map(|(a, b)| peak_signal_to_noise(&planar(a), &planar(b)))
            .collect();
        let mean = |segment: &[f32]| segment.iter().sum::<f32>() / segment.len() as f32;
        pairs.chunks_exact(self.length).map(mean).collect()
    }

    /// The mean motion that the rule of the walk asks for after the ramp of a segment.
    fn asked(&self, walker: &mut WalkState, motion: Motion) -> CameraMotion {
        let poses = walker.advance(&self.rule, motion, self.length);
        // Pose k is that after frame k + 1: the measurement begins at frame RAMP.
        let part = &poses[RAMP - 1..];
        let secs = (part.len() - 1) as f32 / self.rule.fps as f32;
        let (first, last) = (part[0], part[part.len() - 1]);
        let mut motion = CameraMotion {
            yaw: (last.yaw - first.yaw) / secs,
            pitch: (last.pitch - first.pitch) / secs,
            ..CameraMotion::default()
        };
        for pair in part.windows(2) {
            let (dx, dy) = (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
            let (sin, cos) = pair[1].yaw.sin_cos();
            motion.forward += (cos * dx + sin * dy) / secs;
            motion.right += (sin * dx - cos * dy) / secs;
        }
        motion
    }
}

//! Everything a walk has become so far, as a value.

use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use yume_motion::seen::Seen;
use yume_motion::walk::WalkState;
use yume_nets::layers::tensor_bytes;
use yume_nets::vae::StreamCache;

use crate::cap::capped;
use crate::{Model, pixels};

/// The state of a walk between two latents. Cloning shares the tensors.
#[derive(Clone)]
pub(crate) struct WalkedState {
    /// Generated latents `[1, z, n, height, width]`, those beyond the cap dropped.
    pub latents: Tensor<5>,
    /// The latents of the frames as they were shown, likewise.
    pub known: Tensor<5>,
    /// The encoder after the frames shown.
    pub encoder: StreamCache,
    /// The decoder after the latents.
    pub decoder: StreamCache,
    /// The last frame shown, planar in [-1, 1].
    pub last_frame: Vec<f32>,
    /// The walker.
    pub walker: WalkState,
    /// Frames shown before, for the conditioning to show again.
    pub seen: Seen,
    /// Latents to come that are on their way to another scene: what was seen is no example for them.
    pub changing: usize,
    /// The kind of places that it comes to.
    pub kind: Option<usize>,
    /// The kind of that scene, to which it is led when the scene is reached.
    pub bound_for: Option<usize>,
}

/// One latent of a segment, on its way to be shown.
#[derive(Clone)]
pub(crate) struct Step {
    /// `[1, z, 1, height, width]`.
    pub latent: Tensor<5>,
    /// Its frames as they were foreseen, for a decoder that reads such.
    pub foreseen: Option<Tensor<5>>,
    /// The walker after it.
    pub walker: WalkState,
}

impl WalkedState {
    /// Keeps the last frame shown, if the model keeps any and this one shows something new.
    pub(crate) fn remember(&mut self, model: &Model) {
        if let Some(recall) = &model.spec().recall {
            let (picture, pose) = (&self.last_frame, self.walker.pose());
            self.seen.remember(&recall.rule, picture, pose, estimate(model));
        }
    }

    /// The depth of the last frame shown, if the model can tell.
    pub(crate) fn last_depth(&self, model: &Model) -> Option<Arc<[f32]>> {
        let rule = &model.spec().recall.as_ref()?.rule;
        self.seen.depth_of(rule, &self.last_frame, self.walker.pose(), estimate(model))
    }

    /// Is bound for the places of which a scene text speaks. Returns whether captions are to say it too: words that
    /// name nothing but a place leave the light as it is.
    pub(crate) fn heed(&mut self, model: &Model, scene: &str) -> bool {
        let called = model.places().called(scene, self.kind);
        self.bound_for = called.filter(|_| called != self.kind);
        called.is_none() || model.speaks_of_light(scene)
    }

    /// Bytes of its tensors.
    pub(crate) fn bytes(&self) -> u64 {
        let history = tensor_bytes(&self.latents) + tensor_bytes(&self.known);
        history + self.encoder.bytes() + self.decoder.bytes()
    }

    /// The same state on another device.
    pub(crate) fn to_device(&self, device: &Device) -> Self {
        Self {
            latents: self.latents.clone().to_device(device),
            known: self.known.clone().to_device(device),
            encoder: self.encoder.to_device(device),
            decoder: self.decoder.to_device(device),
            last_frame: self.last_frame.clone(),
            walker: self.walker,
            seen: self.seen.clone(),
            changing: self.changing,
            kind: self.kind,
            bound_for: self.bound_for,
        }
    }

    /// Walks on by one latent, whose frames the encoder gets to see. Returns the frames, planar in
    /// [-1, 1].
    pub(crate) fn step(&mut self, model: &Model, step: Step) -> Vec<Vec<f32>> {
        let Step { latent, foreseen, walker } = step;
        let cap = model.spec().history_cap;
        let append = |history: &Tensor<5>, newest| {
            capped(Tensor::cat(vec![history.clone(), newest], 2), cap)
        };
        let video = model.vae().decode_with(latent.clone(), foreseen, &mut self.decoder);
        let video = video.clamp(-1.0, 1.0);
        let seen = model.vae().encode(video.clone(), &mut self.encoder);
        self.latents = append(&self.latents, latent);
        self.known = append(&self.known, seen);
        let frames = pixels::split_video(video);
        self.last_frame.clone_from(frames.last().expect("a latent decodes to frames"));
        self.walker = walker;
        if self.changing > 0 {
            self.changing -= 1;
            if self.changing == 0 && !model.spec().mends() {
                self.seen = Seen::default();
            }
        }
        if self.changing == 0
            && let Some(kind) = self.bound_for.take()
        {
            self.seen.lead_to(model.places().of(kind), self.walker.pose());
            self.kind = Some(kind);
        }
        self.remember(model);
        frames
    }
}

/// The depth of a picture at a pitch and of a quality, if `model` can tell.
fn estimate(model: &Model) -> impl Fn(&[f32], f32, f32) -> Option<Arc<[f32]>> {
    |picture, pitch, quality| model.depth(picture, pitch, quality).map(Arc::from)
}

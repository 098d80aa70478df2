//! What the conditioning holds for the frames to come, as the explorer would fill it.

use std::sync::Arc;

use burn::module::Module as _;
use burn::tensor::{DType, Device};
use yume_checkpoint::{Fill, ModelSpec, Part};
use yume_motion::Motion;
use yume_motion::seen::Seen;
use yume_motion::walk::WalkState;
use yume_nets::Scope;
use yume_nets::depth::Depth;
use yume_nets::vae::FRAMES_PER_LATENT;
use yume_world::{guess, recall, relief};

use crate::embedded::model_files;

/// The depth of a picture at a pitch and of a quality as the embedded model's network estimates it, for
/// models that have such a one.
fn depth(spec: &ModelSpec) -> impl Fn(&[f32], f32, f32) -> Option<Arc<[f32]>> {
    thread_local! {
        static NETWORK: Option<Depth> = embedded_network();
    }
    |picture, pitch, quality| {
        let Fill::Warp(warp) = &spec.fill else { return None };
        let picture = (picture, spec.frame.height, spec.frame.width);
        NETWORK.with(|network| {
            let network = network.as_ref().filter(|_| spec.depth.is_some())?;
            Some(relief(network, warp, picture, pitch, quality).into())
        })
    }
}

/// A test rules out that what is embedded cannot be loaded.
fn embedded_network() -> Option<Depth> {
    let files = model_files().ok()?;
    let sizes = files.spec().depth.clone()?;
    let mut loader = files.loader(Part::Depth).ok()?;
    let device = Device::flex();
    let network = Depth::init(&mut Scope::root(&mut loader, &device, DType::F32), &sizes);
    loader.finish(|_| false).ok()?;
    Some(network.no_grad())
}

/// The pictures of a walk that its model would keep.
#[derive(Clone, Debug, Default)]
pub(crate) struct Foresight {
    seen: Seen,
}

impl Foresight {
    /// Of a walk that begins with a planar picture.
    pub(crate) fn begin(spec: &ModelSpec, walker: WalkState, picture: &[f32]) -> Self {
        let mut foresight = Self::default();
        foresight.remember(spec, walker, picture);
        foresight
    }

    fn remember(&mut self, spec: &ModelSpec, walker: WalkState, picture: &[f32]) {
        if let Some(recall) = &spec.recall {
            self.seen.remember(&recall.rule, picture, walker.pose(), depth(spec));
        }
    }

    /// Sees the `frames` of a segment that begins at `walker`.
    pub(crate) fn see(
        &mut self,
        spec: &ModelSpec,
        walker: WalkState,
        motion: Motion,
        frames: &[impl AsRef<[f32]>],
    ) {
        for last in (FRAMES_PER_LATENT..=frames.len()).step_by(FRAMES_PER_LATENT) {
            let mut walker = walker;
            let _ = walker.advance(&spec.walk, motion, last);
            self.remember(spec, walker, frames[last - 1].as_ref());
        }
    }

    /// The frames of a segment that begins at `walker`, after the picture `last`.
    pub(crate) fn frames(
        &self,
        spec: &ModelSpec,
        walker: WalkState,
        motion: Motion,
        last: &[f32],
    ) -> Vec<Vec<f32>> {
        let rule = spec.recall.as_ref().map(|recall| &recall.rule);
        let depth =
            rule.and_then(|rule| self.seen.depth_of(rule, last, walker.pose(), depth(spec)));
        match recall(spec, &self.seen, walker, motion, (last, depth.as_deref())) {
            Some(frames) => frames.into_iter().map(|frame| frame.picture).collect(),
            None => guess(spec, walker, motion, last),
        }
    }
}

//! What the conditioning holds for the frames to come, as the explorer would fill it.

use yume_checkpoint::ModelSpec;
use yume_motion::Motion;
use yume_motion::seen::Seen;
use yume_motion::walk::WalkState;
use yume_nets::vae::FRAMES_PER_LATENT;
use yume_world::{guess, recall};

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
            self.seen.remember(&recall.rule, picture, walker.pose());
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
        match recall(spec, &self.seen, walker, motion, last) {
            Some(frames) => frames.into_iter().map(|frame| frame.picture).collect(),
            None => guess(spec, walker, motion, last),
        }
    }
}

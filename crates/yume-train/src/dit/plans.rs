//! The plans of forward passes, one per length of history.

use std::collections::HashMap;

use burn::tensor::Device;
use yume_checkpoint::ModelSpec;
use yume_nets::dit::{Layout, Plan, PlanError};
use yume_nets::vae::FRAMES_PER_LATENT;

/// Plans made so far, on one device.
pub(crate) struct Plans {
    spec: ModelSpec,
    device: Device,
    made: HashMap<usize, Plan>,
}

impl Plans {
    /// No plans yet.
    pub(crate) fn new(spec: ModelSpec, device: Device) -> Self {
        Self { spec, device, made: HashMap::new() }
    }

    /// The plan for a segment after `history` latent frames of `height` by `width`.
    ///
    /// # Errors
    /// If the model cannot run it.
    pub(crate) fn of(
        &mut self,
        history: usize,
        height: usize,
        width: usize,
    ) -> Result<&Plan, PlanError> {
        if !self.made.contains_key(&history) {
            let length = self.spec.frame.segment_frames / FRAMES_PER_LATENT;
            // Frames of the history inside the window stay at full resolution.
            let window = self.spec.window.max(length);
            let frames = (history + length).saturating_sub(window);
            let layout = Layout::Packed { history: frames, window };
            let plan = Plan::new(&self.spec.dit, layout, height, width, &self.device)?;
            self.made.insert(history, plan);
        }
        Ok(&self.made[&history])
    }
}

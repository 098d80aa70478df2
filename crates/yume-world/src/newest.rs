//! The newest segment, which can be cut.
//!
//! A cut needs the state of the walk after any latent of it. Of a small model all these states are
//! kept, so that a cut takes no time. The state of a large one is mostly the past of its VAE, many
//! gigabytes: only the one before the segment is kept, in the computer's own memory, and a cut decodes
//! again what it keeps. That takes seconds where a segment takes minutes, and gives the same values.

use burn::tensor::Device;

use crate::Model;
use crate::state::{Step, WalkedState};

/// Bytes of the states that are kept for the latents of a segment, together.
pub(crate) const KEPT_STATES: u64 = 256 << 20;

/// Where states rest: with all of them, or alone in the computer's own memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// On the device, one for each latent.
    Beside,
    /// One on the host.
    Away,
}

impl Rest {
    /// Where states of so many bytes rest in segments of `latents`, with room for `kept` bytes.
    pub(crate) fn of(bytes: u64, latents: usize, kept: u64) -> Self {
        if bytes.saturating_mul(latents as u64 + 1) <= kept { Self::Beside } else { Self::Away }
    }

    /// `state` where it waits for the next segment.
    pub(crate) fn of_state(self, state: WalkedState, device: &Device) -> WalkedState {
        match self {
            Self::Beside => state,
            Self::Away => {
                let state = state.to_device(&host());
                // What the state took is wanted by the network, in pieces of another size.
                device.memory_cleanup();
                state
            }
        }
    }
}

/// The computer's own memory as a device.
pub(crate) fn host() -> Device {
    Device::flex()
}

/// The newest segment: its latents, and what is kept of the states before and after them.
pub(crate) struct Newest {
    rest: Rest,
    /// The latents whose frames were handed out.
    latents: Vec<Step>,
    /// The state before the segment, and after as many of its first latents as are kept.
    states: Vec<WalkedState>,
}

impl Newest {
    /// A segment of which nothing was handed out; `before` is at rest.
    pub(crate) fn new(before: WalkedState, rest: Rest) -> Self {
        Self { rest, latents: Vec::new(), states: vec![before] }
    }

    /// A latent was handed out, and led to `state`.
    pub(crate) fn push(&mut self, latent: Step, state: &WalkedState) {
        self.latents.push(latent);
        if self.rest == Rest::Beside {
            self.states.push(state.clone());
        }
    }

    /// Latents that were handed out.
    pub(crate) fn len(&self) -> usize {
        self.latents.len()
    }

    /// Forgets all but the first `kept` latents. Returns the state after them, at rest.
    pub(crate) fn cut(&mut self, model: &Model, kept: usize) -> WalkedState {
        self.latents.truncate(kept);
        self.states.truncate(kept + 1);
        let at = self.states.len() - 1;
        let again = &self.latents[at..];
        if again.is_empty() {
            return self.states[at].clone();
        }
        let mut state = self.states[at].to_device(model.device());
        for latent in again {
            state.step(model, latent.clone());
        }
        self.rest.of_state(state, model.device())
    }

    /// The state before the segment.
    #[cfg(test)]
    pub(crate) fn before(&self) -> &WalkedState {
        &self.states[0]
    }
}

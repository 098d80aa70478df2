//! What a causal network remembers of the frames it has seen.

use burn::tensor::{Device, Tensor};

use crate::layers::tensor_bytes;

/// The past of every causal layer of one encoder or decoder.
///
/// Cloning is cheap (tensors are shared), so a clone is a point in time to return to.
#[derive(Clone, Debug, Default)]
pub struct StreamCache {
    slots: Vec<Option<Tensor<5>>>,
    next: usize,
    has_started: bool,
}

impl StreamCache {
    /// Whether no frame has been seen yet.
    pub fn is_fresh(&self) -> bool {
        !self.has_started
    }

    /// Bytes of what is remembered.
    pub fn bytes(&self) -> u64 {
        self.slots.iter().flatten().map(tensor_bytes).sum()
    }

    /// The same past on another device.
    #[must_use]
    pub fn to_device(&self, device: &Device) -> Self {
        let moved = |slot: &Option<Tensor<5>>| slot.clone().map(|past| past.to_device(device));
        Self { slots: self.slots.iter().map(moved).collect(), ..*self }
    }

    /// Starts a pass: layers ask for their slots in the order they run.
    pub(super) fn rewind(&mut self) {
        self.next = 0;
        self.has_started = true;
    }

    /// The memory of the layer that asks.
    pub(super) fn slot(&mut self) -> &mut Option<Tensor<5>> {
        if self.next == self.slots.len() {
            self.slots.push(None);
        }
        self.next += 1;
        &mut self.slots[self.next - 1]
    }
}

//! What a kernel makes of a layer's parameters once, and keeps.

use std::sync::{Arc, OnceLock};

use burn::module::{
    Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor,
};
use burn::tensor::Device;

use super::product::Panels;

/// Values of the largest weight that is kept twice. A copy of larger ones would double the memory of
/// a large model, and beside their products the new order costs little.
const LARGEST: usize = 1 << 20;

/// The weight of a layer in the order in which products read it, made at the layer's first use.
///
/// It is a module without parameters, so that it sees when those beside it change: whatever maps,
/// moves or trains the layer leaves nothing kept here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(OnceLock<Arc<Panels>>);

impl Kept {
    /// Whether a weight of so many values would be kept.
    pub(crate) fn holds(values: usize) -> bool {
        values <= LARGEST
    }

    /// What is kept, or else what `make` gives for a weight of `values` values.
    pub(crate) fn panels(&self, values: usize, make: impl FnOnce() -> Panels) -> Arc<Panels> {
        if Self::holds(values) {
            Arc::clone(self.0.get_or_init(|| Arc::new(make())))
        } else {
            Arc::new(make())
        }
    }
}

impl Module for Kept {
    fn collect_devices(&self, devices: Devices) -> Devices {
        devices
    }

    fn visit<V: ModuleVisitor>(&self, _: &mut V) {}

    fn map<M: ModuleMapper>(self, _: &mut M) -> Self {
        Self::default()
    }

    fn fork(self, _: &Device) -> Self {
        Self::default()
    }

    fn to_device(self, _: &Device) -> Self {
        Self::default()
    }

    fn train(self) -> Self {
        Self::default()
    }

    fn valid(&self) -> Self {
        Self::default()
    }

    fn materialize(self) -> Self {
        Self::default()
    }
}

impl ModuleDisplay for Kept {}

impl ModuleDisplayDefault for Kept {
    fn content(&self, _: Content) -> Option<Content> {
        None
    }
}

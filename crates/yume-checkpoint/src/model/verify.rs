//! Whether a model's files fit its networks, found out without reading the weights.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::{DType, Device};
use yume_nets::Scope;
use yume_nets::clip::ClipVision;
use yume_nets::depth::Depth;
use yume_nets::dit::Dit;
use yume_nets::text::TextEncoder;
use yume_nets::vae::Vae;

use super::{ModelFiles, Part};
use crate::{CheckpointError, Element};

/// What is stored for one network.
#[derive(Debug)]
pub struct PartReport {
    /// The network.
    pub part: Part,
    /// Its tensors, with those that it leaves.
    pub tensors: usize,
    /// Bytes of all of them.
    pub bytes: u64,
    /// The types of their numbers, the commonest first.
    pub elements: Vec<Element>,
    /// Where its numbers are.
    pub files: Vec<PathBuf>,
    /// What does not fit.
    pub misfit: Option<CheckpointError>,
}

impl ModelFiles {
    /// Compares names, shapes and types of all stored tensors with those of the networks. `device`
    /// is for the networks' constants; no weight takes memory on it.
    ///
    /// # Errors
    /// If a file cannot be read, or is damaged.
    pub fn verify(&self, part: Part, device: &Device) -> Result<PartReport, CheckpointError> {
        let mut loader = self.loader(part)?.checking();
        let weights = loader.weights();
        let mut counts: BTreeMap<Element, usize> = BTreeMap::new();
        for stored in weights.names().filter_map(|name| weights.stored(name)) {
            *counts.entry(stored.element).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let report = PartReport {
            part,
            tensors: weights.names().count(),
            bytes: weights.bytes(),
            elements: counts.into_iter().map(|(element, _)| element).collect(),
            files: weights.paths().to_vec(),
            misfit: None,
        };
        let spec = self.spec();
        let scope = &mut Scope::root(&mut loader, device, DType::F32);
        match part {
            Part::Dit => drop(Dit::init(scope, &spec.dit)),
            Part::Vae => drop(Vae::init(scope, &spec.vae)),
            Part::Text => drop(TextEncoder::init(scope, &spec.text)),
            Part::Clip => drop(ClipVision::init(scope, &spec.clip)),
            Part::Depth => drop(spec.depth.as_ref().map(|sizes| Depth::init(scope, sizes))),
        }
        let misfit = loader.finish(|name| self.leaves(part, name)).err();
        Ok(PartReport { misfit, ..report })
    }
}

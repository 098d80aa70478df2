//! The tensors of a file as the source of a network's parameters.

use std::collections::BTreeSet;

use burn::module::ParamId;
use burn::tensor::TensorData;
use yume_nets::{Init, Source};

use crate::{CheckpointError, Misfit, Stored, Weights};

/// What each parameter of a network is called in its file.
pub type Names = Vec<(String, ParamId)>;

/// The stored names of a parameter.
type StoredNames<'a> = Box<dyn Fn(&str) -> Vec<String> + 'a>;

/// Hands stored tensors to a network, and keeps account of what does not fit.
///
/// Build the network with a `Scope` of this source, then call [`Loader::finish`].
pub struct Loader<'a> {
    weights: Weights,
    stored_names: StoredNames<'a>,
    only_checks: bool,
    progress: Box<dyn FnMut(u64, u64) + 'a>,
    bytes_done: u64,
    bytes_total: u64,
    used: BTreeSet<String>,
    names: Names,
    misfit: Misfit,
}

impl<'a> Loader<'a> {
    /// A loader of all of `weights`.
    pub fn new(weights: Weights) -> Self {
        Self {
            bytes_total: weights.bytes(),
            weights,
            stored_names: Box::new(|name| vec![name.to_owned()]),
            only_checks: false,
            progress: Box::new(|_, _| ()),
            bytes_done: 0,
            used: BTreeSet::new(),
            names: Names::new(),
            misfit: Misfit::default(),
        }
    }

    /// Calls `progress` with the bytes done and the bytes in all after every tensor.
    pub fn with_progress<'b>(self, progress: impl FnMut(u64, u64) + 'b) -> Loader<'b>
    where
        'a: 'b,
    {
        Loader { progress: Box::new(progress), ..self }
    }

    /// Looks a parameter up under other names than the network's own. Of several names it is the
    /// stack: one tensor behind the other along the first edge.
    pub fn with_names<'b>(self, stored_names: impl Fn(&str) -> Vec<String> + 'b) -> Loader<'b>
    where
        'a: 'b,
    {
        Loader { stored_names: Box::new(stored_names), ..self }
    }

    /// Counts towards the progress only the tensors whose name is not one of `leaves`.
    pub fn without_bytes_of(mut self, leaves: impl Fn(&str) -> bool) -> Self {
        self.bytes_total = self.weights.bytes_without(leaves);
        self
    }

    /// Looks at names, shapes and types only; the network gets no values and takes no memory.
    pub fn checking(self) -> Self {
        Self { only_checks: true, ..self }
    }

    /// The tensors it hands out.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The shape in which the parameter `name` is stored, if it is.
    pub fn shape(&self, name: &str) -> Option<Vec<usize>> {
        let names = (self.stored_names)(name);
        let parts: Option<Vec<_>> = names.iter().map(|name| self.weights.stored(name)).collect();
        Some(stacked_shape(&parts?))
    }

    /// Ends the loading and returns the names for saving. `leaves` says which tensors of the file
    /// may be left over.
    ///
    /// # Errors
    /// If tensors are missing, have another shape or type, or are left over.
    pub fn finish(mut self, leaves: impl Fn(&str) -> bool) -> Result<Names, CheckpointError> {
        let left = self.weights.names().filter(|name| !self.used.contains(*name) && !leaves(name));
        self.misfit.unexpected = left.map(str::to_owned).collect();
        if !self.misfit.is_empty() {
            return Err(CheckpointError::Misfit { misfit: self.misfit, path: self.weights.path });
        }
        (self.progress)(self.bytes_total, self.bytes_total);
        Ok(self.names)
    }
}

impl Source for Loader<'_> {
    fn take(&mut self, name: &str, shape: &[usize], _init: Init) -> Option<TensorData> {
        let names = (self.stored_names)(name);
        self.used.extend(names.iter().cloned());
        let parts: Option<Vec<_>> = names.iter().map(|name| self.weights.stored(name)).collect();
        let Some(parts) = parts else {
            let lost = names.into_iter().filter(|name| self.weights.stored(name).is_none());
            self.misfit.missing.extend(lost);
            return None;
        };
        let described = names.join(" + ");
        let stacked = stacked_shape(&parts);
        if without_ones(&stacked) != without_ones(shape) {
            let finding = format!("{described} is {stacked:?} instead of {shape:?}");
            self.misfit.misshapen.push(finding);
            return None;
        }
        let is_readable = parts[0].element.is_float()
            && parts.iter().all(|stored| stored.element == parts[0].element);
        if !is_readable {
            let elements: BTreeSet<_> =
                parts.iter().map(|stored| format!("{:?}", stored.element)).collect();
            let elements: Vec<_> = elements.into_iter().collect();
            self.misfit.unreadable.push(format!("{described} is {}", elements.join(" and ")));
            return None;
        }
        let bytes = parts.iter().map(|stored| stored.bytes() as u64).sum::<u64>();
        let data = if self.only_checks { None } else { self.weights.read_stacked(&parts, shape) };
        self.bytes_done = (self.bytes_done + bytes).min(self.bytes_total);
        (self.progress)(self.bytes_done, self.bytes_total);
        data
    }

    fn created(&mut self, name: &str, id: ParamId) {
        let names = (self.stored_names)(name);
        let stored = if let [stored] = &names[..] { stored.clone() } else { name.to_owned() };
        self.names.push((stored, id));
    }
}

/// The shape of tensors one behind the other along the first edge; that of the first, if the others
/// do not go with it.
fn stacked_shape(parts: &[&Stored]) -> Vec<usize> {
    let mut shape = parts[0].shape.clone();
    for part in &parts[1..] {
        if let ([first, rest @ ..], [more, other @ ..]) = (&mut shape[..], &part.shape[..])
            && rest == other
        {
            *first = first.saturating_add(*more);
        }
    }
    shape
}

/// A shape without edges of 1 in front: libraries disagree about those, and they mean nothing.
fn without_ones(shape: &[usize]) -> &[usize] {
    let first = shape.iter().position(|&edge| edge != 1).unwrap_or(shape.len());
    &shape[first..]
}

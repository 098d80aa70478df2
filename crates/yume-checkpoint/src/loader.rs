//! The tensors of a file as the source of a network's parameters.

use std::collections::BTreeSet;

use burn::module::ParamId;
use burn::tensor::TensorData;
use yume_nets::{Init, Source};

use crate::{CheckpointError, Misfit, Weights};

/// What each parameter of a network is called in its file.
pub type Names = Vec<(String, ParamId)>;

/// Hands stored tensors to a network, and keeps account of what does not fit.
///
/// Build the network with a `Scope` of this source, then call [`Loader::finish`].
pub struct Loader<'a> {
    weights: Weights,
    stored_name: Box<dyn Fn(&str) -> String + 'a>,
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
            stored_name: Box::new(str::to_owned),
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

    /// Looks a parameter up under another name than the network's own.
    pub fn with_names<'b>(self, stored_name: impl Fn(&str) -> String + 'b) -> Loader<'b>
    where
        'a: 'b,
    {
        Loader { stored_name: Box::new(stored_name), ..self }
    }

    /// The tensors it hands out.
    pub fn weights(&self) -> &Weights {
        &self.weights
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
        let stored_name = (self.stored_name)(name);
        let Some(stored) = self.weights.stored(&stored_name) else {
            self.misfit.missing.push(stored_name);
            return None;
        };
        self.used.insert(stored_name.clone());
        if stored.shape != shape {
            let finding = format!("{stored_name} is {:?} instead of {shape:?}", stored.shape);
            self.misfit.misshapen.push(finding);
            return None;
        }
        let data = stored.element.is_float().then(|| self.weights.read(&stored_name)).flatten();
        if data.is_none() {
            self.misfit.unreadable.push(format!("{stored_name} is {:?}", stored.element));
        }
        self.bytes_done += stored.bytes() as u64;
        (self.progress)(self.bytes_done, self.bytes_total);
        data
    }

    fn created(&mut self, name: &str, id: ParamId) {
        self.names.push(((self.stored_name)(name), id));
    }
}

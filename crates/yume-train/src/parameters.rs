//! All parameters of a module by name, outside of the module: to start, edit, save and restore them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use burn::module::ParamId;
use burn::tensor::{DType, Device, TensorData};
use yume_checkpoint::{CheckpointError, Misfit, Names, Weights};
use yume_nets::{Fresh, Init, Scope, Source};

/// Numbers of parameters in f32, by the names of the checkpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    values: BTreeMap<String, TensorData>,
}

impl Parameters {
    /// What a module gets that is built from nothing.
    pub fn fresh<M>(seed: u64, init: impl FnOnce(&mut Scope<'_>) -> M) -> Self {
        let mut source = Recorded { fresh: Fresh::new(seed), values: BTreeMap::new() };
        init(&mut Scope::root(&mut source, &Device::flex(), DType::F32));
        Self { values: source.values }
    }

    /// From names and values.
    pub fn new(values: impl IntoIterator<Item = (String, TensorData)>) -> Self {
        Self { values: values.into_iter().collect() }
    }

    /// Builds a module of these parameters on `device`.
    ///
    /// # Errors
    /// If the module asks for a parameter that is missing or of another shape; `path` is where they
    /// came from.
    pub fn build<M>(
        &self,
        device: &Device,
        path: &Path,
        init: impl FnOnce(&mut Scope<'_>) -> M,
    ) -> Result<(M, Names), CheckpointError> {
        let mut source =
            Known { values: &self.values, names: Names::new(), misfit: Misfit::default() };
        let module = init(&mut Scope::root(&mut source, device, DType::F32));
        let used: BTreeSet<&String> = source.names.iter().map(|(name, _)| name).collect();
        let mut misfit = source.misfit;
        misfit.unexpected =
            self.values.keys().filter(|name| !used.contains(name)).cloned().collect();
        if misfit.is_empty() {
            Ok((module, source.names))
        } else {
            Err(CheckpointError::Misfit { misfit, path: path.to_owned() })
        }
    }

    /// Takes over the tensors of a file, whose names get `prefix`. `leaves` says which tensors may
    /// be missing here or there; those that are missing in the file stay as they are.
    ///
    /// # Errors
    /// If the file cannot be read or its tensors are not these parameters.
    pub fn overlay(
        &mut self,
        path: &Path,
        prefix: &str,
        leaves: impl Fn(&str) -> bool,
    ) -> Result<(), CheckpointError> {
        let weights = Weights::open(path)?;
        let mut misfit = Misfit::default();
        for name in weights.names() {
            match (self.values.get_mut(&format!("{prefix}{name}")), weights.read(name)) {
                (Some(value), Some(data)) if data.shape() == value.shape() => {
                    *value = data.convert::<f32>();
                }
                (None, _) if leaves(name) => {}
                (None, _) => misfit.unexpected.push(name.to_owned()),
                (Some(_), None) => misfit.unreadable.push(name.to_owned()),
                (Some(_), Some(_)) => misfit.misshapen.push(name.to_owned()),
            }
        }
        let names = self.values.keys().filter_map(|name| name.strip_prefix(prefix));
        let missing = names.filter(|name| weights.stored(name).is_none() && !leaves(name));
        misfit.missing = missing.map(str::to_owned).collect();
        if misfit.is_empty() {
            Ok(())
        } else {
            Err(CheckpointError::Misfit { misfit, path: path.to_owned() })
        }
    }

    /// The parameters whose names begin with `prefix`, without it.
    pub fn part(&self, prefix: &str) -> Vec<(String, TensorData)> {
        self.values
            .iter()
            .filter_map(|(name, data)| Some((name.strip_prefix(prefix)?.to_owned(), data.clone())))
            .collect()
    }

    /// The parameters whose names begin with `prefix`, with it.
    pub fn under(&self, prefix: &str) -> Self {
        let under = self.values.iter().filter(|(name, _)| name.starts_with(prefix));
        Self::new(under.map(|(name, data)| (name.clone(), data.clone())))
    }

    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &TensorData)> {
        self.values.iter()
    }

    /// The numbers of `name`, if there is such a parameter.
    pub fn numbers(&self, name: &str) -> Option<Vec<f32>> {
        Some(self.values.get(name)?.iter::<f32>().collect())
    }

    /// The edges of `name`, if there is such a parameter.
    pub fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.values.get(name).map(|data| data.shape().to_vec())
    }

    /// Replaces the numbers of `name` by `edit` of them; nothing if there is no such parameter.
    pub fn edit(&mut self, name: &str, edit: impl FnOnce(&mut [f32])) {
        if let Some(value) = self.values.get_mut(name) {
            let mut numbers: Vec<f32> = value.iter::<f32>().collect();
            edit(&mut numbers);
            *value = TensorData::new(numbers, value.shape().clone());
        }
    }
}

/// Random parameters, and a copy of what was handed out.
struct Recorded {
    fresh: Fresh,
    values: BTreeMap<String, TensorData>,
}

impl Source for Recorded {
    fn take(&mut self, name: &str, shape: &[usize], init: Init) -> Option<TensorData> {
        let data = self.fresh.take(name, shape, init)?;
        self.values.insert(name.to_owned(), data.clone());
        Some(data)
    }
}

struct Known<'a> {
    values: &'a BTreeMap<String, TensorData>,
    names: Names,
    misfit: Misfit,
}

impl Source for Known<'_> {
    fn take(&mut self, name: &str, shape: &[usize], _init: Init) -> Option<TensorData> {
        match self.values.get(name) {
            Some(data) if data.shape()[..] == *shape => Some(data.clone()),
            Some(data) => {
                self.misfit
                    .misshapen
                    .push(format!("{name} {:?} instead of {shape:?}", data.shape()));
                None
            }
            None => {
                self.misfit.missing.push(name.to_owned());
                None
            }
        }
    }

    fn created(&mut self, name: &str, id: ParamId) {
        self.names.push((name.to_owned(), id));
    }
}

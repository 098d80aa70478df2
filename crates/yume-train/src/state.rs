//! A checkpoint of a run: weights, averages, optimizer and step in one file, written all or nothing.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::TensorData;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use yume_checkpoint::{Precision, Weights, save};

use crate::TrainError;
use crate::optimizer::OptimizerState;
use crate::parameters::Parameters;

const KIND: &str = "yume-train 1";

/// Everything that a run needs to go on as if it had not stopped. Random numbers are functions of
/// the seed and the step, so that they need no state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Weights by name.
    pub weights: Parameters,
    /// The optimizer.
    pub optimizer: OptimizerState,
    /// Whatever else the run carries along, by name.
    pub extra: Vec<(String, TensorData)>,
    /// The facts.
    pub facts: Facts,
}

/// The part of a checkpoint that is no tensor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Steps done.
    pub step: u64,
    /// Seconds spent training, all runs together.
    pub secs: f64,
    /// What must be equal for a run to go on.
    pub recipe: String,
    /// What else the run carries along.
    pub extra: String,
    /// How often each parameter was updated; filled in when saving.
    #[serde(default)]
    pub updates: BTreeMap<String, u32>,
}

impl State {
    /// Writes the state.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        let mut tensors = Vec::new();
        let mut put = |prefix: &str, list: &mut dyn Iterator<Item = (&String, &TensorData)>| {
            tensors.extend(list.map(|(name, data)| (format!("{prefix}/{name}"), data.clone())));
        };
        put("weight", &mut self.weights.iter());
        put("first", &mut pairs(&self.optimizer.first));
        put("second", &mut pairs(&self.optimizer.second));
        put("average", &mut pairs(&self.optimizer.average));
        put("extra", &mut pairs(&self.extra));
        let updates = self.optimizer.updates.iter().cloned().collect();
        let facts = Facts { updates, ..self.facts.clone() };
        let facts =
            serde_json::to_string(&facts).map_err(|error| TrainError::resume(error, path))?;
        save(path, &tensors, Precision::F32, &[("kind", KIND), ("facts", &facts)])?;
        Ok(())
    }

    /// Reads a state.
    ///
    /// # Errors
    /// If the file cannot be read or is no state of a run.
    pub fn load(path: &Path) -> Result<Self, TrainError> {
        let bytes = std::fs::read(path).map_err(TrainError::read(path))?;
        let (_, header) =
            SafeTensors::read_metadata(&bytes).map_err(|error| TrainError::resume(error, path))?;
        let facts = header
            .metadata()
            .as_ref()
            .filter(|entries| entries.get("kind").is_some_and(|kind| kind == KIND))
            .and_then(|entries| entries.get("facts"))
            .ok_or_else(|| TrainError::resume("it was not written by this program", path))?;
        let facts: Facts =
            serde_json::from_str(facts).map_err(|error| TrainError::resume(error, path))?;
        drop(bytes);
        let weights = Weights::open(path)?;
        let part = |prefix: &str| {
            let prefix = format!("{prefix}/");
            let names = weights.names().filter(|name| name.starts_with(&prefix));
            names
                .filter_map(|name| Some((name[prefix.len()..].to_owned(), weights.read(name)?)))
                .collect::<Vec<_>>()
        };
        let optimizer = OptimizerState {
            first: part("first"),
            second: part("second"),
            average: part("average"),
            updates: facts.updates.clone().into_iter().collect(),
        };
        let extra = part("extra");
        Ok(Self { weights: Parameters::new(part("weight")), optimizer, extra, facts })
    }
}

fn pairs(list: &[(String, TensorData)]) -> impl Iterator<Item = (&String, &TensorData)> {
    list.iter().map(|(name, data)| (name, data))
}

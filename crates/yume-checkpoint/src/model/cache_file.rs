//! The plan of the feature cache that was measured for a model, beside its weights.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::CheckpointError;

/// The name of its file in the folder of a model.
pub const CACHE_FILE: &str = "feature_cache.json";

/// Which blocks may be reused and for how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CacheFile {
    /// Solver steps with which it was measured; fewer steps change more from one to the next.
    pub steps: usize,
    /// Blocks are run on every so many passes.
    pub refresh_every: usize,
    /// Blocks that are reused with the caption.
    pub conditional: Vec<usize>,
    /// Blocks that are reused with the negative prompt.
    pub unconditional: Vec<usize>,
    /// The relative error of the velocities with it.
    pub error: f64,
    /// What was measured of each block and of other sets, for people.
    #[serde(default)]
    pub measured: serde_json::Value,
}

impl CacheFile {
    pub(super) fn parse(json: &[u8], path: &Path) -> Result<Self, CheckpointError> {
        serde_json::from_slice(json).map_err(|error| CheckpointError::config(error, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nonsense_is_refused() {
        let file = CacheFile {
            steps: 14,
            refresh_every: 3,
            conditional: vec![1, 2],
            unconditional: vec![2],
            error: 0.04,
            measured: serde_json::json!({ "importance": [0.5, 0.25] }),
        };
        let path = Path::new(CACHE_FILE);
        let json = serde_json::to_vec(&file).unwrap();
        assert_eq!(CacheFile::parse(&json, path).unwrap(), file);
        for wrong in ["", "[]", "{\"steps\": 4}", "{\"steps\": -1}"] {
            let error = CacheFile::parse(wrong.as_bytes(), path).unwrap_err();
            assert!(error.to_string().contains(CACHE_FILE), "{error}");
        }
    }
}

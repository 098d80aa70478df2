//! A network in several safetensors files, joined by an index.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use serde::Deserialize;

use crate::bytes::Bytes;
use crate::weights::Weights;
use crate::{CheckpointError, safetensors};

const LARGEST_INDEX: u64 = 8 << 20;
const MOST_SHARDS: usize = 1000;

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// Opens the shards that `path`, an index, names. They must lie beside it.
pub(crate) fn open(path: &Path) -> Result<Weights, CheckpointError> {
    let content = Bytes::read(path, LARGEST_INDEX)?;
    let index: Index =
        serde_json::from_slice(&content).map_err(|error| CheckpointError::damaged(error, path))?;
    let shards: BTreeSet<&str> = index.weight_map.values().map(String::as_str).collect();
    if shards.len() > MOST_SHARDS {
        let reason = format!("its index names {} files", shards.len());
        return Err(CheckpointError::damaged(reason, path));
    }
    if let Some(outside) = shards.iter().find(|shard| !is_plain_name(shard)) {
        let reason = format!("its index points to {outside:?}, which is not a file beside it");
        return Err(CheckpointError::unsupported(reason, path));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut weights = Weights {
        files: Vec::new(),
        paths: Vec::new(),
        tensors: BTreeMap::new(),
        path: path.to_owned(),
    };
    for shard in shards {
        let path = folder.join(shard);
        let bytes = Bytes::map(&path)?;
        for (name, mut stored) in safetensors::tensors(&bytes, &path)? {
            stored.file = weights.files.len();
            if weights.tensors.insert(name.clone(), stored).is_some() {
                let reason = format!("{name} is also in another file of the same model");
                return Err(CheckpointError::damaged(reason, &path));
            }
        }
        weights.files.push(bytes);
        weights.paths.push(path);
    }
    if let Some((name, shard)) =
        index.weight_map.iter().find(|(name, _)| !weights.tensors.contains_key(*name))
    {
        let reason = format!("its index looks for {name} in {shard}, where it is not");
        return Err(CheckpointError::damaged(reason, path));
    }
    Ok(weights)
}

/// Whether `name` cannot lead out of the folder, on any system.
fn is_plain_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
        && !name.contains(['/', '\\', ':', '\0'])
}

#[cfg(test)]
mod tests {
    use super::is_plain_name;

    #[test]
    fn only_names_of_files_beside_the_index() {
        for name in ["model-00001-of-00002.safetensors", "a", "..a"] {
            assert!(is_plain_name(name), "{name}");
        }
        for name in ["", ".", "..", "/etc/passwd", "../a", "a/b", "a/", "a\\b", "c:a", "./a", "a\0"]
        {
            assert!(!is_plain_name(name), "{name}");
        }
    }
}

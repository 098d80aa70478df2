//! The model that is shipped inside the explorer, for comparison.

use yume_checkpoint::{CheckpointError, ModelFiles};

macro_rules! asset {
    ($file:literal) => {
        ($file, include_bytes!(concat!("../../../assets/tiny/", $file)).as_slice())
    };
}

const FILES: [(&str, &[u8]); 8] = [
    asset!("config.json"),
    asset!("words.json"),
    asset!("dit.safetensors"),
    asset!("vae.safetensors"),
    asset!("text.safetensors"),
    asset!("clip.safetensors"),
    asset!("depth.safetensors"),
    asset!("feature_cache.json"),
];

/// Its files.
///
/// # Errors
/// If its configuration does not parse.
pub fn model_files() -> Result<ModelFiles, CheckpointError> {
    ModelFiles::from_embedded(&FILES)
}

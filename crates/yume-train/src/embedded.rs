//! The model that is shipped inside the explorer, for comparison.

use yume_checkpoint::{CheckpointError, ModelFiles};

macro_rules! asset {
    ($file:literal) => {
        ($file, include_bytes!(concat!("../../../assets/tiny/", $file)).as_slice())
    };
}

const FILES: [(&str, &[u8]); 9] = [
    asset!("config.json"),
    asset!("words.json"),
    asset!("dit.safetensors"),
    asset!("vae.safetensors"),
    asset!("text.safetensors"),
    asset!("clip.safetensors"),
    asset!("depth.safetensors"),
    asset!("feature_cache.json"),
    asset!("places.jpg"),
];

/// The file of its estimate of depth.
pub(crate) const DEPTH: &str = "depth.safetensors";

/// The content of that file.
pub(crate) fn depth() -> &'static [u8] {
    let file = FILES.iter().find(|(name, _)| *name == DEPTH);
    file.map(|(_, content)| *content).expect("it is one of them")
}

/// Its files.
///
/// # Errors
/// If its configuration does not parse.
pub fn model_files() -> Result<ModelFiles, CheckpointError> {
    ModelFiles::from_embedded(&FILES)
}

//! The model that is part of the program: an early tiny Yume, trained on a procedural town.

use yume_checkpoint::{CheckpointError, ModelFiles};
use yume_media::{Frame, MediaError, decode_picture};

/// Its name, as `yume models` shows it.
pub const NAME: &str = "tiny-v0";

/// What it is, for a person.
pub const LABEL: &str = "embedded early model";

macro_rules! asset {
    ($file:literal) => {
        ($file, include_bytes!(concat!("../../../assets/tiny-v0/", $file)).as_slice())
    };
}

const FILES: [(&str, &[u8]); 6] = [
    asset!("config.json"),
    asset!("words.json"),
    asset!("dit.safetensors"),
    asset!("vae.safetensors"),
    asset!("text.safetensors"),
    asset!("clip.safetensors"),
];

const STARTS: [(&str, &[u8]); 6] = [
    asset!("starts/avenue.png"),
    asset!("starts/corner.png"),
    asset!("starts/crossing.png"),
    asset!("starts/park.png"),
    asset!("starts/shops.png"),
    asset!("starts/square.png"),
];

/// The model's files.
///
/// # Errors
/// If the embedded configuration does not parse, which a test rules out.
pub fn model_files() -> Result<ModelFiles, CheckpointError> {
    ModelFiles::from_embedded(&FILES)
}

/// Bytes of all files of the model.
pub fn model_bytes() -> usize {
    FILES.iter().map(|(_, bytes)| bytes.len()).sum()
}

/// The built-in start pictures and their names.
///
/// # Errors
/// If a picture does not decode, which a test rules out.
pub fn starts() -> Result<Vec<(String, Frame)>, MediaError> {
    STARTS
        .iter()
        .map(|(path, bytes)| {
            let name = path.trim_start_matches("starts/").trim_end_matches(".png");
            Ok((name.to_owned(), decode_picture(bytes, name)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn everything_embedded_is_usable() {
        super::model_files().unwrap();
        assert_eq!(super::starts().unwrap().len(), super::STARTS.len());
        assert!(super::model_bytes() <= 20 << 20, "the embedded model is to stay below 20 MB");
    }
}

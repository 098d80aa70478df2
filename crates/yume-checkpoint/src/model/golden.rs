//! The `config.json` of the golden cases: one network each, with the reference's words.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use yume_nets::clip::ClipConfig;
use yume_nets::dit::DitConfig;
use yume_nets::text::TextConfig;
use yume_nets::vae::VaeConfig;

use super::checks::{Finding, only, within};
use super::sections::{ClipSection, DitSection, TextSection, checked_vae};
use crate::CheckpointError;

/// The sizes of a DiT alone. Missing fields are those of Yume 1.0.
///
/// # Errors
/// If it is not JSON or holds a value that no network can have.
pub fn dit_config(json: &[u8], path: &Path) -> Result<DitConfig, CheckpointError> {
    parsed(json, path, |section: DitSection| section.config())
}

/// The sizes of a text encoder alone. Missing fields are those of umT5-XXL.
///
/// # Errors
/// If it is not JSON or holds a value that no network can have.
pub fn text_config(json: &[u8], path: &Path) -> Result<TextConfig, CheckpointError> {
    parsed(json, path, |section: TextSection| section.config())
}

/// The sizes of an image encoder alone. Missing fields are those of ViT-H/14.
///
/// # Errors
/// If it is not JSON or holds a value that no network can have.
pub fn clip_config(json: &[u8], path: &Path) -> Result<ClipConfig, CheckpointError> {
    parsed(json, path, |section: ClipSection| section.config())
}

/// The sizes of a VAE of the Wan 2.1 layout alone. Missing fields are those of Wan 2.1.
///
/// # Errors
/// If it is not JSON or holds a value that no network can have.
pub fn vae_config(json: &[u8], path: &Path) -> Result<VaeConfig, CheckpointError> {
    parsed(json, path, |wan: Wan| wan.config())
}

#[derive(Deserialize)]
#[serde(default)]
struct Wan {
    dim: usize,
    z_dim: usize,
    dim_mult: Vec<usize>,
    num_res_blocks: usize,
    temporal_downsample: Vec<bool>,
}

impl Default for Wan {
    fn default() -> Self {
        Self {
            dim: 96,
            z_dim: 16,
            dim_mult: vec![1, 2, 4, 4],
            num_res_blocks: 2,
            temporal_downsample: vec![false, true, true],
        }
    }
}

impl Wan {
    fn config(&self) -> Result<VaeConfig, Finding> {
        only("z_dim", Some(&self.z_dim), &16)?;
        within("dim", self.dim, 1..=4096)?;
        within("num_res_blocks", self.num_res_blocks, 1..=63)?;
        for &mult in &self.dim_mult {
            within("dim_mult", mult, 1..=64)?;
        }
        let halvings = &self.temporal_downsample;
        checked_vae(VaeConfig::wan(self.dim, &self.dim_mult, self.num_res_blocks, halvings))
    }
}

fn parsed<S: DeserializeOwned, C>(
    json: &[u8],
    path: &Path,
    config: impl FnOnce(S) -> Result<C, Finding>,
) -> Result<C, CheckpointError> {
    let section = serde_json::from_slice(json).map_err(|e| CheckpointError::config(e, path))?;
    config(section).map_err(|finding| CheckpointError::config(finding, path))
}

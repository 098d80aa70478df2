//! Weights, tokenizers and model folders into modules.
//!
//! Files are hostile: sizes are bounded, nothing in them is run, and what does not fit a network is
//! refused with one list.

mod bytes;
mod captions;
mod element;
mod error;
mod loader;
mod model;
mod pickle;
mod pth;
mod safetensors;
mod save;
mod shards;
mod tokenizer;
mod values;
mod weights;
mod zip;

pub use bytes::Bytes;
pub use captions::CaptionStore;
pub use element::Element;
pub use error::{CheckpointError, Misfit};
pub use loader::{Loader, Names};
pub use model::{
    CACHE_FILE, CacheFile, Fill, FrameSpec, Layout, ModelFiles, ModelSpec, Part, PartReport,
    Recall, SamplerDefaults, TokenizerKind, clip_config, dit_config, is_model_file, text_config,
    vae_config,
};
pub use save::{Precision, named_tensors, save};
pub use tokenizer::{Encoded, Tokenizer};
pub use weights::{Stored, Weights};

//! All facts of a model as data.

mod cache_file;
mod checks;
mod facts;
mod files;
mod golden;
mod layout;
mod naming;
mod progress;
mod published;
mod sections;
mod sizes;
mod tiny;
mod verify;

pub use cache_file::{CACHE_FILE, CacheFile};
pub use files::ModelFiles;
pub use golden::{clip_config, dit_config, text_config, vae_config};
pub use layout::{Layout, Part, is_model_file};
pub use verify::PartReport;

use yume_motion::Phrasebook;
use yume_motion::seen::RecallRule;
use yume_motion::walk::WalkRule;
use yume_motion::warp::WarpModel;
use yume_nets::clip::ClipConfig;
use yume_nets::depth::DepthConfig;
use yume_nets::dit::DitConfig;
use yume_nets::text::TextConfig;
use yume_nets::vae::VaeConfig;

/// A row of the table of models.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// Its name, for people.
    pub name: String,
    /// The pictures it makes.
    pub frame: FrameSpec,
    /// The sizes of its DiT.
    pub dit: DitConfig,
    /// The sizes of its VAE.
    pub vae: VaeConfig,
    /// The sizes of its text encoder.
    pub text: TextConfig,
    /// The sizes of its image encoder.
    pub clip: ClipConfig,
    /// The sizes of its estimate of depth, if it has one.
    pub depth: Option<DepthConfig>,
    /// How its captions become token ids.
    pub tokenizer: TokenizerKind,
    /// How it samples unless told otherwise.
    pub sampler: SamplerDefaults,
    /// The newest latent frames that the DiT sees at full resolution; more than a segment's means
    /// that the newest of the history are among them.
    pub window: usize,
    /// The most latent frames of history that the DiT sees, the first and the newest ones; `None`
    /// for all. At least 2.
    pub history_cap: Option<usize>,
    /// What stands in the conditioning for the frames to come.
    pub fill: Fill,
    /// What is kept of the walk for [`Fill::Warp`] to show again; `None` if it shows the last frame
    /// alone.
    pub recall: Option<Recall>,
    /// What a person may call the places that the model brings pictures of: words, for each kind of them.
    pub places: Vec<String>,
    /// How the camera answers a motion.
    pub walk: WalkRule,
    /// The sentences of its captions.
    pub phrasebook: Phrasebook,
    /// The caption that guidance steers away from.
    pub negative_prompt: String,
}

/// The pictures of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameSpec {
    /// Pixels, a multiple of 16.
    pub width: usize,
    /// Pixels, a multiple of 16.
    pub height: usize,
    /// Frames per second.
    pub fps: f32,
    /// Frames of one segment, a multiple of 4.
    pub segment_frames: usize,
    /// How often the start picture is repeated as the first history; one more than a multiple of 4.
    pub initial_copies: usize,
}

/// How a model samples unless told otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplerDefaults {
    /// Euler steps.
    pub steps: usize,
    /// Shift of the schedule.
    pub shift: f64,
    /// Guidance; 1 is none.
    pub guidance: f32,
}

/// The kind of a model's text tokenizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenizerKind {
    /// A list of words.
    Words,
    /// A `tokenizer.json` of Hugging Face.
    Unigram,
}

/// What of a walk is shown again to the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recall {
    /// What is kept.
    pub rule: RecallRule,
    /// How far the latents of what was seen are led to it whatever the network says, from 0, not at
    /// all, to 1 for a network that was never shown anything to rely on.
    pub trust: f32,
    /// The noise level, over 0 to 1, that sampling begins at, from what stands for the frames to come.
    /// At 1 it begins from nothing but noise; below, the network mends what is foreseen (`SDEdit`,
    /// arXiv 2108.01073).
    pub begins_at: f32,
}

impl ModelSpec {
    /// Its networks.
    pub fn parts(&self) -> impl Iterator<Item = Part> + use<> {
        Part::ALL.into_iter().chain(self.depth.is_some().then_some(Part::Depth))
    }

    /// Whether sampling begins near what is foreseen, and not from noise alone.
    #[must_use]
    pub fn mends(&self) -> bool {
        self.recall.is_some_and(|recall| recall.begins_at < 1.0)
    }

    /// Whether a person may call one of its places by this word, in small letters.
    #[must_use]
    pub fn names_place(&self, word: &str) -> bool {
        self.places.iter().any(|words| words.split_whitespace().any(|known| known == word))
    }

    /// Of words that its text encoder does not know, those that mean nothing to the model: they call no
    /// place either.
    #[must_use]
    pub fn unheard(&self, unknown: Vec<String>) -> Vec<String> {
        unknown.into_iter().filter(|word| !self.names_place(&word.to_lowercase())).collect()
    }
}

/// What stands in the conditioning for the frames to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    /// Mid-grey frames.
    Zeros,
    /// The last frame, held.
    Hold,
    /// The last frame as the camera will see it.
    Warp(WarpModel),
}

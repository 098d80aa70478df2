//! What was measured, as rows for people and programs.

use serde::Serialize;
use yume_checkpoint::ModelSpec;
use yume_nets::attention::Calls;
use yume_nets::clip::ClipConfig;
use yume_nets::dit::DitConfig;
use yume_nets::text::TextConfig;
use yume_nets::vae::{FRAMES_PER_LATENT, VaeConfig};

use super::clock::Times;

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The sizes of what ran, from which another implementation can build the same.
    pub sizes: Sizes,
    /// Times of the stages of a segment.
    pub stages: Vec<StageRow>,
    /// How the time of a network divides among kinds of work.
    pub kinds: Vec<KindRow>,
    /// Which kernels computed attention in one pass of the DiT.
    pub attention: Vec<AttentionRow>,
    /// Segments from beginning to end.
    pub segments: Vec<SegmentRow>,
    /// Memory, predicted and taken.
    pub memory: Vec<MemoryRow>,
    /// What was left out for lack of time.
    pub skipped: Vec<String>,
    /// How it ended.
    pub ending: Ending,
}

impl Report {
    pub(super) fn new(spec: &ModelSpec) -> Self {
        Self {
            sizes: Sizes::of(spec),
            stages: Vec::new(),
            kinds: Vec::new(),
            attention: Vec::new(),
            segments: Vec::new(),
            memory: Vec::new(),
            skipped: Vec::new(),
            ending: Ending::Complete,
        }
    }

    /// Milliseconds of a stage: the median.
    pub fn median_ms(&self, name: &str, history: Option<usize>) -> Option<f64> {
        let mut rows = self.stages.iter();
        let row = rows.find(|row| row.name == name && row.history == history)?;
        Some(row.times.median_ms)
    }
}

/// How a measurement ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// All that there was time for was measured.
    Complete,
    /// The watcher stopped it.
    Interrupted,
    /// The device failed; one sentence.
    Failed(String),
}

/// The sizes of a model.
#[derive(Clone, Debug, Serialize)]
pub struct Sizes {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// Latents of a segment.
    pub latents: usize,
    /// Latents of a first segment's history.
    pub first_history: usize,
    /// The newest latents, which the DiT sees at full resolution.
    pub window: usize,
    /// Tokens of the caption that is encoded.
    pub caption_tokens: usize,
    /// The DiT.
    pub dit: DitConfig,
    /// The VAE.
    pub vae: VaeConfig,
    /// The text encoder.
    pub text: TextConfig,
    /// The image encoder.
    pub clip: ClipConfig,
}

/// Tokens of a usual caption.
const CAPTION_TOKENS: usize = 64;

impl Sizes {
    fn of(spec: &ModelSpec) -> Self {
        let frame = spec.frame;
        let latents = frame.segment_frames / FRAMES_PER_LATENT;
        Self {
            width: frame.width,
            height: frame.height,
            latents,
            first_history: frame.initial_copies.div_ceil(FRAMES_PER_LATENT),
            window: spec.window.max(latents),
            caption_tokens: CAPTION_TOKENS.min(spec.dit.text_len),
            dit: spec.dit.clone(),
            vae: spec.vae.clone(),
            text: spec.text.clone(),
            clip: spec.clip.clone(),
        }
    }
}

/// One stage.
#[derive(Clone, Debug, Serialize)]
pub struct StageRow {
    /// What it is.
    pub name: &'static str,
    /// Latents of history, for a stage that sees them.
    pub history: Option<usize>,
    /// Tokens that the DiT sees.
    pub tokens: Option<usize>,
    /// How long a pass takes.
    #[serde(flatten)]
    pub times: Times,
    /// Operations of a pass, those of products, convolutions and attention.
    pub flops: u64,
    /// Operations per second in the median pass.
    pub flops_per_sec: f64,
}

impl StageRow {
    pub(super) fn new(name: &'static str, times: Times, flops: u64) -> Self {
        let flops_per_sec = flops as f64 / times.median_ms * 1e3;
        Self { name, history: None, tokens: None, times, flops, flops_per_sec }
    }
}

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkKind {
    /// Linear layers.
    Products,
    /// Attention.
    Attention,
    /// Norms, modulation, rotation, activations, gates and sums.
    Elementwise,
    /// Convolutions, with the norms and activations between them.
    Convolutions,
}

/// How much of a pass is one kind of work, timed by itself.
#[derive(Clone, Debug, Serialize)]
pub struct KindRow {
    /// The stage it is a part of.
    pub stage: &'static str,
    /// Latents of history.
    pub history: Option<usize>,
    /// What it is.
    pub kind: WorkKind,
    /// Milliseconds in one pass.
    pub ms: f64,
    /// Its part of all kinds together.
    pub share: f64,
}

/// Which kernels computed attention in one pass.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AttentionRow {
    /// Latents of history.
    pub history: usize,
    /// Calls by the processor's own kernel.
    pub own: u64,
    /// Calls by the library's kernels that keep no scores, or few.
    pub tiled: u64,
    /// Calls that had every score in memory.
    pub stored: u64,
}

impl AttentionRow {
    /// Of the calls of `passes` passes.
    pub(super) fn new(history: usize, calls: Calls, passes: u64) -> Self {
        Self {
            history,
            own: calls.own / passes,
            tiled: calls.tiled / passes,
            // One is too many, however many passes there were.
            stored: calls.stored.div_ceil(passes),
        }
    }
}

/// A segment from its caption to its frames.
#[derive(Clone, Debug, Serialize)]
pub struct SegmentRow {
    /// Solver steps.
    pub steps: usize,
    /// Guidance; 1 is none.
    pub guidance: f32,
    /// The part of the DiT's blocks that is run, over all passes.
    pub blocks_run: f64,
    /// Network evaluations.
    pub evaluations: usize,
    /// Operations of all passes of the DiT.
    pub flops: u64,
    /// Seconds from the caption to the last frame, if it was made.
    pub measured_secs: Option<f64>,
    /// Seconds of the evaluations, if it was made.
    pub sampling_secs: Option<f64>,
    /// The same computed from the medians of the stages.
    pub computed_secs: Option<f64>,
}

/// Memory of a walk with a history.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MemoryRow {
    /// Latents of history.
    pub history: usize,
    /// Bytes that the plan reserves for a walk.
    pub predicted_bytes: u64,
    /// The most bytes taken while the stages ran, where that is known: of the whole process on a
    /// processor, of the device's pools on a GPU.
    pub peak_bytes: Option<u64>,
}

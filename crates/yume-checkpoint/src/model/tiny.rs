//! The `config.json` of the embedded model's format.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use yume_motion::Phrasebook;
use yume_motion::seen::RecallRule;
use yume_motion::walk::WalkRule;
use yume_motion::warp::WarpModel;
use yume_nets::depth::DepthConfig;

use super::checks::{Finding, checked_frame, checked_sampler, ensure, only, within};
use super::sections::{ClipSection, DitSection, TextSection, VaeSection, matching};
use super::{Fill, FrameSpec, ModelSpec, Recall, SamplerDefaults, TokenizerKind};
use crate::CheckpointError;
use crate::tokenizer::WORD_RULE;

const FORMAT_VERSION: u32 = 1;

#[derive(Deserialize)]
struct Config {
    name: String,
    format_version: u32,
    frame: FrameSection,
    dit: DitSection,
    vae: VaeSection,
    text: TextSection,
    clip: ClipSection,
    #[serde(default)]
    sampler: SamplerSection,
    #[serde(default)]
    motion: MotionSection,
    #[serde(default)]
    warp: WarpSection,
    recall: Option<RecallSection>,
    depth: Option<DepthSection>,
    #[serde(default)]
    places: Vec<String>,
    #[serde(default)]
    prompt: PromptSection,
}

#[derive(Deserialize)]
struct FrameSection {
    width: usize,
    height: usize,
    #[serde(default = "frames_per_sec")]
    fps: f32,
    #[serde(default = "segment_frames")]
    segment_frames: usize,
    #[serde(default = "initial_copies")]
    initial_copies: usize,
}

fn frames_per_sec() -> f32 {
    16.0
}

fn segment_frames() -> usize {
    32
}

fn initial_copies() -> usize {
    17
}

#[derive(Deserialize)]
#[serde(default)]
struct SamplerSection {
    kind: String,
    steps: usize,
    shift: f64,
    guidance: f32,
    time_scale: f64,
}

impl Default for SamplerSection {
    fn default() -> Self {
        let SamplerDefaults { steps, shift, guidance } = ModelSpec::yume_i2v_540p().sampler;
        Self { kind: "euler".to_owned(), steps, shift, guidance, time_scale: 1000.0 }
    }
}

#[derive(Deserialize)]
#[serde(default)]
struct MotionSection {
    fps: Option<f64>,
    speed: f64,
    yaw_deg_s: f64,
    pitch_deg_s: f64,
    pitch_max_deg: f64,
    ramp: f64,
}

impl Default for MotionSection {
    fn default() -> Self {
        let rule = WalkRule::TINY_V0;
        Self {
            fps: None,
            speed: rule.speed,
            yaw_deg_s: rule.yaw_deg_per_sec,
            pitch_deg_s: rule.pitch_deg_per_sec,
            pitch_max_deg: rule.pitch_max_deg,
            ramp: rule.ramp,
        }
    }
}

#[derive(Deserialize)]
#[serde(default)]
struct WarpSection {
    camera_height_m: f32,
    cylinder_radius_m: f32,
    min_depth_m: f32,
    hfov_deg: f32,
    u_clamp: f32,
    v_clamp: f32,
}

impl Default for WarpSection {
    fn default() -> Self {
        let warp = WarpModel::TINY_V0;
        Self {
            camera_height_m: warp.camera_height,
            cylinder_radius_m: warp.cylinder_radius,
            min_depth_m: warp.min_depth,
            hfov_deg: warp.hfov_deg,
            u_clamp: warp.u_clamp,
            v_clamp: warp.v_clamp,
        }
    }
}

#[derive(Deserialize)]
struct RecallSection {
    pictures: usize,
    apart_m: f32,
    apart_deg: f32,
    sharp_m: Option<f32>,
    coarse_m: Option<f32>,
    #[serde(default)]
    trust: f32,
    begins_at: Option<f32>,
    #[serde(default)]
    folds: bool,
}

#[derive(Deserialize)]
struct DepthSection {
    patch_size: usize,
    dims: [usize; 3],
    scale: f32,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PromptSection {
    prefix: Option<String>,
    key_sentences: BTreeMap<String, String>,
    camera_sentences: BTreeMap<String, String>,
    /// Whether the model was shown scene texts.
    #[serde(default)]
    scenes: bool,
}

impl ModelSpec {
    /// Reads the `config.json` of a model in the embedded model's format. Unknown fields are
    /// ignored; of the missing ones, those that Yume 1.0 fixes have its values. `path` is for the
    /// message only.
    ///
    /// # Errors
    /// If it is not JSON, a needed field is missing, or a value is one that no model can have.
    pub fn from_tiny_config(json: &[u8], path: &Path) -> Result<Self, CheckpointError> {
        let config: Config =
            serde_json::from_slice(json).map_err(|error| CheckpointError::config(error, path))?;
        spec(config).map_err(|finding| CheckpointError::config(finding, path))
    }
}

fn spec(config: Config) -> Result<ModelSpec, Finding> {
    only("format_version", Some(&config.format_version), &FORMAT_VERSION)?;
    let FrameSection { width, height, fps, segment_frames, initial_copies } = config.frame;
    let frame = checked_frame(FrameSpec { width, height, fps, segment_frames, initial_copies })?;
    let dit = config.dit.config()?;
    let text = config.text.config()?;
    let clip = config.clip.config()?;
    let vae = config.vae.config()?;
    tokenizer(&config.text)?;
    prompt(&config.prompt)?;
    matching(&dit, &vae, &text, &clip)?;
    let fill = match config.dit.y_fill.as_deref() {
        None | Some("zeros") => Fill::Zeros,
        Some("hold") => Fill::Hold,
        Some("warp") => Fill::Warp(warp(&config.warp)?),
        Some(other) => return Err(format!("dit.y_fill {other:?} is not zeros, hold or warp")),
    };
    let sampler = config.sampler;
    only("sampler.kind", Some(&sampler.kind), &"euler".to_owned())?;
    only("sampler.time_scale", Some(&sampler.time_scale), &1000.0)?;
    Ok(ModelSpec {
        name: crate::error::printable(config.name),
        walk: walk(&config.motion, f64::from(frame.fps))?,
        frame,
        window: config.dit.latent_frame_zero,
        history_cap: config.dit.max_history_latents,
        dit,
        vae,
        text,
        clip,
        tokenizer: TokenizerKind::Words,
        sampler: checked_sampler(SamplerDefaults {
            steps: sampler.steps,
            shift: sampler.shift,
            guidance: sampler.guidance,
        })?,
        fill,
        recall: config.recall.as_ref().map(recall).transpose()?,
        depth: match &config.depth {
            Some(sizes) => Some(depth(sizes, &warp(&config.warp)?, frame)?),
            None => None,
        },
        places: config.places,
        phrasebook: if config.prompt.scenes { Phrasebook::TINY_SCENES } else { Phrasebook::TINY },
        negative_prompt: String::new(),
    })
}

fn walk(motion: &MotionSection, fps: f64) -> Result<WalkRule, Finding> {
    Ok(WalkRule {
        speed: within("motion.speed", motion.speed, 0.0..=1000.0)?,
        yaw_deg_per_sec: within("motion.yaw_deg_s", motion.yaw_deg_s, 0.0..=3600.0)?,
        pitch_deg_per_sec: within("motion.pitch_deg_s", motion.pitch_deg_s, 0.0..=3600.0)?,
        pitch_max_deg: within("motion.pitch_max_deg", motion.pitch_max_deg, 0.0..=89.0)?,
        ramp: within("motion.ramp", motion.ramp, 1e-3..=1.0)?,
        fps: within("motion.fps", motion.fps.unwrap_or(fps), 1.0..=240.0)?,
    })
}

fn warp(warp: &WarpSection) -> Result<WarpModel, Finding> {
    let model = WarpModel {
        camera_height: within("warp.camera_height_m", warp.camera_height_m, 0.01..=1000.0)?,
        cylinder_radius: within("warp.cylinder_radius_m", warp.cylinder_radius_m, 0.1..=1e5)?,
        min_depth: within("warp.min_depth_m", warp.min_depth_m, 1e-3..=1e5)?,
        hfov_deg: within("warp.hfov_deg", warp.hfov_deg, 1.0..=170.0)?,
        u_clamp: within("warp.u_clamp", warp.u_clamp, 0.1..=100.0)?,
        v_clamp: within("warp.v_clamp", warp.v_clamp, 0.1..=100.0)?,
    };
    Ok(model)
}

fn recall(recall: &RecallSection) -> Result<Recall, Finding> {
    let rule = RecallRule {
        pictures: within("recall.pictures", recall.pictures, 1..=1024)?,
        apart_metres: within("recall.apart_m", recall.apart_m, 0.01..=1000.0)?,
        apart_deg: within("recall.apart_deg", recall.apart_deg, 0.1..=360.0)?,
        sharp_metres: within("recall.sharp_m", recall.sharp_m.unwrap_or(0.4), 0.0..=1000.0)?,
        coarse_metres: within("recall.coarse_m", recall.coarse_m.unwrap_or(1.0), 0.0..=1000.0)?,
        folds: recall.folds,
    };
    Ok(Recall {
        rule,
        trust: within("recall.trust", recall.trust, 0.0..=1.0)?,
        begins_at: within("recall.begins_at", recall.begins_at.unwrap_or(1.0), 0.01..=1.0)?,
    })
}

fn depth(sizes: &DepthSection, warp: &WarpModel, frame: FrameSpec) -> Result<DepthConfig, Finding> {
    let patch = within("depth.patch_size", sizes.patch_size, 1..=64)?;
    for dim in sizes.dims {
        within("depth.dims", dim, 1..=4096)?;
    }
    // The network halves what it looks at twice.
    let fits = frame.width.is_multiple_of(4 * patch) && frame.height.is_multiple_of(4 * patch);
    ensure(fits, || format!("frame is not made of blocks of four times depth.patch_size {patch}"))?;
    Ok(DepthConfig {
        patch_size: patch,
        dims: sizes.dims,
        scale: within("depth.scale", sizes.scale, 1e-6..=1e3)?,
        hfov_deg: warp.hfov_deg,
        camera_height: warp.camera_height,
    })
}

fn tokenizer(text: &TextSection) -> Result<(), Finding> {
    only("text.tokenizer", text.tokenizer.as_ref(), &"words".to_owned())?;
    only("text.word_regex", text.word_regex.as_ref(), &WORD_RULE.to_owned())?;
    only("text.lowercase", text.lowercase.as_ref(), &true)?;
    only("text.pad_id", text.pad_id.as_ref(), &0)?;
    only("text.eos_id", text.eos_id.as_ref(), &1)?;
    only("text.first_word_id", text.first_word_id.as_ref(), &2)
}

/// The sentences are compiled in; a configuration that asks for others would be obeyed wrongly.
fn prompt(prompt: &PromptSection) -> Result<(), Finding> {
    let book = Phrasebook::TINY;
    only("prompt.prefix", prompt.prefix.as_ref(), &book.prefix.to_owned())?;
    let unknown = |known: &[&str], sentences: &BTreeMap<String, String>| {
        sentences.values().find(|sentence| !known.contains(&sentence.as_str())).cloned()
    };
    let other = unknown(&book.travel, &prompt.key_sentences)
        .or_else(|| unknown(&book.turn, &prompt.camera_sentences));
    ensure(other.is_none(), || {
        format!("prompt asks for the unknown sentence {:?}", other.as_deref().unwrap_or_default())
    })
}

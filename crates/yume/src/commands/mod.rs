//! What each command does, and the code the program ends with.

mod bar;
mod bench;
mod doctor;
mod eval;
mod explore;
mod fits;
mod models;
mod start;
mod walk;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::tensor::DType;
use fits::{Asked, Planned, Room};
use yume::device::{self, Chosen, DeviceError};
use yume::generator::WorldGenerator;
use yume::times::Times;
use yume_checkpoint::{ModelFiles, ModelSpec};
use yume_session::{BoxError, Loading};
use yume_world::{Coding, Holding, Model, Options, Precision, World};

use crate::cli::{Cli, Command, Run};
use crate::kernels;
use crate::memory::Held;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done = 0,
    /// Something failed; a sentence said what.
    Failed = 1,
    /// The person stopped it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

pub(crate) fn run(cli: Cli) -> Result<Exit, BoxError> {
    kernels::keep(&cache_folder("kernels"));
    match cli.command {
        None => explore::run(cli.explore),
        Some(Command::Walk(walk)) => walk::run(&walk),
        Some(Command::Bench(bench)) => bench::run(&bench),
        Some(Command::Eval(eval)) => eval::run(&eval),
        Some(Command::Doctor(order)) => doctor::run(&order),
        Some(Command::Models(models)) => models::run(&models),
    }
}

/// A model that was found, and where it will run; nothing is loaded yet.
pub(crate) struct Prepared {
    pub files: ModelFiles,
    pub label: String,
    pub chosen: Chosen,
    pub holding: Holding,
    pub options: Options,
    /// Where encoded captions are kept.
    pub captions: PathBuf,
    /// Network evaluations per segment.
    pub evaluations: usize,
    /// What the segments will have taken.
    pub times: Times,
}

/// Finds the model and the device that `run` asks for.
pub(crate) fn prepare(run: &Run) -> Result<Prepared, BoxError> {
    let (files, label) = models::find(run.model.as_deref())?;
    let spec = files.spec();
    let options = run.sampling.options(&files)?;
    let evaluations = options.evaluations(spec)?;
    let chosen = device::choose(run.device.into(), flops(spec, evaluations), segment_secs(spec))?;
    let own = chosen.matrices.into();
    let asked = Asked {
        weights: precision(run.memory.weights, &chosen)?,
        frees_encoders: run.memory.free_encoders,
        streams_blocks: run.memory.stream_blocks,
        halves_vae: run.memory.vae_bf16,
    };
    let room = Room::of(&chosen, run.memory.memory.bytes());
    let planned = Planned { spec, options: &options, own, asked, room };
    let (holding, said) = planned.choose();
    if let Some(said) = said {
        tracing::warn!("{label} on {}: {said}", chosen.label);
    }
    let captions = run.caption_cache.clone().unwrap_or_else(|| cache_folder("captions"));
    let times = Times::default();
    Ok(Prepared { files, label, chosen, holding, options, evaluations, captions, times })
}

impl Prepared {
    /// How many frames to generate ahead: little if the device is fast enough, so that a key is
    /// answered soon, a whole segment if it is not.
    pub(crate) fn lookahead_frames(&self) -> usize {
        let spec = self.files.spec();
        let is_fast =
            flops(spec, self.evaluations) / device::CPU_FLOPS_PER_SEC < segment_secs(spec);
        if is_fast { spec.frame.segment_frames / 4 } else { spec.frame.segment_frames }
    }

    /// Loads the model; takes a moment, and a bar shows it if it is a long one, as does the window
    /// that waits for it.
    pub(crate) fn open(self, window: Option<&Loading>) -> Result<WorldGenerator, BoxError> {
        let times = self.times.clone();
        Ok(WorldGenerator::new(self.open_world(window)?, times))
    }

    /// As [`Prepared::open`], for those who drive the world themselves.
    pub(crate) fn open_world(self, window: Option<&Loading>) -> Result<World, BoxError> {
        let bar = bar::ByteBar::new();
        let (shown, window) = (bar.clone(), window.cloned());
        let files = self.files.with_progress(move |done, total| {
            shown.show(done, total, "loading");
            if let Some(window) = &window {
                window.show(done, total);
            }
        })?;
        let model =
            Model::open_remembering(&files, &self.chosen.device, self.holding, &self.captions)?;
        bar.clear();
        Ok(World::new(model, &self.options)?)
    }
}

/// A flag that Ctrl-C sets.
fn interrupted() -> Result<Arc<AtomicBool>, BoxError> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .map_err(|error| format!("Ctrl-C cannot be caught ({error}); try again"))?;
    Ok(interrupted)
}

/// How the weights are to be held on `chosen`; `None` leaves it open.
fn precision(held: Held, chosen: &Chosen) -> Result<Option<Precision>, DeviceError> {
    let coding = match held {
        Held::Auto => return Ok(None),
        Held::Bf16 => return Ok(Some(DType::BF16.into())),
        Held::Int8 => Coding::Int8,
        Held::Fp8 => Coding::Fp8,
        Held::W8a8 => Coding::W8A8,
    };
    chosen.try_coding(coding)?;
    Ok(Some(Precision { matrices: chosen.matrices, coding: Some(coding) }))
}

/// Floating-point operations of one segment's network passes, from the sizes alone.
fn flops(spec: &ModelSpec, evaluations: usize) -> f64 {
    let passes = evaluations as f64;
    let latents = (spec.frame.segment_frames / yume_world::FRAMES_PER_LATENT) as f64;
    let tokens = latents * (spec.frame.height * spec.frame.width) as f64 / 256.0;
    let dit = &spec.dit;
    let block = (8 * dit.dim * dit.dim + 2 * dit.dim * dit.ffn_dim) as f64;
    2.0 * passes * tokens * dit.num_layers as f64 * (block + 2.0 * tokens * dit.dim as f64)
}

/// Where the program keeps what can be made again.
fn cache_folder(name: &str) -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    // The specification of that variable says that anything but an absolute path is ignored.
    let cache = cache.filter(|folder| folder.is_absolute()).unwrap_or_else(|| {
        std::env::home_dir().map_or_else(std::env::temp_dir, |home| home.join(".cache"))
    });
    cache.join("yume-explorer").join(name)
}

fn segment_secs(spec: &ModelSpec) -> f64 {
    spec.frame.segment_frames as f64 / f64::from(spec.frame.fps)
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned()
}

//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Trains the embedded model on the procedural town, and evaluates models there.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Trains the VAE.
    Vae(Train),
    /// Trains the DiT with its text and image encoders.
    Dit(TrainDit),
    /// Writes walks through the town as tensors, for training with other programs.
    Walks(Walks),
    /// Writes views of the town and how far everything in them is, for training with other programs.
    Views(Written),
    /// Turns a trained model of many solver steps into one of few.
    Distill(TrainDistill),
    /// Measures how a model obeys turns and how close it stays to the true town.
    Evaluate(Evaluate),
    /// Measures which blocks the feature cache may reuse, and writes the plan beside the model.
    CalibrateCache(Calibrate),
    /// Draws walks of a model beside the true future.
    Sheet(Sheet),
}

#[derive(Debug, Args)]
pub(crate) struct Train {
    /// The recipe, such as configs/tiny.json.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Folder for checkpoints, sheets and the finished files; made if it is missing.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Goes on from the checkpoint in --out.
    #[arg(long, conflicts_with = "from")]
    pub resume: bool,
    /// Begins with the weights in this folder.
    #[arg(long, value_name = "FOLDER")]
    pub from: Option<PathBuf>,
    /// Stops after this many minutes; --resume goes on.
    #[arg(long, value_name = "N")]
    pub minutes: Option<f64>,
    /// Minutes between checkpoints.
    #[arg(long, value_name = "N", default_value_t = 5.0)]
    pub save_every: f64,
    /// Minutes between sheets.
    #[arg(long, value_name = "N", default_value_t = 10.0)]
    pub sheet_every: f64,
    /// Where to compute.
    #[arg(long, value_enum, default_value_t = Where::Cpu)]
    pub device: Where,
}

#[derive(Debug, Args)]
pub(crate) struct TrainDit {
    #[command(flatten)]
    pub train: Train,
    /// Folder of the finished VAE.
    #[arg(long, value_name = "FOLDER")]
    pub vae: PathBuf,
}

/// What is written, of which each number is another.
#[derive(Debug, Args)]
pub(crate) struct Written {
    /// The recipe, such as configs/tiny.json.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Folder for the files; made if it is missing.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Number of the first one; each number is another.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub first: u64,
    /// How many to write; a walk has 8 seconds.
    #[arg(long, value_name = "N")]
    pub count: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Walks {
    #[command(flatten)]
    pub written: Written,
    /// Lets the model in this folder walk, so that one learns to go on from what it makes.
    #[arg(long, value_name = "FOLDER")]
    pub own: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TrainDistill {
    #[command(flatten)]
    pub train: Train,
    /// Folder of the model that is distilled; config and words are taken from it.
    #[arg(long, value_name = "FOLDER")]
    pub teacher: PathBuf,
    /// Solver steps of the student [default: the recipe's].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub steps: Option<u16>,
    /// Shift of its schedule towards noise [default: the recipe's].
    #[arg(long, value_name = "X")]
    pub shift: Option<f64>,
    /// Leaves out the recipe's adversary: the teacher's results alone are learnt from.
    #[arg(long)]
    pub regression_only: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// Folder of a model, or `embedded`.
    #[arg(long, value_name = "FOLDER")]
    pub model: PathBuf,
    /// Segments to walk.
    #[arg(long, default_value_t = 100)]
    pub segments: usize,
    /// Figures as JSON; the sheet goes beside it as PNG.
    #[arg(long, value_name = "FILE")]
    pub json: PathBuf,
    #[command(flatten)]
    pub visit: Visit,
}

#[derive(Debug, Args)]
pub(crate) struct Calibrate {
    /// Folder of a model, or `embedded`.
    #[arg(long, value_name = "FOLDER")]
    pub model: PathBuf,
    /// The plan [default: `feature_cache.json` in the folder of the model].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Solver steps for which the plan is made.
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u16).range(2..=1000))]
    pub steps: u16,
    /// The most relative error of the velocities.
    #[arg(long, value_name = "X", default_value_t = 0.05)]
    pub error: f64,
    /// Passes that blocks may be reused for, the one that runs them included; all are tried.
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "2,3,4,5", value_parser = clap::value_parser!(u16).range(2..=100))]
    pub passes: Vec<u16>,
    /// Segments to measure on.
    #[arg(long, default_value_t = 48)]
    pub segments: usize,
    /// Decides places and noise.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where to compute.
    #[arg(long, value_enum, default_value_t = Where::Cpu)]
    pub device: Where,
}

#[derive(Debug, Args)]
pub(crate) struct Sheet {
    /// Folder of a model, or `embedded`.
    #[arg(long, value_name = "FOLDER")]
    pub model: PathBuf,
    /// The picture.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Motions, a row each.
    #[arg(long, default_value = "W,W:left,.:left,.:right,.:up,S,A,D")]
    pub motions: String,
    /// Segments of each row.
    #[arg(long, default_value_t = 3)]
    pub segments: usize,
    #[command(flatten)]
    pub visit: Visit,
}

#[derive(Debug, Args)]
pub(crate) struct Visit {
    /// Recipe whose town is walked [default: that of the embedded model].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Decides the walks.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Solver steps [default: the model's own].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub steps: Option<u16>,
    /// Where to compute.
    #[arg(long, value_enum, default_value_t = Where::Cpu)]
    pub device: Where,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Where {
    /// This machine's processor.
    Cpu,
    /// An NVIDIA GPU through CUDA.
    Cuda,
}

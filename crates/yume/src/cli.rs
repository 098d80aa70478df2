//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use yume::device::DeviceChoice;
use yume_world::bench::{Sampled, Size};

use crate::memory::{Held, Memory};
use crate::sampling::Sampling;

/// Walk through worlds that are generated while you walk.
///
/// Without a command the explorer opens: WASD walks, the arrow keys turn, F1 shows all keys. Drop a
/// picture on the window, or name one here, to walk into it.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub explore: Explore,
    /// Says more about what happens (twice: much more).
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Walks a script without a window, into a video or a folder of pictures.
    ///
    /// Example: yume walk --start street.png --motions "W*3,W+A:left,.:right,S" --out walk.mp4
    Walk(Box<Walk>),
    /// Measures how fast a model is here: every stage, for short and long histories.
    ///
    /// Example: yume bench --size small --device cpu
    Bench(Bench),
    /// Measures how a model obeys, how steady its world is and how it looks, on walks through the
    /// procedural town, beside what a camera there would have seen.
    ///
    /// Example: yume eval --steps 14 --out runs/eval
    Eval(Box<Eval>),
    /// Lists the devices of this machine, what each can do, and how to get more.
    Doctor(Doctor),
    /// Lists the models that can be walked in, downloads and verifies them.
    Models(Models),
}

/// Which model runs, where and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct Run {
    /// Folder of a model, name of a downloaded one (owner/model), or `embedded` [default: embedded].
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Where to compute.
    #[arg(long, value_enum, default_value_t = Where::Auto)]
    pub device: Where,
    #[command(flatten)]
    pub memory: Memory,
    #[command(flatten)]
    pub sampling: Sampling,
    /// Folder that keeps encoded captions, so that the text encoder of a large model is loaded for new
    /// ones only [default: yume-explorer/captions in your cache folder].
    #[arg(long, value_name = "FOLDER")]
    pub caption_cache: Option<PathBuf>,
    /// Seed of the walk: the same seed, start and motions give the same walk on the same device.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Where {
    /// The fastest device that is ready for this model.
    Auto,
    /// This machine's processor.
    Cpu,
    /// A GPU through Vulkan (Metal on a Mac).
    Vulkan,
    /// An NVIDIA GPU through CUDA.
    Cuda,
}

impl From<Where> for DeviceChoice {
    fn from(place: Where) -> Self {
        match place {
            Where::Auto => Self::Auto,
            Where::Cpu => Self::Cpu,
            Where::Vulkan => Self::Vulkan,
            Where::Cuda => Self::Cuda,
        }
    }
}

/// The explorer's own options.
#[derive(Clone, Debug, Args)]
pub(crate) struct Explore {
    /// Picture to walk into (PNG, JPEG, WebP, BMP or GIF).
    #[arg(value_name = "PICTURE")]
    pub start: Option<PathBuf>,
    #[command(flatten)]
    pub run: Run,
    /// Folder for recordings and stills [default: Videos/Yume in your home folder].
    #[arg(long, value_name = "FOLDER")]
    pub recordings: Option<PathBuf>,
    /// A change of keys waits for the end of the two-second segment, as in the paper.
    #[arg(long)]
    pub whole_segments: bool,
    /// Prints how long the window took per frame when it closes.
    #[arg(long)]
    pub frame_times: bool,
    /// Closes the window after this many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub exit_after: Option<f32>,
}

/// A walk without a window.
#[derive(Clone, Debug, Args)]
pub(crate) struct Walk {
    /// Picture or video to walk on from, or the name of a built-in start [default: the
    /// first built-in start].
    #[arg(long, value_name = "FILE")]
    pub start: Option<PathBuf>,
    /// How many of the last frames of a video the walk goes on from; one more than a multiple of
    /// four, or it is rounded down.
    #[arg(long, value_name = "N", default_value_t = 33, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub history_frames: u16,
    /// Takes a video for a picture of its first frame, as the published code does.
    #[arg(long)]
    pub first_frame_only: bool,
    /// What the place is like, such as "at night, in the rain", for a model that was shown such texts.
    #[arg(long, value_name = "TEXT")]
    pub scene: Option<String>,
    /// Another scene after N segments; may be given more than once.
    #[arg(long, value_name = "N=TEXT", value_parser = after)]
    pub scene_after: Vec<After>,
    /// Goes on from an edited picture after N segments; may be given more than once.
    #[arg(long, value_name = "N=PICTURE", value_parser = after)]
    pub picture_after: Vec<After>,
    /// How pictures of another shape are brought to the model's.
    #[arg(long, value_enum, default_value_t = FitChoice::Crop)]
    pub fit: FitChoice,
    /// What to do, a segment of two seconds each: W A S D and . (stand), a turn after a colon
    /// (left, right, up, down, up-left, ...), *N to repeat.
    #[arg(long, value_name = "SCRIPT", value_parser = yume_motion::parse_script)]
    pub motions: Script,
    /// Where to write: a file ending in .mp4, or a folder (ending in /) for numbered PNG pictures.
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
    #[command(flatten)]
    pub run: Run,
    /// Prints a report for programs to standard output instead of one for people.
    #[arg(long)]
    pub json: bool,
}

/// A measurement.
#[derive(Clone, Debug, Args)]
pub(crate) struct Bench {
    /// Folder of a model, name of a downloaded one (owner/model), or `embedded` [default: embedded].
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["size", "full_size"])]
    pub model: Option<PathBuf>,
    /// Instead of a model: Yume 1.0 with random weights, in a smaller size.
    #[arg(long, value_enum, conflicts_with = "full_size")]
    pub size: Option<SizeName>,
    /// Instead of a model: Yume 1.0 with random weights in its own size, drawn on the device.
    #[arg(long)]
    pub full_size: bool,
    /// Where to compute.
    #[arg(long, value_enum, default_value_t = Where::Auto)]
    pub device: Where,
    /// How weights are held.
    #[arg(long, value_enum, default_value_t = Held::Auto)]
    pub weights: Held,
    /// Passes of every stage that count.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub runs: u16,
    /// Passes of every stage before those; the first one compiles and tunes kernels on a GPU.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub warm_ups: u16,
    /// Latents of history besides those of a first segment [default: 13,29,93].
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    pub histories: Vec<usize>,
    /// Makes a whole segment in so many steps, "+cache" with the feature cache; may be given more
    /// than once [default: the model's own steps; with random weights 14 and 14+cache].
    #[arg(long = "segment", value_name = "STEPS[+cache]", value_parser = sampled)]
    pub segments: Vec<Sampled>,
    /// Begins nothing new after this many seconds, and no segment that would take longer.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub seconds: Option<f32>,
    /// Prints a report for programs to standard output instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// A size of random weights, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SizeName {
    /// For tests: a few seconds.
    Tiny,
    /// For a processor: a minute or two.
    Small,
    /// For a laptop's GPU: 1.5 billion parameters at 480x272.
    Medium,
    /// As published: 16.6 billion parameters at 960x544.
    Full,
}

impl From<SizeName> for Size {
    fn from(name: SizeName) -> Self {
        match name {
            SizeName::Tiny => Self::Tiny,
            SizeName::Small => Self::Small,
            SizeName::Medium => Self::Medium,
            SizeName::Full => Self::Full,
        }
    }
}

/// An evaluation.
#[derive(Clone, Debug, Args)]
pub(crate) struct Eval {
    /// Picture to walk into; may be given more than once [default: places in the town].
    #[arg(long, value_name = "FILE")]
    pub start: Vec<PathBuf>,
    /// Places in the town from which each walk is made.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub places: u16,
    /// The motions of a walk, as for `yume walk`; may be given more than once [default: eight walks
    /// of 18 s].
    #[arg(long, value_name = "SCRIPT", value_parser = yume_motion::parse_script)]
    pub motions: Vec<Script>,
    /// Two walks of 6 s: shows that everything works, not how well.
    #[arg(long, conflicts_with_all = ["motions", "places"])]
    pub quick: bool,
    /// Makes the walks in many ways to sample, and prints a table of them in Markdown.
    #[arg(long, value_enum)]
    pub compare: Option<Comparison>,
    /// Folder for the report (report.json) and its picture (report.png); made if it is missing.
    #[arg(long, value_name = "FOLDER", default_value = "yume-eval")]
    pub out: PathBuf,
    #[command(flatten)]
    pub run: Run,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Comparison {
    /// Solvers, steps, AAM and feature caches, against 50 Euler steps.
    Samplers,
}

/// How pictures of another shape are fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FitChoice {
    /// Cuts strips off two sides: upright things stay upright.
    Crop,
    /// Stretches to the frame as the published code does, to compare with it.
    Stretch,
}

/// A change during a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct After {
    /// Segments before it.
    pub segments: usize,
    /// A text or a path.
    pub what: String,
}

/// Motions as clap sees them: one value, not one per argument.
pub(crate) type Script = Vec<yume_motion::Motion>;

/// What the machine is to be good for.
#[derive(Clone, Debug, Args)]
pub(crate) struct Doctor {
    /// Model whose needs are compared with the devices: its folder, the name of a downloaded one
    /// (owner/model), or `embedded` [default: the published Yume 1.0].
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
}

/// The models to list, or what to do with one.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Models {
    #[command(subcommand)]
    pub command: Option<ModelsCommand>,
    /// Folders of models to list besides the embedded and the downloaded ones.
    #[arg(value_name = "FOLDER")]
    pub folders: Vec<PathBuf>,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Downloads a model from the Hugging Face hub; what was cut off goes on where it was.
    ///
    /// Example: yume models pull stdstu12/Yume-I2V-540P
    Pull(PullModel),
    /// Compares a model's files with what its networks need, without loading them.
    Verify(VerifyModel),
}

/// A model to download.
#[derive(Clone, Debug, Args)]
pub(crate) struct PullModel {
    /// Its name on the hub, owner/model.
    pub name: String,
    /// Branch, tag or commit.
    #[arg(long, default_value = "main")]
    pub revision: String,
    /// Uses no network: says whether the model is here (`HF_HUB_OFFLINE=1` does the same).
    #[arg(long)]
    pub offline: bool,
    /// Address of the hub or of a mirror [default: `HF_ENDPOINT`, or the usual one].
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
}

/// A model to verify.
#[derive(Clone, Debug, Args)]
pub(crate) struct VerifyModel {
    /// Folder of the model, name of a downloaded one, or `embedded`.
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
}

fn after(text: &str) -> Result<After, String> {
    let parts = text.split_once('=').and_then(|(count, what)| {
        Some(After { segments: count.trim().parse().ok()?, what: what.to_owned() })
    });
    parts.ok_or_else(|| {
        "give a number of segments, = and what comes then, such as 3=dusk".to_owned()
    })
}

fn sampled(text: &str) -> Result<Sampled, String> {
    let (steps, is_cached) = match text.strip_suffix("+cache") {
        Some(steps) => (steps, true),
        None => (text, false),
    };
    match steps.parse() {
        Ok(steps @ 1..=1000) => Ok(Sampled { steps, is_cached }),
        _ => Err("give a number of steps, such as 14 or 14+cache".to_owned()),
    }
}

fn seconds(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(seconds) if seconds.is_finite() && (0.0..=1e6).contains(&seconds) => Ok(seconds),
        _ => Err("give a number of seconds, such as 10".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Held;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("yume").chain(line.split_whitespace()))
    }

    #[test]
    fn the_definition_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn lines_a_person_would_type() {
        assert!(parse("").unwrap().command.is_none());
        assert_eq!(parse("street.png --seed 7").unwrap().explore.run.seed, 7);
        let memory =
            parse("--weights fp8 --memory 23.5 --stream-blocks").unwrap().explore.run.memory;
        assert_eq!((memory.weights, memory.memory.bytes()), (Held::Fp8, Some(23_500_000_000)));
        assert!(memory.stream_blocks && !memory.free_encoders);
        assert_eq!(parse("--memory auto").unwrap().explore.run.memory.memory.bytes(), None);
        let walk = parse("walk --motions W*3,.:right --out walk.mp4 --device cpu").unwrap();
        match walk.command {
            Some(Command::Walk(walk)) => {
                assert_eq!(walk.motions.len(), 4);
                assert_eq!(walk.run.device, Where::Cpu);
                assert_eq!((walk.history_frames, walk.fit), (33, FitChoice::Crop));
            }
            other => panic!("parsed as {other:?}"),
        }
        let walk = parse("walk --motions W*3 --out a.mp4 --scene-after 1=dusk --scene-after 2=a=b");
        match walk.unwrap().command {
            Some(Command::Walk(walk)) => {
                let after = |segments, what: &str| After { segments, what: what.to_owned() };
                assert_eq!(walk.scene_after, [after(1, "dusk"), after(2, "a=b")]);
            }
            other => panic!("parsed as {other:?}"),
        }
        match parse("bench --size tiny --segment 14+cache --histories 13,29").unwrap().command {
            Some(Command::Bench(bench)) => {
                assert_eq!(bench.size, Some(SizeName::Tiny));
                assert_eq!(bench.segments, [Sampled { steps: 14, is_cached: true }]);
                assert_eq!((bench.histories, bench.runs), (vec![13, 29], 5));
            }
            other => panic!("parsed as {other:?}"),
        }
        let eval = parse("eval --motions W*3 --motions .:left --places 1 --steps 14");
        match eval.unwrap().command {
            Some(Command::Eval(eval)) => {
                assert_eq!(eval.motions.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1]);
                assert_eq!((eval.places, eval.run.sampling.steps), (1, Some(14)));
            }
            other => panic!("parsed as {other:?}"),
        }
        for wrong in [
            "bench --size tiny --model embedded",
            "bench --size huge",
            "bench --segment 0",
            "bench --segment 14+more",
            "eval --quick --places 3",
            "eval --compare everything",
            "walk --motions W --out a.mp4 --history-frames 0",
            "walk --motions W --out a.mp4 --scene-after 3",
            "walk --motions W --out a.mp4 --scene-after x=y",
            "walk --out a.mp4",
            "walk --motions Q --out a.mp4",
            "--steps 0",
            "--device tpu",
            "--weights int4",
            "--memory 0",
            "--memory nan",
            "--memory much",
        ] {
            assert_eq!(parse(wrong).unwrap_err().exit_code(), 2, "{wrong}");
        }
    }
}

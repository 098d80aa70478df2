//! How fast the embedded model is here, beside `PyTorch` on the same machine in the same run.
//!
//! `cargo bench -p yume-world` prints our figures. With `-- --torch python3` the reference in
//! `torch/reference.py` runs right after ours, and the ratio is printed; it needs `torch`,
//! `safetensors` and `numpy`.

use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use burn::tensor::{DType, Device, Tensor};
use yume_checkpoint::ModelFiles;
use yume_media::{Fit, Frame, read_picture};
use yume_motion::{Motion, parse_script};
use yume_nets::dit::{DitInput, Layout, Plan};
use yume_nets::vae::StreamCache;
use yume_sampler::Noise;
use yume_world::{Model, Outlet, Stage, Start, World};

const RUNS: usize = 30;
/// Latents that the network sees of the past in the reference's measurement.
const HISTORY: usize = 21;
const SEGMENT: usize = 8;

struct Clock {
    started: Instant,
    first_frame: Option<f64>,
    frames: usize,
}

impl Outlet for Clock {
    fn progress(&mut self, _: Stage, _: usize, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn frame(&mut self, _: Frame) -> ControlFlow<()> {
        self.first_frame.get_or_insert(self.started.elapsed().as_secs_f64());
        self.frames += 1;
        ControlFlow::Continue(())
    }
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("assets/tiny");
    let files = ModelFiles::from_folder(&folder).expect("the embedded model is in the repository");
    let open = || {
        Model::open(&files, &Device::flex(), DType::F32).expect("the embedded model fits itself")
    };
    let started = Instant::now();
    let model = open();
    println!("load                 {:8.1} ms", started.elapsed().as_secs_f64() * 1e3);
    let dit = dit_forward(&model);
    println!("DiT forward          {dit} of {RUNS}");
    let vae = vae_decode(&model);
    println!("VAE decode, streamed {vae} of {RUNS}, 8 latents");
    segments(model, &folder);
    if let Some(memory) = peak_memory() {
        println!("peak memory          {memory:8.1} MB");
    }
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--torch") {
        let python = arguments.get(at + 1).map_or("python3", String::as_str);
        compare(python, &folder, dit, vae);
    }
}

fn dit_forward(model: &Model) -> Times {
    let spec = model.spec();
    let (height, width) = (spec.frame.height / 8, spec.frame.width / 8);
    let layout = Layout::Packed { history: HISTORY, window: SEGMENT };
    let plan = Plan::new(&spec.dit, layout, height, width, model.device()).expect("within the cap");
    let mut noise = Noise::new(0, 0);
    let frames = HISTORY + SEGMENT;
    let latents = noise.draw([1, 16, frames, height, width], model.device());
    let conditioning: Tensor<5> = noise.draw([1, 20, frames, height, width], model.device());
    let picture = vec![0.0; 3 * spec.frame.height * spec.frame.width];
    let image = model.image_features(&picture).expect("the embedded image encoder is loaded");
    let context = model
        .context("Person moves forward (W).", image)
        .expect("the embedded text encoder is loaded");
    Times::of(|| {
        let input = DitInput {
            latents: latents.clone(),
            conditioning: conditioning.clone(),
            timesteps: vec![700.0],
        };
        model.dit().forward(input, &context, &plan).into_data();
    })
}

fn vae_decode(model: &Model) -> Times {
    let spec = model.spec();
    let (height, width) = (spec.frame.height / 8, spec.frame.width / 8);
    let latents = Noise::new(0, 1).draw([1, 16, 1 + SEGMENT, height, width], model.device());
    let mut start = StreamCache::default();
    model.vae().decode(latents.clone().narrow(2, 0, 1), &mut start);
    Times::of(|| {
        let mut cache = start.clone();
        for latent in 1..=SEGMENT {
            model.vae().decode(latents.clone().narrow(2, latent, 1), &mut cache).into_data();
        }
    })
}

fn segments(model: Model, folder: &Path) {
    let options = model.options();
    let mut world = World::new(model, &options).expect("the model's own options are valid");
    let picture = start_picture(folder);
    let start = Start { frames: vec![picture], fit: Fit::Crop, scene: String::new(), seed: 0 };
    let mut clock = Clock { started: Instant::now(), first_frame: None, frames: 0 };
    world.begin(&start, &mut clock).map(drop).expect("the embedded model begins");
    println!("begin                {:8.1} ms", clock.started.elapsed().as_secs_f64() * 1e3);
    let script: Vec<Motion> =
        parse_script("W*3,W:left*2,.:right*2,S,W+D*2").expect("a valid script");
    let (mut first, mut whole) = (Vec::new(), Vec::new());
    for motion in script {
        let mut clock = Clock { started: Instant::now(), first_frame: None, frames: 0 };
        world.advance(motion, &mut clock).map(drop).expect("the embedded model advances");
        assert_eq!(clock.frames, 32, "a segment has two seconds of frames");
        whole.push(clock.started.elapsed().as_secs_f64() * 1e3);
        first.extend(clock.first_frame.map(|secs| secs * 1e3));
    }
    println!(
        "first frame          {:8.1} ms  (median of {} segments)",
        middle(&mut first),
        whole.len()
    );
    println!(
        "2-second segment     {:8.1} ms  (median of {} segments)",
        middle(&mut whole),
        whole.len()
    );
    let slowest = whole.last().copied().unwrap_or_default();
    println!("2-second segment     {slowest:8.1} ms  (slowest)");
}

fn start_picture(folder: &Path) -> Frame {
    let mut starts: Vec<PathBuf> = std::fs::read_dir(folder.join("starts"))
        .expect("start pictures are in the repository")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    starts.sort();
    read_picture(&starts[0]).expect("start pictures are readable")
}

/// Milliseconds. Other work on the machine hardly changes the least time.
#[derive(Clone, Copy)]
struct Times {
    median: f64,
    least: f64,
}

impl Times {
    fn of(mut run: impl FnMut()) -> Self {
        run();
        let mut times: Vec<f64> = (0..RUNS)
            .map(|_| {
                let started = Instant::now();
                run();
                started.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        Self { median: middle(&mut times), least: times[0] }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:8.1} ms median, {:.1} ms least", self.median, self.least)
    }
}

fn middle(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The most memory this process had, in megabytes; known on Linux only.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1e3)
}

fn compare(python: &str, folder: &Path, dit: Times, vae: Times) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/torch/reference.py");
    let output = Command::new(python)
        .arg(script)
        .arg("--model")
        .arg(folder)
        .args(["--threads", &threads.to_string(), "--json"])
        .output();
    let report =
        output.ok().and_then(|out| serde_json::from_slice::<serde_json::Value>(&out.stdout).ok());
    let Some(report) = report else {
        eprintln!("PyTorch did not answer; install torch, safetensors and numpy for {python}");
        std::process::exit(1);
    };
    for (name, key, ours) in
        [("DiT forward", "dit_forward", dit), ("VAE decode", "vae_decode", vae)]
    {
        let time = |kind: &str| report[format!("{key}_{kind}")].as_f64().unwrap_or(f64::NAN);
        let theirs = Times { median: time("ms"), least: time("min_ms") };
        println!(
            "{name:<20} {theirs} with PyTorch; ours / PyTorch = {:.2} median, {:.2} least",
            ours.median / theirs.median,
            ours.least / theirs.least
        );
    }
}

//! The loop that all training shares: steps, progress, checkpoints, sheets, and the ways to stop.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::TrainError;

/// The checkpoint in the folder of a run.
pub const CHECKPOINT: &str = "checkpoint.safetensors";

/// Something that is trained.
pub trait Training {
    /// Takes step `step` and returns its loss.
    ///
    /// # Errors
    /// If there is no data or the loss is no number.
    fn step(&mut self, step: u64) -> Result<f32, TrainError>;

    /// The loss on examples that are held out, with the averaged weights.
    ///
    /// # Errors
    /// If the network cannot run.
    fn held_out_loss(&self) -> Result<f32, TrainError>;

    /// Writes everything needed to go on after `step` steps and `secs` seconds.
    ///
    /// # Errors
    /// If the file cannot be written.
    fn save(&self, path: &Path, step: u64, secs: f64) -> Result<(), TrainError>;

    /// Writes pictures of what it can do.
    ///
    /// # Errors
    /// If the picture cannot be made or written.
    fn sheet(&self, path: &Path) -> Result<(), TrainError>;

    /// Writes the model in its shipped form.
    ///
    /// # Errors
    /// If a file cannot be written.
    fn export(&self, folder: &Path, step: u64, secs: f64) -> Result<(), TrainError>;

    /// Segments or clips of one step, for the rate.
    fn items_per_step(&self) -> usize;
}

/// How long a run goes on and how often it writes.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Steps of the whole run.
    pub steps: u64,
    /// Stops after this time, if it is not done by then.
    pub limit: Option<Duration>,
    /// Between checkpoints.
    pub save_every: Duration,
    /// Between sheets.
    pub sheet_every: Duration,
}

/// What a run did.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Steps done, those before included.
    pub step: u64,
    /// The loss of every step of this run.
    pub losses: Vec<f32>,
    /// Seconds spent in steps, earlier runs included.
    pub secs: f64,
}

/// Trains from `first_step` on; writes checkpoints and sheets to `out`, and the model at the end.
///
/// # Errors
/// If a step fails or a file cannot be written.
pub fn run(
    training: &mut impl Training,
    out: &Path,
    (first_step, mut secs): (u64, f64),
    pace: &Pace,
    stop: &AtomicBool,
) -> Result<Outcome, TrainError> {
    let begun = Instant::now();
    let mut meter = Meter::new(first_step, pace.steps, training.items_per_step());
    let (mut saved, mut drawn) = (Instant::now(), Instant::now());
    let mut losses = Vec::new();
    let mut step = first_step;
    let is_over = |step: u64| {
        // Relaxed: the flag carries nothing but itself.
        step >= pace.steps
            || stop.load(Ordering::Relaxed)
            || pace.limit.is_some_and(|limit| begun.elapsed() >= limit)
    };
    while !is_over(step) {
        let started = Instant::now();
        let loss = training.step(step)?;
        secs += started.elapsed().as_secs_f64();
        step += 1;
        losses.push(loss);
        meter.show(step, loss);
        if saved.elapsed() >= pace.save_every {
            training.save(&out.join(CHECKPOINT), step, secs)?;
            saved = Instant::now();
        }
        if drawn.elapsed() >= pace.sheet_every {
            let held_out = training.held_out_loss()?;
            meter.say(&format!("step {step}: held-out loss {held_out:.4}"));
            training.sheet(&out.join(format!("sheet-{step:07}.png")))?;
            drawn = Instant::now();
        }
    }
    training.save(&out.join(CHECKPOINT), step, secs)?;
    let held_out = training.held_out_loss()?;
    meter.say(&format!("step {step}: held-out loss {held_out:.4}, {secs:.0} s of training"));
    training.sheet(&out.join(format!("sheet-{step:07}.png")))?;
    training.export(out, step, secs)?;
    meter.bar.finish_and_clear();
    Ok(Outcome { step, losses, secs })
}

/// The line that shows how far a run is.
struct Meter {
    bar: ProgressBar,
    average: Option<f32>,
    items_per_step: usize,
    first_step: u64,
    begun: Instant,
    said: Instant,
}

impl Meter {
    fn new(first_step: u64, steps: u64, items_per_step: usize) -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(4);
        let bar = ProgressBar::with_draw_target(Some(steps), target).with_position(first_step);
        let template = "{elapsed_precise} {wide_bar} {pos}/{len} {msg} ETA {eta}";
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.reset_eta();
        let now = Instant::now();
        Self { bar, average: None, items_per_step, first_step, begun: now, said: now }
    }

    fn show(&mut self, step: u64, loss: f32) {
        // The average of about the last fifty steps: a single step says little.
        let average = self.average.map_or(loss, |average| average + 0.02 * (loss - average));
        self.average = Some(average);
        let done = (step - self.first_step) as f64;
        let rate = done * self.items_per_step as f64 / self.begun.elapsed().as_secs_f64().max(1e-9);
        let message = format!("loss {average:.4} {rate:.2} items/s");
        self.bar.set_position(step);
        self.bar.set_message(message.clone());
        // Into a file the bar does not go, so a line a minute does.
        if self.bar.is_hidden() && self.said.elapsed() >= Duration::from_secs(60) {
            self.said = Instant::now();
            self.say(&format!("step {step}/{}: {message}", self.bar.length().unwrap_or(0)));
        }
    }

    fn say(&self, text: &str) {
        if self.bar.is_hidden() {
            eprintln!("{text}");
        } else {
            self.bar.println(text);
        }
    }
}

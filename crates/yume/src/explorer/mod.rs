//! The window: shows a walk as it is generated and takes keys, pads, pictures and clicks.
//!
//! Input becomes an `intent`, `visit` applies it to the session, `look_ahead` answers keys before the first frame is
//! there, `screen` draws the picture and the `hud` over it, and `app` joins them in the event loop.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use yume_media::{Fit, Frame};
use yume_motion::{walk::WalkRule, warp::WarpModel};
use yume_session::{Session, SessionError};
use yume_world::Options;

use crate::times::Times;

mod app;
mod error;
mod files;
mod frame_times;
mod hud;
mod icon;
mod intent;
mod keys;
mod look_ahead;
mod pad;
mod pad_thread;
mod panel_keys;
mod screen;
mod taps;
mod visit;
mod wake;

pub use error::ExplorerError;

/// Finds the words of a text that a model does not know.
pub type UnknownWords = std::sync::Arc<dyn Fn(&str) -> Vec<String> + Send + Sync>;

/// What the window shows and knows before the first world begins.
pub struct ExplorerConfig {
    /// Title of the window.
    pub title: String,
    /// The model, for the person: `embedded early model`.
    pub model_label: String,
    /// The device that generates, for the person.
    pub device_label: String,
    /// The picture or video to begin with; without it the first sample is taken.
    pub start: Option<PathBuf>,
    /// Pictures to choose from, best at most nine.
    pub samples: Vec<Sample>,
    /// The world that the look-ahead assumes; without it the window waits for frames.
    pub warp: Option<WarpModel>,
    /// The model was shown scene texts; others leave them out.
    pub knows_scenes: bool,
    /// Words of a scene text that the model does not know.
    pub unknown_words: UnknownWords,
    /// Ways to sample that a person can choose from, the cheapest first; may be none.
    pub presets: Vec<PresetChoice>,
    /// The place among them of the one that the first world begins with.
    pub preset: usize,
    /// What segments took, to tell beforehand what others would.
    pub times: Times,
    /// Seconds of walking in a segment.
    pub segment_secs: f64,
    /// How the camera answers a motion, and how many frames make a second.
    pub walk: WalkRule,
    /// Where recordings and stills go; made when first needed.
    pub recordings_dir: PathBuf,
    /// The seed of every world that begins here.
    pub seed: u64,
    /// Prints one line of frame times to stdout at the end.
    pub frame_times: bool,
    /// Closes the window after this time, for tests.
    pub exit_after: Option<Duration>,
}

/// A picture that is offered as a start.
#[derive(Clone, Debug)]
pub struct Sample {
    /// A short name.
    pub name: String,
    /// The picture.
    pub frame: Frame,
}

/// A way to sample, as it is offered.
#[derive(Clone, Debug)]
pub struct PresetChoice {
    /// A short name.
    pub name: String,
    /// One sentence about it.
    pub explanation: String,
    /// Network evaluations per segment.
    pub evaluations: usize,
    /// What it means.
    pub options: Options,
}

/// What a world begins from.
#[derive(Clone, Debug)]
pub struct ExplorerStart {
    /// A picture, or frames of a video in order, of any size: the walk goes on from the last one.
    pub frames: Vec<Frame>,
    /// How they are brought to the model's size.
    pub fit: Fit,
    /// What the person says about the place; may be empty.
    pub scene: String,
    /// The seed of its randomness.
    pub seed: u64,
    /// How its segments are sampled; `None` goes on with what was last chosen.
    pub sampling: Option<Options>,
}

impl ExplorerStart {
    /// A walk into one picture. It is cropped: upright things stay upright, where a stretched street
    /// would bend every motion.
    pub fn picture(picture: Frame, seed: u64) -> Self {
        let (fit, scene) = (Fit::Crop, String::new());
        Self { frames: vec![picture], fit, scene, seed, sampling: None }
    }
}

/// A change of the world while it goes on.
#[derive(Clone, Debug)]
pub enum ExplorerEdit {
    /// The walk goes on from this picture, of any size, in the place of the one on screen.
    Picture(Frame),
    /// What the person says about the place from now on.
    Scene(String),
    /// How segments are sampled from now on.
    Sampling(Options),
}

/// Opens the window and returns when it is closed. Call it on the main thread, once per process.
///
/// `spawn` starts the session; the closure it is given wakes the window and is made for
/// [`Session::spawn`].
///
/// # Errors
/// Fails with a sentence that says what to do where there is no display or no way to draw, or the session does not start.
pub fn run(
    config: ExplorerConfig,
    spawn: impl FnOnce(
        Box<dyn Fn() + Send + Sync>,
    ) -> Result<Session<ExplorerStart, ExplorerEdit>, SessionError>,
) -> Result<(), ExplorerError> {
    let exit_at = config.exit_after.map(|after| Instant::now() + after);
    let event_loop = app::open_event_loop()?;
    let proxy = event_loop.create_proxy();
    // Fails only when the loop has ended, and then nobody waits for news.
    let waker = wake::Waker::new(move |wake| drop(proxy.send_event(wake)));
    let session = spawn(waker.boxed())?;
    app::run(event_loop, waker, config, session, exit_at)
}

//! The explorer: the window and the session behind it.

use std::path::PathBuf;
use std::time::Duration;

use yume::background;
use yume::embedded;
use yume::explorer::{self, ExplorerConfig, Sample};
use yume_checkpoint::Fill;
use yume_session::{BoxError, Session, SessionConfig, Steering};

use super::{Exit, prepare};
use crate::cli::Explore;

pub(super) fn run(explore: Explore) -> Result<Exit, BoxError> {
    let prepared = prepare(&explore.run)?;
    let spec = prepared.files.spec().clone();
    let samples =
        embedded::starts()?.into_iter().map(|(name, frame)| Sample { name, frame }).collect();
    let config = ExplorerConfig {
        title: "Yume Explorer".to_owned(),
        model_label: prepared.label.clone(),
        device_label: prepared.chosen.label.clone(),
        start: explore.start,
        samples,
        warp: match spec.fill {
            Fill::Warp(model) => Some(model),
            Fill::Zeros | Fill::Hold => None,
        },
        knows_scenes: spec.phrasebook.scene_separator.is_some(),
        walk: spec.walk,
        recordings_dir: explore.recordings.unwrap_or_else(default_recordings),
        seed: explore.run.seed,
        frame_times: explore.frame_times,
        exit_after: explore.exit_after.map(Duration::from_secs_f32),
    };
    let session = SessionConfig {
        fps: spec.frame.fps,
        lookahead_frames: prepared.lookahead_frames(),
        steering: if explore.whole_segments { Steering::Segment } else { Steering::Cut },
    };
    let open = move || {
        background::give_way();
        prepared.open()
    };
    explorer::run(config, |wake| Session::spawn(session, open, wake))?;
    Ok(Exit::Done)
}

fn default_recordings() -> PathBuf {
    std::env::home_dir().unwrap_or_default().join("Videos").join("Yume")
}

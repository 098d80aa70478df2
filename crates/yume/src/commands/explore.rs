//! The explorer: the window and the session behind it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use yume::background;
use yume::embedded;
use yume::explorer::{self, ExplorerConfig, PresetChoice, Sample, UnknownWords};
use yume_checkpoint::{Fill, ModelFiles, ModelSpec, TokenizerKind};
use yume_session::{BoxError, Loading, Session, SessionConfig, Steering};
use yume_world::{Options, Preset, WorldError};

use super::{Exit, prepare, segment_secs};
use crate::cli::Explore;

pub(super) fn run(explore: Explore) -> Result<Exit, BoxError> {
    let prepared = prepare(&explore.run)?;
    let spec = prepared.files.spec().clone();
    let samples =
        embedded::starts()?.into_iter().map(|(name, frame)| Sample { name, frame }).collect();
    let (presets, preset) = presets(&spec, &prepared.options)?;
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
        unknown_words: unknown_words(&prepared.files)?,
        knows_scenes: spec.phrasebook.scene_separator.is_some(),
        presets,
        preset,
        times: prepared.times.clone(),
        segment_secs: segment_secs(&spec),
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
    let open = move |loading: &Loading| {
        background::give_way();
        Ok(prepared.open(Some(loading))?.learning_scenes())
    };
    explorer::run(config, |wake| Session::spawn(session, open, wake))?;
    Ok(Exit::Done)
}

/// What a person can choose in the window, and the place of `own`, which joins them if it is none.
fn presets(spec: &ModelSpec, own: &Options) -> Result<(Vec<PresetChoice>, usize), WorldError> {
    let choice = |name: &str, explanation: &str, options: Options| {
        let (name, explanation) = (name.to_owned(), explanation.to_owned());
        let evaluations = options.evaluations(spec)?;
        Ok(PresetChoice { name, explanation, evaluations, options })
    };
    let mut choices = Preset::ALL
        .into_iter()
        .map(|preset| choice(preset.name(), preset.explanation(), preset.options(spec)))
        .collect::<Result<Vec<_>, WorldError>>()?;
    // Of two that come to the same for this model, the later one has the better name.
    let place = match choices.iter().rposition(|choice| choice.options == *own) {
        Some(place) => place,
        None => {
            choices.push(choice("Your own", "As the command line says.", own.clone())?);
            choices.len() - 1
        }
    };
    Ok((choices, place))
}

/// Finds what a model with a list of words does not know. Tokenizers of pieces know everything.
fn unknown_words(files: &ModelFiles) -> Result<UnknownWords, BoxError> {
    if files.spec().tokenizer != TokenizerKind::Words {
        return Ok(Arc::new(|_| Vec::new()));
    }
    let (tokenizer, spec) = (files.tokenizer()?, files.spec().clone());
    Ok(Arc::new(move |text| spec.unheard(tokenizer.encode(text).unknown)))
}

fn default_recordings() -> PathBuf {
    std::env::home_dir().unwrap_or_default().join("Videos").join("Yume")
}

//! What `yume walk` begins from and how it changes on the way: pictures, videos and words from the
//! command line.

use std::path::Path;

use yume::embedded;
use yume::explorer::{ExplorerEdit, ExplorerStart};
use yume_checkpoint::{ModelSpec, TokenizerKind};
use yume_media::{Fit, Frame, is_video, read_last_frames, read_picture, read_video};
use yume_motion::Motion;
use yume_session::{BoxError, ScriptStep};

use crate::cli::{After, FitChoice, Walk};

/// Reads the start that `walk` names, for the model of `spec`.
pub(super) fn start(walk: &Walk, spec: &ModelSpec) -> Result<ExplorerStart, BoxError> {
    let fit = match walk.fit {
        FitChoice::Crop => Fit::Crop,
        FitChoice::Stretch => Fit::Stretch,
    };
    let scene = walk.scene.clone().unwrap_or_default();
    let knows_scenes = spec.phrasebook.scene_separator.is_some();
    // The samples are pictures of its world.
    let is_small = spec.tokenizer == TokenizerKind::Words;
    let frames = match (&walk.start, scene.trim()) {
        (Some(path), _) => frames(path, walk)?,
        (None, "") => vec![sample(None)?],
        (None, _) if !is_small => {
            return Err("this model goes on from a picture and makes no world from words alone; \
                        add --start with a picture or a video"
                .into());
        }
        (None, words) => {
            let Some(name) = embedded::start_for(words) else {
                let names: Vec<_> = embedded::starts()?.into_iter().map(|(name, _)| name).collect();
                let names = names.join(", ");
                return Err(format!(
                    "this model makes no world from words, and none of its samples is meant by \
                     \"{words}\"; name one ({names}) or a picture with --start"
                )
                .into());
            };
            eprintln!("yume: this model makes no world from words; it begins in its sample {name}");
            vec![sample(Some(name))?]
        }
    };
    let has_later_scene = walk.scene_after.iter().any(|after| !after.what.trim().is_empty());
    if !knows_scenes && (has_later_scene || (walk.start.is_some() && !scene.trim().is_empty())) {
        eprintln!(
            "yume: this model was never shown a scene text; what the place is like is left out"
        );
    }
    Ok(ExplorerStart { frames, fit, scene, seed: walk.run.seed, sampling: None })
}

/// The motions of `walk` with its changes between them.
pub(super) fn steps(walk: &Walk) -> Result<Vec<ScriptStep<ExplorerEdit>>, BoxError> {
    let mut edits: Vec<(usize, ExplorerEdit)> = Vec::new();
    for After { segments, what } in &walk.picture_after {
        edits.push((*segments, ExplorerEdit::Picture(picture(Path::new(what))?)));
    }
    for After { segments, what } in &walk.scene_after {
        edits.push((*segments, ExplorerEdit::Scene(what.clone())));
    }
    let count = walk.motions.len();
    if let Some((late, _)) = edits.iter().find(|(segments, _)| *segments >= count) {
        return Err(format!(
            "nothing follows a change after segment {late}, because the walk has {count}; choose \
             an earlier one"
        )
        .into());
    }
    // Stable, so that changes at one place come in the order in which they are listed above.
    edits.sort_by_key(|(segments, _)| *segments);
    let mut edits = edits.into_iter().peekable();
    let mut steps = Vec::new();
    for (index, &motion) in walk.motions.iter().enumerate() {
        while let Some((_, edit)) = edits.next_if(|(segments, _)| *segments == index) {
            steps.push(ScriptStep::Edit(edit));
        }
        steps.push(ScriptStep::Walk(motion));
    }
    Ok(steps)
}

/// The captions that the walk will need.
pub(super) fn captions(scene: &str, steps: &[ScriptStep<ExplorerEdit>]) -> Vec<(Motion, String)> {
    let mut scene = scene.to_owned();
    let mut captions = Vec::new();
    for step in steps {
        match step {
            ScriptStep::Edit(ExplorerEdit::Scene(other)) => scene.clone_from(other),
            ScriptStep::Edit(ExplorerEdit::Picture(_) | ExplorerEdit::Sampling(_)) => {}
            ScriptStep::Walk(motion) => captions.push((*motion, scene.clone())),
        }
    }
    captions
}

fn frames(path: &Path, walk: &Walk) -> Result<Vec<Frame>, BoxError> {
    if !path.exists() && sample_named(path).is_some() {
        return Ok(vec![picture(path)?]);
    }
    if !is_video(path)? {
        return Ok(vec![read_picture(path)?]);
    }
    if walk.first_frame_only {
        return Ok(read_video(path, 1)?);
    }
    Ok(read_last_frames(path, usize::from(walk.history_frames))?)
}

/// A built-in start or a picture file.
fn picture(path: &Path) -> Result<Frame, BoxError> {
    match sample_named(path) {
        Some(name) if !path.exists() => sample(Some(&name)),
        _ => Ok(read_picture(path)?),
    }
}

fn sample_named(path: &Path) -> Option<String> {
    let mut names = embedded::starts().ok()?.into_iter().map(|(name, _)| name);
    names.find(|name| path.as_os_str() == name.as_str())
}

/// The built-in start of a name, or the first one.
fn sample(name: Option<&str>) -> Result<Frame, BoxError> {
    let found =
        embedded::starts()?.into_iter().find(|(known, _)| name.is_none_or(|name| name == known));
    Ok(found.ok_or("the program was built without start pictures")?.1)
}

//! The files of a finished model: those that are shipped, and where they come from.

use std::fs;
use std::path::Path;

use burn::tensor::TensorData;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use yume_checkpoint::{Precision, save};

use crate::TrainError;
use crate::config::TrainConfig;
use crate::embedded::{DEPTH, depth};

/// Writes weights in the precision that is shipped.
///
/// # Errors
/// If the file cannot be written.
pub fn weights(path: &Path, tensors: &[(String, TensorData)]) -> Result<(), TrainError> {
    Ok(save(path, tensors, Precision::F16, &[("format", "pt")])?)
}

/// Writes `config.json` and `words.json`, and for a model with an estimate of depth the embedded one, which
/// its walks were foreseen with.
///
/// # Errors
/// If a file cannot be written.
pub fn facts(folder: &Path, config: &TrainConfig) -> Result<(), TrainError> {
    text(&folder.join("config.json"), &format!("{:#}\n", config.model))?;
    text(&folder.join("words.json"), &config.words_json())?;
    if config.model.get("depth").is_some_and(|sizes| !sizes.is_null()) {
        let path = folder.join(DEPTH);
        fs::write(&path, depth()).map_err(TrainError::write(&path))?;
    }
    Ok(())
}

/// What `provenance.json` says of a run.
#[derive(Clone, Debug)]
pub struct Provenance<'a> {
    /// The command that trains this part: `vae`, `dit` or `distill`.
    pub command: &'a str,
    /// The recipe.
    pub config: &'a TrainConfig,
    /// Where the weights came from before: a folder, or nothing.
    pub from: Option<&'a Path>,
    /// What else the command reads: the name of its option, without dashes, the folder, and what
    /// tells its weights from others.
    pub beside: Option<(&'a str, &'a Path, &'a str)>,
    /// Steps done.
    pub step: u64,
    /// Seconds spent in steps.
    pub secs: f64,
    /// Loss on held-out examples at the end.
    pub held_out_loss: f32,
}

/// Writes `provenance.json`, with one section per command.
///
/// # Errors
/// If the file cannot be written.
pub fn provenance(folder: &Path, provenance: &Provenance<'_>) -> Result<(), TrainError> {
    let path = folder.join("provenance.json");
    let before = fs::read(&path).ok().and_then(|json| serde_json::from_slice(&json).ok());
    let mut all = match before {
        Some(Value::Object(sections)) => sections,
        _ => serde_json::Map::new(),
    };
    let Provenance { command, config, from, beside, step, secs, held_out_loss } = provenance;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let from = from.map(|from| from.display().to_string());
    let continued = from.as_ref().map(|from| format!(" --from {from}")).unwrap_or_default();
    let read = beside.map(|(name, folder, _)| format!(" --{name} {}", folder.display()));
    let read = read.unwrap_or_default();
    let mut section = json!({
        "made_by": format!("yume-train {}", env!("CARGO_PKG_VERSION")),
        "data": "rendered from the procedural town of yume-town; nothing else",
        "seed": config.seed,
        "steps": step,
        "seconds_in_steps": secs.round(),
        "held_out_loss": held_out_loss,
        "continued_from": from,
        "host": format!("{} {}, {threads} threads", std::env::consts::OS, std::env::consts::ARCH),
        "repeat": format!(
            "save the value of \"recipe\" as recipe.json, then: yume-train {command} --config \
             recipe.json --out NEW_FOLDER{read}{continued}"
        ),
        "recipe": config,
    });
    if let Some((name, folder, mark)) = beside {
        section[*name] = json!({ "folder": folder.display().to_string(), "sha256": mark });
    }
    all.insert((*command).to_owned(), section);
    text(&path, &format!("{:#}\n", Value::Object(all)))
}

/// Copies `file` from one folder to another, which may be the same.
///
/// # Errors
/// If it cannot be read or written.
pub fn copied(from: &Path, to: &Path, file: &str) -> Result<(), TrainError> {
    let (from, to) = (from.join(file), to.join(file));
    if from == to {
        return Ok(());
    }
    fs::copy(&from, &to).map(|_| ()).map_err(TrainError::write(&to))
}

/// SHA-256 of a file, which tells it from others.
///
/// # Errors
/// If it cannot be read.
pub fn mark(path: &Path) -> Result<String, TrainError> {
    let bytes = fs::read(path).map_err(TrainError::read(path))?;
    Ok(format!("{:x}", Sha256::digest(&bytes)))
}

/// Writes a text file, all or nothing.
///
/// # Errors
/// If it cannot be written.
pub fn text(path: &Path, content: &str) -> Result<(), TrainError> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".partial");
    let partial = path.with_file_name(name);
    fs::write(&partial, content)
        .and_then(|()| fs::rename(&partial, path))
        .map_err(TrainError::write(path))
}

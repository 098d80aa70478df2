//! The files of a finished model: those that are shipped, and where they come from.

use std::fs;
use std::path::Path;

use burn::tensor::TensorData;
use serde_json::{Value, json};
use yume_checkpoint::{Precision, save};

use crate::TrainError;
use crate::config::TrainConfig;

/// Writes weights in the precision that is shipped.
///
/// # Errors
/// If the file cannot be written.
pub fn weights(path: &Path, tensors: &[(String, TensorData)]) -> Result<(), TrainError> {
    Ok(save(path, tensors, Precision::F16, &[("format", "pt")])?)
}

/// Writes `config.json` and `words.json`.
///
/// # Errors
/// If a file cannot be written.
pub fn facts(folder: &Path, config: &TrainConfig) -> Result<(), TrainError> {
    text(&folder.join("config.json"), &format!("{:#}\n", config.model))?;
    text(&folder.join("words.json"), &config.words_json())
}

/// What `provenance.json` says of a run.
#[derive(Clone, Debug)]
pub struct Provenance<'a> {
    /// The command that trains this part: `vae` or `dit`.
    pub command: &'a str,
    /// The recipe.
    pub config: &'a TrainConfig,
    /// Where the weights came from before: a folder, or nothing.
    pub from: Option<&'a Path>,
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
    let Provenance { command, config, from, step, secs, held_out_loss } = provenance;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let from = from.map(|from| from.display().to_string());
    let continued = from.as_ref().map(|from| format!(" --from {from}")).unwrap_or_default();
    let section = json!({
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
             recipe.json --out NEW_FOLDER{continued} (dit also needs --vae FOLDER)"
        ),
        "recipe": config,
    });
    all.insert((*command).to_owned(), section);
    text(&path, &format!("{:#}\n", Value::Object(all)))
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

//! `yume models`: what can be walked in, and how to get it.

mod pull;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use yume::device::{self, Found};
use yume::embedded;
use yume_checkpoint::{CheckpointError, ModelFiles};
use yume_hub::{HubCache, ModelName};
use yume_session::BoxError;

use super::Exit;
use crate::cli::{Models, ModelsCommand};

pub(super) fn run(models: &Models) -> Result<Exit, BoxError> {
    match &models.command {
        None => Ok(list(&models.folders)),
        Some(ModelsCommand::Pull(order)) => pull::run(order),
        Some(ModelsCommand::Verify(order)) => verify::run(order),
    }
}

/// The model called `model`: a folder, the name of a downloaded one, or the embedded one; and what to
/// call it.
pub(super) fn find(model: Option<&Path>) -> Result<(ModelFiles, String), BoxError> {
    let Some(model) = model else {
        return Ok((embedded::model_files()?, embedded::LABEL.to_owned()));
    };
    if model.is_dir() {
        return Ok((ModelFiles::from_folder(model)?, super::name_of(model)));
    }
    let text = model.to_string_lossy();
    if text == "embedded" {
        return find(None);
    }
    let name: Option<ModelName> = text.parse().ok();
    let downloaded = HubCache::from_env().into_iter().flat_map(|cache| cache.models());
    if let Some(found) = name
        .as_ref()
        .and_then(|name| downloaded.into_iter().find(|downloaded| downloaded.name == *name))
    {
        return Ok((ModelFiles::from_folder(&found.snapshot)?, text.into_owned()));
    }
    let hint = match name {
        Some(name) => format!(", `yume models pull {name}` downloads it"),
        None => String::new(),
    };
    let sentence =
        "no folder and no downloaded model has this name; `yume models` lists what is here";
    Err(format!("{sentence}{hint}: {}", model.display()).into())
}

/// Prints the embedded model, the downloaded ones, and those in `folders`.
fn list(folders: &[PathBuf]) -> Exit {
    let devices = device::list();
    let embedded = embedded::model_bytes() as u64;
    println!("{:<28} {:>9}  {}, part of this program", "embedded", size(embedded), embedded::LABEL);
    for model in HubCache::from_env().into_iter().flat_map(|cache| cache.models()) {
        // The cache holds the models of all programs.
        if looks_like_a_model(&model.snapshot) {
            show(&model.name.to_string(), &model.snapshot, &devices).unwrap_or_else(|error| {
                println!("{:<28} {:>9}  {error}", model.name, "");
            });
        }
    }
    let mut exit = Exit::Done;
    for folder in folders {
        let below = models_below(folder);
        let below = if below.is_empty() { vec![folder.clone()] } else { below };
        for folder in below {
            if let Err(error) = show(&super::name_of(&folder), &folder, &devices) {
                eprintln!("yume: {error}");
                exit = Exit::Failed;
            }
        }
    }
    exit
}

fn show(name: &str, folder: &Path, devices: &[Found]) -> Result<(), CheckpointError> {
    let files = ModelFiles::from_folder(folder)?;
    let frame = &files.spec().frame;
    println!(
        "{name:<28} {:>9}  {}, {}x{}, {} frames per second, {}",
        size(files.bytes()?),
        files.layout(),
        frame.width,
        frame.height,
        frame.fps,
        folder.display(),
    );
    for verdict in super::fits::verdicts(files.spec(), devices) {
        println!("  {verdict}");
    }
    Ok(())
}

/// The models in a folder of models, by name; none if it is a model itself.
fn models_below(folder: &Path) -> Vec<PathBuf> {
    if looks_like_a_model(folder) {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut below: Vec<_> =
        entries.map(|entry| entry.path()).filter(|path| looks_like_a_model(path)).collect();
    below.sort();
    below
}

/// Whether somebody meant to put a model for this program there, whole or not.
fn looks_like_a_model(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).exists();
    has("Yume-Dit") || has("words.json") || has("transformer") && has("image_encoder")
}

/// `bytes` for a person.
fn size(bytes: u64) -> String {
    match bytes as f64 / 1e6 {
        megabytes if megabytes < 1000.0 => format!("{megabytes:.1} MB"),
        megabytes => format!("{:.1} GB", megabytes / 1000.0),
    }
}

/// A flag that Ctrl-C sets.
fn stop_flag() -> Result<Arc<AtomicBool>, BoxError> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    ctrlc::set_handler(move || set.store(true, Relaxed))
        .map_err(|error| format!("Ctrl-C cannot be caught ({error}); try again"))?;
    Ok(flag)
}

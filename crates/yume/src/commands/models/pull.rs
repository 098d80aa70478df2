//! `yume models pull`: a model from the hub into the cache that all programs share.

use std::env;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::atomic::Ordering::Relaxed;

use yume_checkpoint::{ModelFiles, is_model_file};
use yume_hub::{HubCache, HubError, ModelName, Patience, Pull, pull};
use yume_session::BoxError;

use super::super::Exit;
use super::super::bar::ByteBar;
use crate::cli::PullModel;

pub(super) fn run(order: &PullModel) -> Result<Exit, BoxError> {
    let name: ModelName = order.name.parse()?;
    let cache = HubCache::from_env().ok_or(HubError::NoCache)?;
    let stop = super::stop_flag()?;
    let bar = ByteBar::new();
    let asked = Pull {
        name: &name,
        revision: &order.revision,
        endpoint: order.endpoint.as_deref(),
        is_offline: order.offline || is_set("HF_HUB_OFFLINE"),
        patience: Patience::default(),
    };
    let mut met = String::new();
    let pulled = pull(&asked, &cache, &is_model_file, &mut |progress| {
        bar.show(progress.done, progress.total, progress.file);
        if let Some(setback) = progress.setback.filter(|setback| *setback != met) {
            setback.clone_into(&mut met);
            bar.say(&format!("yume: the hub is asked again soon, because {setback}"));
        }
        if stop.load(Relaxed) { Break(()) } else { Continue(()) }
    });
    bar.clear();
    let snapshot = match pulled {
        Err(error @ HubError::Interrupted) => {
            eprintln!("yume: {error}");
            return Ok(Exit::Interrupted);
        }
        other => other?,
    };
    // All that the hub has is here; whether that is a model is another question.
    ModelFiles::from_folder(&snapshot)?;
    println!("{name} is in {}", snapshot.display());
    println!("Walk in it with `yume --model {name}`.");
    Ok(Exit::Done)
}

/// Whether a variable says yes, as the hub's own library reads it.
fn is_set(variable: &str) -> bool {
    let value = env::var(variable).unwrap_or_default().to_ascii_uppercase();
    ["1", "ON", "YES", "TRUE"].contains(&value.as_str())
}

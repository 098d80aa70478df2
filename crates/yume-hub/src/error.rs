//! What can go wrong with a download, each as one sentence.

use std::io;
use std::path::PathBuf;

/// Why a model could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// This is not how a model is called.
    #[error("{0:?} is not the name of a model; it looks like owner/model")]
    Name(String),
    /// This is not how a revision is called.
    #[error("{0:?} is not the name of a revision; give a branch, a tag or a commit")]
    Revision(String),
    /// There is no home folder and no variable that names a cache.
    #[error("there is no place for downloads; set HF_HUB_CACHE to a folder")]
    NoCache,
    /// The network may not be used, and the model is not here.
    #[error(
        "{name} is not complete on this machine, and the network is not to be used; run `yume models pull {name}` without --offline and HF_HUB_OFFLINE"
    )]
    Offline {
        /// The model.
        name: String,
    },
    /// The hub does not know it, or not for us.
    #[error("the hub has no {what}; check the name and the revision")]
    Missing {
        /// The model or the file.
        what: String,
    },
    /// The hub wants to know who asks.
    #[error(
        "the hub does not give {what} to everybody (status {status}); ask for access on its page and set HF_TOKEN"
    )]
    Refused {
        /// The model or the file.
        what: String,
        /// The status of its answer.
        status: u16,
    },
    /// All attempts failed.
    #[error("{what} could not be downloaded: {reason}; what is here is kept, try again later")]
    GaveUp {
        /// The model or the file.
        what: String,
        /// What the last attempt met.
        reason: String,
    },
    /// Other bytes than announced came, again and again.
    #[error(
        "{what} arrived with other bytes than the hub announces, {times} times; try another network, or tell the owner of the model"
    )]
    Corrupt {
        /// The file.
        what: String,
        /// How often.
        times: u32,
    },
    /// The hub's answer makes no sense, or is dangerous.
    #[error("the hub's answer about {what} cannot be used ({reason}); check --endpoint")]
    Answer {
        /// The model or the file.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The repository is of another kind.
    #[error("{name} holds no model for this program; `yume models --help` shows what can be used")]
    Unusable {
        /// The model.
        name: String,
    },
    /// The disk is too small.
    #[error("the disk has {free_gb:.1} GB free and {needed_gb:.1} GB are needed; make room or set HF_HUB_CACHE to another disk: {}", path.display())]
    Space {
        /// What is missing of the model.
        needed_gb: f64,
        /// What is free.
        free_gb: f64,
        /// The cache.
        path: PathBuf,
    },
    /// Somebody else writes the same file.
    #[error("another program is downloading {what}; wait for it or stop it")]
    Busy {
        /// The file.
        what: String,
    },
    /// The disk would not let us.
    #[error("cannot write the download ({source}); check the folder and its free space: {}", path.display())]
    Disk {
        /// What the operating system said.
        source: io::Error,
        /// The file or folder.
        path: PathBuf,
    },
    /// The person stopped it.
    #[error("the download was stopped; the same command goes on where it was")]
    Interrupted,
}

impl HubError {
    pub(crate) fn disk(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Disk { source, path }
    }

    pub(crate) fn answer(what: impl Into<String>, reason: impl Into<String>) -> Self {
        let reason: String = reason.into();
        let reason = reason.chars().map(|c| if c.is_control() { '?' } else { c }).take(200);
        Self::Answer { what: what.into(), reason: reason.collect() }
    }
}

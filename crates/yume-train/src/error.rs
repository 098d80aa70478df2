//! What can go wrong while training, each as one sentence.

use std::io;
use std::path::{Path, PathBuf};

use yume_checkpoint::CheckpointError;
use yume_media::MediaError;
use yume_nets::dit::PlanError;
use yume_sampler::ScheduleError;
use yume_world::WorldError;

/// Why a run could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Weights could not be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A sheet could not be written.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The model that is evaluated does not work.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The network cannot run this many frames of this size.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The sampler of the model makes no schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The configuration of the run is not usable.
    #[error("the configuration cannot be used ({reason}); correct it: {}", path.display())]
    Config {
        /// The field and what is wrong with it.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// A file could not be read.
    #[error("cannot read a file of the run ({source}); check that it exists and may be read: {}", path.display())]
    Read {
        /// What the operating system said.
        source: io::Error,
        /// The file.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error("cannot write ({source}); check the folder and its free space: {}", path.display())]
    Write {
        /// What the operating system said.
        source: io::Error,
        /// The file or folder.
        path: PathBuf,
    },
    /// A saved run is damaged or belongs to something else.
    #[error("the saved run cannot go on ({reason}); use its own configuration, or another --out: {}", path.display())]
    Resume {
        /// What does not fit.
        reason: String,
        /// The saved run.
        path: PathBuf,
    },
    /// A folder already holds a run.
    #[error("there is a run already; go on with --resume, or choose another --out: {}", .0.display())]
    Exists(PathBuf),
    /// The weights grew beyond all bounds.
    #[error(
        "the loss of step {step} is not a number; lower the learning rate in the configuration and resume"
    )]
    Diverged {
        /// The step, counted from 0.
        step: u64,
    },
    /// The device that was asked for cannot be used.
    #[error(
        "no NVIDIA GPU with a CUDA driver was found; install the driver and the CUDA toolkit, or use --device cpu"
    )]
    NoCuda,
    /// The threads that render the town ended early.
    #[error(
        "a thread that renders the town has failed; its own message is above, resume from the last checkpoint"
    )]
    Feed,
}

impl TrainError {
    pub(crate) fn config(reason: impl std::fmt::Display, path: &Path) -> Self {
        Self::Config { reason: reason.to_string(), path: path.to_owned() }
    }

    pub(crate) fn resume(reason: impl std::fmt::Display, path: &Path) -> Self {
        Self::Resume { reason: reason.to_string(), path: path.to_owned() }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { source, path }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { source, path }
    }
}

//! What can go wrong with a world.

use yume_checkpoint::CheckpointError;
use yume_media::MediaError;
use yume_nets::dit::PlanError;
use yume_sampler::ScheduleError;

/// Why a world could not be opened or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The model's files do not fit.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The pictures of places that come with the model are damaged.
    #[error(transparent)]
    Places(#[from] MediaError),
    /// The network cannot run this many frames of this size.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The number of steps or the shift makes no schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// `advance` or a change came before `begin`.
    #[error("the world has not begun; give it a start picture first")]
    NotBegun,
    /// A start without any picture.
    #[error("a walk begins from at least one picture; choose one")]
    NoPicture,
    /// The network gave infinite or undefined values.
    #[error(
        "the model produced values that are not numbers in segment {segment}; restart the walk, \
         and try another device or precision if it happens again"
    )]
    NotFinite {
        /// The segment, counted from 0.
        segment: usize,
    },
}

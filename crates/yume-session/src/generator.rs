//! What a session drives: one generated world behind a trait, so that threads are tested with a fake one.

use std::ops::ControlFlow;

use yume_media::Frame;
use yume_motion::Motion;

/// Any failure of a generator. Its text is one sentence that says what failed and what to do.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a generator is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Weights are read, or moved to the device. Its steps are megabytes.
    Loading,
    /// The text encoder reads a caption.
    Text,
    /// The solver carries noise to latents.
    Sampling,
    /// The VAE turns latents into frames.
    Decoding,
}

/// How far a stage has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Steps that are done, at most `steps`.
    pub step: u32,
    /// Steps that the stage takes.
    pub steps: u32,
}

/// Where a generator puts what it makes.
///
/// `Break` means stop now, the order is stale. A changed motion is answered by `progress` only, so
/// call it between solver steps and between groups of frames that decode from one latent frame: then
/// whole groups arrive, and what arrived ends on a latent boundary.
pub trait Outlet {
    /// Says how far the order has come.
    fn progress(&mut self, progress: Progress) -> ControlFlow<()>;

    /// Hands over the next frame. Waits while the ring is full.
    fn frame(&mut self, frame: Frame) -> ControlFlow<()>;
}

/// One world, driven by the generator thread only.
pub trait Generator {
    /// What a world begins from: a picture, a scene, a seed.
    type Start: Send + 'static;

    /// What can be changed while a world goes on: another picture, another scene.
    type Edit: Send + 'static;

    /// Begins a new world and emits the start picture. An earlier world is forgotten, whatever state
    /// a failure or a panic left it in.
    ///
    /// # Errors
    /// Fails where the start cannot become a world; the text says why.
    fn begin(
        &mut self,
        start: Self::Start,
        out: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, BoxError>;

    /// Emits one segment that obeys `motion`.
    ///
    /// On `Break` before the first frame the world is as before. On `Break` after it the newest
    /// segment is the one under way, and a [`cut`](Self::cut) to at most the frames that were
    /// emitted follows before anything else.
    ///
    /// # Errors
    /// Fails where the segment cannot be made; the world is then used no more until a new `begin`.
    fn advance(
        &mut self,
        motion: Motion,
        out: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, BoxError>;

    /// Changes the world where it stands. A frame that it emits is the next one of the walk.
    ///
    /// What came before is settled: it is not cut any more. On `Break` the world has changed.
    ///
    /// # Errors
    /// Fails where there is nothing to change; the world is then used no more until a new `begin`.
    fn edit(&mut self, edit: Self::Edit, out: &mut dyn Outlet)
    -> Result<ControlFlow<()>, BoxError>;

    /// Forgets the newest segment after its first `frames` frames and returns how many are really
    /// kept: at least `frames`, and the end of a latent frame.
    ///
    /// Where none is kept the segment before is the newest one, and may be cut next. A generator
    /// that cannot go back so far keeps the segment whole and returns its length or more.
    fn cut(&mut self, frames: usize) -> usize;
}

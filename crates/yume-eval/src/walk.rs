//! One walk of a world along a course.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use yume_media::{Fit, Frame};
use yume_world::{Outlet, Stage, Start, World, WorldError};

use crate::Course;
use crate::clock::processor_time;

/// What a walk has shown, and its price.
pub struct Walked {
    /// The start first.
    pub frames: Vec<Frame>,
    /// Time on the wall per segment.
    pub wall: Duration,
    /// Processor time per segment, where the system tells it.
    pub processor: Option<Duration>,
}

/// Walks `course` from `start`; `None` if `watch` breaks. `watch` is told after every evaluation of the
/// network, and after every segment with `true`.
///
/// # Errors
/// If the world cannot go on.
pub fn walk(
    world: &mut World,
    course: &Course<'_>,
    start: &Frame,
    watch: &mut dyn FnMut(bool) -> ControlFlow<()>,
) -> Result<Option<Walked>, WorldError> {
    let mut seen = Seen { frames: Vec::new(), watch };
    let (frames, scene) = (vec![start.clone()], String::new());
    let start = Start { frames, fit: Fit::Crop, scene, seed: course.seed };
    if world.begin(&start, &mut seen)?.is_break() {
        return Ok(None);
    }
    let (started, spent) = (Instant::now(), processor_time());
    for &motion in &course.motions {
        if world.advance(motion, &mut seen)?.is_break() || (seen.watch)(true).is_break() {
            return Ok(None);
        }
    }
    let count = course.motions.len().max(1) as u32;
    let wall = started.elapsed() / count;
    let processor = spent.zip(processor_time()).map(|(before, now)| (now - before) / count);
    Ok(Some(Walked { frames: seen.frames, wall, processor }))
}

struct Seen<'a> {
    frames: Vec<Frame>,
    watch: &'a mut dyn FnMut(bool) -> ControlFlow<()>,
}

impl Outlet for Seen<'_> {
    fn progress(&mut self, stage: Stage, _: usize, _: usize) -> ControlFlow<()> {
        match stage {
            Stage::Sampling => (self.watch)(false),
            Stage::Text | Stage::Decoding => ControlFlow::Continue(()),
        }
    }

    fn frame(&mut self, frame: Frame) -> ControlFlow<()> {
        self.frames.push(frame);
        ControlFlow::Continue(())
    }
}

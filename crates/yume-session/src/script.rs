//! A walk without a window: the motions of a script, one segment after the other, into a sink.

use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use yume_media::{Frame, FrameSink, MediaError};
use yume_motion::Motion;

use crate::caught::{caught, sentence};
use crate::{Event, Generator, Outlet, Progress, SegmentReport};

/// One element of a script.
#[derive(Clone, Debug, PartialEq)]
pub enum ScriptStep<E> {
    /// One segment that obeys a motion.
    Walk(Motion),
    /// A change of the world.
    Edit(E),
}

/// What a script made.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptReport {
    /// Seconds until the world had begun.
    pub begin_secs: f32,
    /// The complete segments, in order.
    pub segments: Vec<SegmentReport>,
    /// Frames in the sink, those of a segment that was interrupted included.
    pub frames: u64,
    /// True if the script was stopped before its end.
    pub is_interrupted: bool,
}

/// Why a script stopped. The frames made before it are in the sink, which is finished.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The world did not begin.
    #[error("{0}")]
    Begin(String),
    /// A segment was not made.
    #[error("segment {index} ({motion}) was not made, because {reason}")]
    Advance {
        /// Its place in the script, from 0.
        index: usize,
        /// What it should have obeyed.
        motion: Motion,
        /// What went wrong.
        reason: String,
    },
    /// The world was not changed.
    #[error("the change before segment {index} was not made, because {reason}")]
    Edit {
        /// The segment that would have followed, from 0.
        index: usize,
        /// What went wrong.
        reason: String,
    },
    /// The sink took no more.
    #[error(transparent)]
    Sink(#[from] MediaError),
}

/// Drives `generator` from `start` through `steps` as fast as it goes. All frames but the start
/// picture go to `sink`; once `interrupted` is true the segment under way is broken off.
///
/// # Errors
/// Fails where the generator or the sink does. What was made before it is kept.
pub fn run_script<G: Generator>(
    generator: &mut G,
    start: G::Start,
    steps: Vec<ScriptStep<G::Edit>>,
    mut sink: Box<dyn FrameSink>,
    on_event: &mut dyn FnMut(Event),
    interrupted: &AtomicBool,
) -> Result<ScriptReport, ScriptError> {
    let out =
        Straight { sink: None, on_event, interrupted, frames: 0, first_frame: None, failure: None };
    let walked = walk(generator, start, steps, &mut *sink, out);
    // After a failure too: what was made before it shall be playable.
    let finished = sink.finish();
    let report = walked?;
    finished?;
    Ok(report)
}

fn walk<'a, G: Generator>(
    generator: &mut G,
    start: G::Start,
    steps: Vec<ScriptStep<G::Edit>>,
    sink: &'a mut dyn FrameSink,
    mut out: Straight<'a>,
) -> Result<ScriptReport, ScriptError> {
    let started = Instant::now();
    let mut flow =
        caught("the start", || generator.begin(start, &mut out).map_err(|error| sentence(&*error)))
            .map_err(ScriptError::Begin)?;
    let begin_secs = started.elapsed().as_secs_f32();
    if flow.is_continue() {
        (out.on_event)(Event::Begun);
    }
    out.sink = Some(sink);
    let mut segments = Vec::new();
    for step in steps {
        let index = segments.len();
        if flow.is_break() || out.interrupted.load(Relaxed) {
            flow = Break(());
            break;
        }
        let motion = match step {
            ScriptStep::Walk(motion) => motion,
            ScriptStep::Edit(edit) => {
                let done = caught("the change", || {
                    generator.edit(edit, &mut out).map_err(|error| sentence(&*error))
                });
                if let Some(failure) = out.failure.take() {
                    return Err(ScriptError::Sink(failure));
                }
                flow = done.map_err(|reason| ScriptError::Edit { index, reason })?;
                if flow.is_continue() {
                    (out.on_event)(Event::Edited);
                }
                continue;
            }
        };
        let started = Instant::now();
        let before = out.frames;
        out.first_frame = None;
        let done = caught("the segment", || {
            generator.advance(motion, &mut out).map_err(|error| sentence(&*error))
        });
        if let Some(failure) = out.failure.take() {
            return Err(ScriptError::Sink(failure));
        }
        flow = done.map_err(|reason| ScriptError::Advance { index, motion, reason })?;
        if flow.is_continue() {
            let report = SegmentReport {
                motion,
                index,
                seconds: started.elapsed().as_secs_f32(),
                first_frame_secs: out
                    .first_frame
                    .map_or(0.0, |first| (first - started).as_secs_f32()),
                frames: usize::try_from(out.frames - before).unwrap_or(usize::MAX),
            };
            (out.on_event)(Event::SegmentDone(report));
            segments.push(report);
        }
    }
    Ok(ScriptReport { begin_secs, segments, frames: out.frames, is_interrupted: flow.is_break() })
}

/// The outlet of a script: straight into the sink.
struct Straight<'a> {
    /// `None` until the world has begun, so that the start picture is left out.
    sink: Option<&'a mut dyn FrameSink>,
    on_event: &'a mut dyn FnMut(Event),
    interrupted: &'a AtomicBool,
    frames: u64,
    first_frame: Option<Instant>,
    failure: Option<MediaError>,
}

impl Straight<'_> {
    fn answer(&self) -> ControlFlow<()> {
        // Relaxed is enough: nothing else is read on the strength of it.
        if self.interrupted.load(Relaxed) || self.failure.is_some() {
            Break(())
        } else {
            Continue(())
        }
    }
}

impl Outlet for Straight<'_> {
    fn progress(&mut self, progress: Progress) -> ControlFlow<()> {
        (self.on_event)(Event::Progress(progress));
        self.answer()
    }

    fn frame(&mut self, frame: Frame) -> ControlFlow<()> {
        self.first_frame.get_or_insert_with(Instant::now);
        if let (Some(sink), None) = (&mut self.sink, &self.failure) {
            match sink.push(&frame) {
                Ok(()) => self.frames += 1,
                Err(failure) => self.failure = Some(failure),
            }
        }
        self.answer()
    }
}

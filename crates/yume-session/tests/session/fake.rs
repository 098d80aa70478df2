//! A world of numbered frames that keeps account of what it was asked and what it keeps.

use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use yume_media::Frame;
use yume_motion::Motion;
use yume_session::{BoxError, Generator, Outlet, Progress, Stage};

/// Frames of a segment, and frames that decode from one latent frame.
pub(crate) const FRAMES: usize = 12;
pub(crate) const STRIDE: usize = 4;
const STEPS: u32 = 3;

/// What a frame says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) start: u8,
    pub(crate) motion: Motion,
    /// Never given twice by one world.
    pub(crate) number: u32,
}

impl Mark {
    fn frame(self) -> Frame {
        let [a, b, c, d] = self.number.to_le_bytes();
        Frame::new(2, 1, vec![self.start, self.motion.to_byte(), a, b, c, d])
    }

    pub(crate) fn read(frame: &Frame) -> Self {
        let [start, motion, a, b, c, d] = frame.rgb[..] else { panic!("a frame of another world") };
        let motion = Motion::from_byte(motion).unwrap();
        Self { start, motion, number: u32::from_le_bytes([a, b, c, d]) }
    }
}

/// The account of a world.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) begun: Vec<u8>,
    pub(crate) asked: Vec<Motion>,
    pub(crate) cuts: Vec<usize>,
    pub(crate) edits: Vec<u8>,
    /// The frames of the world as it now is, the start picture first.
    pub(crate) kept: Vec<Mark>,
    /// Where its segments begin in `kept`.
    segments: Vec<usize>,
    made: u32,
}

/// Where the world waits for a test that steps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Sampling(u32),
    Decoding(u32),
}

/// The test's end of a world that waits at every moment. Dropping it lets the world run.
pub(crate) struct Steps {
    arrived: Receiver<Moment>,
    go: Sender<()>,
}

impl Steps {
    /// Lets the world run until it arrives at `moment`, where it waits.
    pub(crate) fn until(&self, moment: Moment) {
        loop {
            let arrived = self.arrived.recv_timeout(crate::walk::PATIENCE).unwrap();
            if arrived == moment {
                return;
            }
            self.go.send(()).unwrap();
        }
    }

    /// Lets the world go on from where it waits, up to the next moment.
    pub(crate) fn go(&self) {
        self.go.send(()).unwrap();
    }
}

type Trouble = Box<dyn FnMut(usize) -> Result<ControlFlow<()>, BoxError> + Send>;

#[derive(Default)]
pub(crate) struct World {
    /// The account, shared with the test until the world is dropped.
    pub(crate) log: Arc<Mutex<Log>>,
    pub(crate) start: u8,
    pub(crate) steps: Option<(Sender<Moment>, Receiver<()>)>,
    /// Called before a segment is sampled, with how many were asked for.
    pub(crate) trouble: Option<Trouble>,
    pub(crate) has_no_way_back: bool,
    pub(crate) has_empty_segments: bool,
    pub(crate) cut_panics: bool,
}

impl World {
    pub(crate) fn stepped(&mut self) -> Steps {
        let (arrive, arrived) = bounded(0);
        let (go, gone) = bounded(0);
        self.steps = Some((arrive, gone));
        Steps { arrived, go }
    }

    fn moment(&self, moment: Moment) {
        if let Some((arrive, go)) = &self.steps
            && arrive.send(moment).is_ok()
        {
            go.recv().ok();
        }
    }

    fn next(&self, motion: Motion) -> Frame {
        let mut log = self.log.lock().unwrap();
        log.made += 1;
        let mark = Mark { start: self.start, motion, number: log.made };
        log.kept.push(mark);
        mark.frame()
    }
}

impl Generator for World {
    type Start = u8;
    type Edit = u8;

    /// Start 99 fails and start 98 is a bug.
    fn begin(&mut self, start: u8, out: &mut dyn Outlet) -> Result<ControlFlow<()>, BoxError> {
        {
            let mut log = self.log.lock().unwrap();
            log.begun.push(start);
            log.kept.clear();
            log.segments.clear();
        }
        self.start = start;
        match start {
            99 => Err("the picture is broken; choose another".into()),
            98 => panic!("begin is wrong"),
            _ => Ok(out.frame(self.next(Motion::STILL))),
        }
    }

    fn advance(
        &mut self,
        motion: Motion,
        out: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, BoxError> {
        let asked = {
            let mut log = self.log.lock().unwrap();
            log.asked.push(motion);
            log.asked.len()
        };
        if let Some(trouble) = &mut self.trouble
            && trouble(asked)?.is_break()
        {
            return Ok(Break(()));
        }
        for step in 0..STEPS {
            self.moment(Moment::Sampling(step));
            thread::yield_now();
            if out.progress(Progress { stage: Stage::Sampling, step, steps: STEPS }).is_break() {
                return Ok(Break(()));
            }
        }
        if self.has_empty_segments {
            return Ok(Continue(()));
        }
        let steps = u32::try_from(FRAMES / STRIDE).unwrap();
        for step in 0..steps {
            self.moment(Moment::Decoding(step));
            if out.progress(Progress { stage: Stage::Decoding, step, steps }).is_break() {
                return Ok(Break(()));
            }
            if step == 0 {
                let mut log = self.log.lock().unwrap();
                let start = log.kept.len();
                log.segments.push(start);
            }
            for _ in 0..STRIDE {
                if out.frame(self.next(motion)).is_break() {
                    return Ok(Break(()));
                }
            }
        }
        Ok(Continue(()))
    }

    /// An even edit shows a picture, an odd one does not. Edit 99 fails and edit 98 is a bug.
    fn edit(&mut self, edit: u8, out: &mut dyn Outlet) -> Result<ControlFlow<()>, BoxError> {
        self.log.lock().unwrap().edits.push(edit);
        match edit {
            99 => return Err("the picture is broken; choose another".into()),
            98 => panic!("edit is wrong"),
            _ => self.start = edit,
        }
        let is_picture = edit.is_multiple_of(2);
        let shown = if is_picture { out.frame(self.next(Motion::STILL)) } else { Continue(()) };
        self.log.lock().unwrap().segments.clear();
        Ok(shown)
    }

    fn cut(&mut self, frames: usize) -> usize {
        assert!(!self.cut_panics, "cut is wrong");
        // Gives a playhead that does not stand still the time to be caught.
        thread::sleep(Duration::from_micros(50));
        let mut log = self.log.lock().unwrap();
        log.cuts.push(frames);
        if self.has_no_way_back {
            return usize::MAX;
        }
        let start = *log.segments.last().unwrap();
        let made = log.kept.len() - start;
        assert!(frames <= made, "cut to {frames} of {made} frames");
        let kept = frames.next_multiple_of(STRIDE);
        assert!(kept <= made, "the segment was broken off between latent frames");
        log.kept.truncate(start + kept);
        if kept == 0 {
            log.segments.pop();
        }
        kept
    }
}

//! The generator thread: takes one order after the other and alone touches the generator.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

use tracing::debug;
use yume_motion::Motion;

use crate::caught::{caught, sentence};
use crate::live::Live;
use crate::loading::Loading;
use crate::lock::Guarded;
use crate::mailbox::Mailbox;
use crate::motions::Origin;
use crate::segments::Segment;
use crate::state::{Order, State};
use crate::{BoxError, Event, Generator, SegmentReport};

pub(crate) struct Worker<S, E> {
    pub(crate) state: Arc<Guarded<State<S, E>>>,
    pub(crate) mailbox: Arc<Mailbox>,
}

impl<S, E> Worker<S, E> {
    /// The whole life of the thread. The generator is opened and dropped here.
    pub(crate) fn run<G>(&self, open: impl FnOnce(&Loading) -> Result<G, BoxError>)
    where
        G: Generator<Start = S, Edit = E>,
        S: Send + 'static,
        E: Send + 'static,
    {
        let loading = Loading::new(&self.state, &self.mailbox);
        let opened =
            caught("opening the model", || open(&loading).map_err(|error| sentence(&*error)));
        match opened {
            Ok(mut generator) => {
                self.state.change(|state| state.progress = None);
                self.mailbox.post(Event::Ready);
                while self.obey(&mut generator) {}
            }
            Err(text) => {
                self.state.change(|state| state.ended = Some(text.clone()));
                self.mailbox.post(Event::Failed(text));
            }
        }
    }

    /// Waits for an order and carries it out; false when the session is closed.
    fn obey<G: Generator<Start = S, Edit = E>>(&self, generator: &mut G) -> bool {
        let (epoch, order) =
            self.state.wait_for(|state| state.next_order().map(|order| (state.epoch, order)));
        match order {
            Order::Begin(start) => self.begin(generator, epoch, start),
            Order::Advance(motion, origin) => self.advance(generator, epoch, motion, origin),
            Order::Cut(frames) => self.cut(generator, epoch, frames),
            Order::Edit(edit) => self.edit(generator, epoch, edit),
            Order::Close => return false,
        }
        true
    }

    fn begin<G: Generator<Start = S, Edit = E>>(&self, generator: &mut G, epoch: u64, start: S) {
        let mut out = Live::new(self, epoch, None);
        let done = caught("the start", || {
            generator.begin(start, &mut out).map_err(|error| sentence(&*error))
        });
        match done {
            Ok(Continue(())) => {
                let is_current = self.settle(epoch, |state| state.finish(None));
                if is_current {
                    self.mailbox.post(Event::Begun);
                }
            }
            Ok(Break(())) => self.fail(epoch, stopped_by_itself("the start")),
            Err(text) => self.fail(epoch, text),
        }
    }

    fn advance<G>(&self, generator: &mut G, epoch: u64, motion: Motion, origin: Origin)
    where
        G: Generator<Start = S, Edit = E>,
    {
        let mut out = Live::new(self, epoch, Some((motion, origin)));
        let start = self.state.lock().ring.end();
        let done = caught("the segment", || {
            generator.advance(motion, &mut out).map_err(|error| sentence(&*error))
        });
        let is_whole = match done {
            Ok(Continue(())) if out.frames > 0 => true,
            Ok(Continue(())) => {
                return self.fail(
                    epoch,
                    "the generator made a segment without frames; choose another model".to_owned(),
                );
            }
            Ok(Break(())) if out.is_broken => false,
            Ok(Break(())) => return self.fail(epoch, stopped_by_itself("the segment")),
            Err(text) => return self.fail(epoch, text),
        };
        let report = out.report(motion);
        let frames = out.frames;
        let segment = Segment { motion, origin, start, frames, is_whole };
        let mut index = 0;
        let is_current = self.settle(epoch, |state| {
            index = state.segments;
            state.finish((frames > 0).then_some(segment));
            if is_whole {
                state.seconds_per_segment = Some(report.seconds);
            }
        });
        if is_current && is_whole {
            debug!(%motion, index, seconds = report.seconds, "segment");
            self.mailbox.post(Event::SegmentDone(SegmentReport { index, ..report }));
        }
    }

    fn cut<G: Generator<Start = S, Edit = E>>(&self, generator: &mut G, epoch: u64, frames: usize) {
        match caught("the turn", || Ok(generator.cut(frames))) {
            Ok(kept) => {
                self.settle(epoch, |state| state.finish_cut(kept));
                // The playhead stood still meanwhile.
                self.mailbox.wake();
            }
            Err(text) => self.fail(epoch, text),
        }
    }

    fn edit<G: Generator<Start = S, Edit = E>>(&self, generator: &mut G, epoch: u64, edit: E) {
        let mut out = Live::new(self, epoch, None);
        let done = caught("the change", || {
            generator.edit(edit, &mut out).map_err(|error| sentence(&*error))
        });
        match done {
            Ok(flow) if flow.is_continue() || out.is_broken => {
                if self.settle(epoch, State::finish_edit) {
                    self.mailbox.post(Event::Edited);
                }
            }
            Ok(_) => self.fail(epoch, stopped_by_itself("the change")),
            Err(text) => self.fail(epoch, text),
        }
    }

    fn fail(&self, epoch: u64, text: String) {
        if self.settle(epoch, State::fail) {
            self.mailbox.post(Event::Failed(text));
        }
    }

    /// Takes in the result of an order, unless it is stale.
    fn settle(&self, epoch: u64, result: impl FnOnce(&mut State<S, E>)) -> bool {
        self.state.change(|state| {
            let is_current = !state.is_stale(epoch);
            if is_current {
                result(state);
            }
            is_current
        })
    }
}

fn stopped_by_itself(what: &str) -> String {
    format!("the generator broke off {what} without being asked; begin again and report it")
}

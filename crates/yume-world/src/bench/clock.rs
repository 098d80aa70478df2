//! Runs a piece of work until its time is known.

use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::time::Instant;

use burn::tensor::Device;
use serde::Serialize;

use super::Request;

/// How far the measurement is, in operations counted.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// What is run next.
    pub what: &'a str,
    /// Operations done.
    pub done: u64,
    /// Operations in all.
    pub all: u64,
}

/// Milliseconds of one piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    /// The very first pass, in which a GPU compiles and tunes its kernels.
    pub first_ms: f64,
    /// The middle one of those that count.
    pub median_ms: f64,
    /// The shortest of those that count; other work on the machine hardly changes it.
    pub least_ms: f64,
}

/// Why measuring stopped.
pub(super) enum Stop {
    /// The watcher said so.
    Interrupted,
    /// One sentence.
    Failed(String),
}

type Watch<'a> = dyn FnMut(Progress<'_>) -> ControlFlow<()> + 'a;

pub(super) struct Clock<'a> {
    device: Device,
    warm_ups: usize,
    runs: usize,
    ends: Option<Instant>,
    done: u64,
    all: u64,
    skipped: Vec<String>,
    watch: &'a mut Watch<'a>,
}

impl<'a> Clock<'a> {
    pub(super) fn new(device: Device, request: &Request, watch: &'a mut Watch<'a>) -> Self {
        Self {
            device,
            warm_ups: request.warm_ups.max(1),
            runs: request.runs.max(1),
            ends: request.longest.map(|longest| Instant::now() + longest),
            done: 0,
            all: 0,
            skipped: Vec::new(),
            watch,
        }
    }

    /// Passes of a piece of work, those that do not count included.
    pub(super) fn passes(&self) -> u64 {
        (self.warm_ups + self.runs) as u64
    }

    /// `flops` are still to be done, in every pass.
    pub(super) fn expect(&mut self, flops: u64) {
        self.all += flops * self.passes();
    }

    /// `flops` are still to be done, once.
    pub(super) fn expect_once(&mut self, flops: u64) {
        self.all += flops;
    }

    /// What was left out for lack of time.
    pub(super) fn into_skipped(self) -> Vec<String> {
        self.skipped
    }

    /// Whether `what`, which takes about `secs`, is to be left out for lack of time.
    pub(super) fn skips(&mut self, what: &str, secs: f64) -> bool {
        let left = self.ends.map(|ends| ends.saturating_duration_since(Instant::now()));
        let skips = left.is_some_and(|left| left.as_secs_f64() <= secs);
        if skips {
            self.skipped.push(what.to_owned());
        }
        skips
    }

    /// The times of `run`, which does `flops` operations; nothing if no time is left for it.
    pub(super) fn time<T>(
        &mut self,
        what: &str,
        flops: u64,
        mut run: impl FnMut() -> T,
    ) -> Result<Option<Times>, Stop> {
        if self.skips(what, 0.0) {
            return Ok(None);
        }
        let mut millis = Vec::new();
        for _ in 0..self.passes() {
            self.tell(what)?;
            let (made, secs) = guarded(&self.device, what, &mut run)?;
            drop(made);
            millis.push(secs * 1e3);
            self.did(flops);
        }
        let mut counted = millis.split_off(self.warm_ups);
        counted.sort_by(f64::total_cmp);
        let (median_ms, least_ms) = (counted[counted.len() / 2], counted[0]);
        Ok(Some(Times { first_ms: millis[0], median_ms, least_ms }))
    }

    /// Tells the watcher what comes next.
    pub(super) fn tell(&mut self, what: &str) -> Result<(), Stop> {
        let progress = Progress { what, done: self.done, all: self.all };
        match (self.watch)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Stop::Interrupted),
        }
    }

    /// `flops` operations are done.
    pub(super) fn did(&mut self, flops: u64) {
        self.done += flops;
    }
}

/// Runs `work` to its end on `device`: what it gives, and the seconds. A driver that panics becomes a
/// sentence.
pub(super) fn guarded<T>(
    device: &Device,
    what: &str,
    work: impl FnOnce() -> T,
) -> Result<(T, f64), Stop> {
    let started = Instant::now();
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let made = work();
        device.sync().map(|()| made).map_err(|error| error.to_string())
    }));
    let reason = match outcome {
        Ok(Ok(made)) => return Ok((made, started.elapsed().as_secs_f64())),
        Ok(Err(reason)) => reason,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            text.unwrap_or("its driver gave no reason").to_owned()
        }
    };
    let advice = "try a smaller size, or another --device";
    Err(Stop::Failed(format!("the device failed in \"{what}\": {reason}; {advice}")))
}

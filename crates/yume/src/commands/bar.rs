//! Bars for what takes longer than a second.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done sooner shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar over the network evaluations of everything to come, so that the estimate moves evenly.
pub(crate) fn ticks(count: u64) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(count), target);
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta} left");
    bar.set_style(style.expect("the template is fixed and valid"));
    bar
}

/// Bytes done, rate and time left, on a terminal. Clones show the same bar.
#[derive(Clone)]
pub(crate) struct ByteBar {
    bar: ProgressBar,
    started: Instant,
}

impl ByteBar {
    /// A bar that is not seen yet.
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template(
            "{bar:30} {bytes:>10} of {total_bytes}  {bytes_per_sec}  {eta} left  {wide_msg}",
        );
        bar.set_style(style.expect("the template is fixed and valid"));
        Self { bar, started: Instant::now() }
    }

    /// Shows `done` of `total` bytes.
    pub(crate) fn show(&self, done: u64, total: u64, what: &str) {
        let is_due = self.bar.is_hidden() && self.started.elapsed() > PATIENCE && done < total;
        if is_due && std::io::stderr().is_terminal() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
        if self.bar.message() != what {
            self.bar.set_message(what.to_owned());
        }
    }

    /// Prints a line, above the bar if there is one.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

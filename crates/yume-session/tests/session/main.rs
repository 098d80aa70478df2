//! The session's threads, driven against a fake world that takes milliseconds.

#![allow(clippy::unwrap_used, reason = "what the tests share may unwrap as they do")]

mod edits;
mod failures;
mod fake;
mod fake_sink;
mod idle;
mod pacing;
mod queue;
mod recording;
mod restarts;
mod script;
mod steering;
mod storm;
mod walk;

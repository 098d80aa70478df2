//! Models from the command line: what a person sees of good, bad and missing ones.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod commands;
mod corrupt;
mod folder;
mod hostile;
mod miniature;

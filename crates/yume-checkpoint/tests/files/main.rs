//! Everything about a model's files, in one test program.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod captions;
mod common;
mod depth;
// Elsewhere a file without content takes room on the disk.
#[cfg(unix)]
mod full_size;
mod hostile;
mod libraries;
mod models;
mod networks;
mod reading;
mod relative;
mod tokens;

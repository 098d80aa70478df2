//! Downloads from a server that does everything wrong that a network can do.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod answers;
mod faults;
mod kills;
mod place;
mod server;

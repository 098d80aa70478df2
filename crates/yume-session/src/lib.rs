//! The generator thread, motion queue, ring, pacing and recording.
//!
//! [`Session`] is for a window: the main thread says what is held and asks for the frame that is due,
//! a [`Generator`] makes frames on its own thread, and a recorder writes what was shown on a third.
//! [`run_script`] is for the command line: the same generator without threads and without pacing.

mod caught;
mod config;
mod event;
mod generator;
mod live;
mod loading;
mod lock;
mod mailbox;
mod motions;
mod playhead;
mod recorder;
mod ring;
mod script;
mod segments;
mod session;
mod state;
mod status;
mod thread;
mod worker;

pub use config::{SessionConfig, SessionError, Steering};
pub use event::{Event, SegmentReport};
pub use generator::{BoxError, Generator, Outlet, Progress, Stage};
pub use loading::Loading;
pub use script::{ScriptError, ScriptReport, ScriptStep, run_script};
pub use session::Session;
pub use status::{RecordingStatus, Status, Tick};

//! Quantized camera motion: held keys and sticks become one of 81 motions, a motion becomes a
//! caption and a camera path, and a recorded camera path becomes motions again.
//!
//! The small world's camera is here too: how a motion moves the walker ([`walk`]) and how the last
//! picture looks from where the walker will be ([`warp`]).

mod held;
mod motion;
mod phrasebook;
mod phrases;
mod script;
pub mod seen;
mod speed;
mod sticks;
pub mod trajectory;
mod travel;
mod turn;
pub mod walk;
pub mod warp;

pub use held::HeldKeys;
pub use motion::Motion;
pub use phrasebook::{Phrasebook, SpeedSentences};
pub use script::{MAX_SCRIPT_MOTIONS, ScriptError, ScriptProblem, parse_script};
pub use speed::{Figure, Speed};
pub use sticks::Sticks;
pub use travel::Travel;
pub use turn::Turn;

//! One of the 81 motions: a travel and a turn.

use std::{fmt, str::FromStr};

use crate::{ScriptError, Travel, Turn, script};

/// Quantized camera motion, held for one segment.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug, Default)]
pub struct Motion {
    /// The translation.
    pub travel: Travel,
    /// The rotation.
    pub turn: Turn,
}

impl Motion {
    /// Neither travels nor turns.
    pub const STILL: Self = Self { travel: Travel::Still, turn: Turn::Still };
    /// How many motions there are: nine travels times nine turns.
    pub const COUNT: usize = Travel::ALL.len() * Turn::ALL.len();

    /// All motions in the order of their bytes.
    pub fn all() -> impl Iterator<Item = Self> {
        Travel::ALL
            .into_iter()
            .flat_map(|travel| Turn::ALL.into_iter().map(move |turn| Self { travel, turn }))
    }

    /// The motion's number, 0 to 80: nine times the travel plus the turn. Still is 0.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self.travel as u8 * Turn::ALL.len() as u8 + self.turn as u8
    }

    /// The motion with this number, or `None` above 80.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        let byte = usize::from(byte);
        let travel = *Travel::ALL.get(byte / Turn::ALL.len())?;
        Some(Self { travel, turn: Turn::ALL[byte % Turn::ALL.len()] })
    }

    /// Whether the camera neither travels nor turns.
    #[must_use]
    pub fn is_still(self) -> bool {
        self == Self::STILL
    }
}

impl fmt::Display for Motion {
    /// Writes what [`crate::parse_script`] reads: `W+A:left`, `W`, `.:up`, or `.` for still.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let travel = if self.travel == Travel::Still { "." } else { self.travel.keys() };
        if self.turn == Turn::Still {
            f.pad(travel)
        } else {
            f.pad(&format!("{travel}:{}", self.turn.name()))
        }
    }
}

impl FromStr for Motion {
    type Err = ScriptError;

    /// Reads one motion as it stands in a script, without a count.
    fn from_str(text: &str) -> Result<Self, ScriptError> {
        script::parse_motion(text, 0)
    }
}

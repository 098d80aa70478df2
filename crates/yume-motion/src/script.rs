//! A walk written down: `W*3,W+A:left,.:right,S` is three segments ahead, one ahead and left while
//! turning left, one turning right on the spot, one back.

use thiserror::Error;

use crate::{Motion, Travel, Turn};

/// The most motions that one script may ask for; more than two days of segments.
pub const MAX_SCRIPT_MOTIONS: usize = 100_000;

/// Why a script cannot be read, and where.
#[derive(Clone, Eq, PartialEq, Debug, Error)]
#[error("character {position}: {problem}")]
pub struct ScriptError {
    /// The character at which the trouble begins, counted from 1.
    pub position: usize,
    /// What is wrong there.
    pub problem: ScriptProblem,
}

/// What is wrong at a place in a script.
#[derive(Clone, Eq, PartialEq, Debug, Error)]
pub enum ScriptProblem {
    /// Nothing where a motion should be.
    #[error("a motion is missing; write keys such as W or W+A, or . to stand still")]
    Missing,
    /// Not one of the keys.
    #[error("`{0}` is not a key; use W, A, S, D, a pair such as W+A, or . to stand still")]
    Key(String),
    /// Not a direction to turn to.
    #[error("`{0}` is not a turn; use left, right, up, down, or a pair such as up-left")]
    Turn(String),
    /// Two names on the same axis.
    #[error("`{0}` names one axis twice; keep one of the two")]
    Clash(String),
    /// Not a number of segments.
    #[error("`{0}` is not a count; write a whole number of at least 1 after *")]
    Count(String),
    /// Too many motions in all.
    #[error("the script asks for more than {MAX_SCRIPT_MOTIONS} motions; lower the counts")]
    TooLong,
}

/// Reads a script: motions separated by commas or line ends, each `KEYS`, `KEYS:TURN`, and `*COUNT`
/// to repeat it. Upper and lower case are the same, blanks around names do not count, blank lines
/// are skipped.
///
/// # Errors
/// The first place that cannot be read, with what may stand there.
pub fn parse_script(script: &str) -> Result<Vec<Motion>, ScriptError> {
    let mut motions = Vec::new();
    let mut position = 0;
    for line in script.split('\n') {
        let mut start = position;
        position += line.chars().count() + 1;
        if line.trim().is_empty() {
            continue;
        }
        for item in line.split(',') {
            let (motion, count) = parse_item(item, start)?;
            if count > MAX_SCRIPT_MOTIONS - motions.len() {
                return Err(error(item, start, ScriptProblem::TooLong));
            }
            motions.extend(std::iter::repeat_n(motion, count));
            start += item.chars().count() + 1;
        }
    }
    if motions.is_empty() {
        return Err(error("", 0, ScriptProblem::Missing));
    }
    Ok(motions)
}

fn parse_item(item: &str, start: usize) -> Result<(Motion, usize), ScriptError> {
    let Some((motion, count)) = item.split_once('*') else {
        return Ok((parse_motion(item, start)?, 1));
    };
    let after = start + motion.chars().count() + 1;
    let motion = parse_motion(motion, start)?;
    let digits = count.trim();
    if digits.is_empty() || digits.bytes().any(|byte| !byte.is_ascii_digit()) {
        return Err(error(count, after, ScriptProblem::Count(quote(digits))));
    }
    match digits.parse() {
        Ok(0) => Err(error(count, after, ScriptProblem::Count(quote(digits)))),
        Ok(count) => Ok((motion, count)),
        // Only digits, so the number was too big.
        Err(_) => Err(error(count, after, ScriptProblem::TooLong)),
    }
}

/// Reads `KEYS` or `KEYS:TURN`; `start` is how many characters stand before `text`.
pub(crate) fn parse_motion(text: &str, start: usize) -> Result<Motion, ScriptError> {
    let (keys, turn) = match text.split_once(':') {
        Some((keys, turn)) => (keys, Some(turn)),
        None => (text, None),
    };
    let travel = match keys.trim() {
        "" => return Err(error(keys, start, ScriptProblem::Missing)),
        "." => Travel::Still,
        _ => Travel::from_signs(parse_axes(keys, start, '+', key_signs, ScriptProblem::Key)?),
    };
    let turn = match turn {
        None => Turn::Still,
        Some(turn) => {
            let start = start + keys.chars().count() + 1;
            Turn::from_signs(parse_axes(turn, start, '-', turn_signs, ScriptProblem::Turn)?)
        }
    };
    Ok(Motion { travel, turn })
}

/// Adds up the directions of names joined by `joint`, none of which may share an axis.
fn parse_axes(
    text: &str,
    start: usize,
    joint: char,
    signs: fn(&str) -> Option<[i8; 2]>,
    unknown: fn(String) -> ScriptProblem,
) -> Result<[i8; 2], ScriptError> {
    let mut sum = [0; 2];
    let mut position = start;
    for name in text.split(joint) {
        let Some(direction) = signs(&name.trim().to_ascii_lowercase()) else {
            return Err(error(name, position, unknown(quote(name.trim()))));
        };
        for (sum, part) in sum.iter_mut().zip(direction) {
            if *sum != 0 && part != 0 {
                return Err(error(text, start, ScriptProblem::Clash(quote(text.trim()))));
            }
            *sum += part;
        }
        position += name.chars().count() + 1;
    }
    Ok(sum)
}

/// `[forward, right]` of one key.
fn key_signs(name: &str) -> Option<[i8; 2]> {
    match name {
        "w" => Some([1, 0]),
        "s" => Some([-1, 0]),
        "a" => Some([0, -1]),
        "d" => Some([0, 1]),
        _ => None,
    }
}

/// `[left, up]` of one direction.
fn turn_signs(name: &str) -> Option<[i8; 2]> {
    match name {
        "left" => Some([1, 0]),
        "right" => Some([-1, 0]),
        "up" => Some([0, 1]),
        "down" => Some([0, -1]),
        _ => None,
    }
}

/// Points at the first character of `text` that is not blank; `start` is how many characters stand
/// before `text`.
fn error(text: &str, start: usize, problem: ScriptProblem) -> ScriptError {
    let blanks = text.chars().take_while(|c| c.is_whitespace()).count();
    // In blank text, the place where something is missing is its beginning.
    let blanks = if text.trim().is_empty() { 0 } else { blanks };
    ScriptError { position: start + blanks + 1, problem }
}

/// Enough of the text to recognise it, and nothing that could disturb a terminal.
fn quote(text: &str) -> String {
    const LONGEST: usize = 24;
    let mut quoted: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        quoted.push('…');
    }
    quoted
}

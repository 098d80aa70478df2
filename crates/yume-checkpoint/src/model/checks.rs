//! Bounds for numbers that come from a configuration.

use std::fmt::Display;
use std::ops::RangeInclusive;

/// A finding about a configuration: what is wrong with which field.
pub(super) type Finding = String;

/// `value` if it lies in `range`. No range holds what is not a number.
pub(super) fn within<T: PartialOrd + Display + Copy>(
    field: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<T, Finding> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(format!("{field} is {value}, not between {} and {}", range.start(), range.end()))
}

/// Refuses with a sentence unless `fits`.
pub(super) fn ensure(fits: bool, finding: impl FnOnce() -> String) -> Result<(), Finding> {
    if fits { Ok(()) } else { Err(finding()) }
}

/// Refuses unless `value` is absent or the only one this program can do.
pub(super) fn only<T: PartialEq + std::fmt::Debug>(
    field: &str,
    value: Option<&T>,
    known: &T,
) -> Result<(), Finding> {
    ensure(value.is_none_or(|value| value == known), || {
        format!("{field} is {:?}, and only {known:?} is known", value.expect("it was compared"))
    })
}

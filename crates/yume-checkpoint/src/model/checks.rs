//! Bounds for numbers that come from a configuration.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::{FrameSpec, SamplerDefaults};

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

/// `frame` if networks can make such pictures.
pub(super) fn checked_frame(frame: FrameSpec) -> Result<FrameSpec, Finding> {
    let FrameSpec { width, height, fps, segment_frames, initial_copies } = frame;
    within("frame.width", width, 16..=8192)?;
    within("frame.height", height, 16..=8192)?;
    within("frame.fps", fps, 1.0..=240.0)?;
    within("frame.segment_frames", segment_frames, 4..=4096)?;
    within("frame.initial_copies", initial_copies, 1..=4097)?;
    ensure(width.is_multiple_of(16) && height.is_multiple_of(16), || {
        format!("frame is {width} by {height} pixels, not multiples of 16")
    })?;
    // Several times what the published models make; a walk begins with 17 of them in memory.
    within("the pixels of a frame", width * height, 1..=1 << 22)?;
    ensure(segment_frames.is_multiple_of(4) && initial_copies % 4 == 1, || {
        "frame.segment_frames is no multiple of 4, or frame.initial_copies not one more".to_owned()
    })?;
    Ok(frame)
}

/// `sampler` if it makes a schedule.
pub(super) fn checked_sampler(sampler: SamplerDefaults) -> Result<SamplerDefaults, Finding> {
    within("sampler.steps", sampler.steps, 1..=1000)?;
    within("sampler.shift", sampler.shift, 0.01..=100.0)?;
    within("sampler.guidance", sampler.guidance, 0.0..=100.0)?;
    Ok(sampler)
}

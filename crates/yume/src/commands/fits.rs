//! Whether a model has room on a device, and the smallest option that has.

use burn::tensor::DType;
use yume::device::Found;
use yume_checkpoint::ModelSpec;
use yume_world::{Coding, FRAMES_PER_LATENT, MemoryPlan, Precision, Walked};

/// Segments of a minute, and motions with a caption of their own in it.
const PLANNED_SECS: f32 = 60.0;
const PLANNED_MOTIONS: usize = 8;

/// The ways to hold weights that take less than the device's own precision, the gentlest first.
const SMALLER: [(&str, Option<Coding>); 2] =
    [("--weights bf16", None), ("--weights int8", Some(Coding::Int8))];

/// What a minute's walk in `spec` means for the memory of a device, as one clause.
pub(super) fn verdict(spec: &ModelSpec, precision: Precision, available: Option<u64>) -> String {
    let Some(needed) = needed(spec, precision) else {
        return "walks of a minute are longer than this model defines".to_owned();
    };
    let needs = format!("needs {}", gigabytes(needed));
    let Some(available) = available else {
        return format!("{needs}; how much this device has is not known");
    };
    let has = format!("{needs}, this device has {}", gigabytes(available));
    if needed <= available {
        return format!("{has}: fits");
    }
    let smaller = SMALLER.into_iter().filter_map(|(option, coding)| {
        let matrices = if coding.is_none() { DType::BF16 } else { precision.matrices };
        Some((option, self::needed(spec, Precision { matrices, coding })?))
    });
    let smaller: Vec<(&str, u64)> = smaller.filter(|(_, bytes)| *bytes < needed).collect();
    let fitting = smaller.iter().find(|(_, bytes)| *bytes <= available);
    let smallest = smaller.iter().min_by_key(|(_, bytes)| *bytes);
    match (fitting, smallest) {
        (Some((option, bytes)), _) => {
            format!("{has}: does not fit; {option} does, with {}", gigabytes(*bytes))
        }
        (None, Some((option, bytes))) => format!(
            "{has}: does not fit, and neither does the smallest option, {option} ({})",
            gigabytes(*bytes)
        ),
        (None, None) => format!("{has}: does not fit, and no option is smaller"),
    }
}

/// The verdicts for all devices that are ready, each as a line.
pub(super) fn verdicts(spec: &ModelSpec, found: &[Found]) -> Vec<String> {
    let ready = found.iter().filter(|found| found.device.is_ok());
    ready
        .map(|found| {
            let verdict = verdict(spec, found.matrices().into(), found.memory);
            format!("{} ({}): {verdict}", found.backend, found.name)
        })
        .collect()
}

/// Whether it is known that there is no room.
pub(super) fn is_too_large(spec: &ModelSpec, precision: Precision, available: Option<u64>) -> bool {
    matches!((needed(spec, precision), available), (Some(needed), Some(has)) if needed > has)
}

/// Bytes that a minute's walk needs, `None` if the model defines no such walk.
fn needed(spec: &ModelSpec, precision: Precision) -> Option<u64> {
    let frames = spec.frame.initial_copies + (PLANNED_SECS * spec.frame.fps) as usize;
    let walked =
        Walked { history: frames.div_ceil(FRAMES_PER_LATENT), captions: PLANNED_MOTIONS + 1 };
    Some(MemoryPlan::new(spec, precision, walked).ok()?.needed())
}

/// `bytes` for a person.
pub(super) fn gigabytes(bytes: u64) -> String {
    let gigabytes = bytes as f64 / 1e9;
    if gigabytes < 1.0 { format!("{gigabytes:.2} GB") } else { format!("{gigabytes:.1} GB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_names_the_smallest_option() {
        let spec = ModelSpec::yume_i2v_540p();
        let of = |matrices: DType, coding| needed(&spec, Precision { matrices, coding }).unwrap();
        let (f32s, bf16) = (of(DType::F32, None), of(DType::BF16, None));
        let int8 = of(DType::BF16, Some(Coding::Int8));
        assert!(int8 < bf16 && bf16 < f32s);
        let table = [
            (DType::BF16, Some(bf16), "fits"),
            (DType::BF16, Some(bf16 - 1), "does not fit; --weights int8 does"),
            (DType::BF16, Some(int8 - 1), "smallest option, --weights int8"),
            (DType::BF16, Some(24_000_000_000), "neither does the smallest option"),
            (DType::F32, Some(bf16), "does not fit; --weights bf16 does"),
            (DType::BF16, None, "is not known"),
        ];
        for (matrices, available, expected) in table {
            let sentence = verdict(&spec, matrices.into(), available);
            assert!(sentence.contains(expected), "{available:?}: {sentence}");
        }
    }
}

//! Segments that no training sees, with what the teacher makes of them.

use burn::tensor::Tensor;
use yume_sampler::Plan as Sampling;
use yume_world::Caches;

use super::segments::{HELD_OUT, Reader, Segments, items, sampled};
use crate::TrainError;
use crate::dice::{Dice, Purpose};
use crate::dit::lesson::Teacher as LessonMaker;
use crate::dit::plans::Plans;

/// One segment that is held out.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    /// The segment, alone in its batch.
    pub segments: Segments,
    /// The teacher's result, `[1, z, segment, height, width]`.
    pub target: Tensor<5>,
    /// The true segment, likewise.
    pub truth: Tensor<5>,
}

impl Trial {
    /// The segments of `walks` walks, sampled by the teacher as `many` says.
    ///
    /// # Errors
    /// If the teacher cannot run a history of their length.
    pub(super) fn all(
        reader: Reader<'_>,
        maker: &LessonMaker,
        walks: u64,
        many: &Sampling,
    ) -> Result<Vec<Self>, TrainError> {
        let mut plans = Plans::new(reader.spec.clone(), reader.device.clone());
        let mut trials = Vec::new();
        for number in 0..walks {
            let lesson = maker.lesson(&mut Dice::new(reader.seed, Purpose::HeldOut, number));
            for item in items(HELD_OUT + number, &lesson) {
                let [_, frames, height, width] = item.example.history.shape;
                let plan = plans.of(frames, height, width)?;
                let segments = reader.read(&[item]);
                let dit = &reader.networks.dit;
                let target = sampled(dit, plan, &segments, many, &Caches::NONE);
                trials.push(Self { segments, target, truth: reader.truth(&[item]) });
            }
        }
        Ok(trials)
    }
}

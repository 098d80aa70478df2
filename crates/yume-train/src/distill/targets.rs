//! The teacher's results: each segment is sampled once and learnt from several times. They follow
//! from the recipe, so that a checkpoint carries them only to save time.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};

use super::segments::{Item, Place};
use crate::dit::lesson::{Latents, stacked};

/// The results that are at hand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Targets {
    made: BTreeMap<Place, Latents>,
}

impl Targets {
    /// The results for `items`; `make` samples those that are not at hand.
    ///
    /// # Shapes
    /// - output: `[items, z, segment, height, width]`
    pub(super) fn of(
        &mut self,
        items: &[Item<'_>],
        device: &Device,
        make: impl FnOnce(&[Item<'_>]) -> Tensor<5>,
    ) -> Tensor<5> {
        let missing: BTreeMap<Place, Item<'_>> = items
            .iter()
            .filter(|item| !self.made.contains_key(&item.place))
            .map(|item| (item.place, *item))
            .collect();
        if !missing.is_empty() {
            let missing: Vec<Item<'_>> = missing.into_values().collect();
            let results = make(&missing);
            for (number, item) in missing.iter().enumerate() {
                let result = Latents::of(results.clone().narrow(0, number, 1));
                self.made.insert(item.place, result);
            }
        }
        let results: Vec<&Latents> = items.iter().map(|item| &self.made[&item.place]).collect();
        stacked(&results, device)
    }

    /// Drops the results of lessons before `lesson`, which do not come back.
    pub(super) fn forget_before(&mut self, lesson: u64) {
        self.made.retain(|place, _| place.lesson >= lesson);
    }

    /// As named tensors.
    pub(super) fn tensors(&self) -> Vec<(String, TensorData)> {
        self.made
            .iter()
            .map(|(Place { lesson, segment }, result)| {
                let data = TensorData::new(result.values.clone(), result.shape);
                (format!("target/{lesson}/{segment}"), data)
            })
            .collect()
    }

    /// From named tensors; `None` if one is malformed.
    pub(super) fn from_tensors(tensors: &[(String, TensorData)]) -> Option<Self> {
        let mut made = BTreeMap::new();
        for (name, data) in tensors {
            let (lesson, segment) = name.strip_prefix("target/")?.split_once('/')?;
            let place = Place { lesson: lesson.parse().ok()?, segment: segment.parse().ok()? };
            let shape = <[usize; 4]>::try_from(data.shape().to_vec()).ok()?;
            made.insert(place, Latents { shape, values: data.iter::<f32>().collect() });
        }
        Some(Self { made })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use yume_motion::Motion;

    use super::*;
    use crate::dit::lesson::Example;

    fn example() -> Example {
        let latents = Latents { shape: [1, 1, 1, 2], values: vec![0.0; 2] };
        Example {
            motion: Motion::from_byte(0).unwrap(),
            scene: String::new(),
            picture: Arc::new(Vec::new()),
            history: latents.clone(),
            known: latents.clone(),
            fill: latents.clone(),
            target: latents,
        }
    }

    #[test]
    fn a_segment_is_sampled_once_and_its_result_survives_a_checkpoint() {
        let (example, device) = (example(), Device::flex());
        let item = |lesson, segment| Item { place: Place { lesson, segment }, example: &example };
        let mut targets = Targets::default();
        let mut asked = Vec::new();
        let mut of = |targets: &mut Targets, items: &[Item<'_>]| {
            let results = targets.of(items, &device, |missing| {
                asked.push(missing.len());
                let values = missing.iter().flat_map(|item| {
                    let Place { lesson, segment } = item.place;
                    [lesson as f32, segment as f32]
                });
                let data = TensorData::new(values.collect::<Vec<_>>(), [missing.len(), 1, 1, 1, 2]);
                Tensor::from_data(data, &device)
            });
            results.into_data().iter::<f32>().collect::<Vec<_>>()
        };
        let list = [item(4, 1), item(2, 0), item(4, 1)];
        assert_eq!(of(&mut targets, &list), [4.0, 1.0, 2.0, 0.0, 4.0, 1.0]);
        assert_eq!(of(&mut targets, &[item(2, 0), item(3, 6)]), [2.0, 0.0, 3.0, 6.0]);
        let tensors = targets.tensors();
        assert_eq!(Targets::from_tensors(&tensors).as_ref(), Some(&targets));
        assert_eq!(Targets::from_tensors(&[("else/1/2".to_owned(), tensors[0].1.clone())]), None);
        targets.forget_before(3);
        assert_eq!(of(&mut targets, &[item(2, 0), item(3, 6)]), [2.0, 0.0, 3.0, 6.0]);
        assert_eq!(asked, [2, 1, 1]);
    }
}

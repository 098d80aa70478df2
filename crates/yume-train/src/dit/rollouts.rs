//! Continuations of the model's own walks towards the true future, so that it learns to mend what it
//! makes. They are part of a checkpoint.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::TensorData;
use yume_motion::Motion;

use super::lesson::{Example, LEGS, Latents, Lesson};
use super::own_walk::{OwnWalk, Walkers};
use crate::TrainError;
use crate::config::Rollout;
use crate::dice::Dice;

/// The newest continuations, by slot.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rollouts {
    slots: BTreeMap<usize, Example>,
}

impl Rollouts {
    /// Walks `lesson` as the dice fall, and puts the continuation into the slot of `step`.
    ///
    /// # Errors
    /// If the model cannot run a history of this length.
    pub(crate) fn walk(
        &mut self,
        config: &Rollout,
        walkers: &mut Walkers<'_>,
        lesson: &Lesson,
        step: u64,
        dice: &mut Dice,
    ) -> Result<(), TrainError> {
        let segments = 1 + dice.below(config.segments.min(LEGS - 1));
        let mut walk = OwnWalk::begin(walkers, &lesson.first_frame, dice.bits());
        for leg in &lesson.legs[..segments] {
            walk.advance(walkers, leg.before, leg.motion)?;
        }
        let leg = &lesson.legs[segments];
        let taught = &lesson.walking[segments - 1];
        let example = walk.example(walkers, leg.before, taught);
        self.slots.insert((step / config.every) as usize % config.slots, example);
        Ok(())
    }

    /// `count` continuations with histories of one length; none if there are none yet.
    pub(crate) fn choose(&self, count: usize, dice: &mut Dice) -> Option<Vec<&Example>> {
        if self.slots.is_empty() {
            return None;
        }
        let all: Vec<&Example> = self.slots.values().collect();
        let frames = all[dice.below(all.len())].history.shape[1];
        let alike: Vec<&Example> =
            all.into_iter().filter(|example| example.history.shape[1] == frames).collect();
        Some((0..count).map(|_| alike[dice.below(alike.len())]).collect())
    }

    /// As named tensors; the name holds slot and motion.
    pub(crate) fn tensors(&self) -> Vec<(String, TensorData)> {
        let mut tensors = Vec::new();
        for (slot, example) in &self.slots {
            let motion = example.motion.to_byte();
            let mut put = |part: &str, data| {
                tensors.push((format!("rollout/{slot}/{motion}/{part}"), data));
            };
            let length = example.picture.len();
            let scene: Vec<f32> = example.scene.bytes().map(f32::from).collect();
            put("scene", TensorData::new(scene.clone(), [scene.len()]));
            put("picture", TensorData::new(example.picture.to_vec(), [length]));
            for (part, latents) in [
                ("history", &example.history),
                ("known", &example.known),
                ("fill", &example.fill),
                ("target", &example.target),
            ] {
                put(part, TensorData::new(latents.values.clone(), latents.shape));
            }
        }
        tensors
    }

    /// From named tensors; `None` if a part is missing or malformed.
    pub(crate) fn from_tensors(tensors: &[(String, TensorData)]) -> Option<Self> {
        let mut parts: BTreeMap<(usize, u8), BTreeMap<&str, &TensorData>> = BTreeMap::new();
        for (name, data) in tensors {
            let mut words = name.strip_prefix("rollout/")?.split('/');
            let slot = words.next()?.parse().ok()?;
            let motion = words.next()?.parse().ok()?;
            parts.entry((slot, motion)).or_default().insert(words.next()?, data);
        }
        let mut slots = BTreeMap::new();
        for ((slot, motion), parts) in parts {
            let latents = |part: &str| {
                let data = parts.get(part)?;
                let shape = <[usize; 4]>::try_from(data.shape().to_vec()).ok()?;
                Some(Latents { shape, values: data.iter::<f32>().collect() })
            };
            let example = Example {
                motion: Motion::from_byte(motion)?,
                scene: text(parts.get("scene")?)?,
                picture: Arc::new(parts.get("picture")?.iter::<f32>().collect()),
                history: latents("history")?,
                known: latents("known")?,
                fill: latents("fill")?,
                target: latents("target")?,
            };
            slots.insert(slot, example);
        }
        Some(Self { slots })
    }
}

fn text(bytes: &TensorData) -> Option<String> {
    String::from_utf8(bytes.iter::<f32>().map(|byte| byte as u8).collect()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(frames: usize, motion: u8) -> Example {
        let latents = |frames: usize, seed: usize| Latents {
            shape: [2, frames, 2, 2],
            values: (0..8 * frames).map(|i| (i + seed) as f32).collect(),
        };
        Example {
            motion: Motion::from_byte(motion).unwrap(),
            scene: "at night".to_owned(),
            picture: Arc::new(vec![0.5; 12]),
            history: latents(frames, 1),
            known: latents(frames, 2),
            fill: latents(3, 3),
            target: latents(3, 4),
        }
    }

    #[test]
    fn they_survive_a_checkpoint_and_damage_is_noticed() {
        let slots = BTreeMap::from([(0, example(5, 7)), (3, example(8, 80))]);
        let rollouts = Rollouts { slots };
        let tensors = rollouts.tensors();
        assert_eq!(Rollouts::from_tensors(&tensors), Some(rollouts));
        assert_eq!(Rollouts::from_tensors(&tensors[1..]), None);
        assert_eq!(Rollouts::from_tensors(&[]), Some(Rollouts::default()));
    }

    #[test]
    fn a_choice_has_histories_of_one_length() {
        let slots = (0..6).map(|slot| (slot, example(5 + slot % 2, 0))).collect();
        let rollouts = Rollouts { slots };
        for seed in 0..20 {
            let mut dice = Dice::new(seed, crate::dice::Purpose::Rollouts, 0);
            let chosen = rollouts.choose(4, &mut dice).unwrap();
            assert!(chosen.iter().all(|e| e.history.shape == chosen[0].history.shape));
        }
        assert!(
            Rollouts::default()
                .choose(4, &mut Dice::new(0, crate::dice::Purpose::Rollouts, 0))
                .is_none()
        );
    }
}

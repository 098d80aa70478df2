//! The loss of one batch and its gradients, with or without a mask.

use burn::tensor::{DType, Tensor, TensorData};
use yume_nets::dit::{Mask, Plan};

use super::Networks;
use super::batch::Batch;
use crate::dice::Dice;

/// Share of the tokens that is masked at least, and how much more at most (`wan/modules/model.py`).
const LEAST_MASKED: f32 = 0.3;
const MORE_MASKED: f32 = 0.2;

/// Whether the first half of the blocks sees all tokens.
#[derive(Clone, Debug)]
pub enum Masking {
    /// It does.
    All,
    /// It sees some of them.
    Some(Mask),
}

impl Masking {
    /// A mask of `tokens` tokens, as the dice fall.
    pub fn random(tokens: usize, dice: &mut Dice) -> Self {
        let share = LEAST_MASKED + MORE_MASKED * dice.unit();
        let kept = ((tokens as f32 * (1.0 - share)) as usize).clamp(1, tokens);
        let noise: Vec<f32> = (0..tokens).map(|_| dice.unit()).collect();
        Self::Some(Mask::from_noise(&noise, kept))
    }
}

/// The velocity that the networks find for a batch, and the one they should.
fn velocities(
    networks: &Networks,
    batch: Batch,
    plan: &Plan,
    masking: &Masking,
) -> (Tensor<5>, Tensor<5>) {
    let text = networks.encode_captions(&batch.captions, batch.text_rows);
    let image = networks.clip.forward(batch.pictures);
    let [_, _, length, ..] = batch.velocity.dims();
    let found = match masking {
        Masking::All => {
            let context = networks.dit.context(text, image);
            networks.dit.forward(batch.input, &context, plan)
        }
        Masking::Some(mask) => {
            let context = networks.dit.masked_context(&networks.side, text, image);
            networks.dit.forward_masked(&networks.side, batch.input, &context, plan, mask)
        }
    };
    let [_, _, window, ..] = found.dims();
    (found.narrow(2, window - length, length), batch.velocity)
}

/// The mean squared error of the velocity, channels weighted by `weights`.
pub fn loss(
    networks: &Networks,
    batch: Batch,
    plan: &Plan,
    masking: &Masking,
    weights: &[f32],
) -> Tensor<1> {
    let (found, wanted) = velocities(networks, batch, plan, masking);
    let device = found.device();
    let weights = TensorData::new(weights.to_vec(), [1, weights.len(), 1, 1, 1]);
    let weights = Tensor::<5>::from_data(weights, (&device, DType::F32));
    ((found - wanted).square() * weights).mean()
}

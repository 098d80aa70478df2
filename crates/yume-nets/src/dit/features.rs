//! What the blocks make of latents: features for a judge of pictures, where no other network knows
//! this world.

use burn::tensor::Tensor;

use super::{Context, Dit, DitInput, Plan};
use crate::cpu;

impl Dit {
    /// The tokens of the window after each of `blocks`, in ascending order. Blocks after the last of
    /// them are not run; those that the network does not have give nothing.
    ///
    /// # Shapes
    /// - input: see [`DitInput`]
    /// - each output: `[batch, window, tokens of a frame, dim]`
    pub fn features(
        &self,
        input: DitInput,
        context: &Context,
        plan: &Plan,
        blocks: &[usize],
    ) -> Vec<Tensor<4>> {
        if cpu::serves(&input.latents) {
            return cpu::among_workers(|| self.look(input, context, plan, blocks));
        }
        self.look(input, context, plan, blocks)
    }

    fn look(
        &self,
        input: DitInput,
        context: &Context,
        plan: &Plan,
        blocks: &[usize],
    ) -> Vec<Tensor<4>> {
        let (mut x, _, time_blocks) = self.embed(input, plan);
        let [batch, _, dim] = x.dims();
        let of_window = plan.tokens - plan.history_tokens;
        let shape = [batch, plan.window, of_window / plan.window, dim];
        let last = blocks.iter().max().map_or(0, |last| last + 1);
        let mut seen = Vec::with_capacity(blocks.len());
        for (number, (block, keys)) in
            self.blocks.iter().zip(&context.blocks).take(last).enumerate()
        {
            x = block.forward(x, time_blocks.clone(), keys, &plan.rotation);
            if blocks.contains(&number) {
                seen.push(x.clone().narrow(1, plan.history_tokens, of_window).reshape(shape));
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{DType, Device, Distribution};

    use super::super::{DitConfig, Layout};
    use super::*;
    use crate::{Fresh, Scope};

    #[test]
    fn they_are_what_a_network_of_fewer_blocks_ends_with() {
        let device = Device::flex();
        let config = |num_layers| DitConfig {
            in_dim: 12,
            out_dim: 4,
            dim: 16,
            ffn_dim: 24,
            num_heads: 2,
            num_layers,
            freq_dim: 8,
            text_dim: 6,
            text_len: 5,
            img_dim: 6,
            img_tokens: 3,
            history_tiers: vec![1, 2],
            ..DitConfig::default()
        };
        let layout = Layout::Packed { history: 5, window: 4 };
        let plan = Plan::new(&config(1), layout, 4, 6, &device).unwrap();
        let random =
            |shape: [usize; 5]| Tensor::<5>::random(shape, Distribution::Normal(0.0, 1.0), &device);
        let (latents, conditioning) = (random([2, 4, 9, 4, 6]), random([2, 8, 9, 4, 6]));
        let text = random([1, 1, 2, 5, 6]).reshape([2, 5, 6]);
        let image = random([1, 1, 2, 3, 6]).reshape([2, 3, 6]);
        let of = |num_layers, blocks: &[usize]| {
            // The parameters of a block are drawn before those of the next.
            let dit = Dit::init(
                &mut Scope::root(&mut Fresh::new(3), &device, DType::F32),
                &config(num_layers),
            );
            let input = DitInput {
                latents: latents.clone(),
                conditioning: conditioning.clone(),
                timesteps: vec![300.0, 900.0],
            };
            dit.features(input, &dit.context(text.clone(), image.clone()), &plan, blocks)
        };
        let both = of(3, &[0, 1]);
        assert_eq!(both.len(), 2);
        assert_eq!(both[0].dims(), [2, 4, 6, 16]);
        for (layers, seen) in [(1, &both[0]), (2, &both[1])] {
            let ended = of(layers, &[layers - 1]).remove(0);
            let off = (ended - seen.clone()).abs().max().into_scalar::<f32>();
            assert_eq!(off, 0.0, "{layers} blocks");
        }
        assert!((both[0].clone() - both[1].clone()).abs().max().into_scalar::<f32>() > 1e-3);
        assert!(of(1, &[7]).is_empty());
    }
}

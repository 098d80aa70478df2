//! Which kernel computes attention, counted over passes with every length of history.
//!
//! One test alone: the counter belongs to the process.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use burn::tensor::{DType, Device, Distribution, Tensor};
use yume_nets::attention::Calls;
use yume_nets::dit::{Dit, DitConfig, DitInput, Layout, Plan};
use yume_nets::{Drawn, Scope};

const LAYERS: usize = 2;

fn config() -> DitConfig {
    DitConfig {
        dim: 32,
        ffn_dim: 48,
        num_heads: 2,
        num_layers: LAYERS,
        freq_dim: 16,
        text_dim: 8,
        text_len: 8,
        img_dim: 8,
        img_tokens: 5,
        ..DitConfig::default()
    }
}

#[test]
fn attention_never_stores_its_scores_whatever_the_history() {
    let (device, config) = (Device::flex(), config());
    let random = |shape| Tensor::random(shape, Distribution::Normal(0.0, 1.0), &device);
    for (matrices, is_own) in [(DType::F32, true), (DType::BF16, false)] {
        let dit = Dit::init(&mut Scope::root(&mut Drawn, &device, matrices), &config);
        let rows = |tokens| {
            let shape = [1, tokens, 8];
            Tensor::<3>::random(shape, Distribution::Normal(0.0, 1.0), &device)
        };
        let context = dit.context(rows(8), rows(5));
        // Both ends of every tier of the packing, and the lengths that are measured.
        for history in [1, 2, 4, 6, 7, 12, 13, 22, 23, 28, 29, 86, 87, 92, 93, 342, 343, 400] {
            let layout = Layout::Packed { history, window: 9 };
            let plan = Plan::new(&config, layout, 4, 6, &device).unwrap();
            let frames = history + 9;
            let input = DitInput {
                latents: random([1, 16, frames, 4, 6]),
                conditioning: random([1, 20, frames, 4, 6]),
                timesteps: vec![500.0],
            };
            let before = Calls::so_far();
            let velocity = dit.forward(input, &context, &plan);
            assert_eq!(velocity.dims(), [1, 16, 9, 4, 6]);
            // Among all tokens, to the text and to the image, in every block.
            let all = 3 * LAYERS as u64;
            let expected = if is_own {
                Calls { own: all, ..Calls::default() }
            } else {
                Calls { tiled: all, ..Calls::default() }
            };
            assert_eq!(Calls::since(before), expected, "{history} latents in {matrices:?}");
        }
    }
}

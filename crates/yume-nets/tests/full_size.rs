//! The full-size model without its data: names, shapes, tokens, operations and bytes.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeMap;

use burn::tensor::DType;
use yume_nets::clip::{ClipConfig, ClipVision};
use yume_nets::cost::{DitCost, VaeCost, clip_flops, text_flops};
use yume_nets::dit::{Dit, DitConfig, Layout};
use yume_nets::listing::{Parameter, bytes, parameters};
use yume_nets::text::{TextConfig, TextEncoder};
use yume_nets::vae::{Vae, VaeConfig};

const HEIGHT: usize = 68;
const WIDTH: usize = 120;

fn networks(matrices: DType) -> [(&'static str, Vec<Parameter>); 4] {
    [
        ("dit", parameters(matrices, |scope| Dit::init(scope, &DitConfig::default()))),
        ("text", parameters(matrices, |scope| TextEncoder::init(scope, &TextConfig::default()))),
        ("clip", parameters(matrices, |scope| ClipVision::init(scope, &ClipConfig::default()))),
        ("vae", parameters(matrices, |scope| Vae::init(scope, &VaeConfig::wan_2_1()))),
    ]
}

#[test]
fn every_name_and_shape_is_that_of_the_published_files() {
    let counts = [("dit", 1313), ("text", 242), ("clip", 377), ("vae", 194)];
    let published = include_str!("data/yume-1.0-tensors.txt");
    for ((network, ours), (_, count)) in networks(DType::BF16).into_iter().zip(counts) {
        let theirs: BTreeMap<&str, &str> = published
            .lines()
            .filter_map(|line| line.strip_prefix(network)?.trim_start().split_once(' '))
            .collect();
        let shape = |parameter: &Parameter| {
            parameter.shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
        };
        let named: BTreeMap<String, String> =
            ours.iter().map(|parameter| (parameter.name.clone(), shape(parameter))).collect();
        assert_eq!(ours.len(), count, "{network}");
        assert_eq!(theirs.len(), count, "{network} in the table");
        for (name, shape) in &named {
            assert_eq!(theirs.get(name.as_str()), Some(&shape.as_str()), "{network} {name}");
        }
    }
}

#[test]
fn parameters_and_bytes_of_the_published_files() {
    let count = |parameters: &[Parameter]| -> usize {
        parameters.iter().map(|parameter| parameter.shape.iter().product::<usize>()).sum()
    };
    let [(_, dit), (_, text), (_, clip), (_, vae)] = networks(DType::F32);
    assert_eq!(count(&dit), 16_645_595_236);
    assert_eq!(count(&text), 5_680_910_336);
    assert_eq!(count(&vae), 126_892_531);
    for (name, list) in [("dit", &dit), ("text", &text), ("clip", &clip), ("vae", &vae)] {
        assert_eq!(bytes(list), 4 * count(list) as u64, "{name}");
    }
    // In bf16 only the products shrink: norms, modulation, time embedding and head, 187,865,664
    // numbers, stay f32.
    let [(_, dit), (_, text), ..] = networks(DType::BF16);
    assert_eq!(bytes(&dit), 2 * (16_645_595_236 + 187_865_664));
    assert!((bytes(&text) as f64 / 1e9 - 11.36).abs() < 0.01, "{}", bytes(&text));
}

#[test]
fn tokens_and_operations_for_every_length_of_history() {
    let config = DitConfig::default();
    let mut lines = 0;
    for line in include_str!("data/yume-1.0-costs.txt").lines() {
        let numbers: Vec<u64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        let [frames, history_tokens, tokens, flops, context_flops] = numbers[..] else {
            panic!("five numbers: {line}");
        };
        let layout = Layout::Packed { history: frames as usize - 9, window: 9 };
        let ours = DitCost::new(&config, layout, HEIGHT, WIDTH).unwrap();
        let (history_tokens, tokens) = (history_tokens as usize, tokens as usize);
        let theirs = DitCost { history_tokens, tokens, flops, context_flops };
        assert_eq!(ours, theirs, "{frames} latent frames");
        lines += 1;
    }
    assert_eq!(lines, 391);
}

#[test]
fn operations_of_a_pass_to_three_decimals() {
    let config = DitConfig::default();
    let packed = |frames, window| Layout::Packed { history: frames - window, window };
    // PFLOP of a pass with its caption's keys, to three places, without patch embeddings and head:
    // those add up to 0.0015 where a long history has coarse patches.
    let table = [
        (Layout::Plain { frames: 9 }, 0.730),
        (Layout::Plain { frames: 13 }, 1.230),
        (packed(13, 9), 1.030),
        (packed(21, 9), 1.357),
        (packed(29, 9), 1.435),
        (packed(37, 9), 1.472),
        (packed(93, 9), 1.641),
        (packed(101, 9), 1.536),
        (packed(349, 9), 1.767),
        (packed(357, 9), 1.769),
        (packed(13, 8), 0.935),
        (packed(21, 8), 1.225),
        (packed(29, 8), 1.299),
    ];
    for (layout, expected) in table {
        let cost = DitCost::new(&config, layout, HEIGHT, WIDTH).unwrap();
        let pflop = (cost.flops + cost.context_flops) as f64 / 1e15;
        assert!((pflop - expected).abs() <= 2e-3, "{layout:?}: {pflop} instead of {expected}");
    }
}

#[test]
fn operations_of_the_other_networks() {
    let vae = VaeCost::new(&VaeConfig::wan_2_1(), 544, 960);
    let table = [
        ("the first frame encoded", vae.encode_first, 3.6),
        ("a latent encoded", vae.encode_next, 10.6),
        ("the first latent decoded", vae.decode_first, 5.7),
        ("a latent decoded", vae.decode_next, 17.7),
        ("49 frames encoded", vae.encode_first + 12 * vae.encode_next, 130.2),
        ("13 latents decoded", vae.decode_first + 12 * vae.decode_next, 218.6),
        ("8 latents decoded", 8 * vae.decode_next, 141.9),
        ("a caption of 512 tokens", text_flops(&TextConfig::default(), 512), 4.8),
        ("a picture", clip_flops(&ClipConfig::default()), 0.3),
    ];
    for (what, flops, tflop) in table {
        let ours = flops as f64 / 1e12;
        assert!((ours - tflop).abs() <= 0.06, "{what}: {ours} instead of {tflop}");
    }
}

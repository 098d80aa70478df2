//! A small relative of the published model, in its layout.

use std::path::Path;

use yume_checkpoint::{ModelFiles, ModelSpec};
use yume_nets::clip::ClipConfig;
use yume_nets::dit::DitConfig;
use yume_nets::text::TextConfig;
use yume_nets::vae::VaeConfig;

use crate::common::check_fits;

#[test]
fn a_small_relative_has_the_sizes_of_its_tensors() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../yume-world/tests/miniature/Yume-Miniature");
    let files = ModelFiles::from_folder(&folder).unwrap();
    let mut expected = ModelSpec {
        name: "Yume-Miniature".to_owned(),
        dit: DitConfig {
            dim: 12,
            ffn_dim: 28,
            num_heads: 2,
            num_layers: 2,
            text_dim: 16,
            img_dim: 20,
            img_tokens: 17,
            ..DitConfig::default()
        },
        vae: VaeConfig::wan(3, &[1, 2, 4, 4], 2, &[false, true, true]),
        text: TextConfig {
            vocab: 192,
            dim: 16,
            dim_attn: 24,
            ffn: 40,
            heads: 3,
            layers: 2,
            ..TextConfig::default()
        },
        clip: ClipConfig {
            image_size: 28,
            patch_size: 7,
            dim: 20,
            num_heads: 2,
            num_layers: 3,
            ..ClipConfig::default()
        },
        ..ModelSpec::yume_i2v_540p()
    };
    (expected.frame.width, expected.frame.height) = (48, 32);
    assert_eq!(files.spec(), &expected);
    check_fits(&files);
}

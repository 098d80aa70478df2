//! The published folder without its numbers.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use yume_checkpoint::{ModelFiles, ModelSpec};

use crate::common::{Scratch, check_fits, data};

/// Writes a file of the published tensors of `network`, whose numbers take no room on the disk.
fn sparse(path: &Path, network: &str) {
    let published = include_str!("../../../yume-nets/tests/data/yume-1.0-tensors.txt");
    let mut end = 0;
    let tensors = published.lines().filter_map(|line| {
        let (name, shape) = line.strip_prefix(network)?.trim_start().split_once(' ')?;
        let start = end;
        end += 2 * shape.split('x').map(|edge| edge.parse::<u64>().unwrap()).product::<u64>();
        let shape = shape.replace('x', ",");
        Some(format!(
            r#""{name}":{{"dtype":"BF16","shape":[{shape}],"data_offsets":[{start},{end}]}}"#
        ))
    });
    let header = format!("{{{}}}", tensors.collect::<Vec<_>>().join(","));
    let mut file = File::create(path).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.set_len(8 + header.len() as u64 + end).unwrap();
}

#[test]
fn the_published_folder_is_taken_at_full_size_without_any_other_file() {
    let scratch = Scratch::new("full-size");
    let tokenizer = std::fs::read(data("tokenizer.json")).unwrap();
    scratch.write("google/umt5-xxl/tokenizer.json", &tokenizer);
    for (network, file) in [
        ("dit", "Yume-Dit/diffusion_pytorch_model.safetensors"),
        // The content decides what a file is, not its name.
        ("text", "models_t5_umt5-xxl-enc-bf16.pth"),
        ("clip", "models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth"),
        ("vae", "Wan2.1_VAE.pth"),
    ] {
        sparse(&scratch.write(file, b""), network);
    }
    let files = ModelFiles::from_folder(&scratch.path("")).unwrap();
    assert_eq!(files.spec(), &ModelSpec::yume_i2v_540p());
    assert_eq!(files.bytes().unwrap() / 1_000_000_000, 46);
    check_fits(&files);
}

//! The first weights of the DiT: it begins by returning the filled picture.

use std::path::Path;

use yume_checkpoint::{CheckpointError, ModelSpec, Part};
use yume_nets::dit::DitConfig;

use super::Networks;
use crate::parameters::Parameters;

/// Length of a token over its noisy and conditioning parts after normalisation, at full noise.
const NORM: f32 = 0.9;

/// Fresh parameters of the networks of `spec`.
pub(crate) fn parameters(seed: u64, spec: &ModelSpec) -> Parameters {
    let mut parameters = Parameters::fresh(seed, |scope| Networks::init(scope, spec));
    copy_fill(&mut parameters, &spec.dit);
    spread_patchers(&mut parameters);
    parameters
}

/// The parameters in `folder`; fresh ones where only training needs them.
///
/// # Errors
/// If a file is missing or does not fit.
pub(crate) fn continued(
    seed: u64,
    spec: &ModelSpec,
    folder: &Path,
) -> Result<Parameters, CheckpointError> {
    let mut parameters = parameters(seed, spec);
    for (file, prefix, part) in [
        ("dit.safetensors", "dit.", Part::Dit),
        ("text.safetensors", "text.", Part::Text),
        ("clip.safetensors", "clip.", Part::Clip),
    ] {
        let leaves = |name: &str| part.leaves(name, &spec.clip);
        parameters.overlay(&folder.join(file), prefix, leaves)?;
    }
    Ok(parameters)
}

/// The first token channels copy the patch of noisy latents and that of the conditioning, and the
/// head returns their difference: the velocity that leads from noise to the conditioning.
fn copy_fill(parameters: &mut Parameters, dit: &DitConfig) {
    let (channels, input, dim) = (dit.out_dim, dit.in_dim, dit.dim);
    let patch = 4 * channels;
    if dim < 2 * patch {
        return;
    }
    // The head's outputs run row, column, channel; the embedding's inputs channel, row, column.
    let places = || (0..4).flat_map(|place| (0..channels).map(move |channel| (place, channel)));
    parameters.edit("dit.patch_embedding.weight", |weight| {
        weight[..2 * patch * input * 4].fill(0.0);
        for (place, channel) in places() {
            let token = place * channels + channel;
            weight[token * input * 4 + channel * 4 + place] = 1.0;
            let conditioning = channels + 4 + channel;
            weight[(patch + token) * input * 4 + conditioning * 4 + place] = 1.0;
        }
    });
    parameters.edit("dit.patch_embedding.bias", |bias| bias.fill(0.0));
    parameters.edit("dit.head.head.weight", |weight| {
        for (place, channel) in places() {
            let output = place * channels + channel;
            weight[output * dim + output] = NORM;
            weight[output * dim + patch + output] = -NORM;
        }
    });
    parameters.edit("dit.head.modulation", |modulation| modulation.fill(0.0));
    // The only branch without a gate would drown the copies.
    for block in 0..dit.num_layers {
        let name = format!("dit.blocks.{block}.cross_attn.o.weight");
        parameters.edit(&name, |weight| weight.fill(0.0));
    }
}

/// The coarser patch embeddings begin as the ordinary one, spread over their larger patches.
fn spread_patchers(parameters: &mut Parameters) {
    let Some(shape) = parameters.shape("dit.patch_embedding.weight") else { return };
    let Some(fine) = parameters.numbers("dit.patch_embedding.weight") else { return };
    let kernels = shape[0] * shape[1];
    for merge in [2, 4, 8, 16] {
        let edge = 2 * merge;
        parameters.edit(&format!("dit.patch_embedding_{merge}x.weight"), |weight| {
            for kernel in 0..kernels {
                for row in 0..edge {
                    for column in 0..edge {
                        let from = kernel * 4 + row / merge * 2 + column / merge;
                        weight[(kernel * edge + row) * edge + column] =
                            fine[from] / (merge * merge) as f32;
                    }
                }
            }
        });
    }
}

//! The names of tensors in files of `diffusers` and `transformers`.
//!
//! The networks bear the names of the published files. These tables say what each parameter is called
//! by `WanTransformer3DModel` and `AutoencoderKLWan` of diffusers, and by `UMT5EncoderModel` and
//! `CLIPVisionModel` of transformers. What Yume adds to the DiT has the same name everywhere.

use crate::{Loader, Part, Weights};

/// How the tensors of a file are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Naming {
    /// As in the published files of Yume and Wan.
    Published,
    /// As in the libraries; with what stands before the names of the image encoder, and what the
    /// token embedding is called.
    Diffusers { prefix: &'static str, embedding: &'static str },
}

type Table = &'static [(&'static str, &'static str)];

const DIT: Table = &[
    ("time_embedding.0", "condition_embedder.time_embedder.linear_1"),
    ("time_embedding.2", "condition_embedder.time_embedder.linear_2"),
    ("time_projection.1", "condition_embedder.time_proj"),
    ("text_embedding.0", "condition_embedder.text_embedder.linear_1"),
    ("text_embedding.2", "condition_embedder.text_embedder.linear_2"),
    ("img_emb.proj.0", "condition_embedder.image_embedder.norm1"),
    ("img_emb.proj.1", "condition_embedder.image_embedder.ff.net.0.proj"),
    ("img_emb.proj.3", "condition_embedder.image_embedder.ff.net.2"),
    ("img_emb.proj.4", "condition_embedder.image_embedder.norm2"),
    ("head.modulation", "scale_shift_table"),
    ("head.head", "proj_out"),
];

const DIT_BLOCK: Table = &[
    ("modulation", "scale_shift_table"),
    ("self_attn.q", "attn1.to_q"),
    ("self_attn.k", "attn1.to_k"),
    ("self_attn.v", "attn1.to_v"),
    ("self_attn.o", "attn1.to_out.0"),
    ("self_attn.norm_q", "attn1.norm_q"),
    ("self_attn.norm_k", "attn1.norm_k"),
    ("cross_attn.q", "attn2.to_q"),
    ("cross_attn.k", "attn2.to_k"),
    ("cross_attn.v", "attn2.to_v"),
    ("cross_attn.o", "attn2.to_out.0"),
    ("cross_attn.norm_q", "attn2.norm_q"),
    ("cross_attn.norm_k", "attn2.norm_k"),
    ("cross_attn.k_img", "attn2.add_k_proj"),
    ("cross_attn.v_img", "attn2.add_v_proj"),
    ("cross_attn.norm_k_img", "attn2.norm_added_k"),
    // The one norm with parameters is the third here and the second there.
    ("norm3", "norm2"),
    ("ffn.0", "ffn.net.0.proj"),
    ("ffn.2", "ffn.net.2"),
];

const VAE: Table = &[("conv1", "quant_conv"), ("conv2", "post_quant_conv")];

const VAE_HALF: Table = &[
    ("conv1", "conv_in"),
    ("head.0", "norm_out"),
    ("head.2", "conv_out"),
    ("middle.0", "mid_block.resnets.0"),
    ("middle.1", "mid_block.attentions.0"),
    ("middle.2", "mid_block.resnets.1"),
];

const VAE_BLOCK: Table = &[
    ("residual.0", "norm1"),
    ("residual.2", "conv1"),
    ("residual.3", "norm2"),
    ("residual.6", "conv2"),
    ("shortcut", "conv_shortcut"),
];

const TEXT_BLOCK: Table = &[
    ("norm1", "layer.0.layer_norm"),
    ("attn", "layer.0.SelfAttention"),
    ("pos_embedding.embedding", "layer.0.SelfAttention.relative_attention_bias"),
    ("norm2", "layer.1.layer_norm"),
    ("ffn.gate.0", "layer.1.DenseReluDense.wi_0"),
    ("ffn.fc1", "layer.1.DenseReluDense.wi_1"),
    ("ffn.fc2", "layer.1.DenseReluDense.wo"),
];

const CLIP: Table = &[
    ("cls_embedding", "embeddings.class_embedding"),
    ("pos_embedding", "embeddings.position_embedding.weight"),
    ("patch_embedding", "embeddings.patch_embedding"),
    // Their spelling.
    ("pre_norm", "pre_layrnorm"),
    ("post_norm", "post_layernorm"),
];

const CLIP_BLOCK: Table = &[
    ("norm1", "layer_norm1"),
    ("norm2", "layer_norm2"),
    ("attn.proj", "self_attn.out_proj"),
    ("mlp.0", "mlp.fc1"),
    ("mlp.2", "mlp.fc2"),
];

impl Loader<'static> {
    /// A loader of the network `part`, whatever library named the tensors of `weights`: what is there
    /// decides.
    pub fn of(part: Part, weights: Weights) -> Self {
        let naming = Naming::of(part, &weights);
        Self::new(weights).with_names(move |name| naming.stored(part, name))
    }
}

impl Naming {
    /// How the tensors of `weights`, those of `part`, are named: what is there decides.
    fn of(part: Part, weights: &Weights) -> Self {
        let has = |name: &str| weights.stored(name).is_some();
        let (prefix, embedding) = match part {
            Part::Dit if has("condition_embedder.time_proj.weight") => ("", ""),
            Part::Vae if has("post_quant_conv.weight") => ("", ""),
            Part::Text if has("shared.weight") => ("", "shared"),
            Part::Text if has("encoder.embed_tokens.weight") => ("", "encoder.embed_tokens"),
            Part::Clip if has("embeddings.class_embedding") => ("", ""),
            Part::Clip if has("vision_model.embeddings.class_embedding") => ("vision_model.", ""),
            _ => return Self::Published,
        };
        Self::Diffusers { prefix, embedding }
    }

    /// What the parameter `name` of `part` is called; if it is the stack of several tensors, what
    /// each of them is called.
    fn stored(self, part: Part, name: &str) -> Vec<String> {
        let Self::Diffusers { prefix, embedding } = self else {
            return vec![name.to_owned()];
        };
        match part {
            Part::Dit => vec![dit(name)],
            Part::Vae => vec![vae(name)],
            Part::Text => vec![text(name, embedding)],
            // No library has one.
            Part::Depth => vec![name.to_owned()],
            Part::Clip => {
                let names = clip(name.strip_prefix("visual.").unwrap_or(name));
                names.into_iter().map(|name| format!("{prefix}{name}")).collect()
            }
        }
    }
}

fn dit(name: &str) -> String {
    match numbered(name, "blocks.") {
        Some((block, rest)) => format!("blocks.{block}.{}", renamed(rest, DIT_BLOCK)),
        None => renamed(name, DIT),
    }
}

fn vae(name: &str) -> String {
    let Some((half, rest)) = name.split_once('.').filter(|(half, _)| half.ends_with("coder"))
    else {
        return renamed(name, VAE);
    };
    let place = if let Some((k, rest)) = numbered(rest, "downsamples.") {
        format!("down_blocks.{k}.{}", renamed(rest, VAE_BLOCK))
    } else if let Some((k, rest)) = numbered(rest, "upsamples.") {
        // Here one list; there levels of three blocks, each with what enlarges its picture.
        let (level, kind, k) = match k % 4 {
            3 => (k / 4, "upsamplers", 0),
            block => (k / 4, "resnets", block),
        };
        format!("up_blocks.{level}.{kind}.{k}.{}", renamed(rest, VAE_BLOCK))
    } else {
        let rest = renamed(rest, VAE_HALF);
        match numbered(&rest, "mid_block.resnets.") {
            Some((k, rest)) => format!("mid_block.resnets.{k}.{}", renamed(rest, VAE_BLOCK)),
            None => rest,
        }
    };
    format!("{half}.{place}")
}

fn text(name: &str, embedding: &str) -> String {
    match numbered(name, "blocks.") {
        Some((block, rest)) => format!("encoder.block.{block}.{}", renamed(rest, TEXT_BLOCK)),
        None if name == "token_embedding.weight" => format!("{embedding}.weight"),
        None => renamed(name, &[("norm", "encoder.final_layer_norm")]),
    }
}

fn clip(name: &str) -> Vec<String> {
    let Some((block, rest)) = numbered(name, "transformer.") else {
        return vec![renamed(name, CLIP)];
    };
    let layer = |rest: &str| format!("encoder.layers.{block}.{rest}");
    match rest.strip_prefix("attn.to_qkv.") {
        Some(kind) => ["q", "k", "v"].map(|x| layer(&format!("self_attn.{x}_proj.{kind}"))).into(),
        None => vec![layer(&renamed(rest, CLIP_BLOCK))],
    }
}

/// The number behind `prefix` and the rest behind that.
fn numbered<'a>(name: &'a str, prefix: &str) -> Option<(usize, &'a str)> {
    let (number, rest) = name.strip_prefix(prefix)?.split_once('.')?;
    Some((number.parse().ok()?, rest))
}

/// `name` with its beginning replaced by the row that covers it; whole parts between dots count.
fn renamed(name: &str, table: &[(&str, &str)]) -> String {
    let row = table.iter().find_map(|(ours, theirs)| {
        let rest = name.strip_prefix(ours)?;
        (rest.is_empty() || rest.starts_with('.')).then(|| format!("{theirs}{rest}"))
    });
    row.unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_called_as_in_the_libraries() {
        let table = [
            (Part::Dit, "patch_embedding.weight", "patch_embedding.weight"),
            (Part::Dit, "patch_embedding_2x_f.bias", "patch_embedding_2x_f.bias"),
            (Part::Dit, "time_projection.1.bias", "condition_embedder.time_proj.bias"),
            (Part::Dit, "head.modulation", "scale_shift_table"),
            (Part::Dit, "head.head.weight", "proj_out.weight"),
            (Part::Dit, "blocks.0.modulation", "blocks.0.scale_shift_table"),
            (Part::Dit, "blocks.39.self_attn.o.weight", "blocks.39.attn1.to_out.0.weight"),
            (Part::Dit, "blocks.7.self_attn.norm_q.weight", "blocks.7.attn1.norm_q.weight"),
            (Part::Dit, "blocks.7.cross_attn.k.bias", "blocks.7.attn2.to_k.bias"),
            (Part::Dit, "blocks.7.cross_attn.k_img.bias", "blocks.7.attn2.add_k_proj.bias"),
            (
                Part::Dit,
                "blocks.7.cross_attn.norm_k_img.weight",
                "blocks.7.attn2.norm_added_k.weight",
            ),
            (Part::Dit, "blocks.12.norm3.bias", "blocks.12.norm2.bias"),
            (Part::Dit, "blocks.12.ffn.0.bias", "blocks.12.ffn.net.0.proj.bias"),
            (Part::Dit, "blocks.12.ffn.2.bias", "blocks.12.ffn.net.2.bias"),
            (Part::Vae, "conv2.weight", "post_quant_conv.weight"),
            (Part::Vae, "encoder.conv1.bias", "encoder.conv_in.bias"),
            (Part::Vae, "decoder.head.0.gamma", "decoder.norm_out.gamma"),
            (
                Part::Vae,
                "decoder.middle.1.to_qkv.bias",
                "decoder.mid_block.attentions.0.to_qkv.bias",
            ),
            (
                Part::Vae,
                "encoder.middle.2.residual.6.bias",
                "encoder.mid_block.resnets.1.conv2.bias",
            ),
            (
                Part::Vae,
                "encoder.downsamples.3.shortcut.bias",
                "encoder.down_blocks.3.conv_shortcut.bias",
            ),
            (
                Part::Vae,
                "encoder.downsamples.5.time_conv.bias",
                "encoder.down_blocks.5.time_conv.bias",
            ),
            (
                Part::Vae,
                "decoder.upsamples.2.residual.3.gamma",
                "decoder.up_blocks.0.resnets.2.norm2.gamma",
            ),
            (
                Part::Vae,
                "decoder.upsamples.7.resample.1.bias",
                "decoder.up_blocks.1.upsamplers.0.resample.1.bias",
            ),
            (
                Part::Vae,
                "decoder.upsamples.14.residual.2.bias",
                "decoder.up_blocks.3.resnets.2.conv1.bias",
            ),
            (Part::Text, "token_embedding.weight", "shared.weight"),
            (Part::Text, "norm.weight", "encoder.final_layer_norm.weight"),
            (
                Part::Text,
                "blocks.3.attn.q.weight",
                "encoder.block.3.layer.0.SelfAttention.q.weight",
            ),
            (Part::Text, "blocks.3.norm2.weight", "encoder.block.3.layer.1.layer_norm.weight"),
            (
                Part::Text,
                "blocks.23.pos_embedding.embedding.weight",
                "encoder.block.23.layer.0.SelfAttention.relative_attention_bias.weight",
            ),
            (
                Part::Text,
                "blocks.3.ffn.gate.0.weight",
                "encoder.block.3.layer.1.DenseReluDense.wi_0.weight",
            ),
            (Part::Clip, "visual.cls_embedding", "vision_model.embeddings.class_embedding"),
            (
                Part::Clip,
                "visual.pos_embedding",
                "vision_model.embeddings.position_embedding.weight",
            ),
            (Part::Clip, "visual.pre_norm.bias", "vision_model.pre_layrnorm.bias"),
            (
                Part::Clip,
                "visual.transformer.30.mlp.2.bias",
                "vision_model.encoder.layers.30.mlp.fc2.bias",
            ),
            (
                Part::Clip,
                "visual.transformer.4.attn.to_qkv.bias",
                "vision_model.encoder.layers.4.self_attn.q_proj.bias+\
                 vision_model.encoder.layers.4.self_attn.k_proj.bias+\
                 vision_model.encoder.layers.4.self_attn.v_proj.bias",
            ),
        ];
        let naming = Naming::Diffusers { prefix: "vision_model.", embedding: "shared" };
        for (part, ours, theirs) in table {
            assert_eq!(naming.stored(part, ours).join("+"), theirs);
            assert_eq!(Naming::Published.stored(part, ours), [ours]);
        }
    }
}

//! The sizes of a model in a library's layout, read off the shapes of its tensors.
//!
//! A size whose tensors are not there stays what it was; the loader then says what is missing.

use yume_nets::clip::ClipConfig;
use yume_nets::dit::DitConfig;
use yume_nets::text::TextConfig;
use yume_nets::vae::VaeConfig;

use crate::Loader;

/// Tells the shape of a parameter, if it is there.
type ShapeOf<'a> = dyn Fn(&str) -> Option<Vec<usize>> + 'a;

/// The shapes of stored parameters, by the networks' own names.
pub(super) struct Shapes<'a> {
    shape: Box<ShapeOf<'a>>,
    count: usize,
}

impl<'a> Shapes<'a> {
    /// The shapes that `shape` tells of `count` tensors.
    pub(super) fn new(count: usize, shape: impl Fn(&str) -> Option<Vec<usize>> + 'a) -> Self {
        Self { shape: Box::new(shape), count }
    }

    /// The shapes of the parameters that `loader` would hand out.
    pub(super) fn of(loader: Loader<'a>) -> Self {
        Self::new(loader.weights().names().count(), move |name| loader.shape(name))
    }

    /// Puts an edge of the first parameter that is there into `size`: parameters and which of their
    /// edges. Several are named so that one that is missing is missed alone.
    fn read(&self, size: &mut usize, places: &[(&str, usize)]) {
        let mut edges = places.iter().filter_map(|&(name, edge)| self.edge(name, edge));
        if let Some(edge) = edges.next() {
            *size = edge;
        }
    }

    fn edge(&self, name: &str, edge: usize) -> Option<usize> {
        (self.shape)(name)?.get(edge).copied()
    }

    fn has(&self, name: &str) -> bool {
        (self.shape)(name).is_some()
    }

    /// How many blocks there are: one more than the highest number, so that one that is missing in
    /// the middle is missed. A block is known by any of `parameters`.
    fn read_blocks(&self, count: &mut usize, blocks: &str, parameters: [&str; 2]) {
        // There are no more blocks than tensors, whatever their numbers say.
        let is_there = |block: &usize| {
            parameters.iter().any(|name| self.has(&format!("{blocks}.{block}.{name}")))
        };
        if let Some(last) = (0..self.count).rev().find(is_there) {
            *count = last + 1;
        }
    }
}

/// The sizes of a DiT. How many heads share its width is not among them.
pub(super) fn dit(mut config: DitConfig, shapes: &Shapes<'_>) -> DitConfig {
    let c = &mut config;
    shapes.read(&mut c.dim, &[("patch_embedding.weight", 0), ("patch_embedding.bias", 0)]);
    shapes
        .read(&mut c.in_dim, &[("patch_embedding.weight", 1), ("patch_embedding_2x_f.weight", 1)]);
    shapes.read(&mut c.ffn_dim, &[("blocks.0.ffn.0.weight", 0), ("blocks.0.ffn.2.weight", 1)]);
    shapes.read(&mut c.freq_dim, &[("time_embedding.0.weight", 1)]);
    shapes.read(&mut c.text_dim, &[("text_embedding.0.weight", 1)]);
    shapes.read(&mut c.img_dim, &[("img_emb.proj.1.weight", 1), ("img_emb.proj.0.weight", 0)]);
    shapes.read_blocks(&mut c.num_layers, "blocks", ["modulation", "ffn.0.weight"]);
    let mut patch = 4 * c.out_dim;
    shapes.read(&mut patch, &[("head.head.weight", 0), ("head.head.bias", 0)]);
    c.out_dim = patch / 4;
    config
}

/// The sizes of a VAE with the levels of Wan 2.1.
pub(super) fn vae(config: VaeConfig, shapes: &Shapes<'_>) -> VaeConfig {
    let mut widths: Vec<usize> = config.encoder.iter().map(|level| level.output).collect();
    let mut dim = config.encoder[0].input;
    shapes.read(&mut dim, &[("encoder.conv1.weight", 0), ("encoder.conv1.bias", 0)]);
    for (level, width) in widths.iter_mut().enumerate() {
        // Behind the blocks of a level stands what halves its picture.
        let first = level * (config.encoder_res_blocks + 1);
        let [weight, bias] =
            ["weight", "bias"].map(|kind| format!("encoder.downsamples.{first}.residual.2.{kind}"));
        shapes.read(width, &[(&weight, 0), (&bias, 0)]);
    }
    let mult: Vec<usize> = widths.iter().map(|width| width / dim.max(1)).collect();
    let wan = VaeConfig::wan(dim, &mult, config.encoder_res_blocks, &config.temporal);
    VaeConfig { latent_mean: config.latent_mean, latent_std: config.latent_std, ..wan }
}

/// The sizes of a text encoder.
pub(super) fn text(mut config: TextConfig, shapes: &Shapes<'_>) -> TextConfig {
    let c = &mut config;
    let positions = "blocks.0.pos_embedding.embedding.weight";
    shapes.read(&mut c.vocab, &[("token_embedding.weight", 0)]);
    shapes.read(&mut c.dim, &[("norm.weight", 0), ("token_embedding.weight", 1)]);
    shapes.read(&mut c.dim_attn, &[("blocks.0.attn.q.weight", 0), ("blocks.0.attn.o.weight", 1)]);
    shapes.read(&mut c.ffn, &[("blocks.0.ffn.fc1.weight", 0), ("blocks.0.ffn.fc2.weight", 1)]);
    shapes.read(&mut c.buckets, &[(positions, 0)]);
    shapes.read(&mut c.heads, &[(positions, 1)]);
    shapes.read_blocks(&mut c.layers, "blocks", ["norm1.weight", "norm2.weight"]);
    config
}

/// The sizes of an image encoder. How many heads share its width is not among them.
pub(super) fn clip(mut config: ClipConfig, shapes: &Shapes<'_>) -> ClipConfig {
    let c = &mut config;
    let patch = "visual.patch_embedding.weight";
    shapes.read(&mut c.dim, &[(patch, 0), ("visual.pre_norm.weight", 0)]);
    let mut edge = c.image_size / c.patch_size;
    shapes.read(&mut c.patch_size, &[(patch, 2)]);
    c.patch_size = c.patch_size.max(1);
    let mut tokens = 1 + edge * edge;
    shapes.read(&mut tokens, &[("visual.pos_embedding", 1)]);
    edge = tokens.saturating_sub(1).isqrt();
    c.image_size = edge.saturating_mul(c.patch_size);
    let mut hidden = c.mlp_ratio.saturating_mul(c.dim);
    shapes.read(
        &mut hidden,
        &[("visual.transformer.0.mlp.0.weight", 0), ("visual.transformer.0.mlp.2.weight", 1)],
    );
    c.mlp_ratio = hidden / c.dim.max(1);
    // The last block is not run, and a file without it is as good. Such a file has no last norm
    // either; it cannot tell how deep the tower was.
    if shapes.has("visual.post_norm.weight") {
        let parameters = ["norm1.weight", "mlp.0.weight"];
        shapes.read_blocks(&mut c.num_layers, "visual.transformer", parameters);
    }
    config
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use burn::tensor::DType;
    use yume_nets::Scope;
    use yume_nets::clip::ClipVision;
    use yume_nets::dit::Dit;
    use yume_nets::listing::parameters;
    use yume_nets::text::TextEncoder;
    use yume_nets::vae::Vae;

    use super::*;

    /// What `read` finds in the shapes that the network of `init` asks for, less those that begin
    /// with one of `lacks`.
    fn found<C, N>(
        read: impl Fn(C, &Shapes<'_>) -> C,
        before: C,
        lacks: &[&str],
        init: impl FnOnce(&mut Scope<'_>) -> N,
    ) -> C {
        let listed = parameters(DType::F32, init).into_iter();
        let mut shapes: BTreeMap<String, Vec<usize>> =
            listed.map(|parameter| (parameter.name, parameter.shape)).collect();
        shapes.retain(|name, _| !lacks.iter().any(|lost| name.starts_with(lost)));
        // What the tower has beside what is run.
        if shapes.contains_key("visual.cls_embedding") {
            let last = shapes.keys().filter(|name| name.ends_with("mlp.0.weight")).count();
            shapes.insert(format!("visual.transformer.{last}.norm1.weight"), vec![8]);
            shapes.insert("visual.post_norm.weight".to_owned(), vec![8]);
        }
        read(before, &Shapes::new(shapes.len(), |name| shapes.get(name).cloned()))
    }

    #[test]
    fn every_size_is_found_again_from_any_other() {
        let small = DitConfig {
            in_dim: 36,
            dim: 24,
            ffn_dim: 40,
            num_heads: 40,
            num_layers: 3,
            freq_dim: 64,
            text_dim: 10,
            img_dim: 14,
            ..DitConfig::default()
        };
        for (from, to) in [(DitConfig::default(), small.clone()), (small, DitConfig::default())] {
            assert_eq!(found(dit, from, &[], |scope| Dit::init(scope, &to)), to);
        }
        let small = VaeConfig::wan(6, &[1, 2, 4, 4], 2, &[false, true, true]);
        for (from, to) in [(VaeConfig::wan_2_1(), small.clone()), (small, VaeConfig::wan_2_1())] {
            assert_eq!(found(vae, from, &[], |scope| Vae::init(scope, &to)), to);
        }
        let small = TextConfig {
            vocab: 99,
            dim: 12,
            dim_attn: 16,
            ffn: 20,
            heads: 2,
            layers: 3,
            buckets: 8,
            ..TextConfig::default()
        };
        for (from, to) in [(TextConfig::default(), small.clone()), (small, TextConfig::default())] {
            assert_eq!(found(text, from, &[], |scope| TextEncoder::init(scope, &to)), to);
        }
        let small = ClipConfig {
            image_size: 28,
            patch_size: 7,
            dim: 8,
            mlp_ratio: 2,
            num_layers: 3,
            ..ClipConfig::default()
        };
        for (from, to) in [(ClipConfig::default(), small.clone()), (small, ClipConfig::default())] {
            assert_eq!(found(clip, from, &[], |scope| ClipVision::init(scope, &to)), to);
        }
    }

    #[test]
    fn what_is_missing_changes_no_other_size() {
        let of = |lacks: &[&str]| {
            let wanted = DitConfig { dim: 24, num_layers: 3, ..DitConfig::default() };
            let found = found(dit, DitConfig::default(), lacks, |scope| Dit::init(scope, &wanted));
            (found == wanted, found.num_layers)
        };
        for lacks in
            [&["patch_embedding.weight"][..], &["blocks.0"], &["blocks.1"], &["head.head.w"]]
        {
            assert_eq!(of(lacks), (true, 3), "{lacks:?}");
        }
        // The file cannot tell that there was a fourth block, nor anything if it is another network's.
        assert_eq!(of(&["blocks.2"]).1, 2);
        assert_eq!(of(&[""]).1, 40);
    }

    #[test]
    fn a_tower_without_its_last_block_may_have_any_depth() {
        let config = ClipConfig { num_layers: 3, ..ClipConfig::default() };
        let listed = parameters(DType::F32, |scope| ClipVision::init(scope, &config));
        let shapes: BTreeMap<_, _> =
            listed.into_iter().map(|parameter| (parameter.name, parameter.shape)).collect();
        let shapes = Shapes::new(shapes.len(), |name| shapes.get(name).cloned());
        assert_eq!(clip(ClipConfig::default(), &shapes).num_layers, 32);
    }

    #[test]
    fn numbers_of_blocks_are_not_believed() {
        let shapes = Shapes::new(2, |name| {
            (name == "blocks.18446744073709551615.modulation").then(|| vec![1, 6, 8])
        });
        assert_eq!(dit(DitConfig::default(), &shapes).num_layers, 40);
    }
}

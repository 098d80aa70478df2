//! Everything that is trained jointly, as one module.

use burn::module::Module;
use burn::tensor::Tensor;
use yume_checkpoint::ModelSpec;
use yume_nets::Scope;
use yume_nets::clip::ClipVision;
use yume_nets::dit::{Dit, SideInterpolator};
use yume_nets::text::TextEncoder;

/// The DiT, what it needs for masked steps, and its encoders. Parameters are named as in their
/// files, after `dit.`, `text.` or `clip.`.
#[derive(Module, Debug)]
pub struct Networks {
    /// The diffusion transformer.
    pub dit: Dit,
    /// The mask token and the side block.
    pub side: SideInterpolator,
    /// The text encoder.
    pub text: TextEncoder,
    /// The image encoder.
    pub clip: ClipVision,
}

impl Networks {
    /// The networks of a model.
    pub fn init(scope: &mut Scope<'_>, spec: &ModelSpec) -> Self {
        Self {
            dit: Dit::init(&mut scope.sub("dit"), &spec.dit),
            side: SideInterpolator::init(&mut scope.sub("dit"), &spec.dit),
            text: TextEncoder::init(&mut scope.sub("text"), &spec.text),
            clip: ClipVision::init(&mut scope.sub("clip"), &spec.clip),
        }
    }

    /// Encodes captions of different lengths; equal ones only once.
    ///
    /// # Shapes
    /// - output: `[captions, rows, dim]`, zero after the end of each caption
    pub fn encode_captions(&self, captions: &[Vec<u32>], rows: usize) -> Tensor<3> {
        let mut known: Vec<(&Vec<u32>, Tensor<3>)> = Vec::new();
        let mut encoded = Vec::with_capacity(captions.len());
        for ids in captions {
            if let Some((_, text)) = known.iter().find(|(other, _)| *other == ids) {
                encoded.push(text.clone());
                continue;
            }
            let text = self.text.forward(ids); // [1, ids, dim]
            let [_, length, dim] = text.dims();
            let text = if length < rows {
                let rest = Tensor::zeros([1, rows - length, dim], (&text.device(), text.dtype()));
                Tensor::cat(vec![text, rest], 1)
            } else {
                text
            };
            known.push((ids, text.clone()));
            encoded.push(text);
        }
        Tensor::cat(encoded, 0)
    }
}

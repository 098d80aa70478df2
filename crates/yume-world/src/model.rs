//! The networks of one model, loaded and ready.

use std::cell::RefCell;
use std::collections::HashSet;

use burn::module::Module as _;
use burn::tensor::{DType, Device, Tensor};
use yume_checkpoint::{ModelFiles, ModelSpec, Part, Tokenizer};
use yume_motion::Motion;
use yume_nets::Scope;
use yume_nets::clip::{self, ClipVision};
use yume_nets::dit::{Context, Dit};
use yume_nets::text::TextEncoder;
use yume_nets::vae::Vae;

use crate::{Options, Precision, WorldError};

/// The networks, tokenizer and facts of a model.
pub struct Model {
    spec: ModelSpec,
    device: Device,
    dit: Dit,
    vae: Vae,
    text: TextEncoder,
    clip: ClipVision,
    tokenizer: Tokenizer,
    told: RefCell<HashSet<String>>,
}

impl Model {
    /// Loads every network of `files` to `device`, with the weights of matrix products held as
    /// `precision` says.
    ///
    /// # Errors
    /// If a file is missing, damaged, or does not fit the networks.
    pub fn open(
        files: &ModelFiles,
        device: &Device,
        precision: impl Into<Precision>,
    ) -> Result<Self, WorldError> {
        let precision = precision.into();
        // Coding changes the DiT a little and the captions less; the image encoder is small.
        let matrices = Precision::from(precision.matrices);
        let spec = files.spec().clone();
        let dit = load(files, Part::Dit, device, precision, |scope| Dit::init(scope, &spec.dit))?;
        // The VAE of the published model runs in f32; so does everything on a CPU.
        let vae =
            load(files, Part::Vae, device, DType::F32.into(), |scope| Vae::init(scope, &spec.vae))?;
        let text = load(files, Part::Text, device, precision, |scope| {
            TextEncoder::init(scope, &spec.text)
        })?;
        let clip =
            load(files, Part::Clip, device, matrices, |scope| ClipVision::init(scope, &spec.clip))?;
        let tokenizer = files.tokenizer()?;
        let device = device.clone();
        // Nothing is trained here: without this every pass would prepare for a backward one.
        let (dit, vae) = (dit.no_grad(), vae.no_grad());
        let (text, clip) = (text.no_grad(), clip.no_grad());
        Ok(Self { spec, device, dit, vae, text, clip, tokenizer, told: RefCell::default() })
    }

    /// The facts of the model.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// The model's own way to sample.
    pub fn options(&self) -> Options {
        Options::of(&self.spec)
    }

    /// Where it runs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The diffusion transformer.
    pub fn dit(&self) -> &Dit {
        &self.dit
    }

    /// The video VAE.
    pub fn vae(&self) -> &Vae {
        &self.vae
    }

    /// The caption of a motion in a scene.
    pub(crate) fn caption(&self, motion: Motion, scene: &str) -> String {
        let book = self.spec.phrasebook;
        book.caption(motion, book.usual_speed(motion), scene)
    }

    /// The caption that guidance steers away from.
    pub(crate) fn negative_prompt(&self) -> &str {
        &self.spec.negative_prompt
    }

    /// What the DiT reads of a caption and a start picture.
    pub fn context(&self, caption: &str, image: Tensor<3>) -> Context {
        let encoded = self.tokenizer.encode(caption);
        for word in encoded.unknown {
            if self.told.borrow_mut().insert(word.clone()) {
                tracing::warn!("this model does not know the word \"{word}\"; it is left out");
            }
        }
        self.dit.context(self.text.forward(&encoded.ids), image)
    }

    /// What the vision tower says of a planar picture of the model's size.
    ///
    /// # Shapes
    /// - picture: `[3, height, width]` in [-1, 1]
    /// - output: `[1, img_tokens, img_dim]`
    pub fn image_features(&self, picture: &[f32]) -> Tensor<3> {
        let (height, width) = (self.spec.frame.height, self.spec.frame.width);
        let pixels = clip::preprocess(picture, height, width, &self.spec.clip);
        self.clip.forward(clip::to_tensor(pixels, &self.spec.clip, &self.device))
    }
}

fn load<N>(
    files: &ModelFiles,
    part: Part,
    device: &Device,
    precision: Precision,
    init: impl FnOnce(&mut Scope<'_>) -> N,
) -> Result<N, WorldError> {
    let mut loader = files.loader(part)?;
    let network = {
        let scope = Scope::root(&mut loader, device, precision.matrices);
        init(&mut scope.with_coding(precision.coding))
    };
    loader.finish(|name| files.leaves(part, name))?;
    Ok(network)
}

//! The networks of one model, loaded and ready.

use std::path::Path;

use burn::module::Module as _;
use burn::tensor::{DType, Device, Tensor};
use yume_checkpoint::{CaptionStore, ModelFiles, ModelSpec, Part};
use yume_motion::Motion;
use yume_nets::Scope;
use yume_nets::clip::{self, ClipVision};
use yume_nets::dit::{Context, Dit};
use yume_nets::vae::Vae;

use crate::texts::Texts;
use crate::{Options, Precision, WorldError};

/// The networks, tokenizer and facts of a model.
pub struct Model {
    spec: ModelSpec,
    device: Device,
    dit: Dit,
    vae: Vae,
    texts: Texts,
    clip: ClipVision,
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
        Self::open_with(files, device, precision.into(), None)
    }

    /// As [`Model::open`], but encoded captions are kept in the folder `captions` from run to run,
    /// and the text encoder is loaded only for a caption that is not there.
    ///
    /// A model that is part of the program is not worth it and keeps nothing.
    ///
    /// # Errors
    /// As [`Model::open`]. A damaged text encoder may be found later, when it is needed.
    pub fn open_remembering(
        files: &ModelFiles,
        device: &Device,
        precision: impl Into<Precision>,
        captions: &Path,
    ) -> Result<Self, WorldError> {
        let precision = precision.into();
        let store = files
            .text_identity()?
            .map(|encoder| CaptionStore::new(captions, &format!("{encoder} at {precision:?}")));
        Self::open_with(files, device, precision, store)
    }

    fn open_with(
        files: &ModelFiles,
        device: &Device,
        precision: Precision,
        store: Option<CaptionStore>,
    ) -> Result<Self, WorldError> {
        // Coding changes the DiT a little and the captions less; the image encoder is small.
        let matrices = Precision::from(precision.matrices);
        let spec = files.spec().clone();
        let dit = load(files, Part::Dit, device, precision, |scope| Dit::init(scope, &spec.dit))?;
        // The VAE of the published model runs in f32; so does everything on a CPU.
        let vae =
            load(files, Part::Vae, device, DType::F32.into(), |scope| Vae::init(scope, &spec.vae))?;
        let texts = Texts::open(files, device, precision, store)?;
        let clip =
            load(files, Part::Clip, device, matrices, |scope| ClipVision::init(scope, &spec.clip))?;
        let device = device.clone();
        // Nothing is trained here: without this every pass would prepare for a backward one.
        let (dit, vae, clip) = (dit.no_grad(), vae.no_grad(), clip.no_grad());
        Ok(Self { spec, device, dit, vae, texts, clip })
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
    ///
    /// # Errors
    /// If the caption is new and the text encoder cannot be loaded.
    pub fn context(&self, caption: &str, image: Tensor<3>) -> Result<Context, WorldError> {
        Ok(self.dit.context(self.texts.rows(caption)?, image))
    }

    /// Encodes the captions of motions and scenes that are known beforehand, with the negative
    /// prompt if `with_negative`, and frees the text encoder.
    ///
    /// # Errors
    /// As [`Model::context`].
    pub fn learn(
        &self,
        captions: impl IntoIterator<Item = (Motion, String)>,
        with_negative: bool,
    ) -> Result<(), WorldError> {
        for (motion, scene) in captions {
            self.texts.rows(&self.caption(motion, &scene))?;
        }
        if with_negative {
            self.texts.rows(self.negative_prompt())?;
        }
        self.texts.release();
        Ok(())
    }

    /// Whether the text encoder takes memory now.
    pub fn has_text_encoder(&self) -> bool {
        self.texts.is_loaded()
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

#[cfg(test)]
impl Model {
    /// The rows of a caption, `[1, tokens, dim]`.
    pub(crate) fn rows(&self, caption: &str) -> Result<Tensor<3>, WorldError> {
        self.texts.rows(caption)
    }
}

pub(crate) fn load<N>(
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

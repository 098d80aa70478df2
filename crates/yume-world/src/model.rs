//! The networks of one model, loaded and ready.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::Path;

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};
use yume_checkpoint::{CaptionStore, Fill, ModelFiles, ModelSpec, Part};
use yume_motion::Motion;
use yume_motion::seen::Seen;
use yume_nets::Scope;
use yume_nets::clip::{self, ClipVision};
use yume_nets::depth::Depth;
use yume_nets::dit::{Context, Dit};
use yume_nets::vae::{StreamCache, Vae};

use crate::fill::relief;
use crate::newest::host;
use crate::places::{Places, words};
use crate::texts::Texts;
use crate::{Holding, Options, Precision, WorldError, pixels};

/// The networks, tokenizer and facts of a model.
pub struct Model {
    files: ModelFiles,
    holding: Holding,
    device: Device,
    dit: Dit,
    vae: Vae,
    depth: Option<Depth>,
    places: Places,
    texts: Texts,
    /// `None` while it is not needed.
    clip: RefCell<Option<ClipVision>>,
}

impl Model {
    /// Loads the networks of `files` to `device`, held as `holding` says.
    ///
    /// # Errors
    /// If a file is missing, damaged, or does not fit the networks. What is wrong with an encoder that
    /// is lent may be found later, when it is needed.
    pub fn open(
        files: &ModelFiles,
        device: &Device,
        holding: impl Into<Holding>,
    ) -> Result<Self, WorldError> {
        Self::open_with(files, device, holding.into(), None)
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
        holding: impl Into<Holding>,
        captions: &Path,
    ) -> Result<Self, WorldError> {
        let holding = holding.into();
        let precision = holding.precision;
        let store = files
            .text_identity()?
            .map(|encoder| CaptionStore::new(captions, &format!("{encoder} at {precision:?}")));
        Self::open_with(files, device, holding, store)
    }

    fn open_with(
        files: &ModelFiles,
        device: &Device,
        holding: Holding,
        store: Option<CaptionStore>,
    ) -> Result<Self, WorldError> {
        // The sheet of places takes as long to unpack as everything else to load.
        std::thread::scope(|scope| {
            let places = scope.spawn(|| Places::open(files));
            let spec = files.spec();
            let dit = load(files, Part::Dit, device, holding, |scope| Dit::init(scope, &spec.dit))?;
            let vae = holding.vae().into();
            let vae = load(files, Part::Vae, device, vae, |scope| Vae::init(scope, &spec.vae))?;
            let sizes = spec.depth.as_ref();
            // It is small, and on what it estimates the eye sees every error.
            let depth = |sizes| {
                let network = |scope: &mut Scope<'_>| Depth::init(scope, sizes);
                load(files, Part::Depth, device, Precision::from(DType::F32).into(), network)
            };
            let depth = sizes.map(depth).transpose()?;
            let texts = Texts::open(files, device, holding, store)?;
            let model = Self {
                files: files.clone(),
                holding,
                device: device.clone(),
                // Nothing is trained here: without this every pass would prepare for a backward one.
                dit: dit.no_grad(),
                vae: vae.no_grad(),
                depth: depth.map(Module::no_grad),
                places: places.join().expect("a damaged sheet is an error, not a panic")?,
                texts,
                clip: RefCell::default(),
            };
            if !holding.lends_encoders {
                model.load_clip()?;
            }
            Ok(model)
        })
    }

    /// The facts of the model.
    pub fn spec(&self) -> &ModelSpec {
        self.files.spec()
    }

    /// How it is held.
    pub fn holding(&self) -> Holding {
        self.holding
    }

    /// The model's own way to sample.
    pub fn options(&self) -> Options {
        Options::of(self.spec())
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

    /// One over the metres that everything in a planar picture of the model's size is ahead of the camera,
    /// which looks so many radians above the horizon; `None` from a model that has no estimate of it.
    ///
    /// Of what was enlarged again and again, whose `quality` is less than 1, the estimate is worth less,
    /// and the world is taken to be flat instead.
    pub fn depth(&self, picture: &[f32], pitch: f32, quality: f32) -> Option<Vec<f32>> {
        let (frame, network) = (self.spec().frame, self.depth.as_ref()?);
        let Fill::Warp(warp) = &self.spec().fill else { return None };
        Some(relief(network, warp, (picture, frame.height, frame.width), pitch, quality))
    }

    /// Nothing seen yet by a walk that begins with a planar picture, and the kind of places that it may come to:
    /// that of which the scene text speaks, or else one that is like the picture.
    pub(crate) fn unseen(&self, picture: &[f32], scene: &str) -> (Seen, Option<usize>) {
        let like = self.places.like(picture);
        let kind = self.places.called(scene, like).or(like);
        (kind.map_or_else(Seen::default, |kind| Seen::among(self.places.of(kind))), kind)
    }

    /// The places that a walk may come to.
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// Whether a scene text has words for a kind of places that the text encoder knows too: those for light,
    /// weather and season.
    pub(crate) fn speaks_of_light(&self, scene: &str) -> bool {
        words(scene).any(|word| self.spec().names_place(&word) && self.texts.knows(&word))
    }

    /// Planar frames as the VAE shows them: one, and then whole segments.
    pub fn reconstruct(&self, frames: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let frame = self.spec().frame;
        let (mut encoder, mut decoder) = (StreamCache::default(), StreamCache::default());
        let mut pass = |part: &[Vec<f32>]| {
            let video = pixels::video(part, frame.height, frame.width, self.device());
            let latents = self.vae().encode(video, &mut encoder);
            pixels::split_video(self.vae().decode(latents, &mut decoder).clamp(-1.0, 1.0))
        };
        let (first, rest) = frames.split_at(frames.len().min(1));
        let parts = std::iter::once(first).chain(rest.chunks_exact(frame.segment_frames));
        parts.filter(|part| !part.is_empty()).flat_map(&mut pass).collect()
    }

    /// The caption of a motion in a scene.
    pub(crate) fn caption(&self, motion: Motion, scene: &str) -> String {
        let book = self.spec().phrasebook;
        book.caption(motion, book.usual_speed(motion), scene)
    }

    /// The caption that guidance steers away from.
    pub(crate) fn negative_prompt(&self) -> &str {
        &self.spec().negative_prompt
    }

    /// What the DiT reads of a caption and a start picture.
    ///
    /// # Errors
    /// If the caption is new and the text encoder cannot be loaded.
    pub fn context(&self, caption: &str, image: Tensor<3>) -> Result<Context, WorldError> {
        let rows = self.texts.rows(caption)?;
        if self.holding.lends_encoders {
            self.texts.release();
        }
        Ok(self.dit.context(rows, image))
    }

    /// Encodes the captions of motions and scenes that are known beforehand, with the negative
    /// prompt if `with_negative`, and frees the text encoder. `told` hears how many of how many are
    /// done, and may break.
    ///
    /// # Errors
    /// As [`Model::context`].
    pub fn learn(
        &self,
        captions: impl IntoIterator<Item = (Motion, String)>,
        with_negative: bool,
        told: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, WorldError> {
        let captions = captions.into_iter().map(|(motion, scene)| self.caption(motion, &scene));
        let negative = with_negative.then(|| self.negative_prompt().to_owned());
        let captions: Vec<String> = captions.chain(negative).collect();
        let mut flow = told(0, captions.len());
        for (i, caption) in captions.iter().enumerate() {
            if flow.is_break() {
                break;
            }
            self.texts.learn(caption)?;
            flow = told(i + 1, captions.len());
        }
        self.texts.release();
        Ok(flow)
    }

    /// Whether the text encoder takes memory now.
    pub fn has_text_encoder(&self) -> bool {
        self.texts.is_loaded()
    }

    /// Whether the image encoder takes memory now.
    pub fn has_image_encoder(&self) -> bool {
        self.clip.borrow().is_some()
    }

    /// What the vision tower says of a planar picture of the model's size.
    ///
    /// # Shapes
    /// - picture: `[3, height, width]` in [-1, 1]
    /// - output: `[1, img_tokens, img_dim]`
    ///
    /// # Errors
    /// If the image encoder cannot be loaded.
    pub fn image_features(&self, picture: &[f32]) -> Result<Tensor<3>, WorldError> {
        let spec = self.spec();
        let (height, width) = (spec.frame.height, spec.frame.width);
        let pixels = clip::preprocess(picture, height, width, &spec.clip);
        let pixels = clip::to_tensor(pixels, &spec.clip, &self.device);
        if !self.has_image_encoder() {
            self.load_clip()?;
        }
        let features = self.clip.borrow().as_ref().expect("it was just loaded").forward(pixels);
        if self.holding.lends_encoders {
            self.clip.take();
            self.device.memory_cleanup();
        }
        Ok(features)
    }

    fn load_clip(&self) -> Result<(), WorldError> {
        let spec = self.spec();
        // It is small, and coding would change what it sees.
        let precision = Precision::from(self.holding.precision.matrices);
        let clip = load(&self.files, Part::Clip, &self.device, precision.into(), |scope| {
            ClipVision::init(scope, &spec.clip)
        })?;
        *self.clip.borrow_mut() = Some(clip.no_grad());
        Ok(())
    }
}

#[cfg(test)]
impl Model {
    /// The rows of a caption, `[1, tokens, dim]`.
    pub(crate) fn rows(&self, caption: &str) -> Result<Tensor<3>, WorldError> {
        self.texts.rows(caption)
    }
}

/// Loads a network; blocks are streamed if `holding` says so and the network can.
pub(crate) fn load<N>(
    files: &ModelFiles,
    part: Part,
    device: &Device,
    holding: Holding,
    init: impl FnOnce(&mut Scope<'_>) -> N,
) -> Result<N, WorldError> {
    let mut loader = files.loader(part)?;
    let host = host();
    let network = {
        let Precision { matrices, coding } = holding.precision;
        let scope = Scope::root(&mut loader, device, matrices).with_coding(coding);
        init(&mut scope.with_rest(holding.streams_blocks.then_some(&host)))
    };
    loader.finish(|name| files.leaves(part, name))?;
    Ok(network)
}

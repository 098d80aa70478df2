//! Captions become contexts once per motion and scene.

use std::collections::HashMap;

use burn::tensor::Tensor;
use yume_motion::Motion;
use yume_nets::dit::Context;

use crate::{Model, WorldError};

/// The contexts of one picture and one scene: at most 81 captions and a negative prompt.
pub(crate) struct Contexts {
    image: Tensor<3>,
    scene: String,
    captions: HashMap<Motion, Context>,
    negative: Option<Context>,
}

impl Contexts {
    /// `image` is what the vision tower says of the picture, `[1, tokens, dim]`.
    pub(crate) fn new(image: Tensor<3>, scene: String) -> Self {
        Self { image, scene, captions: HashMap::new(), negative: None }
    }

    /// Encodes the caption of `motion` unless it is known.
    pub(crate) fn prepare(
        &mut self,
        model: &Model,
        motion: Motion,
        with_negative: bool,
    ) -> Result<(), WorldError> {
        if !self.captions.contains_key(&motion) {
            let caption = model.caption(motion, &self.scene);
            let context = model.context(&caption, self.image.clone())?;
            self.captions.insert(motion, context);
        }
        if with_negative && self.negative.is_none() {
            self.negative = Some(model.context(model.negative_prompt(), self.image.clone())?);
        }
        Ok(())
    }

    /// A context that was prepared.
    pub(crate) fn of(&self, motion: Motion) -> (&Context, Option<&Context>) {
        let context =
            self.captions.get(&motion).expect("contexts are prepared before they are read");
        (context, self.negative.as_ref())
    }

    /// Captions speak of another scene from now on.
    pub(crate) fn set_scene(&mut self, scene: String) {
        if scene != self.scene {
            self.captions.clear();
            self.scene = scene;
        }
    }

    /// Contexts show another picture from now on. Their texts are remembered by the model.
    pub(crate) fn set_image(&mut self, image: Tensor<3>) {
        *self = Self::new(image, std::mem::take(&mut self.scene));
    }
}

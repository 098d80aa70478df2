//! Captions become contexts once per motion and scene, as long as there is room.

use burn::tensor::Tensor;
use yume_motion::Motion;
use yume_nets::dit::Context;

use crate::{Model, WorldError};

/// Bytes of the contexts that are kept. All 81 of a small model fit; of the published one only the
/// newest stays, because making it anew takes a hundredth of a pass of its network.
const ROOM: u64 = 512 << 20;

/// How many contexts of `bytes` are kept besides that of the negative prompt.
pub(crate) fn contexts_kept(bytes: u64) -> usize {
    kept(bytes, ROOM)
}

fn kept(bytes: u64, room: u64) -> usize {
    usize::try_from(room / bytes.max(1)).unwrap_or(usize::MAX).clamp(1, Motion::COUNT)
}

/// The contexts of one picture and one scene.
pub(crate) struct Contexts {
    image: Tensor<3>,
    scene: String,
    /// The one used last stands last.
    captions: Vec<(Motion, Context)>,
    negative: Option<Context>,
    room: u64,
}

impl Contexts {
    /// `image` is what the vision tower says of the picture, `[1, tokens, dim]`.
    pub(crate) fn new(image: Tensor<3>, scene: String) -> Self {
        Self { image, scene, captions: Vec::new(), negative: None, room: ROOM }
    }

    /// Encodes the caption of `motion` unless it is known. The one that was not used for longest
    /// makes room for it.
    pub(crate) fn prepare(
        &mut self,
        model: &Model,
        motion: Motion,
        with_negative: bool,
    ) -> Result<(), WorldError> {
        if let Some(at) = self.captions.iter().position(|(known, _)| *known == motion) {
            self.captions[at..].rotate_left(1);
        } else {
            if let Some((_, context)) = self.captions.first() {
                // All are of one size: texts are padded.
                let others = kept(context.bytes(), self.room) - 1;
                self.captions.drain(..self.captions.len().saturating_sub(others));
            }
            let caption = model.caption(motion, &self.scene);
            let context = model.context(&caption, self.image.clone())?;
            self.captions.push((motion, context));
        }
        if with_negative && self.negative.is_none() {
            self.negative = Some(model.context(model.negative_prompt(), self.image.clone())?);
        }
        Ok(())
    }

    /// The context that was prepared last, of `motion`.
    pub(crate) fn of(&self, motion: Motion) -> (&Context, Option<&Context>) {
        let known = self.captions.iter().rev().find(|(known, _)| *known == motion);
        let (_, context) = known.expect("contexts are prepared before they are read");
        (context, self.negative.as_ref())
    }

    /// What captions say of the place.
    pub(crate) fn scene(&self) -> &str {
        &self.scene
    }

    /// Captions speak of another scene from now on. Returns whether it is another one.
    pub(crate) fn set_scene(&mut self, scene: String) -> bool {
        let is_another = scene != self.scene;
        if is_another {
            self.captions.clear();
            self.scene = scene;
        }
        is_another
    }

    /// Contexts show another picture from now on. Their texts are remembered by the model.
    pub(crate) fn set_image(&mut self, image: Tensor<3>) {
        self.image = image;
        self.captions.clear();
        self.negative = None;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use burn::tensor::{DType, Device};
    use yume_checkpoint::ModelFiles;
    use yume_motion::parse_script;

    use super::*;

    #[test]
    fn contexts_beyond_the_room_make_way_for_those_in_use() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny-v0");
        let files = ModelFiles::from_folder(&folder).unwrap();
        let model = Model::open(&files, &Device::flex(), DType::F32).unwrap();
        let frame = model.spec().frame;
        let image = model.image_features(&vec![0.0; 3 * frame.height * frame.width]).unwrap();
        let one = model.context("", image.clone()).unwrap().bytes();
        // Contexts that fit, motions, and those that are left, the oldest first.
        for (fit, script, left) in [
            (0, "W,A,D", "D"),
            (1, "W,A,A", "A"),
            (2, "W,A,W,D", "W,D"),
            (3, "W,A,D,W,S", "D,W,S"),
            (100, "W,A,D,W,S", "A,D,W,S"),
        ] {
            let mut contexts = Contexts::new(image.clone(), String::new());
            contexts.room = fit * one + one / 2;
            for motion in parse_script(script).unwrap() {
                contexts.prepare(&model, motion, true).unwrap();
                assert_eq!(contexts.of(motion).0.bytes(), one);
                assert!(contexts.of(motion).1.is_some());
                assert!(contexts.captions.len() <= fit.max(1) as usize, "{script} with {fit}");
            }
            let kept: Vec<_> = contexts.captions.iter().map(|(motion, _)| *motion).collect();
            assert_eq!(kept, parse_script(left).unwrap(), "{script} with room for {fit}");
        }
    }

    #[test]
    fn all_captions_of_a_small_model_are_kept_and_one_of_a_large_one() {
        for (bytes, expected) in [(1, 81), (1 << 20, 81), (100 << 20, 5), (944_898_048, 1)] {
            assert_eq!(contexts_kept(bytes), expected, "{bytes} bytes");
        }
    }
}

//! `yume.json`: what the tensors of a changed Yume do not tell.

use std::path::Path;

use serde::Deserialize;
use yume_nets::dit::DitConfig;

use super::checks::{Finding, checked_frame, checked_sampler, ensure};
use super::sections::{ClipSection, DitSection, TextSection, checked_vae, matching};
use super::sizes::{self, Shapes};
use super::{ModelSpec, Part};
use crate::CheckpointError;
use crate::error::printable;

/// Its name.
pub(super) const FACTS: &str = "yume.json";

/// What is written there; whatever is not has the value of the published model.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Facts {
    name: Option<String>,
    frame: Frame,
    dit: Dit,
    clip: Clip,
    sampler: Sampler,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Frame {
    width: Option<usize>,
    height: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Dit {
    num_heads: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Clip {
    num_heads: Option<usize>,
    num_layers: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sampler {
    steps: Option<usize>,
    shift: Option<f64>,
    guidance: Option<f32>,
}

impl Facts {
    /// Reads the content of the file at `path`.
    pub(super) fn parse(json: &[u8], path: &Path) -> Result<Self, CheckpointError> {
        serde_json::from_slice(json).map_err(|error| CheckpointError::config(error, path))
    }

    /// `published` with these facts, and with the sizes of the networks whose shapes are known.
    pub(super) fn spec(
        self,
        published: ModelSpec,
        shapes: impl Fn(Part) -> Option<Shapes<'static>>,
    ) -> Result<ModelSpec, Finding> {
        let Self { name, frame, dit, clip, sampler } = self;
        let dit_head = published.dit.dim / published.dit.num_heads;
        let clip_head = published.clip.dim / published.clip.num_heads;
        let published_dit = published.dit.clone();
        let mut spec = measured(published, shapes);
        if let Some(layers) = clip.num_layers {
            spec.clip.num_layers = layers;
        }
        spec.dit.num_heads = heads("dit", dit.num_heads, spec.dit.dim, dit_head)?;
        spec.clip.num_heads = heads("clip", clip.num_heads, spec.clip.dim, clip_head)?;
        spec.frame.width = frame.width.unwrap_or(spec.frame.width);
        spec.frame.height = frame.height.unwrap_or(spec.frame.height);
        spec.frame = checked_frame(spec.frame)?;
        spec.sampler.steps = sampler.steps.unwrap_or(spec.sampler.steps);
        spec.sampler.shift = sampler.shift.unwrap_or(spec.sampler.shift);
        spec.sampler.guidance = sampler.guidance.unwrap_or(spec.sampler.guidance);
        spec.sampler = checked_sampler(spec.sampler)?;

        spec.vae = checked_vae(spec.vae)?;
        spec.text = TextSection::from(spec.text).config()?;
        spec.clip = ClipSection::from(spec.clip).config()?;
        // The last one: some of its sizes are those of its neighbours.
        spec.dit = DitSection::from(spec.dit).config()?;
        matching(&spec.dit, &spec.vae, &spec.text, &spec.clip)?;
        match name {
            Some(name) => spec.name = printable(name),
            None if spec.dit != published_dit => {
                let DitConfig { num_layers, dim, .. } = spec.dit;
                spec.name = format!("a Yume of {num_layers} blocks, {dim} wide");
            }
            None => {}
        }
        Ok(spec)
    }
}

/// `spec` with the sizes of the networks whose shapes are known.
fn measured(mut spec: ModelSpec, shapes: impl Fn(Part) -> Option<Shapes<'static>>) -> ModelSpec {
    let (text, image) = (shapes(Part::Text), shapes(Part::Clip));
    if let Some(shapes) = &text {
        spec.text = sizes::text(spec.text, shapes);
        spec.dit.text_dim = spec.text.dim;
    }
    if let Some(shapes) = &image {
        spec.clip = sizes::clip(spec.clip, shapes);
        spec.dit.img_dim = spec.clip.dim;
        spec.dit.img_tokens = spec.clip.tokens();
    }
    if let Some(shapes) = shapes(Part::Vae) {
        spec.vae = sizes::vae(spec.vae, &shapes);
    }
    if let Some(shapes) = shapes(Part::Dit) {
        spec.dit = sizes::dit(spec.dit, &shapes);
    }
    // A network whose file is damaged has the sizes that its neighbour expects: the loader is to say
    // what is wrong with it, not a comparison of sizes.
    if text.is_none() {
        spec.text.dim = spec.dit.text_dim;
    }
    if image.is_none() {
        spec.clip.dim = spec.dit.img_dim;
    }
    spec
}

/// How many heads share the `dim` channels of `network`, if a head of the published one has `width`.
fn heads(network: &str, said: Option<usize>, dim: usize, width: usize) -> Result<usize, Finding> {
    if let Some(heads) = said {
        return Ok(heads);
    }
    ensure(dim.is_multiple_of(width), || {
        format!(
            "{network}.dim {dim} does not divide into heads of {width}; if there are others, say how \
             many as {network}.num_heads in a {FACTS}"
        )
    })?;
    Ok(dim / width)
}

#[cfg(test)]
mod tests {
    use super::super::FrameSpec;
    use super::*;

    fn spec(json: &str) -> Result<ModelSpec, String> {
        let facts = Facts::parse(json.as_bytes(), Path::new(FACTS)).map_err(|e| e.to_string())?;
        facts.spec(ModelSpec::yume_i2v_540p(), |_| None)
    }

    #[test]
    fn whatever_is_not_said_is_published() {
        let published = ModelSpec::yume_i2v_540p();
        assert_eq!(spec("{}").unwrap(), published);
        let said = spec(
            r#"{"name":"Mine","frame":{"width":832,"height":480},"dit":{"num_heads":20},
                "clip":{"num_heads":8,"num_layers":24},"sampler":{"steps":14}}"#,
        )
        .unwrap();
        assert_eq!((said.name.as_str(), said.frame.width, said.frame.height), ("Mine", 832, 480));
        assert_eq!((said.dit.num_heads, said.clip.num_heads, said.clip.num_layers), (20, 8, 24));
        assert_eq!((said.sampler.steps, said.sampler.guidance), (14, published.sampler.guidance));
        let frame = FrameSpec { width: 832, height: 480, ..published.frame };
        assert_eq!((said.frame, said.vae), (frame, published.vae));
    }

    #[test]
    fn nonsense_is_refused_by_the_name_of_its_field() {
        for (json, part) in [
            ("", "EOF"),
            ("[1]", "invalid type"),
            (r#"{"frames":{}}"#, "unknown field `frames`"),
            (r#"{"dit":{"dim":12}}"#, "unknown field `dim`"),
            (r#"{"frame":{"width":100}}"#, "not multiples of 16"),
            (r#"{"frame":{"height":1e9}}"#, "invalid type"),
            (r#"{"frame":{"height":1000000000}}"#, "frame.height is 1000000000"),
            (r#"{"frame":{"width":8192,"height":8192}}"#, "the pixels of a frame is 67108864"),
            (r#"{"dit":{"num_heads":0}}"#, "dit.num_heads is 0"),
            (r#"{"dit":{"num_heads":7}}"#, "does not divide into 7 heads"),
            (r#"{"clip":{"num_heads":3}}"#, "does not divide into 3 heads"),
            (r#"{"clip":{"num_layers":1}}"#, "clip.num_layers is 1"),
            (r#"{"clip":{"num_layers":18446744073709551615}}"#, "clip.num_layers is 1844"),
            (r#"{"sampler":{"steps":0}}"#, "sampler.steps is 0"),
            (r#"{"sampler":{"shift":-1}}"#, "sampler.shift is -1"),
        ] {
            let said = spec(json).expect_err(json);
            assert!(said.contains(part) && !said.contains('\n'), "{json}: {said}");
        }
    }

    #[test]
    fn heads_are_those_of_the_published_model_unless_they_do_not_divide() {
        let of = |dim: usize| {
            let shape = move |name: &str| (name == "patch_embedding.weight").then(|| vec![dim, 36]);
            let shapes = |part| (part == Part::Dit).then(|| Shapes::new(1, shape));
            Facts::default().spec(ModelSpec::yume_i2v_540p(), shapes)
        };
        let smaller = of(1280).unwrap();
        assert_eq!((smaller.dit.dim, smaller.dit.num_heads), (1280, 10));
        assert_eq!(smaller.name, "a Yume of 40 blocks, 1280 wide");
        assert_eq!(of(5120).unwrap(), ModelSpec::yume_i2v_540p());
        let refused = of(100).unwrap_err();
        assert!(refused.contains("say how many as dit.num_heads in a yume.json"), "{refused}");
        assert!(of(1 << 40).unwrap_err().starts_with("dit.dim is 1099511627776, not between"));
        assert!(of(0).unwrap_err().starts_with("dit.dim is 0"));
    }
}

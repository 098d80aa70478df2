//! Files of diffusers and transformers become the same networks as the published ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::common::{Scratch, data, golden, safetensors};
use burn::module::Module as _;
use burn::tensor::{DType, Device, TensorData};
use yume_checkpoint::{
    Bytes, CheckpointError, Layout, Loader, ModelFiles, ModelSpec, Part, Precision, Weights,
    clip_config, dit_config, named_tensors, save, text_config, vae_config,
};
use yume_nets::Scope;
use yume_nets::clip::ClipVision;
use yume_nets::dit::Dit;
use yume_nets::text::TextEncoder;
use yume_nets::vae::Vae;

/// Looks whether the golden network of `part` finds its tensors in `weights`.
fn check(part: Part, weights: Weights) -> Result<(), CheckpointError> {
    let read = |folder: &str| fs::read(golden(folder).join("config.json")).unwrap();
    let path = Path::new("config.json");
    let clip = clip_config(&read("clip"), path).unwrap();
    let mut loader = Loader::of(part, weights).checking();
    let device = Device::flex();
    let scope = &mut Scope::root(&mut loader, &device, DType::F32);
    match part {
        Part::Dit => drop(Dit::init(scope, &dit_config(&read("dit"), path).unwrap())),
        Part::Vae => drop(Vae::init(scope, &vae_config(&read("vae"), path).unwrap())),
        Part::Text => drop(TextEncoder::init(scope, &text_config(&read("umt5"), path).unwrap())),
        Part::Clip => drop(ClipVision::init(scope, &clip)),
        Part::Depth => unreachable!("no library has one"),
    }
    loader.finish(|name| part.leaves(name, &clip)).map(drop)
}

/// A file with tensors of these names and shapes, all zeros.
fn zeros<'a>(shapes: impl Iterator<Item = (&'a str, &'a [usize])>) -> Weights {
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for (name, shape) in shapes {
        let start = end;
        end += 4 * shape.iter().product::<usize>();
        let entry =
            serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, end]});
        header.insert(name.to_owned(), entry);
    }
    let file = safetensors(&serde_json::to_string(&header).unwrap(), &vec![0; end]);
    Weights::from_bytes(Bytes::Owned(file.into()), Path::new("zeros")).unwrap()
}

type Shapes = BTreeMap<String, Vec<usize>>;

/// What the libraries' own networks of the golden sizes call their tensors, and their shapes.
fn libraries() -> Vec<(Part, Shapes)> {
    let json = fs::read(data("library_names.json")).unwrap();
    let mut all: BTreeMap<String, Shapes> = serde_json::from_slice(&json).unwrap();
    let parts = [Part::Dit, Part::Vae, Part::Text, Part::Clip].into_iter();
    parts
        .zip(["dit", "vae", "umt5", "clip"])
        .map(|(part, name)| (part, all.remove(name).unwrap()))
        .collect()
}

/// The DiT of diffusers lacks what Yume adds, which has the published names there too.
fn with_patchers(shapes: &Shapes) -> Shapes {
    let weights = Weights::open(&golden("dit/diffusion_pytorch_model.safetensors")).unwrap();
    let added = weights.names().filter(|name| name.starts_with("patch_embedding_"));
    let shape = |name: &str| (name.to_owned(), weights.stored(name).unwrap().shape.clone());
    added.map(shape).chain(shapes.clone()).collect()
}

fn entries(shapes: &Shapes) -> impl Iterator<Item = (&str, &[usize])> {
    shapes.iter().map(|(name, shape)| (name.as_str(), shape.as_slice()))
}

#[test]
fn every_tensor_of_the_libraries_finds_its_place() {
    for (part, mut shapes) in libraries() {
        if part == Part::Dit {
            shapes = with_patchers(&shapes);
        }
        check(part, zeros(entries(&shapes))).unwrap_or_else(|error| panic!("{part}: {error}"));
        // The image encoder as older versions of the library save it.
        if part == Part::Clip {
            let old =
                shapes.iter().map(|(name, shape)| (format!("vision_model.{name}"), shape.clone()));
            check(part, zeros(entries(&old.collect()))).unwrap();
        }
        // Each needed tensor is missed under the name that the file would have.
        let all = shapes.len();
        let missed = shapes.keys().filter(|&name| {
            let rest = entries(&shapes).filter(|(other, _)| other != name);
            check(part, zeros(rest)).is_err()
        });
        let missed = missed.count();
        let spare = match part {
            Part::Dit | Part::Vae | Part::Depth => 0,
            // The embedding has two names, and one of them is enough.
            Part::Text => 2,
            // The last block and the norm behind it.
            Part::Clip => 18,
        };
        assert_eq!(missed, all - spare, "{part}");
    }
}

#[test]
fn what_a_plain_dit_lacks_is_named() {
    let (_, shapes) = libraries().remove(0);
    let message = check(Part::Dit, zeros(entries(&shapes))).unwrap_err().to_string();
    assert!(
        message.contains("4 missing: patch_embedding_2x.weight, patch_embedding_2x.bias"),
        "{message}"
    );
}

#[test]
fn query_key_and_value_are_stacked_in_this_order() {
    let scratch = Scratch::new("stacked");
    let path = golden("clip/models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth");
    let published = Weights::open(&path).unwrap();
    let (_, names) = libraries().remove(3);
    let rows = |name: &str, part: usize| {
        let whole = published.read(name).unwrap().try_cast(DType::F32).unwrap();
        let values = whole.as_slice::<f32>().unwrap();
        let third = values.len() / 3;
        values[part * third..(part + 1) * third].to_vec()
    };
    let tensor = |(name, shape): (&str, &[usize])| {
        let count: usize = shape.iter().product();
        let mut values = vec![0.5; count];
        for (part, letter) in ["q", "k", "v"].iter().enumerate() {
            if let Some(kind) =
                name.strip_prefix(&format!("encoder.layers.1.self_attn.{letter}_proj."))
            {
                values = rows(&format!("visual.transformer.1.attn.to_qkv.{kind}"), part);
            }
        }
        (name.to_owned(), TensorData::new(values, shape.to_vec()))
    };
    let tensors: Vec<_> = entries(&names).map(tensor).collect();
    let path = scratch.path("model.safetensors");
    save(&path, &tensors, Precision::F32, &[]).unwrap();

    let config = fs::read(golden("clip/config.json")).unwrap();
    let config = clip_config(&config, Path::new("config.json")).unwrap();
    let mut loader = Loader::of(Part::Clip, Weights::open(&path).unwrap());
    let device = Device::flex();
    let clip = ClipVision::init(&mut Scope::root(&mut loader, &device, DType::F32), &config);
    let names = loader.finish(|name| Part::Clip.leaves(name, &config)).unwrap();
    assert!(clip.num_params() > 0);
    let ours = named_tensors(&clip, &names).unwrap();
    for kind in ["weight", "bias"] {
        let name = format!("visual.transformer.1.attn.to_qkv.{kind}");
        let (_, ours) = ours.iter().find(|(known, _)| *known == name).unwrap();
        let theirs = published.read(&name).unwrap().try_cast(DType::F32).unwrap();
        assert_eq!(*ours, theirs, "{name}");
    }
}

#[test]
fn a_folder_of_diffusers_is_known_by_its_files() {
    let scratch = Scratch::new("diffusers");
    let small = fs::read(data("small.safetensors")).unwrap();
    scratch.write("transformer/diffusion_pytorch_model.safetensors", &small);
    let message = ModelFiles::from_folder(&scratch.path("")).unwrap_err().to_string();
    assert!(
        message.contains(
            "lacks vae/diffusion_pytorch_model.safetensors, text_encoder/model.safetensors, \
         image_encoder/model.safetensors, tokenizer/tokenizer.json;"
        ),
        "{message}"
    );
    for name in ["vae/diffusion_pytorch_model", "text_encoder/model", "image_encoder/model"] {
        scratch.write(&format!("{name}.safetensors"), &small);
    }
    scratch.write("tokenizer/tokenizer.json", &fs::read(data("tokenizer.json")).unwrap());
    let files = ModelFiles::from_folder(&scratch.path("")).unwrap();
    assert_eq!((files.layout(), files.spec()), (Layout::Diffusers, &ModelSpec::yume_i2v_540p()));
    assert_eq!(files.loader(Part::Text).unwrap().weights().names().count(), 11);
}

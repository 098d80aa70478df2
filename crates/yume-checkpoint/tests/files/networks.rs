//! Stored networks become modules, and modules stored networks.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use crate::common::{Scratch, data, golden};
use burn::module::Module;
use burn::tensor::{DType, Device, TensorData};
use yume_checkpoint::{
    CheckpointError, Loader, Names, Part, Precision, Weights, clip_config, dit_config,
    named_tensors, save, text_config, vae_config,
};
use yume_nets::Scope;
use yume_nets::clip::{ClipConfig, ClipVision};
use yume_nets::dit::Dit;
use yume_nets::text::TextEncoder;
use yume_nets::vae::Vae;

fn config<C>(folder: &str, parse: fn(&[u8], &Path) -> Result<C, CheckpointError>) -> C {
    let path = golden(folder).join("config.json");
    parse(&fs::read(&path).unwrap(), &path).unwrap()
}

fn load<N>(
    path: &Path,
    leaves: impl Fn(&str) -> bool,
    init: impl FnOnce(&mut Scope<'_>) -> N,
) -> Result<(N, Names), CheckpointError> {
    let mut loader = Loader::new(Weights::open(path)?);
    let network = init(&mut Scope::root(&mut loader, &Device::flex(), DType::F32));
    Ok((network, loader.finish(leaves)?))
}

const TEXT: &str = "umt5/models_t5_umt5-xxl-enc-bf16.pth";
const CLIP: &str = "clip/models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth";

fn text(path: &Path) -> Result<(TextEncoder, Names), CheckpointError> {
    let config = config("umt5", text_config);
    load(path, |_| false, |scope| TextEncoder::init(scope, &config))
}

/// Every value that came from the file is the file's, up to f32.
fn check_values<M: Module>(path: &Path, module: &M, names: &Names, least: usize) {
    let weights = Weights::open(path).unwrap();
    let tensors = named_tensors(module, names).unwrap();
    assert!(tensors.len() >= least, "only {} tensors of {}", tensors.len(), path.display());
    for (name, ours) in tensors {
        let theirs = weights.read(&name).unwrap().try_cast(DType::F32).unwrap();
        assert_eq!(ours, theirs, "{name} of {}", path.display());
    }
}

#[test]
fn every_network_is_loaded_from_its_published_container() {
    for folder in ["dit", "dit_far"] {
        let path = golden(folder).join("diffusion_pytorch_model.safetensors");
        let config = config(folder, dit_config);
        let leaves = |name: &str| Part::Dit.leaves(name, &ClipConfig::default());
        let (dit, names) = load(&path, leaves, |scope| Dit::init(scope, &config)).unwrap();
        check_values(&path, &dit, &names, 87);
    }
    let path = golden("vae/Wan2.1_VAE.pth");
    let config_vae = config("vae", vae_config);
    let (vae, names) = load(&path, |_| false, |scope| Vae::init(scope, &config_vae)).unwrap();
    check_values(&path, &vae, &names, 194);

    let (encoder, names) = text(&golden(TEXT)).unwrap();
    check_values(&golden(TEXT), &encoder, &names, 22);

    let config = config("clip", clip_config);
    let leaves = |name: &str| Part::Clip.leaves(name, &config);
    let (clip, names) = load(&golden(CLIP), leaves, |s| ClipVision::init(s, &config)).unwrap();
    check_values(&golden(CLIP), &clip, &names, 29);
}

#[test]
fn progress_ends_at_the_whole_file() {
    let calls = RefCell::new(Vec::new());
    let weights = Weights::open(&golden(TEXT)).unwrap();
    let mut loader =
        Loader::new(weights).with_progress(|done, total| calls.borrow_mut().push((done, total)));
    let config = config("umt5", text_config);
    TextEncoder::init(&mut Scope::root(&mut loader, &Device::flex(), DType::F32), &config);
    loader.finish(|_| false).unwrap();
    let calls = calls.into_inner();
    assert!(calls.is_sorted_by_key(|(done, _)| *done));
    assert!(calls.len() > 22 && calls[0].0 > 0);
    assert_eq!(calls.last().map(|(done, total)| done == total), Some(true));
}

#[test]
fn parameters_may_have_other_names_in_the_file() {
    let scratch = Scratch::new("names");
    let (encoder, names) = text(&golden(TEXT)).unwrap();
    let tensors = named_tensors(&encoder, &names).unwrap();
    let renamed: Vec<_> = tensors.into_iter().map(|(name, d)| (format!("t5.{name}"), d)).collect();
    let path = scratch.path("renamed.safetensors");
    save(&path, &renamed, Precision::F32, &[]).unwrap();
    let mut loader =
        Loader::new(Weights::open(&path).unwrap()).with_names(|name| vec![format!("t5.{name}")]);
    let config = config("umt5", text_config);
    let device = Device::flex();
    let scope = &mut Scope::root(&mut loader, &device, DType::F32);
    let again = TextEncoder::init(scope, &config);
    let names = loader.finish(|_| false).unwrap();
    check_values(&path, &again, &names, 22);
}

/// Writes the text encoder with `change` made to its tensors and returns what is said about it.
fn misfit(name: &str, change: impl FnOnce(&mut Vec<(String, TensorData)>)) -> String {
    let scratch = Scratch::new(name);
    let (encoder, names) = text(&golden(TEXT)).unwrap();
    let mut tensors = named_tensors(&encoder, &names).unwrap();
    change(&mut tensors);
    let path = scratch.path("changed.safetensors");
    save(&path, &tensors, Precision::F32, &[]).unwrap();
    text(&path).expect_err("the file was accepted").to_string()
}

#[test]
fn all_that_does_not_fit_is_listed_at_once() {
    let message = misfit("misfit", |tensors| {
        tensors.retain(|(name, _)| name != "norm.weight");
        tensors.push(("mystery".to_owned(), TensorData::new(vec![1.0f32], [1])));
        let (_, query) =
            tensors.iter_mut().find(|(name, _)| name.ends_with("0.attn.q.weight")).unwrap();
        *query = TensorData::new(vec![0.0f32; 6], [2, 3]);
    });
    assert!(
        message.starts_with(
            "the weights do not fit the model (1 missing: norm.weight; 1 wrong shape: \
             blocks.0.attn.q.weight is [2, 3] instead of [32, 32]; 1 unexpected: mystery); use the \
             file that belongs to it: "
        ),
        "{message}"
    );
}

#[test]
fn numbers_that_are_no_floats_are_refused() {
    let mut loader = Loader::new(Weights::open(&data("small.pth")).unwrap());
    let device = Device::flex();
    let scope = &mut Scope::root(&mut loader, &device, DType::F32);
    scope.vector("i64", [3], yume_nets::Init::Zeros);
    let f64 = scope.vector("f64", [5], yume_nets::Init::Zeros);
    assert_eq!(
        f64.val().into_data().try_into_vec::<f32>().unwrap(),
        [-1.0, -0.875, -0.75, -0.625, -0.5]
    );
    let message = loader.finish(|name| name != "i64").unwrap_err().to_string();
    assert!(message.contains("1 no floats: i64 is I64)"), "{message}");
}

#[test]
fn saved_weights_are_loaded_again() {
    let scratch = Scratch::new("saved");
    let (encoder, names) = text(&golden(TEXT)).unwrap();
    let original = named_tensors(&encoder, &names).unwrap();
    // The values are exact in bf16; f16 keeps more digits of numbers as small as weights are.
    for (precision, tolerance) in
        [(Precision::F32, 0.0), (Precision::BF16, 0.0), (Precision::F16, 1e-7)]
    {
        let path = scratch.path("saved.safetensors");
        save(&path, &original, precision, &[("model", "test"), ("step", "12")]).unwrap();
        let (again, names) = text(&path).unwrap();
        for ((name, before), (other, after)) in
            original.iter().zip(named_tensors(&again, &names).unwrap())
        {
            assert_eq!(*name, other);
            for (a, b) in before.iter::<f32>().zip(after.iter::<f32>()) {
                assert!((a - b).abs() <= tolerance, "{name} is {b} instead of {a}, {precision:?}");
            }
        }
        let first = fs::read(&path).unwrap();
        save(&path, &original, precision, &[("step", "12"), ("model", "test")]).unwrap();
        assert!(first == fs::read(&path).unwrap(), "{precision:?} differs the second time");
        let (_, metadata) = safetensors::SafeTensors::read_metadata(&first).unwrap();
        assert_eq!(metadata.metadata().as_ref().unwrap()["step"], "12");
    }
    let left: Vec<_> = fs::read_dir(scratch.path("")).unwrap().collect();
    assert_eq!(left.len(), 1, "a partial file was left: {left:?}");
}

#[test]
fn saving_fails_cleanly() {
    let scratch = Scratch::new("unsaved");
    let path = scratch.path("lost/folder/saved.safetensors");
    let message = save(&path, &[], Precision::F32, &[]).unwrap_err().to_string();
    assert!(message.starts_with("cannot save the weights"), "{message}");
    let (encoder, _) = text(&golden(TEXT)).unwrap();
    let strangers = vec![("stranger".to_owned(), burn::module::ParamId::new())];
    let error = named_tensors(&encoder, &strangers).unwrap_err();
    assert!(error.to_string().contains("stranger"), "{error}");
}

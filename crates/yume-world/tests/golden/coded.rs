//! What weights in eight bits change, and what they take.

use std::path::Path;

use burn::module::{Module as _, ModuleVisitor, Param};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use yume_checkpoint::{Loader, ModelFiles, Weights, vae_config};
use yume_nets::cost::VaeCost;
use yume_nets::dit::{Dit, DitInput, Layout, Plan};
use yume_nets::listing::{bytes, coded_parameters};
use yume_nets::vae::{StreamCache, Vae};
use yume_nets::{Coding, Scope};
use yume_sampler::Noise;

use crate::cases::velocities;
use crate::network::{Case, Held, config, relative_error};
use crate::{folder, sorted};

/// About twice what was measured: 7 bits for the largest number of a row, and 4 for any.
const CODINGS: [(Coding, f64); 3] =
    [(Coding::Int8, 0.02), (Coding::Fp8, 0.08), (Coding::W8A8, 0.04)];

fn check(name: &str, coding: Coding, error: f64, limit: f64) {
    println!("{name:<36} {coding:?} {error:>10.2e}  (<= {limit})");
    assert!(error > 0.0 && error <= limit, "{name} with {coding:?}: {error}");
}

#[test]
fn weights_in_eight_bits_stay_close_to_the_published_outputs() {
    let network = folder().join("dit");
    let mut compared = 0;
    for path in sorted(&network) {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !stem.starts_with("packed") && !stem.starts_with("plain") {
            continue;
        }
        for (coding, limit) in CODINGS {
            let held = Held { coding: Some(coding), ..Held::default() };
            let (ours, theirs) = velocities(&network, &Case::open(&path), &stem, held);
            check(&stem, coding, relative_error(ours, theirs), limit);
            compared += 1;
        }
    }
    assert!(compared > 0, "no case was found in {}", network.display());
}

#[test]
fn a_vae_in_16_bits_stays_close_to_the_published_outputs() {
    // About twice what was measured. Numbers of 8 bits of precision pass through tens of layers with
    // random weights, which carry every error on.
    const LIMIT: f64 = 0.08;
    let folder = folder().join("vae");
    let (json, path) = config(&folder);
    let config = vae_config(&json, &path).unwrap();
    let mut loader = Loader::new(Weights::open(&folder.join("Wan2.1_VAE.pth")).unwrap());
    let vae = Vae::init(&mut Scope::root(&mut loader, &Device::flex(), DType::BF16), &config);
    loader.finish(|_| false).unwrap();
    let mut compared = 0;
    for path in sorted(&folder) {
        if path.extension().is_none_or(|ending| ending != "safetensors") {
            continue;
        }
        let case = Case::open(&path);
        let (video, z) = (case.tensor::<5>("video"), case.tensor::<5>("z"));
        let [_, _, _, height, width] = video.dims();
        let (mut encoder, mut decoder) = (StreamCache::default(), StreamCache::default());
        let latent = vae.encode(video, &mut encoder);
        let decoded = vae.decode(z, &mut decoder);
        let cost = VaeCost::new(&config, height, width).in_numbers_of(2);
        assert_eq!((encoder.bytes(), decoder.bytes()), (cost.encoder_cache, cost.decoder_cache));
        for (what, ours, theirs) in [
            ("latent", latent, case.tensor("latent")),
            ("decoded", decoded, case.tensor("decoded")),
        ] {
            let error = relative_error(ours, theirs);
            println!("{what:<12} {error:>10.2e}  (<= {LIMIT})");
            assert!(error > 0.0 && error <= LIMIT, "{what} of {}: {error}", path.display());
            compared += 1;
        }
    }
    assert!(compared > 0, "no case was found in {}", folder.display());
}

fn embedded() -> ModelFiles {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny-v0");
    ModelFiles::from_folder(&assets).unwrap()
}

fn embedded_dit(coding: Option<Coding>) -> Dit {
    let files = embedded();
    let mut loader = files.loader(yume_checkpoint::Part::Dit).unwrap();
    let device = Device::flex();
    let scope = Scope::root(&mut loader, &device, DType::F32);
    let dit = Dit::init(&mut scope.with_coding(coding), &files.spec().dit);
    loader.finish(|_| false).unwrap();
    dit
}

#[test]
fn weights_in_eight_bits_stay_close_in_the_embedded_model() {
    let files = embedded();
    let config = &files.spec().dit;
    let device = Device::flex();
    let layout = Layout::Packed { history: 21, window: 8 };
    let plan = Plan::new(config, layout, 8, 12, &device).unwrap();
    let draw = |stream, shape: [usize; 5]| Noise::new(1, stream).draw(shape, &device);
    let velocity = |dit: &Dit| {
        let input = DitInput {
            latents: draw(0, [1, 16, 29, 8, 12]),
            conditioning: draw(1, [1, 20, 29, 8, 12]),
            timesteps: vec![700.0],
        };
        let text = draw(2, [1, 1, 1, 8, config.text_dim]).reshape([1, 8, config.text_dim]);
        let (rows, width) = (config.img_tokens, config.img_dim);
        let image = draw(3, [1, 1, 1, rows, width]).reshape([1, rows, width]);
        dit.forward(input, &dit.context(text, image), &plan)
    };
    let plain = velocity(&embedded_dit(None));
    for (coding, limit) in CODINGS {
        let coded = velocity(&embedded_dit(Some(coding)));
        check("embedded", coding, relative_error(coded, plain.clone()), limit);
    }
}

#[derive(Default)]
struct Bytes(u64);

impl Bytes {
    fn add(&mut self, data: &TensorData) {
        self.0 += data.as_bytes().len() as u64;
    }
}

impl ModuleVisitor for Bytes {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.add(&param.val().into_data());
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.add(&param.val().into_data());
    }
}

#[test]
fn a_listing_knows_the_bytes_that_are_held() {
    let files = embedded();
    for coding in [None, Some(Coding::Int8), Some(Coding::Fp8), Some(Coding::W8A8)] {
        let mut held = Bytes::default();
        embedded_dit(coding).visit(&mut held);
        let init = |scope: &mut Scope<'_>| Dit::init(scope, &files.spec().dit);
        let listed = bytes(&coded_parameters(DType::F32, coding, init));
        println!("{coding:?}: {listed} bytes");
        assert_eq!(held.0, listed, "{coding:?}");
    }
}

//! Plans of known models, and plans compared with what is really taken.

use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{DType, Device, Int, Tensor};
use yume_checkpoint::{ModelFiles, ModelSpec, Part};
use yume_nets::Coding;
use yume_nets::clip::ClipVision;
use yume_nets::cost::{VaeCost, context_bytes};
use yume_nets::dit::Dit;
use yume_nets::text::TextEncoder;
use yume_nets::vae::{StreamCache, Vae};

use crate::model::load;
use crate::{
    CachePlan, Caches, Guidance, Holding, MemoryPlan, Model, Needed, Options, Place, Precision,
    Walked,
};

const GB: f64 = 1e9;

fn holding(matrices: DType, coding: Option<Coding>, given_up: &str) -> Holding {
    Holding {
        precision: Precision { matrices, coding },
        lends_encoders: given_up.contains("lends"),
        streams_blocks: given_up.contains("streams"),
        halves_vae: given_up.contains("halves"),
    }
}

fn published(holding: Holding, history: usize) -> MemoryPlan {
    let spec = ModelSpec::yume_i2v_540p();
    let options = Options::of(&spec);
    let walked = Walked { history, options: &options, on_processor: false };
    MemoryPlan::new(&spec, holding, walked).unwrap()
}

fn of(plan: &MemoryPlan, what: &str, place: Place) -> f64 {
    let items = plan.items.iter().filter(|item| item.what == what && item.place == place);
    items.map(|item| item.bytes).sum::<u64>() as f64 / GB
}

#[test]
fn what_the_published_model_takes() {
    // DiT and text encoder, in GB: the counts of their parameters times the bytes of each. In eight
    // bits 16,203,448,320 weights of the DiT take a byte, and their 2,822,400 rows a scale.
    let table = [
        (DType::F32, None, 66.58, 22.72),
        (DType::BF16, None, 33.67, 11.36),
        (DType::BF16, Some(Coding::Int8), 17.47, 6.74),
        (DType::BF16, Some(Coding::Fp8), 17.47, 6.74),
    ];
    for (matrices, coding, dit, text) in table {
        let plan = published(holding(matrices, coding, ""), 5);
        let of = |what| of(&plan, what, Place::Device);
        assert!((of("DiT") - dit).abs() < 0.02, "{matrices:?} {coding:?}");
        assert!((of("text encoder") - text).abs() < 0.02, "{matrices:?} {coding:?}");
        assert!((of("VAE") - 0.508).abs() < 0.001);
    }
    let plan = published(holding(DType::BF16, None, "lends, streams"), 5);
    let of = |what, place| of(&plan, what, place);
    // 40 blocks of 403,838,464 parameters; their norms and modulation, 76,800 each, are f32.
    assert!((of("blocks of the DiT", Place::Host) - 32.31).abs() < 0.02);
    assert!((of("two blocks of the DiT", Place::Device) - 2.0 * 0.808).abs() < 0.01);
    assert!((of("past of the VAE", Place::Device) - 7.88).abs() < 0.02);
    assert_eq!(plan.streamed as f64 / GB, of("blocks of the DiT", Place::Host));
    // The embedding of the vocabulary and the blocks of the text encoder.
    assert!((of("text encoder", Place::Host) - 11.36).abs() < 0.02);
}

#[test]
fn each_thing_that_is_given_up_takes_less_of_the_device() {
    let needed = |coding, given_up| published(holding(DType::BF16, coding, given_up), 85).needed();
    for coding in [None, Some(Coding::Int8)] {
        let all = ["", "lends", "lends, streams", "lends, streams, halves"]
            .map(|given_up| needed(coding, given_up));
        assert!(all.is_sorted_by(|a, b| a.device > b.device), "{all:?}");
        assert!(all[..3].is_sorted_by(|a, b| a.host <= b.host), "{all:?}");
    }
}

#[test]
fn longer_walks_and_dearer_sampling_take_more() {
    let spec = ModelSpec::yume_i2v_540p();
    let own = Options::of(&spec);
    let needed = |history, options: &Options| {
        let walked = Walked { history, options, on_processor: false };
        // Little else is left of what sampling takes.
        let holding = holding(DType::BF16, None, "lends, streams, halves");
        MemoryPlan::new(&spec, holding, walked).map(|plan| plan.needed().device)
    };
    let usual = needed(85, &own).unwrap();
    assert!(needed(5, &own).unwrap() <= usual);
    let caches = Caches::both(CachePlan::published(40).unwrap());
    for (dearer, options) in [
        ("in pairs", Options { in_pairs: true, ..own.clone() }),
        ("with a feature cache", Options { caches, ..own.clone() }),
    ] {
        assert!(needed(85, &options).unwrap() > usual, "{dearer}");
    }
    let alone = Options { guidance: Guidance::None, ..own.clone() };
    assert!(needed(85, &alone).unwrap() < usual);
    // Beyond what the model defines there is no plan.
    assert!(needed(5000, &own).is_err());
}

#[test]
fn on_the_processor_there_is_one_memory() {
    let spec = ModelSpec::yume_i2v_540p();
    let options = Options::of(&spec);
    let needed = |on_processor| {
        let walked = Walked { history: 21, options: &options, on_processor };
        MemoryPlan::new(&spec, holding(DType::F32, None, "lends"), walked).unwrap().needed()
    };
    let (here, there) = (needed(true), needed(false));
    assert_eq!(here.host, 0);
    assert!(here.device > there.device && here.device < there.device + there.host);
}

#[derive(Default)]
struct Bytes(u64);

impl ModuleVisitor for Bytes {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0 += param.val().into_data().as_bytes().len() as u64;
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.0 += param.val().into_data().as_bytes().len() as u64;
    }
}

fn held(network: &impl Module) -> u64 {
    let mut bytes = Bytes::default();
    network.visit(&mut bytes);
    bytes.0
}

fn embedded() -> ModelFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny-v0");
    ModelFiles::from_folder(&folder).unwrap()
}

#[test]
fn a_plan_counts_the_bytes_of_all_weights() {
    let (files, device) = (embedded(), Device::flex());
    let spec = files.spec();
    let options = Options::of(spec);
    let walked = Walked { history: 5, options: &options, on_processor: false };
    // Means and deviations of the latents are part of no file.
    let statistics = 2 * spec.vae.z_dim as u64 * 4;
    for (matrices, coding) in
        [(DType::F32, None), (DType::BF16, None), (DType::F32, Some(Coding::Int8))]
    {
        for given_up in ["", "streams"] {
            let holding = holding(matrices, coding, given_up);
            let plan = MemoryPlan::new(spec, holding, walked).unwrap();
            let planned = |what: &[&str]| -> u64 {
                let of = plan.items.iter().filter(|item| what.contains(&item.what));
                of.map(|item| item.bytes).sum()
            };
            let dit = load(&files, Part::Dit, &device, holding, |s| Dit::init(s, &spec.dit));
            let vae = DType::F32.into();
            let vae = load(&files, Part::Vae, &device, vae, |s| Vae::init(s, &spec.vae));
            let text =
                load(&files, Part::Text, &device, holding, |s| TextEncoder::init(s, &spec.text));
            let clip = matrices.into();
            let clip = load(&files, Part::Clip, &device, clip, |s| ClipVision::init(s, &spec.clip));
            for (what, held, planned) in [
                (
                    "DiT",
                    held(&dit.unwrap()),
                    planned(&["DiT", "DiT without its blocks", "blocks of the DiT"]),
                ),
                ("VAE", held(&vae.unwrap()) - statistics, planned(&["VAE"])),
                ("text encoder", held(&text.unwrap()), planned(&["text encoder"])),
                ("image encoder", held(&clip.unwrap()), planned(&["image encoder"])),
            ] {
                assert_eq!(held, planned, "{what}, {holding:?}");
            }
        }
    }
}

#[test]
fn a_plan_counts_the_bytes_of_a_walk() {
    let files = embedded();
    let model = Model::open(&files, &Device::flex(), DType::F32).unwrap();
    let spec = model.spec().clone();
    let (height, width) = (spec.frame.height, spec.frame.width);
    let cost = VaeCost::new(&spec.vae, height, width);
    let (mut encoder, mut decoder) = (StreamCache::default(), StreamCache::default());
    let video = Tensor::zeros([1, 3, 9, height, width], &Device::flex());
    let latents = model.vae().encode(video, &mut encoder);
    model.vae().decode(latents, &mut decoder);
    assert_eq!((encoder.bytes(), decoder.bytes()), (cost.encoder_cache, cost.decoder_cache));
    let image = model.image_features(&vec![0.0; 3 * height * width]).unwrap();
    let context = model.context("", image).unwrap();
    assert_eq!(context.bytes(), context_bytes(&spec.dit, 4));
    let options = model.options();
    let walked = Walked { history: 5, options: &options, on_processor: true };
    let plan = MemoryPlan::new(&spec, DType::F32.into(), walked).unwrap();
    // All 81 contexts are kept, and nine states of caches and of the 13 latents of two histories.
    assert_eq!(
        of(&plan, "keys and values of captions", Place::Device),
        context.bytes() as f64 * 81.0 / GB
    );
    let state = encoder.bytes() + decoder.bytes() + 2 * 13 * (height * width / 64 * 16 * 4) as u64;
    assert_eq!(of(&plan, "past of the VAE", Place::Device), 9.0 * state as f64 / GB);
    let pictures = 48 * 3 * height * width * 4;
    assert_eq!(of(&plan, "pictures of the walk", Place::Device), pictures as f64 / GB);
}

#[test]
fn what_fits_on_which_card() {
    // Bytes that cards of so many GB have at least, latents of history, and the gentlest that fits.
    let ways = [
        ("nothing", None, ""),
        ("lends", None, "lends"),
        ("int8, lends", Some(Coding::Int8), "lends"),
        ("lends, streams", None, "lends, streams"),
        ("int8, lends, streams", Some(Coding::Int8), "lends, streams"),
        ("lends, streams, halves", None, "lends, streams, halves"),
        ("int8, lends, streams, halves", Some(Coding::Int8), "lends, streams, halves"),
    ];
    for (name, coding, given_up) in ways {
        let plan = published(holding(DType::BF16, coding, given_up), 85);
        let Needed { device, host } = plan.needed();
        println!("{name}: {:.1} GB and {:.1} GB", device as f64 / GB, host as f64 / GB);
        for item in plan.items {
            let (gb, what) = (item.bytes as f64 / GB, item.what);
            println!("  {gb:>6.2} GB  {what}, {:?}, {:?}", item.place, item.phases);
        }
    }
    let fitting = |card: u64, history| {
        let fits = |(_, coding, given_up): &(&str, _, &str)| {
            let Needed { device, .. } =
                published(holding(DType::BF16, *coding, given_up), history).needed();
            device <= card * 1_000_000_000
        };
        ways.iter().find(|way| fits(way)).map_or("none", |(name, ..)| name)
    };
    for history in [5, 21, 85] {
        for (card, way) in [
            (8, "none"),
            (16, "lends, streams, halves"),
            (24, "lends, streams"),
            (48, "int8, lends"),
            (80, "nothing"),
            (141, "nothing"),
        ] {
            assert_eq!(fitting(card, history), way, "{card} GB, {history} latents");
        }
    }
}

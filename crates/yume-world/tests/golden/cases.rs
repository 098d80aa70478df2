//! What each kind of case feeds to a network, and what it compares.

use std::path::Path;

use burn::tensor::Tensor;
use yume_checkpoint::{clip_config, dit_config, text_config, vae_config};
use yume_nets::clip::{self, ClipVision};
use yume_nets::cost::{VaeCost, context_bytes};
use yume_nets::dit::{Dit, DitInput, Layout, Mask, Plan, SideInterpolator};
use yume_nets::text::TextEncoder;
use yume_nets::vae::{StreamCache, Vae};

use crate::network::{Case, Held, config, load, load_held, relative_error};
use crate::{NETWORK_TOLERANCE, sampler};

/// What came of a case.
pub enum Outcome {
    /// Name, relative error and tolerance of each output.
    Compared(Vec<(String, f64, f64)>),
    /// This version has no such thing.
    NotOffered(&'static str),
}

const TEXT_FILE: &str = "models_t5_umt5-xxl-enc-bf16.pth";
pub const DIT_FILE: &str = "diffusion_pytorch_model.safetensors";

pub fn run_case(folder: &Path, path: &Path, stem: &str) -> Outcome {
    let case = Case::open(path);
    let network = folder.file_name().unwrap().to_string_lossy().into_owned();
    let kind = network.split('_').next().unwrap();
    match kind {
        "dit" => Outcome::Compared(vec![dit(folder, &case, stem)]),
        "vae" => Outcome::Compared(vae(folder, &case)),
        "umt5" => Outcome::Compared(text(folder, &case)),
        "clip" => Outcome::Compared(image(folder, &case)),
        "sampler" => sampler::run(folder, &case, stem),
        _ => Outcome::NotOffered("no network of this name"),
    }
}

fn error<const D: usize>(name: &str, ours: Tensor<D>, theirs: Tensor<D>) -> (String, f64, f64) {
    (name.to_owned(), relative_error(ours, theirs), NETWORK_TOLERANCE)
}

fn dit(folder: &Path, case: &Case, stem: &str) -> (String, f64, f64) {
    let (ours, theirs) = velocities(folder, case, stem, Held::default());
    error("out", ours, theirs)
}

/// What our DiT says of a case if it is held as `held` says, and what it should say.
pub fn velocities(folder: &Path, case: &Case, stem: &str, held: Held) -> (Tensor<5>, Tensor<5>) {
    let (json, path) = config(folder);
    let config = dit_config(&json, &path).unwrap();
    let is_masked = case.has("ids_keep");
    let (dit, side) = load_held(folder, DIT_FILE, held, |scope| {
        let dit = Dit::init(scope, &config);
        (dit, is_masked.then(|| SideInterpolator::init(scope, &config)))
    });
    let latents = case.tensor::<5>("x");
    let theirs = case.tensor::<5>("out");
    let ([_, _, frames, height, width], [_, _, window, ..]) = (latents.dims(), theirs.dims());
    let layout = if stem.starts_with("plain") {
        Layout::Plain { frames }
    } else {
        Layout::Packed { history: frames - window, window }
    };
    let plan = Plan::new(&config, layout, height, width, &latents.device()).unwrap();
    let input = DitInput { latents, conditioning: case.tensor("y"), timesteps: case.floats("t") };
    let (text, image) = (case.tensor("context"), case.tensor("clip_fea"));
    let ours = match side {
        Some(side) => {
            let mask = Mask::new(case.integers("ids_keep"), case.integers("ids_restore"));
            let context = dit.masked_context(&side, text, image);
            dit.forward_masked(&side, input, &context, &plan, &mask)
        }
        None => {
            let context = dit.context(text, image);
            let batch = input.timesteps.len() as u64;
            assert_eq!(context.bytes(), batch * context_bytes(&config, 4), "keys and values");
            dit.forward(input, &context, &plan)
        }
    };
    (ours, theirs)
}

/// Encoding and decoding, at once and piece by piece.
fn vae(folder: &Path, case: &Case) -> Vec<(String, f64, f64)> {
    let (json, path) = config(folder);
    let config = vae_config(&json, &path).unwrap();
    let vae = load(folder, "Wan2.1_VAE.pth", |scope| Vae::init(scope, &config));
    let (video, latent) = (case.tensor::<5>("video"), case.tensor::<5>("latent"));
    let (z, decoded) = (case.tensor::<5>("z"), case.tensor::<5>("decoded"));

    let encoded = vae.encode(video.clone(), &mut StreamCache::default());
    let [_, _, _, height, width] = video.dims();
    let cost = VaeCost::new(&config, height, width);
    let mut cache = StreamCache::default();
    let mut pieces = vec![vae.encode(video.clone().narrow(2, 0, 1), &mut cache)];
    for start in (1..video.dims()[2]).step_by(4) {
        pieces.push(vae.encode(video.clone().narrow(2, start, 4), &mut cache));
    }
    assert_eq!(cache.bytes(), cost.encoder_cache, "the encoder's past");
    let streamed_latent = Tensor::cat(pieces, 2);

    let whole = vae.decode(z.clone(), &mut StreamCache::default());
    let mut cache = StreamCache::default();
    let pieces = (0..z.dims()[2])
        .map(|frame| vae.decode(z.clone().narrow(2, frame, 1), &mut cache))
        .collect();
    assert_eq!(cache.bytes(), cost.decoder_cache, "the decoder's past");
    let streamed_video = Tensor::cat(pieces, 2);

    // Streaming differs from the whole only by how the library splits its sums: exactly nothing.
    let exact =
        |name: &str, ours, theirs| (name.to_owned(), relative_error::<5>(ours, theirs), 0.0);
    vec![
        error("latent", encoded.clone(), latent),
        error("decoded", whole.clone(), decoded),
        exact("latent, streamed = whole", streamed_latent, encoded),
        exact("decoded, streamed = whole", streamed_video, whole),
    ]
}

fn text(folder: &Path, case: &Case) -> Vec<(String, f64, f64)> {
    let (json, path) = config(folder);
    let config = text_config(&json, &path).unwrap();
    let encoder = |streams_blocks| {
        let held = Held { streams_blocks, ..Held::default() };
        load_held(folder, TEXT_FILE, held, |scope| TextEncoder::init(scope, &config))
    };
    let (encoder, streamed) = (encoder(false), encoder(true));
    (0..)
        .take_while(|i| case.has(&format!("ids_{i}")))
        .map(|i| {
            let length: i64 = case.integers(&format!("mask_{i}")).iter().sum();
            let ids = case.integers(&format!("ids_{i}"));
            let ids: Vec<u32> = ids[..length as usize].iter().map(|&id| id as u32).collect();
            let name = format!("context_{i}");
            let ours = encoder.forward(&ids);
            assert_eq!(
                relative_error(streamed.forward(&ids), ours.clone()),
                0.0,
                "{name}, streamed"
            );
            error(&name, ours, case.tensor::<3>(&name))
        })
        .collect()
}

fn image(folder: &Path, case: &Case) -> Vec<(String, f64, f64)> {
    let (json, path) = config(folder);
    let config = clip_config(&json, &path).unwrap();
    let tower = load(folder, "models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth", |scope| {
        ClipVision::init(scope, &config)
    });
    (0..)
        .take_while(|i| case.has(&format!("image_{i}")))
        .flat_map(|i| {
            let picture = case.tensor::<4>(&format!("image_{i}"));
            let [_, _, height, width] = picture.dims();
            let device = picture.device();
            let values = picture.into_data().try_into_vec::<f32>().unwrap();
            let pixels = clip::preprocess(&values, height, width, &config);
            let pixels = clip::to_tensor(pixels, &config, &device);
            let (seen, features) = (format!("pixels_{i}"), format!("features_{i}"));
            [
                error(&seen, pixels.clone(), case.tensor::<4>(&seen)),
                error(&features, tower.forward(pixels), case.tensor::<3>(&features)),
            ]
        })
        .collect()
}

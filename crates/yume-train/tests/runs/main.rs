//! Whole runs of seconds: they learn, they resume exactly, and what they export can be walked.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod distill;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use burn::tensor::Device;
use yume_checkpoint::ModelFiles;
use yume_train::config::TrainConfig;
use yume_train::dit::{DitRun, DitStart};
use yume_train::parameters::Parameters;
use yume_train::run::{CHECKPOINT, Outcome, Pace, Training, run};
use yume_train::state::State;
use yume_train::vae::{VaeRun, VaeStart};

fn config() -> TrainConfig {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/smoke.json");
    TrainConfig::load(Path::new(path)).unwrap().0
}

/// A folder of one test, gone when the test is over.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

fn folder(name: &str) -> Folder {
    let folder = std::env::temp_dir().join(format!("yume-train-{}-{name}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    Folder(folder)
}

fn go(training: &mut impl Training, out: &Path, first: u64, steps: u64) -> Outcome {
    let hour = Duration::from_secs(3600);
    let pace = Pace { steps, limit: None, save_every: hour, sheet_every: hour };
    run(training, out, (first, 0.0), &pace, &AtomicBool::new(false)).unwrap()
}

fn vae(config: &TrainConfig, start: VaeStart) -> VaeRun {
    let spec = config.spec(Path::new("smoke")).unwrap();
    VaeRun::new(config.clone(), &spec, &Device::flex(), start).unwrap()
}

fn resumed(out: &Path) -> Box<State> {
    Box::new(State::load(&out.join(CHECKPOINT)).unwrap())
}

/// A finished VAE of a few steps.
fn finished_vae(name: &str) -> Folder {
    let out = folder(name);
    go(&mut vae(&config(), VaeStart::Fresh), &out, 0, 2);
    out
}

fn same(a: &Path, b: &Path) {
    let (a, b) = (resumed(a), resumed(b));
    assert_eq!(a.facts.step, b.facts.step);
    assert_eq!(a.weights, b.weights, "the weights differ");
    assert_eq!(a.optimizer, b.optimizer, "the optimizers differ");
    assert_eq!(a.extra, b.extra, "the rollouts differ");
}

#[test]
fn the_vae_learns() {
    let mut training = vae(&config(), VaeStart::Fresh);
    let before = training.held_out_loss().unwrap();
    go(&mut training, &folder("vae-learns"), 0, 16);
    let after = training.held_out_loss().unwrap();
    assert!(after < before, "held-out loss went from {before} to {after}");
}

#[test]
fn a_resumed_vae_run_is_the_uninterrupted_one() {
    let (whole, parts) = (folder("vae-whole"), folder("vae-parts"));
    go(&mut vae(&config(), VaeStart::Fresh), &whole, 0, 5);
    go(&mut vae(&config(), VaeStart::Fresh), &parts, 0, 3);
    go(&mut vae(&config(), VaeStart::Resume(resumed(&parts))), &parts, 3, 5);
    same(&whole, &parts);
}

#[test]
fn a_run_of_another_recipe_is_not_continued() {
    let out = finished_vae("vae-other");
    let mut other = config();
    other.seed += 1;
    let spec = other.spec(Path::new("smoke")).unwrap();
    let start = VaeStart::Resume(resumed(&out));
    let error = VaeRun::new(other, &spec, &Device::flex(), start).err().unwrap();
    assert!(error.to_string().contains("recipe"), "{error}");
}

#[test]
fn the_dit_learns_and_its_export_is_a_model() {
    let vae = finished_vae("dit-vae");
    let out = folder("dit-learns");
    let mut training = DitRun::new(config(), &vae, &Device::flex(), DitStart::Fresh).unwrap();
    let before = training.held_out_loss().unwrap();
    go(&mut training, &out, 0, 24);
    let after = training.held_out_loss().unwrap();
    assert!(after < before, "held-out loss went from {before} to {after}");

    let files = ModelFiles::from_folder(&out).unwrap();
    let model = yume_world::Model::open(&files, &Device::flex(), burn::tensor::DType::F32);
    model.unwrap();
    let provenance = std::fs::read_to_string(out.join("provenance.json")).unwrap();
    for word in ["\"vae\"", "\"dit\"", "\"seed\"", "\"repeat\"", "\"recipe\""] {
        assert!(provenance.contains(word), "no {word} in the provenance");
    }

    let continued =
        DitRun::new(config(), &vae, &Device::flex(), DitStart::From(out.to_path_buf())).unwrap();
    let again = continued.held_out_loss().unwrap();
    // The export is rounded to f16.
    assert!((again - after).abs() < 0.01 * after, "{again} instead of {after}");
}

#[test]
fn a_resumed_dit_run_is_the_uninterrupted_one() {
    let vae = finished_vae("dit-resume-vae");
    let begin = |start| DitRun::new(config(), &vae, &Device::flex(), start).unwrap();
    let (whole, parts) = (folder("dit-whole"), folder("dit-parts"));
    // Beyond half of the 24 steps, so that rollouts are part of it.
    go(&mut begin(DitStart::Fresh), &whole, 0, 18);
    go(&mut begin(DitStart::Fresh), &parts, 0, 14);
    go(&mut begin(DitStart::Resume(resumed(&parts))), &parts, 14, 18);
    assert!(!resumed(&whole).extra.is_empty(), "no rollouts were made");
    same(&whole, &parts);
}

#[test]
fn a_masked_run_trains_the_mask_token_and_the_side_block() {
    let vae = finished_vae("masked-vae");
    let weights = |masked_share: f32, steps: u64| {
        let out = folder(&format!("masked-{masked_share}-{steps}"));
        let mut config = config();
        config.dit.masked_share = masked_share;
        config.dit.rollout = None;
        let mut training = DitRun::new(config, &vae, &Device::flex(), DitStart::Fresh).unwrap();
        go(&mut training, &out, 0, steps);
        resumed(&out).weights
    };
    let before = weights(1.0, 0);
    let (masked, plain) = (weights(1.0, 2), weights(0.0, 2));
    for name in ["dit.mask_token", "dit.sideblock.ffn.0.weight", "dit.sideblock.self_attn.v.bias"] {
        let of = |weights: &Parameters| weights.numbers(name).unwrap();
        assert_ne!(of(&masked), of(&before), "{name}: a masked step does not train it");
        assert_eq!(of(&plain), of(&before), "{name}: a step without a mask changes it");
    }
    let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/tiny.json");
    let share = TrainConfig::load(Path::new(recipe)).unwrap().0.dit.masked_share;
    assert!(share > 0.0, "the recipe of the embedded model never masks");
}

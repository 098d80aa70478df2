//! Runs of step distillation.

use std::path::Path;

use burn::tensor::Device;
use yume_checkpoint::ModelFiles;
use yume_train::config::TrainConfig;
use yume_train::distill::{DistillRun, DistillStart, Distillation};
use yume_train::dit::{DitRun, DitStart};
use yume_train::run::{CHECKPOINT, Training as _};

use super::{Folder, config, finished_vae, folder, go, resumed, same};

/// A model that has learnt a little.
fn teacher(name: &str) -> Folder {
    let vae = finished_vae(&format!("{name}-vae"));
    let out = folder(&format!("{name}-teacher"));
    let mut config = config();
    config.dit.rollout = None;
    let mut training = DitRun::new(config, &vae, &Device::flex(), DitStart::Fresh).unwrap();
    go(&mut training, &out, 0, 4);
    out
}

fn recipe(edit: impl FnOnce(&mut Distillation)) -> TrainConfig {
    let mut config = config();
    edit(config.distill.as_mut().unwrap());
    config
}

fn begin(config: TrainConfig, teacher: &Path, start: DistillStart) -> DistillRun {
    DistillRun::new(config, teacher, &Device::flex(), start).unwrap()
}

#[test]
fn a_student_with_the_teachers_weights_and_steps_has_nothing_to_learn() {
    let teacher = teacher("equal");
    let equal = recipe(|settings| settings.student = settings.teacher);
    let run = begin(equal, &teacher, DistillStart::Teacher);
    assert_eq!(run.held_out_loss().unwrap(), 0.0);
    let fewer = begin(recipe(|_| {}), &teacher, DistillStart::Teacher);
    assert!(fewer.held_out_loss().unwrap() > 1e-6);
}

#[test]
fn the_loss_falls_on_the_same_few_segments() {
    let teacher = teacher("learns");
    let config = recipe(|settings| {
        settings.adversary = None;
        settings.steps = 24;
        settings.pool.first = 1;
        settings.pool.most = 1;
        settings.pool.segments_per_walk = 1e9;
        settings.picture_share = 1.0;
    });
    let mut run = begin(config, &teacher, DistillStart::Teacher);
    let losses = go(&mut run, &folder("distill-learns"), 0, 24).losses;
    let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
    let (first, last) = (mean(&losses[..4]), mean(&losses[20..]));
    assert!(last < 0.8 * first, "the loss went from {first} to {last}");
}

#[test]
fn a_judged_student_is_measured_and_its_export_is_a_model() {
    let teacher = teacher("judged-export");
    let out = folder("distill-judged-export");
    let mut run = begin(recipe(|_| {}), &teacher, DistillStart::Teacher);
    go(&mut run, &out, 0, 2);

    let figures = run.figures().unwrap();
    let ways: Vec<_> = figures.rows.iter().map(|row| (row.weights, row.cache)).collect();
    let expected = [("teacher", false), ("student", false), ("teacher", true), ("student", true)];
    assert_eq!(ways, expected);
    assert!(figures.rows.iter().all(|row| row.error > 0.0 && row.psnr < 99.0));
    assert_ne!(figures.rows[0].error, figures.rows[2].error, "the cache changes nothing");
    assert_eq!(figures.to_string().lines().count(), 2 + 4);

    let spec = ModelFiles::from_folder(&out).unwrap().spec().clone();
    assert_eq!((spec.sampler.steps, spec.sampler.shift), (2, 3.0));
    let provenance = std::fs::read_to_string(out.join("provenance.json")).unwrap();
    for word in ["\"distill\"", "\"dit\"", "--teacher", "sha256"] {
        assert!(provenance.contains(word), "no {word} in the provenance");
    }
}

#[test]
fn a_resumed_distillation_is_the_uninterrupted_one() {
    let teacher = teacher("resume");
    let (whole, parts) = (folder("distill-whole"), folder("distill-parts"));
    go(&mut begin(recipe(|_| {}), &teacher, DistillStart::Teacher), &whole, 0, 6);
    go(&mut begin(recipe(|_| {}), &teacher, DistillStart::Teacher), &parts, 0, 3);
    let again = DistillStart::Resume(resumed(&parts));
    go(&mut begin(recipe(|_| {}), &teacher, again), &parts, 3, 6);
    assert!(!resumed(&whole).extra.is_empty(), "no results of the teacher were kept");
    same(&whole, &parts);

    let other = recipe(|settings| settings.student.steps = 3);
    let resume = DistillStart::Resume(resumed(&parts));
    let error = DistillRun::new(other, &teacher, &Device::flex(), resume).err().unwrap();
    assert!(error.to_string().contains(CHECKPOINT), "{error}");
}

#[test]
fn the_adversary_alone_moves_the_student() {
    let teacher = teacher("judged");
    let weights = |weight: f32, steps: u64| {
        let out = folder(&format!("distill-judged-{weight}-{steps}"));
        let config = recipe(|settings| {
            settings.regression = 0.0;
            settings.optimizer.weight_decay = 0.0;
            settings.adversary.as_mut().unwrap().weight = weight;
        });
        go(&mut begin(config, &teacher, DistillStart::Teacher), &out, 0, steps);
        resumed(&out).weights
    };
    let before = weights(1.0, 0);
    let (judged, ignored) = (weights(1.0, 1), weights(0.0, 1));
    for name in ["dit.patch_embedding.weight", "dit.blocks.1.ffn.0.weight", "dit.head.head.weight"]
    {
        assert_ne!(judged.numbers(name), before.numbers(name), "{name} was not reached");
        assert_eq!(ignored.numbers(name), before.numbers(name), "{name} moved by itself");
    }
    let head = "heads.space.0.stem.weight";
    assert_ne!(judged.numbers(head), before.numbers(head), "the adversary does not learn");
}

//! The embedded model against two chained segments computed by `PyTorch`, stage by stage.
//!
//! `tests/data/golden_segment.safetensors` is an excerpt, made by `excerpt.py` beside it, of the file
//! that was written with the first weights.

use std::path::Path;

use burn::tensor::{DType, Device};
use yume_checkpoint::ModelFiles;
use yume_media::Fit;
use yume_motion::{Motion, Travel, Turn};
use yume_sampler::Noise;

use super::{Frames, Golden, values};
use crate::{Model, Options, Start, World, pixels};

/// Every stage is to agree this well.
const TOLERANCE: f64 = 1e-3;
/// The excerpt holds every eighth frame: the last of every second latent.
const STRIDE: usize = 8;

/// Every eighth frame, planar `[3, frames, height, width]`.
fn excerpt(frames: &[Vec<f32>]) -> Vec<f32> {
    let chosen: Vec<&Vec<f32>> = frames.iter().skip(STRIDE - 1).step_by(STRIDE).collect();
    let pixels = frames[0].len() / 3;
    let mut planes = Vec::new();
    for channel in 0..3 {
        for frame in &chosen {
            planes.extend_from_slice(&frame[channel * pixels..][..pixels]);
        }
    }
    planes
}

#[test]
fn two_segments_agree_at_every_stage() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("tests/data/golden_segment.safetensors");
    let golden = Golden::open(&path, TOLERANCE);
    let files = ModelFiles::from_folder(&root.join("tests/tiny-v0")).unwrap();
    let model = Model::open(&files, &Device::flex(), DType::F32).unwrap();
    // The reference knows the last picture only.
    let options = Options { forgets: true, ..model.options() };
    let (height, width) = (model.spec().frame.height, model.spec().frame.width);
    let mut world = World::new(model, &options).unwrap();

    let picture = pixels::frame(&golden.values("start_pixels"), height, width);
    golden.check("start_pixels", &pixels::planar(&picture));
    let start = Start { frames: vec![picture], fit: Fit::Stretch, scene: String::new(), seed: 0 };
    let mut shown = Frames::default();
    assert!(world.begin(&start, &mut shown).unwrap().is_continue());
    assert_eq!(shown.0.len(), 1);

    let motion = Motion { travel: Travel::Forward, turn: Turn::Left };
    for segment in 0..2 {
        let name = |stage: &str| format!("seg{segment}.{stage}");
        let prepared = world.prepare(motion).unwrap();
        golden.check(&name("warp"), &excerpt(&world.guess(motion)));
        golden.check(&name("history"), &values(prepared.history.clone()));
        golden.check(&name("y"), &values(prepared.conditioning.clone()));
        let noise = golden.tensor::<4, 5>(&name("eps"));
        let velocity = world.velocity(&prepared, noise.clone());
        golden.check(&name("velocity_step0"), &values(velocity));
        let mut shown = Frames::default();
        assert!(
            world.generate(prepared, (noise, Noise::new(0, 0)), &mut shown).unwrap().is_continue()
        );
        golden.check(&name("latents"), &values(world.newest_latents()));
        let frames = world.newest_frames();
        golden.check(&name("frames"), &excerpt(&frames));
        let rounded = frames.iter().map(|planes| pixels::frame(planes, height, width));
        assert!(shown.0 == rounded.collect::<Vec<_>>(), "other frames are shown than decoded");
    }
}

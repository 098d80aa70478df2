//! The embedded model against two chained segments computed by `PyTorch`, stage by stage.
//!
//! `tests/data/golden_segment.safetensors` is an excerpt, made by `excerpt.py` beside it, of the file
//! that was written with the first weights.

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{DType, Device, Tensor, TensorData};
use yume_checkpoint::{ModelFiles, Weights};
use yume_media::{Fit, Frame};
use yume_motion::{Motion, Travel, Turn};
use yume_sampler::Noise;

use crate::{Model, Options, Outlet, Stage, Start, World, pixels};

/// Every stage is to agree this well.
const TOLERANCE: f64 = 1e-3;
/// The excerpt holds every eighth frame: the last of every second latent.
const STRIDE: usize = 8;

struct Golden(Weights);

impl Golden {
    fn values(&self, name: &str) -> Vec<f32> {
        let data = self.0.read(name).unwrap_or_else(|| panic!("the excerpt has no {name}"));
        data.try_into_vec().unwrap()
    }

    fn noise(&self, name: &str) -> Tensor<5> {
        let shape = self.0.stored(name).unwrap().shape.clone();
        let shape = [1, shape[0], shape[1], shape[2], shape[3]];
        let data = TensorData::new(self.values(name), shape);
        Tensor::from_data(data, (&Device::flex(), DType::F32))
    }

    fn check(&self, name: &str, ours: &[f32]) {
        let theirs = self.values(name);
        assert_eq!(ours.len(), theirs.len(), "{name} has another size");
        let sum = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
        let difference =
            sum(&mut ours.iter().zip(&theirs).map(|(a, b)| f64::from(*a) - f64::from(*b)));
        let norm = sum(&mut theirs.iter().map(|v| f64::from(*v)));
        let error = (difference / norm).sqrt();
        println!("{name:<24} {error:.2e}");
        assert!(error < TOLERANCE, "{name} is off by {error:e}");
    }
}

#[derive(Default)]
struct Frames(Vec<Frame>);

impl Outlet for Frames {
    fn progress(&mut self, _: Stage, _: usize, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn frame(&mut self, frame: Frame) -> ControlFlow<()> {
        self.0.push(frame);
        ControlFlow::Continue(())
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

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
    let golden = Golden(Weights::open(&path).unwrap());
    let files = ModelFiles::from_folder(&root.join("../../assets/tiny-v0")).unwrap();
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
        let noise = golden.noise(&name("eps"));
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

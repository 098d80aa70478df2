//! A small model in the layout of the published one against walks computed by `PyTorch`, diffusers
//! and transformers, stage by stage. `tests/miniature/generate.py` makes all of it.

use std::path::{Path, PathBuf};

use burn::tensor::{DType, Device};
use yume_checkpoint::{ModelFiles, Tokenizer};
use yume_media::{Fit, Frame, read_last_frames, read_picture};
use yume_motion::{Motion, parse_script};
use yume_sampler::Noise;

use super::{Frames, Golden, values};
use crate::opening::opening;
use crate::{Model, Options, Start, World, pixels};

/// Sums of f32 in another order, carried through six passes of the network and one of the VAE; four
/// times what is measured.
const TOLERANCE: f64 = 2e-5;
/// What the same may add to a frame before it is rounded, in steps of its 8 bits.
const FRAME_TOLERANCE: f32 = 0.01;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/miniature")
}

struct Walk<'a> {
    golden: Golden,
    world: World,
    tokenizer: Tokenizer,
    start: &'a Start,
}

impl<'a> Walk<'a> {
    fn begin(name: &str, start: &'a Start) -> Self {
        let golden = Golden::open(&folder().join(name), TOLERANCE);
        let files = ModelFiles::from_folder(&folder().join("Yume-Miniature")).unwrap();
        let model = Model::open(&files, &Device::flex(), DType::F32).unwrap();
        let options = Options { steps: 3, ..model.options() };
        let mut world = World::new(model, &options).unwrap();
        assert!(world.begin(start, &mut Frames::default()).unwrap().is_continue());
        let newest = opening(world.model().spec(), &start.frames, start.fit).pop().unwrap();
        golden.check("start", &newest);
        golden.check("clip_features", &values(world.model().image_features(&newest).unwrap()));
        let negative = world.model().rows(world.model().negative_prompt()).unwrap();
        golden.check("negative", &values(negative));
        Self { golden, world, tokenizer: files.tokenizer().unwrap(), start }
    }

    fn advance(&mut self, segment: usize, motion: Motion) {
        let Self { golden, world, tokenizer, start } = self;
        let name = |stage: &str| format!("segment{segment}.{stage}");
        let caption = world.model().caption(motion, &start.scene);
        let ids: Vec<i32> = golden.data(&name("ids")).try_into_vec().unwrap();
        let ours: Vec<i32> =
            tokenizer.encode(&caption).ids.into_iter().map(|id| id as i32).collect();
        assert_eq!(ours, ids, "{caption}");
        golden.check(&name("context"), &values(world.model().rows(&caption).unwrap()));

        let prepared = world.prepare(motion).unwrap();
        golden.check(&name("y"), &values(prepared.conditioning.clone()));
        let mut stream = Noise::new(start.seed, segment as u64);
        let noise = stream.draw(prepared.noise_shape(), world.model().device());
        let drawn = values(noise.clone());
        golden.check(&name("noise"), &drawn[..golden.values(&name("noise")).len()]);
        golden.check(&name("velocity"), &values(world.velocity(&prepared, noise.clone())));
        let mut shown = Frames::default();
        assert!(world.generate(prepared, (noise, stream), &mut shown).unwrap().is_continue());
        golden.check(&name("latents"), &values(world.newest_latents()));
        self.check_frames(segment, &shown.0);
    }

    /// Compares the frames before they are rounded, and that these are shown.
    fn check_frames(&self, segment: usize, shown: &[Frame]) {
        let frame = self.world.model().spec().frame;
        let theirs: Vec<u8> = self.golden.data("frames").try_into_vec().unwrap();
        let size = 3 * frame.width * frame.height;
        let theirs = theirs.chunks_exact(size).skip(segment * frame.segment_frames);
        let ours = self.world.newest_frames();
        assert_eq!((ours.len(), shown.len()), (32, 32));
        let mut largest: f32 = 0.0;
        for ((planes, shown), theirs) in ours.iter().zip(shown).zip(theirs) {
            assert!(pixels::frame(planes, frame.height, frame.width) == *shown);
            for (i, &value) in theirs.iter().enumerate() {
                let ours = planes[(i % 3) * size / 3 + i / 3];
                let difference = ((ours * 0.5 + 0.5) * 255.0 - f32::from(value)).abs();
                largest = largest.max(difference);
            }
        }
        println!("segment{segment}.frames          {largest:.3} of 255");
        assert!(largest < 0.5 + FRAME_TOLERANCE, "the frames are off by {largest} of 255");
    }
}

fn check(name: &str, start: &Start, motions: &str) {
    let mut walk = Walk::begin(name, start);
    for (segment, motion) in parse_script(motions).unwrap().into_iter().enumerate() {
        walk.advance(segment, motion);
    }
}

#[test]
fn a_walk_from_a_picture_agrees_at_every_stage() {
    let frames = vec![read_picture(&folder().join("start.png")).unwrap()];
    let start = Start { frames, fit: Fit::Stretch, scene: String::new(), seed: 7 };
    check("walk_from_picture.safetensors", &start, "W+A:right,S:up-left");
}

#[test]
fn a_walk_from_a_video_agrees_at_every_stage() {
    let frames = read_last_frames(&folder().join("start.gif"), 33).unwrap();
    assert_eq!(frames.len(), 9);
    let scene = "rain &amp; fog  at \u{ff15} o'clock".to_owned();
    let start = Start { frames, fit: Fit::Stretch, scene, seed: 11 };
    check("walk_from_video.safetensors", &start, ".:down,D");
}

//! Walks in a small model of the published layout against the same walks taken by `PyTorch`,
//! diffusers and transformers: the program from its command line to its pictures.

use std::path::{Path, PathBuf};

use yume_checkpoint::Weights;
use yume_media::read_picture;

use crate::folder::{Folder, yume};

/// Differences in the sums of f32 move a few values over the edge between two steps of 8 bits: one
/// in ten thousand.
const MEAN: f64 = 0.001;
const LARGEST: u8 = 1;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../yume-world/tests/miniature")
}

/// The frames that the program writes, one after the other, in bytes of RGB.
fn walked(name: &str, arguments: &[&str]) -> Vec<u8> {
    let scratch = Folder::empty(name);
    let (model, out) = (folder().join("Yume-Miniature"), scratch.path().join("frames"));
    let (model, out_folder) = (model.to_str().unwrap(), format!("{}/", out.display()));
    let fixed = ["walk", "--device", "cpu", "--steps", "3", "--fit", "stretch", "--model", model];
    let output = yume(scratch.path(), &[&fixed[..], &["--out", &out_folder], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let frames = (1..).map(|number| out.join(format!("frame_{number:05}.png")));
    frames
        .take_while(|path| path.is_file())
        .flat_map(|path| read_picture(&path).unwrap().rgb.to_vec())
        .collect()
}

/// The mean and the largest difference of two walks.
fn difference(ours: &[u8], theirs: &[u8]) -> (f64, u8) {
    assert_eq!(ours.len(), theirs.len());
    let differences = || ours.iter().zip(theirs).map(|(a, b)| a.abs_diff(*b));
    let sum: f64 = differences().map(f64::from).sum();
    (sum / ours.len() as f64, differences().max().unwrap())
}

fn golden(name: &str) -> Vec<u8> {
    let weights = Weights::open(&folder().join(name)).unwrap();
    weights.read("frames").unwrap().try_into_vec().unwrap()
}

fn start(name: &str) -> String {
    folder().join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_walk_from_a_picture_shows_the_frames_of_pytorch() {
    let picture = start("start.png");
    let theirs = golden("walk_from_picture.safetensors");
    let walk =
        |name, motions| walked(name, &["--start", &picture, "--seed", "7", "--motions", motions]);
    let (mean, largest) = difference(&walk("picture", "W+A:right,S:up-left"), &theirs);
    println!("{mean:.5} on average, {largest} at most");
    assert!(mean < MEAN && largest <= LARGEST, "{mean} on average, {largest} at most");
    // That the sentences of a motion count for more than the tolerance.
    let (mean, _) = difference(&walk("other", "W+A:left,S:up-left"), &theirs);
    assert!(mean > 10.0 * MEAN, "another turn changes only {mean}");
}

#[test]
fn a_walk_from_a_video_shows_the_frames_of_pytorch() {
    let arguments = ["--start", &start("start.gif"), "--seed", "11", "--motions", ".:down,D"];
    let scene = ["--scene", "rain &amp; fog  at \u{ff15} o'clock"];
    let ours = walked("video", &[&arguments[..], &scene].concat());
    let (mean, largest) = difference(&ours, &golden("walk_from_video.safetensors"));
    println!("{mean:.5} on average, {largest} at most");
    assert!(mean < MEAN && largest <= LARGEST, "{mean} on average, {largest} at most");
}

//! Our networks against tensors of the published implementation (or of diffusers and transformers).
//!
//! Every case file below `YUME_GOLDEN` (by default the small committed set) is run with the weights
//! and sizes beside it, and the relative L2 error of each output is printed.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test fails where it stands")]

mod cases;
mod coded;
mod network;
mod sampler;
mod streamed;

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use cases::{Outcome, run_case};

/// Sums of f32 products in another order differ by about this much in the networks.
const NETWORK_TOLERANCE: f64 = 1e-4;
/// A trajectory of solver steps carries the differences of its network along.
const TRAJECTORY_TOLERANCE: f64 = 1e-3;
/// A GPU's fast attention computes in f16, and its products may round what they read: so many times as much is allowed
/// there, but never more than the second number.
const ON_A_GPU: (f64, f64) = (100.0, 5e-2);

fn folder() -> PathBuf {
    match std::env::var_os("YUME_GOLDEN") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../yume-nets/tests/golden"),
    }
}

fn allowed(tolerance: f64) -> f64 {
    let (times, most) = ON_A_GPU;
    if network::device() == Device::flex() {
        tolerance
    } else {
        // What is the same to the last bit here may come from another kernel there.
        (times * tolerance.max(1e-6)).min(most)
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_case_agrees() {
    let mut failures = Vec::new();
    let mut compared = 0;
    for network in sorted(&folder()).iter().filter(|path| path.join("config.json").is_file()) {
        for case in sorted(network) {
            let stem = case.file_stem().unwrap().to_string_lossy().into_owned();
            if case.extension().is_none_or(|ending| ending != "safetensors")
                || stem.starts_with("diffusion_pytorch_model")
            {
                continue;
            }
            let name = format!("{}/{stem}", network.file_name().unwrap().to_string_lossy());
            match run_case(network, &case, &stem) {
                Outcome::Compared(errors) => {
                    for (output, error, tolerance) in errors {
                        compared += 1;
                        let tolerance = allowed(tolerance);
                        let verdict = if error <= tolerance { "ok" } else { "FAILED" };
                        println!(
                            "{name:<36} {output:<12} {error:>10.2e}  (<= {tolerance:.0e}) {verdict}"
                        );
                        if error.is_nan() || error > tolerance {
                            failures.push(format!("{name} {output}: {error:e}"));
                        }
                    }
                }
                Outcome::NotOffered(reason) => println!("{name:<36} not run: {reason}"),
            }
        }
    }
    assert!(compared > 0, "no case was found in {}", folder().display());
    assert!(failures.is_empty(), "beyond tolerance: {failures:#?}");
}

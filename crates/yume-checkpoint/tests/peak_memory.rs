//! Loading takes little more memory than what is loaded. A test program of its own, because the peak
//! is one number for the whole process.
//!
//! `YUME_PEAK_MB=4096 cargo test --release --workspace --test peak_memory -- --nocapture` measures a
//! file of 4 GB.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::fs::{self, File};
use std::io::Write as _;
use std::time::Instant;

use burn::module::Param;
use burn::tensor::{DType, Device, Tensor};
use yume_checkpoint::{Loader, Weights};
use yume_nets::{Init, Scope};

/// Edge of the square matrices, a tenth of the published model's at the usual size of the file.
const EDGE: usize = 2048;

/// A value of `/proc/self/status` in bytes.
fn status(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// A file of `count` matrices in bf16 whose numbers take no room on the disk.
fn sparse_file(path: &std::path::Path, count: usize) {
    let bytes = 2 * EDGE * EDGE;
    let entries: Vec<_> = (0..count)
        .map(|i| {
            let (start, end) = (i * bytes, (i + 1) * bytes);
            format!(r#""m{i}":{{"dtype":"BF16","shape":[{EDGE},{EDGE}],"data_offsets":[{start},{end}]}}"#)
        })
        .collect();
    let header = format!("{{{}}}", entries.join(","));
    let mut file = File::create(path).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.set_len((8 + header.len() + count * bytes) as u64).unwrap();
}

#[test]
fn the_peak_stays_within_a_tenth_of_what_is_loaded() {
    let megabytes = std::env::var("YUME_PEAK_MB").map_or(512, |text| text.parse().unwrap());
    let count = (megabytes << 20) / (2 * EDGE * EDGE);
    let path = std::env::temp_dir().join(format!("yume-peak-{}.safetensors", std::process::id()));
    sparse_file(&path, count);
    // A small matrix first: whatever the library sets up once is not the loader's.
    let device = Device::flex();
    Tensor::<2>::ones([8, 8], (&device, DType::F32)).sum().into_scalar::<f32>();
    for (kept, size) in [(DType::BF16, 2), (DType::F32, 4)] {
        // 5 resets the peak (proc(5)).
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = status("VmRSS");
        let started = Instant::now();
        let mut loader = Loader::new(Weights::open(&path).unwrap());
        let mut scope = Scope::root(&mut loader, &device, kept);
        let matrices: Vec<Param<Tensor<2>>> =
            (0..count).map(|i| scope.matrix(&format!("m{i}"), [EDGE, EDGE], Init::Zeros)).collect();
        loader.finish(|_| false).unwrap();
        let secs = started.elapsed().as_secs_f64();
        let destination = (matrices.len() * EDGE * EDGE * size) as u64;
        let peak = status("VmHWM") - before;
        let ratio = peak as f64 / destination as f64;
        println!(
            "{megabytes} MB of bf16 kept as {kept:?}: {} MB at the peak for {} MB, {:.1} % more, {secs:.1} s",
            peak >> 20,
            destination >> 20,
            100.0 * (ratio - 1.0),
        );
        // Less than what is kept would mean that nothing was measured.
        assert!((0.95..1.10).contains(&ratio), "{ratio} times what is kept as {kept:?}");
    }
    fs::remove_file(&path).unwrap();
}

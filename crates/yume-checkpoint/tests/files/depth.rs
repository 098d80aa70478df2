//! The estimate of depth beside the one in PyTorch that it is trained with.

use std::path::{Path, PathBuf};

use burn::tensor::{DType, Device};
use yume_checkpoint::{Loader, Weights};
use yume_nets::Scope;
use yume_nets::depth::{Depth, DepthConfig};

const SIZE: (usize, usize) = (32, 48);

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../yume-nets/tests/depth").join(name)
}

fn case(name: &str) -> Vec<f32> {
    let weights = Weights::open(&file("cases.safetensors")).unwrap();
    weights.read(name).unwrap().try_into_vec().unwrap()
}

#[test]
fn depth_is_estimated_as_in_pytorch() {
    let config = DepthConfig {
        patch_size: 2,
        dims: [4, 6, 8],
        scale: 0.1,
        hfov_deg: 78.0,
        camera_height: 1.7,
    };
    let mut loader = Loader::new(Weights::open(&file("depth.safetensors")).unwrap());
    let device = Device::flex();
    let network = Depth::init(&mut Scope::root(&mut loader, &device, DType::F32), &config);
    loader.finish(|_| false).unwrap();
    let area = SIZE.0 * SIZE.1;
    let (pictures, wanted) = (case("pictures"), case("inverse_depth"));
    for (k, pitch) in case("pitch").into_iter().enumerate() {
        let found = network.estimate(&pictures[3 * k * area..][..3 * area], SIZE, pitch);
        let wanted = &wanted[k * area..][..area];
        let largest = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(largest < 2e-6, "picture {k} is off by {largest}");
        // It is no constant: the ground alone goes from 0 to half a metre's inverse.
        assert!(wanted.iter().copied().fold(0.0, f32::max) > 0.3, "the case shows nothing");
    }
}

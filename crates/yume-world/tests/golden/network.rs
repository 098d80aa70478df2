//! A network with the weights and sizes that lie beside its cases.

use std::path::{Path, PathBuf};

use burn::tensor::{DType, Device, Tensor, TensorData};
use yume_checkpoint::{Loader, Weights};
use yume_nets::{Coding, Scope};

/// Where networks compute: `BURN_DEVICE` (`cuda`, `vulkan`, `wgpu`), and the processor if it is not set.
pub fn device() -> Device {
    if std::env::var_os("BURN_DEVICE").is_some() { Device::default() } else { Device::flex() }
}

/// A case file.
pub struct Case {
    weights: Weights,
}

impl Case {
    pub fn open(path: &Path) -> Self {
        Self { weights: Weights::open(path).unwrap() }
    }

    /// Whether it holds `name`.
    pub fn has(&self, name: &str) -> bool {
        self.weights.stored(name).is_some()
    }

    pub fn data(&self, name: &str) -> TensorData {
        self.weights.read(name).unwrap_or_else(|| panic!("the case has no {name}"))
    }

    /// A tensor as f32 with leading axes of 1 added.
    pub fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let data = self.data(name).convert::<f32>();
        let mut shape = [1; D];
        let rank = data.shape().as_slice().len();
        shape[D - rank..].copy_from_slice(data.shape().as_slice());
        let data = TensorData::new(data.try_into_vec::<f32>().unwrap(), shape);
        Tensor::from_data(data, (&device(), DType::F32))
    }

    pub fn floats(&self, name: &str) -> Vec<f64> {
        self.data(name).convert::<f64>().try_into_vec().unwrap()
    }

    pub fn integers(&self, name: &str) -> Vec<i64> {
        self.data(name).convert::<i64>().try_into_vec().unwrap()
    }
}

/// `config.json` of a folder.
pub fn config(folder: &Path) -> (Vec<u8>, PathBuf) {
    let path = folder.join("config.json");
    (std::fs::read(&path).unwrap(), path)
}

/// How a network is held.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    pub coding: Option<Coding>,
    pub streams_blocks: bool,
}

/// Builds a network from the file `name` in `folder`.
pub fn load<N>(folder: &Path, name: &str, init: impl FnOnce(&mut Scope<'_>) -> N) -> N {
    load_held(folder, name, Held::default(), init)
}

/// As [`load`], held as `held` says.
pub fn load_held<N>(
    folder: &Path,
    name: &str,
    held: Held,
    init: impl FnOnce(&mut Scope<'_>) -> N,
) -> N {
    let mut loader = Loader::new(Weights::open(&folder.join(name)).unwrap());
    let device = device();
    let scope = Scope::root(&mut loader, &device, DType::F32).with_coding(held.coding);
    let network = init(&mut scope.with_rest(held.streams_blocks.then_some(&device)));
    loader.finish(|_| true).unwrap();
    network
}

/// `||ours - theirs|| / ||theirs||`.
pub fn relative_error<const D: usize>(ours: Tensor<D>, theirs: Tensor<D>) -> f64 {
    assert_eq!(ours.dims(), theirs.dims(), "shapes differ");
    let (mut difference, mut norm) = (0.0, 0.0);
    let values = |tensor: Tensor<D>| tensor.into_data().try_into_vec::<f32>().unwrap();
    for (a, b) in values(ours).into_iter().zip(values(theirs)) {
        difference += (f64::from(a) - f64::from(b)).powi(2);
        norm += f64::from(b).powi(2);
    }
    (difference / norm).sqrt()
}

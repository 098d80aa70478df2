//! Worlds against walks computed by `PyTorch`, stage by stage.

mod embedded;
mod miniature;

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{DType, Device, Tensor, TensorData};
use yume_checkpoint::Weights;
use yume_media::Frame;

use crate::{Outlet, Stage};

/// A file of stages, and how well ours are to agree with them: relative L2.
struct Golden {
    weights: Weights,
    tolerance: f64,
}

impl Golden {
    fn open(path: &Path, tolerance: f64) -> Self {
        Self { weights: Weights::open(path).unwrap(), tolerance }
    }

    fn data(&self, name: &str) -> TensorData {
        self.weights.read(name).unwrap_or_else(|| panic!("the file has no {name}"))
    }

    fn values(&self, name: &str) -> Vec<f32> {
        self.data(name).try_into_vec().unwrap()
    }

    /// A tensor of `D` edges behind edges of 1.
    fn tensor<const D: usize, const BATCHED: usize>(&self, name: &str) -> Tensor<BATCHED> {
        let data = self.data(name);
        let mut shape = [1; BATCHED];
        shape[BATCHED - D..].copy_from_slice(data.shape().as_slice());
        let data = TensorData::new(data.try_into_vec::<f32>().unwrap(), shape);
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
        assert!(error < self.tolerance, "{name} is off by {error:e}");
    }
}

#[derive(Default)]
pub(crate) struct Frames(pub(crate) Vec<Frame>);

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

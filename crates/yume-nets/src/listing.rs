//! The parameters of a network without their values: how a full-size model is measured before it is
//! loaded.

use std::collections::BTreeMap;

use burn::tensor::{DType, Device, TensorData};

use crate::{Coding, Footprint, Init, Scope, Source};

/// A parameter that a network asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the published files.
    pub name: String,
    /// Its edges.
    pub shape: Vec<usize>,
    /// Bytes it takes.
    pub bytes: u64,
    /// Whether it rests elsewhere where blocks are streamed.
    pub rests: bool,
}

/// The parameters that `init` asks for, in its order, if matrices are kept as `matrices`. No memory is
/// taken for them.
pub fn parameters<N>(matrices: DType, init: impl FnOnce(&mut Scope<'_>) -> N) -> Vec<Parameter> {
    coded_parameters(matrices, None, init)
}

/// As [`parameters`], with the weights of linear layers held as `coding` says.
pub fn coded_parameters<N>(
    matrices: DType,
    coding: Option<Coding>,
    init: impl FnOnce(&mut Scope<'_>) -> N,
) -> Vec<Parameter> {
    let (mut listing, device) = (Listing(Vec::new()), Device::flex());
    // Nothing is anywhere: that parts rest costs nothing here, and says which they are.
    let scope = Scope::root(&mut listing, &device, matrices).with_rest(Some(&device));
    init(&mut scope.with_coding(coding));
    listing.0
}

/// Bytes of `parameters` together.
pub fn bytes(parameters: &[Parameter]) -> u64 {
    parameters.iter().map(|parameter| parameter.bytes).sum()
}

/// Bytes of a network whose blocks are streamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streamed {
    /// On the device all the time.
    pub resident: u64,
    /// On the device at once, of what passes through.
    pub passing: u64,
    /// Where the blocks rest; as much is sent on every pass.
    pub resting: u64,
}

impl Streamed {
    /// Of `parameters`, if blocks are streamed.
    pub fn of(parameters: &[Parameter]) -> Self {
        let mut blocks = BTreeMap::<&str, u64>::new();
        for parameter in parameters.iter().filter(|parameter| parameter.rests) {
            let number =
                parameter.name.strip_prefix("blocks.").and_then(|name| name.split_once('.'));
            if let Some((number, _)) = number {
                *blocks.entry(number).or_default() += parameter.bytes;
            }
        }
        let resting = parameters.iter().filter(|parameter| parameter.rests);
        let resting = resting.map(|parameter| parameter.bytes).sum();
        let at_once = blocks.len().min(2) as u64;
        Self {
            resident: bytes(parameters) - resting,
            passing: blocks.into_values().max().unwrap_or_default() * at_once,
            resting,
        }
    }
}

struct Listing(Vec<Parameter>);

impl Source for Listing {
    fn take(&mut self, _name: &str, _shape: &[usize], _init: Init) -> Option<TensorData> {
        None
    }

    fn keeps(&mut self, name: &str, shape: &[usize], Footprint { bytes, rests }: Footprint) {
        self.0.push(Parameter { name: name.to_owned(), shape: shape.to_vec(), bytes, rests });
    }
}

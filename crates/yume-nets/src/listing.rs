//! The parameters of a network without their values: how a full-size model is measured before it is
//! loaded.

use burn::tensor::{DType, Device, TensorData};

use crate::{Coding, Init, Scope, Source};

/// A parameter that a network asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the published files.
    pub name: String,
    /// Its edges.
    pub shape: Vec<usize>,
    /// Bytes it takes where the network runs.
    pub bytes: u64,
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
    let mut listing = Listing(Vec::new());
    init(&mut Scope::root(&mut listing, &Device::flex(), matrices).with_coding(coding));
    listing.0
}

/// Bytes of `parameters` together.
pub fn bytes(parameters: &[Parameter]) -> u64 {
    parameters.iter().map(|parameter| parameter.bytes).sum()
}

struct Listing(Vec<Parameter>);

impl Source for Listing {
    fn take(&mut self, _name: &str, _shape: &[usize], _init: Init) -> Option<TensorData> {
        None
    }

    fn keeps(&mut self, name: &str, shape: &[usize], bytes: u64) {
        self.0.push(Parameter { name: name.to_owned(), shape: shape.to_vec(), bytes });
    }
}

//! The layers that all networks share.
//!
//! On a GPU the library makes one kernel of a chain of elementwise operations, also beside a product or a
//! sum over rows. What it cannot take into the chain, such as a new shape of a parameter, stands before it:
//! in the middle it would cut the chain in two.

use std::f64::consts::PI;

use burn::module::{Module, Param};
use burn::tensor::{DType, Device, Tensor, module};

use crate::coded::Matrix;
use crate::cpu::{self, kept::Kept};
use crate::{Init, Scope};

/// `y = x W^T + b`, with the weight stored `[out, in]` as in the published files.
#[derive(Module, Debug)]
pub struct Linear {
    weight: Matrix,
    bias: Option<Param<Tensor<1>>>,
    kept: Kept,
}

impl Linear {
    /// A layer with a bias.
    pub fn init(scope: &mut Scope<'_>, input: usize, output: usize) -> Self {
        Self::init_with(scope, input, output, Init::Uniform { fan_in: input }, true)
    }

    /// A layer without a bias.
    pub fn init_plain(scope: &mut Scope<'_>, input: usize, output: usize) -> Self {
        Self::init_with(scope, input, output, Init::Uniform { fan_in: input }, false)
    }

    /// A layer whose weights start as `init`.
    pub fn init_with(
        scope: &mut Scope<'_>,
        input: usize,
        output: usize,
        init: Init,
        has_bias: bool,
    ) -> Self {
        Self {
            weight: scope.weight([output, input], init),
            bias: has_bias.then(|| scope.matrix("bias", [output], Init::Zeros)),
            kept: Kept::default(),
        }
    }

    /// `x` as the product reads it, so that layers with one input do not each make it.
    pub(crate) fn input<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self.weight.reads() {
            Some(dtype) => to_dtype(x, dtype),
            None => x,
        }
    }

    /// # Shapes
    /// - x: `[..., in]`
    /// - output: `[..., out]`, in the precision of the weight
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        if let Some(product) = self.weight.integer_product(&x) {
            return match &self.bias {
                Some(bias) => product + bias.val().unsqueeze(),
                None => product,
            };
        }
        let weight = self.weight.val();
        let x = to_dtype(x, weight.dtype());
        let bias = self.bias.as_ref().map(|bias| bias.val());
        let values = weight.shape().num_elements();
        // Panels of decoded numbers would take back the memory that coding saves.
        if cpu::serves(&x) && self.weight.is_plain() && Kept::holds(values) {
            let panels = self.kept.panels(values, || cpu::linear::panels(weight, bias));
            return cpu::linear::linear(x, &panels);
        }
        let (weight, bias) = (weight.transpose().unsqueeze(), bias.map(Tensor::unsqueeze));
        match bias {
            Some(bias) => x.matmul(weight) + bias,
            None => x.matmul(weight),
        }
    }
}

/// Layer normalisation over the last axis, computed in f32.
#[derive(Module, Debug)]
pub struct LayerNorm {
    weight: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
    eps: f64,
}

impl LayerNorm {
    /// A normalisation with a learnt scale and shift.
    pub fn init(scope: &mut Scope<'_>, dim: usize, eps: f64) -> Self {
        Self {
            weight: scope.vector("weight", [dim], Init::Ones),
            bias: scope.vector("bias", [dim], Init::Zeros),
            eps,
        }
    }

    /// # Shapes
    /// - x, output: `[..., dim]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let x = to_dtype(x, DType::F32);
        if x.device() == Device::flex() {
            return module::layer_norm(x, self.weight.val(), Some(self.bias.val()), self.eps);
        }
        let (weight, bias) = (self.weight.val().unsqueeze(), self.bias.val().unsqueeze());
        standardised(x, self.eps) * weight + bias
    }
}

/// Root-mean-square normalisation over the last axis: `w x / sqrt(mean(x^2) + eps)`.
#[derive(Module, Debug)]
pub struct RmsNorm {
    weight: Param<Tensor<1>>,
    eps: f64,
}

impl RmsNorm {
    /// A normalisation with a learnt scale.
    pub fn init(scope: &mut Scope<'_>, dim: usize, eps: f64) -> Self {
        Self { weight: scope.vector("weight", [dim], Init::Ones), eps }
    }

    /// # Shapes
    /// - x, output: `[..., dim]`
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        self.forward_of(|| x)
    }

    /// The norm of what `make` makes, which a GPU does in one kernel with the end of it.
    pub(crate) fn forward_of<const D: usize>(&self, make: impl FnOnce() -> Tensor<D>) -> Tensor<D> {
        let weight = self.weight.val().unsqueeze();
        let x = to_dtype(make(), DType::F32);
        if cpu::serves(&x) {
            return cpu::rms_norm(x, self.weight.val(), self.eps as f32);
        }
        let scale = (x.clone().square().mean_dim(D - 1) + self.eps).sqrt().recip();
        x * scale * weight
    }
}

/// Layer normalisation without parameters, then `x (1 + scale) + shift`.
///
/// # Shapes
/// - x: `[batch, tokens, dim]`
/// - shift, scale: `[batch, 1, dim]`
pub fn modulate(x: Tensor<3>, shift: Tensor<3>, scale: Tensor<3>, eps: f64) -> Tensor<3> {
    let x = to_dtype(x, DType::F32);
    if cpu::serves(&x) {
        return cpu::modulate(x, shift, scale, eps as f32);
    }
    // Not `1 + scale`: an operation on the scale alone would stand in the middle of the chain.
    let x = standardised(x, eps);
    x.clone() * scale + x + shift
}

/// `x` with the mean and the variance over its last axis taken out.
fn standardised<const D: usize>(x: Tensor<D>, eps: f64) -> Tensor<D> {
    let x = x.clone() - x.mean_dim(D - 1);
    let deviation = (x.clone().square().mean_dim(D - 1) + eps).sqrt();
    x / deviation
}

/// `x + gate y`, in f32.
///
/// # Shapes
/// - x, y: `[batch, tokens, dim]`
/// - gate: `[batch, 1, dim]`
pub fn add_gated(x: Tensor<3>, y: Tensor<3>, gate: Tensor<3>) -> Tensor<3> {
    if cpu::serves(&x) && cpu::serves(&y) {
        return cpu::add_gated(x, y, gate);
    }
    x + to_dtype(y, DType::F32) * gate
}

/// GELU in its tanh form, computed in f32.
pub fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if cpu::serves(&x) {
        return cpu::gelu_tanh(x);
    }
    let dtype = x.dtype();
    let x = to_dtype(x, DType::F32);
    let cube = x.clone() * x.clone() * x.clone();
    let inner = (x.clone() + cube * 0.044_715) * (2.0 / PI).sqrt();
    to_dtype(x * (inner.tanh() + 1.0) * 0.5, dtype)
}

/// Splits the last axis into heads.
///
/// # Shapes
/// - x: `[batch, tokens, heads * head_dim]`
/// - output: `[batch, tokens, heads, head_dim]`
pub fn split_heads(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, dim] = x.dims();
    x.reshape([batch, tokens, heads, dim / heads])
}

/// `x` as `dtype`, without work if it has it already.
pub fn to_dtype<const D: usize>(x: Tensor<D>, dtype: DType) -> Tensor<D> {
    if x.dtype() == dtype { x } else { x.cast(dtype) }
}

/// Bytes of the numbers of `x`.
pub fn tensor_bytes<const D: usize>(x: &Tensor<D>) -> u64 {
    (x.shape().num_elements() * x.dtype().size()) as u64
}

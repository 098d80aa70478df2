//! How a model is held: what is given up to take less memory on its device.

use burn::tensor::DType;
use yume_nets::Coding;

/// How the weights of matrix products are held, and what they are multiplied in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precision {
    /// The precision of products, and of weights that are not coded.
    pub matrices: DType,
    /// Eight bits for the linear layers of the DiT and the text encoder.
    pub coding: Option<Coding>,
}

impl From<DType> for Precision {
    fn from(matrices: DType) -> Self {
        Self { matrices, coding: None }
    }
}

/// How a model is held. Without any of the options everything stays loaded on its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// How its weights are held.
    pub precision: Precision,
    /// The encoders of captions and pictures are loaded for what is new, and freed again. The text
    /// encoder rests in the computer's own memory meanwhile, and passes through the device.
    pub lends_encoders: bool,
    /// The blocks of the DiT rest in the computer's own memory, and pass through the device one by one
    /// on every pass.
    pub streams_blocks: bool,
    /// The VAE computes in 16 bits, not in 32: its past and its work are half, and pictures change a
    /// little.
    pub halves_vae: bool,
}

impl Holding {
    /// The precision of the VAE. The published one runs in f32; so does everything on a processor.
    pub(crate) fn vae(self) -> DType {
        if self.halves_vae { DType::BF16 } else { DType::F32 }
    }
}

impl From<Precision> for Holding {
    fn from(precision: Precision) -> Self {
        Self { precision, lends_encoders: false, streams_blocks: false, halves_vae: false }
    }
}

impl From<DType> for Holding {
    fn from(matrices: DType) -> Self {
        Precision::from(matrices).into()
    }
}

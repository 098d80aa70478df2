//! Where the parameters of a network come from, and what they are called.

use burn::module::{Param, ParamId};
use burn::tensor::{DType, Device, Distribution, Tensor, TensorData};

use crate::blocks::Passage;
use crate::coded::{Coded, Coding, Matrix};

/// How a parameter starts when it is trained from nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Zero.
    Zeros,
    /// One.
    Ones,
    /// Uniform in ±1/sqrt(fan in), the usual start of linear and convolution layers.
    Uniform {
        /// Inputs that one output sums over.
        fan_in: usize,
    },
    /// Normal with mean 0.
    Normal {
        /// Standard deviation.
        std: f32,
    },
}

impl Init {
    /// A tensor that starts so, drawn on its device.
    fn draw<const D: usize>(self, shape: [usize; D], place: (&Device, DType)) -> Tensor<D> {
        match self {
            Self::Zeros => Tensor::zeros(shape, place),
            Self::Ones => Tensor::ones(shape, place),
            Self::Uniform { fan_in } => {
                let bound = (fan_in as f64).sqrt().recip();
                Tensor::random(shape, Distribution::Uniform(-bound, bound), place)
            }
            Self::Normal { std } => {
                Tensor::random(shape, Distribution::Normal(0.0, std.into()), place)
            }
        }
    }
}

/// Hands out the values of named parameters, one call per parameter.
pub trait Source {
    /// The values of `name`, which must have `shape`.
    ///
    /// `None` leaves the parameter without memory until it is first used, which is how the shapes of
    /// a full-size model are listed without holding it; then it is drawn on its device, as `init`
    /// says. A source that finds a problem notes it and
    /// returns `None`; whoever opened it asks for the list of problems afterwards.
    fn take(&mut self, name: &str, shape: &[usize], init: Init) -> Option<TensorData>;

    /// Tells the source what it takes to keep `name`.
    fn keeps(&mut self, name: &str, shape: &[usize], footprint: Footprint) {
        let _ = (name, shape, footprint);
    }

    /// Tells the source which burn parameter `name` became, so that it can be saved under that name.
    fn created(&mut self, name: &str, id: ParamId) {
        let _ = (name, id);
    }
}

/// What it takes to keep a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Bytes.
    pub bytes: u64,
    /// Whether it rests elsewhere and is on the network's device only for a while.
    pub rests: bool,
}

/// A place in the tree of parameter names, and the device and precision they go to.
pub struct Scope<'a> {
    source: &'a mut dyn Source,
    device: &'a Device,
    prefix: String,
    matrices: DType,
    coding: Option<Coding>,
    /// Where blocks rest, if they are streamed.
    rest: Option<&'a Device>,
    /// Whether this scope is one of what rests.
    rests: bool,
}

impl<'a> Scope<'a> {
    /// The root: parameters live on `device`; the weights of matrix products and convolutions are
    /// kept as `matrices` (`F32` on a CPU, `BF16` on most GPUs), everything else as f32.
    pub fn root(source: &'a mut dyn Source, device: &'a Device, matrices: DType) -> Self {
        let prefix = String::new();
        Self { source, device, prefix, matrices, coding: None, rest: None, rests: false }
    }

    /// The scope named `name` below this one.
    pub fn sub(&mut self, name: impl std::fmt::Display) -> Scope<'_> {
        Scope {
            prefix: format!("{}{name}.", self.prefix),
            source: &mut *self.source,
            device: self.device,
            matrices: self.matrices,
            coding: self.coding,
            rest: self.rest,
            rests: self.rests,
        }
    }

    /// The scope of a part that rests, `name` below this one: as [`Scope::sub`], on the device of
    /// [`Scope::with_rest`].
    pub(crate) fn resting(&mut self, name: impl std::fmt::Display) -> Scope<'_> {
        let mut scope = self.sub(name);
        if let Some(rest) = scope.rest {
            (scope.device, scope.rests) = (rest, true);
        }
        scope
    }

    /// This scope with the weights of linear layers held as `coding` says; products are as before.
    pub fn with_coding(mut self, coding: Option<Coding>) -> Self {
        self.coding = coding;
        self
    }

    /// The same scope with products in its own precision, however weights are held.
    pub(crate) fn decoding_weights(&mut self) -> Scope<'_> {
        let coding = self.coding.map(Coding::of_weights_only);
        Scope { prefix: self.prefix.clone(), source: &mut *self.source, coding, ..*self }
    }

    /// This scope with the blocks of the network at rest on `rest`. They pass through the device one
    /// by one, which takes the time of moving them on every pass. For inference only.
    pub fn with_rest(mut self, rest: Option<&'a Device>) -> Self {
        self.rest = rest;
        self
    }

    /// How the blocks of the network come to its device.
    pub(crate) fn passage(&self) -> Passage {
        match self.rest {
            Some(_) => Passage::Streamed(self.device.clone()),
            None => Passage::Resident,
        }
    }

    /// This scope with every parameter kept in f32.
    pub fn in_f32(mut self) -> Self {
        self.matrices = DType::F32;
        self.coding = None;
        self
    }

    /// The device parameters are created on.
    pub fn device(&self) -> &Device {
        self.device
    }

    /// A parameter kept in f32: norms, biases of norms, modulation, embeddings of time.
    pub fn vector<const D: usize>(
        &mut self,
        name: &str,
        shape: [usize; D],
        init: Init,
    ) -> Param<Tensor<D>> {
        self.param(name, shape, init, DType::F32)
    }

    /// A parameter of a matrix product or a convolution, kept in the compute precision.
    pub fn matrix<const D: usize>(
        &mut self,
        name: &str,
        shape: [usize; D],
        init: Init,
    ) -> Param<Tensor<D>> {
        self.param(name, shape, init, self.matrices)
    }

    /// The weight `[out, in]` of a linear layer, coded if the scope says so.
    pub(crate) fn weight(&mut self, shape: [usize; 2], init: Init) -> Matrix {
        let Some(coding) = self.coding else {
            return Matrix::Plain(self.matrix("weight", shape, init));
        };
        let full = format!("{}weight", self.prefix);
        let data = self.source.take(&full, &shape, init);
        self.source.keeps(
            &full,
            &shape,
            Footprint { bytes: Coded::bytes(shape), rests: self.rests },
        );
        Matrix::Coded(Coded::new(data, shape, coding, self.device, self.matrices))
    }

    fn param<const D: usize>(
        &mut self,
        name: &str,
        shape: [usize; D],
        init: Init,
        dtype: DType,
    ) -> Param<Tensor<D>> {
        let full = format!("{}{name}", self.prefix);
        let param = match self.source.take(&full, &shape, init) {
            Some(data) => {
                let tensor = Tensor::<D>::from_data(data, (self.device, dtype));
                Param::from_tensor(tensor)
            }
            None => Param::uninitialized(
                ParamId::new(),
                move |device, _| init.draw(shape, (device, dtype)),
                self.device.clone(),
                true,
                shape.into(),
            ),
        };
        let bytes = shape.iter().product::<usize>() * dtype.size();
        self.source.keeps(&full, &shape, Footprint { bytes: bytes as u64, rests: self.rests });
        self.source.created(&full, param.id);
        param
    }
}

/// Parameters that are drawn on their device: networks of any size without a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drawn;

impl Source for Drawn {
    fn take(&mut self, _name: &str, _shape: &[usize], _init: Init) -> Option<TensorData> {
        None
    }
}

/// Random parameters from a seed: the start of training, and of tests that need no file.
pub struct Fresh {
    state: u64,
    names: Vec<(String, ParamId)>,
}

impl Fresh {
    /// The same seed gives the same parameters on every device.
    pub fn new(seed: u64) -> Self {
        Self { state: seed, names: Vec::new() }
    }

    /// The names handed out so far, in order of creation.
    pub fn names(&self) -> &[(String, ParamId)] {
        &self.names
    }

    // SplitMix64 (Steele, Lea and Flood, 2014): enough for initial weights.
    fn uniform(&mut self) -> f32 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }

    fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.uniform()).cos()
    }
}

impl Source for Fresh {
    fn take(&mut self, _name: &str, shape: &[usize], init: Init) -> Option<TensorData> {
        let count = shape.iter().product();
        let values: Vec<f32> = match init {
            Init::Zeros => vec![0.0; count],
            Init::Ones => vec![1.0; count],
            Init::Uniform { fan_in } => {
                let bound = 1.0 / (fan_in as f32).sqrt();
                (0..count).map(|_| (self.uniform() * 2.0 - 1.0) * bound).collect()
            }
            Init::Normal { std } => (0..count).map(|_| self.normal() * std).collect(),
        };
        Some(TensorData::new(values, shape.to_vec()))
    }

    fn created(&mut self, name: &str, id: ParamId) {
        self.names.push((name.to_owned(), id));
    }
}

//! The discriminator of the paper's code (`ADD/models` of Yume 1.0): small convolutions over frozen
//! features, within frames and along time, and the hinge loss of their judgements.

use burn::module::{Module, Param};
use burn::tensor::activation::{leaky_relu, relu};
use burn::tensor::{Tensor, module};
use yume_nets::{Init, Scope};

/// Kernels of a head's first, middle and last convolution.
const SPACE: [usize; 3] = [1, 9, 1];
const TIME: [usize; 3] = [7, 7, 7];
const GROUPS: usize = 4;
const SLOPE: f64 = 0.2;
const EPS: f64 = 1e-5;
/// Rounds of the power method; the spectral norm of weights this small needs no more.
const ROUNDS: usize = 8;

/// Judges features: two heads per block, one within frames and one along time.
#[derive(Module, Debug)]
pub struct Heads {
    space: Vec<Head>,
    time: Vec<Head>,
}

/// Judgements, above 0 for real: all of the heads within frames, and all of those along time.
#[derive(Clone, Debug)]
pub struct Logits {
    /// Within frames.
    pub space: Tensor<1>,
    /// Along time.
    pub time: Tensor<1>,
}

impl Heads {
    /// Heads for the features of `blocks` blocks; `channels` are those of a token, of a head, and
    /// the judgements per place.
    pub fn init(scope: &mut Scope<'_>, blocks: usize, channels: [usize; 3]) -> Self {
        let mut heads = |name: &str, kernels: [usize; 3]| {
            (0..blocks)
                .map(|block| {
                    let scope = &mut scope.sub(format_args!("{name}.{block}"));
                    Head::init(scope, channels, kernels)
                })
                .collect()
        };
        Self { space: heads("space", SPACE), time: heads("time", TIME) }
    }

    /// # Shapes
    /// - features: one `[batch, frames, places, dim]` per block
    pub fn forward(&self, features: &[Tensor<4>]) -> Logits {
        let judge = |heads: &[Head], is_along_time: bool| {
            let judged = heads.iter().zip(features).map(|(head, seen)| {
                let seen = seen.clone();
                let seen = if is_along_time { seen.swap_dims(1, 2) } else { seen };
                let [batch, rows, length, dim] = seen.dims();
                let logits = head.forward(&seen.reshape([batch * rows, length, dim]));
                let count = logits.dims().iter().product::<usize>();
                logits.reshape([count])
            });
            Tensor::cat(judged.collect(), 0)
        };
        Logits { space: judge(&self.space, false), time: judge(&self.time, true) }
    }
}

/// What the discriminator minimizes: real above 1, fake below -1.
pub fn hinge(real: Logits, fake: Logits) -> Tensor<1> {
    let short = |logits: Tensor<1>, sign: f32| relu(logits * -sign + 1.0).mean();
    let sum = short(real.space, 1.0)
        + short(real.time, 1.0)
        + short(fake.space, -1.0)
        + short(fake.time, -1.0);
    sum * 0.5
}

/// What the student minimizes: the less, the more of it is taken for real.
pub fn suspicion(fake: Logits) -> Tensor<1> {
    (fake.space.mean() + fake.time.mean()).neg()
}

#[derive(Module, Debug)]
struct Head {
    stem: Convolution,
    stem_norm: GroupNorm,
    body: Convolution,
    body_norm: GroupNorm,
    last: Convolution,
}

impl Head {
    fn init(
        scope: &mut Scope<'_>,
        [dim, width, outputs]: [usize; 3],
        [stem, body, last]: [usize; 3],
    ) -> Self {
        Self {
            stem: Convolution::init(&mut scope.sub("stem"), dim, width, stem),
            stem_norm: GroupNorm::init(&mut scope.sub("stem_norm"), width),
            body: Convolution::init(&mut scope.sub("body"), width, width, body),
            body_norm: GroupNorm::init(&mut scope.sub("body_norm"), width),
            last: Convolution::init(&mut scope.sub("last"), width, outputs, last),
        }
    }

    /// # Shapes
    /// - x: `[rows, length, dim]`
    /// - output: `[rows, length, outputs]`
    fn forward(&self, x: &Tensor<3>) -> Tensor<3> {
        let x = leaky_relu(self.stem_norm.forward(self.stem.forward(x)), SLOPE);
        let more = leaky_relu(self.body_norm.forward(self.body.forward(&x)), SLOPE);
        self.last.forward(&((x + more) * std::f32::consts::FRAC_1_SQRT_2))
    }
}

/// A convolution along a row whose ends meet, of spectral norm 1 before its bias.
#[derive(Module, Debug)]
struct Convolution {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
    kernel: usize,
}

impl Convolution {
    fn init(scope: &mut Scope<'_>, input: usize, output: usize, kernel: usize) -> Self {
        let fan_in = input * kernel;
        Self {
            weight: scope.vector("weight", [output, fan_in], Init::Uniform { fan_in }),
            bias: scope.vector("bias", [output], Init::Zeros),
            kernel,
        }
    }

    /// # Shapes
    /// - x: `[rows, length, in]`
    /// - output: `[rows, length, out]`
    fn forward(&self, x: &Tensor<3>) -> Tensor<3> {
        let [_, length, _] = x.dims();
        let reach = self.kernel / 2;
        let taps = (0..self.kernel).map(|tap| {
            let shift = (tap as isize - reach as isize).rem_euclid(length as isize) as usize;
            rolled(x.clone(), shift)
        });
        let taps = Tensor::cat(taps.collect(), 2); // [rows, length, kernel * in]
        let weight = of_norm_one(self.weight.val());
        module::linear(taps, weight.transpose(), Some(self.bias.val()))
    }
}

/// Place i holds what stood at place i + `shift`.
fn rolled(x: Tensor<3>, shift: usize) -> Tensor<3> {
    if shift == 0 {
        return x;
    }
    let [_, length, _] = x.dims();
    let ahead = x.clone().narrow(1, shift, length - shift);
    Tensor::cat(vec![ahead, x.narrow(1, 0, shift)], 1)
}

/// A weight divided by its largest singular value (spectral normalisation). The power method starts
/// anew each time, so that there is no state to save.
fn of_norm_one(weight: Tensor<2>) -> Tensor<2> {
    let matrix = weight.clone().inner();
    let [rows, columns] = matrix.dims();
    let unit = |x: Tensor<2>| {
        let length = x.clone().square().sum().sqrt().clamp_min(1e-12);
        x / length.reshape([1, 1])
    };
    let device = matrix.device();
    let mut left = unit(Tensor::ones([rows, 1], &device));
    let mut right = Tensor::zeros([columns, 1], &device);
    for _ in 0..ROUNDS {
        right = unit(matrix.clone().transpose().matmul(left));
        left = unit(matrix.clone().matmul(right.clone()));
    }
    // The largest singular value is left^T weight right, whose gradient is taken at fixed vectors.
    let outer = left.matmul(right.transpose()); // [rows, columns]
    let norm = (weight.clone() * outer).sum().clamp_min(1e-6);
    weight / norm.reshape([1, 1])
}

/// Normalisation of groups of channels over the whole row.
#[derive(Module, Debug)]
struct GroupNorm {
    weight: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
}

impl GroupNorm {
    fn init(scope: &mut Scope<'_>, channels: usize) -> Self {
        Self {
            weight: scope.vector("weight", [channels], Init::Ones),
            bias: scope.vector("bias", [channels], Init::Zeros),
        }
    }

    /// # Shapes
    /// - x, output: `[rows, length, channels]`
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [rows, length, channels] = x.dims();
        let x = x.reshape([rows, length, GROUPS, channels / GROUPS]);
        let x = x.clone() - x.mean_dim(1).mean_dim(3);
        let variance = x.clone().square().mean_dim(1).mean_dim(3);
        let x = x / (variance + EPS).sqrt();
        x.reshape([rows, length, channels]) * self.weight.val().unsqueeze()
            + self.bias.val().unsqueeze()
    }
}

#[cfg(test)]
mod tests {
    use burn::optim::GradientsParams;
    use burn::tensor::{DType, Device, Distribution, TensorData};
    use yume_nets::Fresh;

    use super::*;
    use crate::optimizer::{Optimizer, OptimizerConfig};

    fn logits(space: &[f32], time: &[f32]) -> Logits {
        let tensor = |values: &[f32]| {
            Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), &Device::flex())
        };
        Logits { space: tensor(space), time: tensor(time) }
    }

    #[test]
    fn the_hinge_of_known_judgements() {
        let sure = logits(&[1.5, 2.0], &[1.0]);
        let caught = logits(&[-1.5, -1.0], &[-3.0]);
        let fooled = logits(&[2.0, 0.0], &[1.0]);
        for (real, fake, expected) in [
            (&sure, &caught, 0.0),
            // Fake: (3 + 1) / 2 within frames and 2 along time.
            (&sure, &fooled, 0.5 * (2.0 + 2.0)),
            // Real: (2.5 + 2) / 2 and 4; fake: 0.
            (&caught, &caught, 0.5 * (2.25 + 4.0)),
            // Real: (0 + 1) / 2 and 0; fake: (3 + 1) / 2 and 2.
            (&fooled, &fooled, 0.5 * (0.5 + 2.0 + 2.0)),
        ] {
            let got = hinge(real.clone(), fake.clone()).into_scalar::<f32>();
            assert!((got - expected).abs() < 1e-6, "{got} is not {expected}");
        }
        assert_eq!(suspicion(fooled).into_scalar::<f32>(), -2.0);
        assert_eq!(suspicion(caught).into_scalar::<f32>(), 4.25);
    }

    #[test]
    fn they_learn_to_tell_smooth_features_from_rough_ones() {
        let device = Device::flex().autodiff();
        let random =
            |shape: [usize; 4]| Tensor::<4>::random(shape, Distribution::Normal(0.0, 1.0), &device);
        let rough = [random([2, 4, 6, 8])];
        let smooth = [random([2, 4, 1, 8]).repeat_dim(2, 6)];
        let mut fresh = Fresh::new(2);
        let mut heads =
            Heads::init(&mut Scope::root(&mut fresh, &device, DType::F32), 1, [8, 8, 2]);
        let names = fresh.names().to_vec();
        let constants = OptimizerConfig {
            beta_1: 0.0,
            beta_2: 0.99,
            epsilon: 1e-8,
            weight_decay: 0.0,
            clip: 1.0,
            average: 0.5,
        };
        let mut optimizer = Optimizer::new(constants, &heads, names);
        let loss = |heads: &Heads| hinge(heads.forward(&smooth), heads.forward(&rough));
        let before = loss(&heads).into_scalar::<f32>();
        for step in 0..20 {
            let gradients = GradientsParams::from_grads(loss(&heads).backward(), &heads);
            heads = optimizer.step(heads, gradients, 0.02, step).0;
        }
        let after = loss(&heads).into_scalar::<f32>();
        assert!(after < 0.7 * before, "the loss went from {before} to {after}");
    }

    #[test]
    fn a_spectral_norm_is_the_largest_singular_value() {
        // Singular values 5 and 1, turned on both sides.
        let (sin, cos) = (0.6, 0.8);
        let rows = [[5.0 * cos, -5.0 * sin], [sin, cos]];
        let turned: Vec<f32> = (0..2)
            .flat_map(|column| {
                [
                    cos * rows[0][column] - sin * rows[1][column],
                    rows[0][column] * sin + cos * rows[1][column],
                ]
            })
            .collect();
        let device = Device::flex();
        let weight = Tensor::<2>::from_data(TensorData::new(turned, [2, 2]), &device);
        let off = (of_norm_one(weight.clone()) * 5.0 - weight).abs().max().into_scalar::<f32>();
        assert!(off < 1e-4, "off by {off}");
        let none = of_norm_one(Tensor::zeros([2, 3], &device));
        assert_eq!(none.abs().max().into_scalar::<f32>(), 0.0);
    }

    #[test]
    fn rows_are_rings() {
        let device = Device::flex();
        let x = Tensor::<3>::random([2, 5, 3], Distribution::Normal(0.0, 1.0), &device);
        let mut fresh = Fresh::new(5);
        let scope = &mut Scope::root(&mut fresh, &device, DType::F32);
        let convolution = Convolution::init(scope, 3, 4, 9);
        let turned = convolution.forward(&rolled(x.clone(), 2));
        let off = (rolled(convolution.forward(&x), 2) - turned).abs().max().into_scalar::<f32>();
        assert!(off < 1e-5, "off by {off}");
    }
}

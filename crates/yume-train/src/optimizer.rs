//! `AdamW` (Loshchilov and Hutter, 2019) with one clip for the norm of all gradients together, and a
//! running average of the weights.
//!
//! burn's own optimizer clips every parameter by itself and keeps its state under ids that change
//! from run to run.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use yume_checkpoint::Names;

/// The constants of the optimizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerConfig {
    /// Decay of the first moment.
    pub beta_1: f64,
    /// Decay of the second moment.
    pub beta_2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Part of a weight that is lost per step and unit of learning rate.
    pub weight_decay: f64,
    /// Longest gradient of all parameters together.
    pub clip: f64,
    /// Largest decay of the running average; it begins smaller.
    pub average: f64,
}

/// What is kept of one parameter from step to step, flat.
#[derive(Clone, Debug)]
struct Slot {
    first: Tensor<1>,
    second: Tensor<1>,
    average: Tensor<1>,
    updates: u32,
}

impl Slot {
    /// The running average goes on to `value`.
    fn follow(&mut self, value: Tensor<1>, decay: f64) {
        self.average = self.average.clone() + (value - self.average.clone()) * (1.0 - decay);
    }
}

/// The optimizer and its state.
#[derive(Clone, Debug)]
pub struct Optimizer {
    config: OptimizerConfig,
    slots: HashMap<ParamId, Slot>,
    names: Names,
}

/// The state of an optimizer by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimizerState {
    /// First moments, flat.
    pub first: Vec<(String, TensorData)>,
    /// Second moments, flat.
    pub second: Vec<(String, TensorData)>,
    /// Running averages of the weights, flat.
    pub average: Vec<(String, TensorData)>,
    /// How often each was updated.
    pub updates: Vec<(String, u32)>,
}

impl OptimizerConfig {
    /// Whether a run with these constants can go well.
    pub(crate) fn is_usable(&self) -> bool {
        let decays = [self.beta_1, self.beta_2, self.average];
        decays.iter().all(|decay| (0.0..1.0).contains(decay))
            && self.clip > 0.0
            && self.epsilon > 0.0
    }
}

impl OptimizerState {
    /// This state and that of other parameters.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.first.extend(other.first);
        self.second.extend(other.second);
        self.average.extend(other.average);
        self.updates.extend(other.updates);
        self
    }

    /// The state of the parameters whose names begin with `prefix`.
    #[must_use]
    pub fn under(self, prefix: &str) -> Self {
        fn kept<T>(mut list: Vec<(String, T)>, prefix: &str) -> Vec<(String, T)> {
            list.retain(|(name, _)| name.starts_with(prefix));
            list
        }
        Self {
            first: kept(self.first, prefix),
            second: kept(self.second, prefix),
            average: kept(self.average, prefix),
            updates: kept(self.updates, prefix),
        }
    }
}

impl Optimizer {
    /// An optimizer of the parameters `names` of `module`.
    pub fn new<M: Module>(config: OptimizerConfig, module: &M, names: Names) -> Self {
        let mut start = Start { slots: HashMap::new(), names: &names };
        module.visit(&mut start);
        Self { config, slots: start.slots, names }
    }

    /// Goes one step down; returns the module and the norm of the gradients before clipping.
    ///
    /// If the norm is not a number, nothing changes.
    pub fn step<M: Module>(
        &mut self,
        module: M,
        gradients: GradientsParams,
        rate: f64,
        step: u64,
    ) -> (M, f32) {
        let mut norm = Norm { gradients: &gradients, sums: Vec::new() };
        module.visit(&mut norm);
        let norm = if norm.sums.is_empty() {
            0.0
        } else {
            Tensor::cat(norm.sums, 0).sum().sqrt().into_scalar::<f32>()
        };
        if !norm.is_finite() {
            return (module, norm);
        }
        let ramp = (1.0 + step as f64) / (10.0 + step as f64);
        let mut update = Update {
            config: &self.config,
            slots: &mut self.slots,
            gradients,
            scale: (self.config.clip / f64::from(norm).max(1e-12)).min(1.0),
            rate,
            decay: self.config.average.min(ramp),
        };
        (module.map(&mut update), norm)
    }

    /// `module` with the averages in the place of its weights.
    pub fn averaged<M: Module>(&self, module: M) -> M {
        module.map(&mut Average { slots: &self.slots })
    }

    /// The state for a checkpoint.
    pub fn state(&self) -> OptimizerState {
        let mut state = OptimizerState::default();
        for (name, id) in &self.names {
            let Some(slot) = self.slots.get(id) else { continue };
            state.first.push((name.clone(), slot.first.clone().into_data()));
            state.second.push((name.clone(), slot.second.clone().into_data()));
            state.average.push((name.clone(), slot.average.clone().into_data()));
            state.updates.push((name.clone(), slot.updates));
        }
        state
    }

    /// Takes over the state of a checkpoint; false if it is not that of these parameters.
    #[must_use]
    pub fn restore(&mut self, state: OptimizerState) -> bool {
        let ids: HashMap<&str, ParamId> =
            self.names.iter().map(|(name, id)| (name.as_str(), *id)).collect();
        let count = self.slots.len();
        let lists =
            [state.first.len(), state.second.len(), state.average.len(), state.updates.len()];
        if lists.iter().any(|&length| length != count) {
            return false;
        }
        let averages = state.average.into_iter().zip(state.updates);
        let moments = state.first.into_iter().zip(state.second);
        for (
            ((name, first), (second_name, second)),
            ((average_name, average), (updates_name, updates)),
        ) in moments.zip(averages)
        {
            let same = name == second_name && name == average_name && name == updates_name;
            let Some(slot) = ids.get(name.as_str()).and_then(|id| self.slots.get_mut(id)) else {
                return false;
            };
            let [length] = slot.first.dims();
            if !same || [&first, &second, &average].iter().any(|data| data.num_elements() != length)
            {
                return false;
            }
            let device = slot.first.device();
            let tensor = |data: TensorData| Tensor::<1>::from_data(data, (&device, DType::F32));
            *slot = Slot {
                first: tensor(first),
                second: tensor(second),
                average: tensor(average),
                updates,
            };
        }
        true
    }
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let count: usize = tensor.dims().iter().product();
    tensor.inner().reshape([count])
}

struct Start<'a> {
    slots: HashMap<ParamId, Slot>,
    names: &'a Names,
}

impl ModuleVisitor for Start<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.iter().any(|(_, id)| *id == param.id) {
            let average = flat(param.val());
            let zeros = average.zeros_like();
            let slot = Slot { first: zeros.clone(), second: zeros, average, updates: 0 };
            self.slots.insert(param.id, slot);
        }
    }
}

struct Norm<'a> {
    gradients: &'a GradientsParams,
    sums: Vec<Tensor<1>>,
}

impl ModuleVisitor for Norm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.sums.push(gradient.square().sum());
        }
    }
}

struct Update<'a> {
    config: &'a OptimizerConfig,
    slots: &'a mut HashMap<ParamId, Slot>,
    gradients: GradientsParams,
    scale: f64,
    rate: f64,
    decay: f64,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(slot) = self.slots.get_mut(&id) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let shape = tensor.dims();
        let Some(gradient) = self.gradients.remove::<D>(id) else {
            // It took no part in this step: only its average goes on.
            let value = flat(tensor.clone());
            slot.follow(value, self.decay);
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let OptimizerConfig { beta_1, beta_2, epsilon, weight_decay, .. } = *self.config;
        let value = flat(tensor);
        let gradient = flat(gradient) * self.scale;
        slot.updates += 1;
        slot.first = slot.first.clone() * beta_1 + gradient.clone() * (1.0 - beta_1);
        slot.second = slot.second.clone() * beta_2 + gradient.square() * (1.0 - beta_2);
        let updates = slot.updates as i32;
        let unbiased = (1.0 - beta_2.powi(updates)).sqrt() / (1.0 - beta_1.powi(updates));
        let root = slot.second.clone().sqrt() + epsilon * (1.0 - beta_2.powi(updates)).sqrt();
        let value = value * (1.0 - self.rate * weight_decay)
            - slot.first.clone() / root * (self.rate * unbiased);
        slot.follow(value.clone(), self.decay);
        let value = Tensor::<D>::from_inner(value.reshape(shape)).require_grad();
        Param::from_mapped_value(id, value, mapper)
    }
}

struct Average<'a> {
    slots: &'a HashMap<ParamId, Slot>,
}

impl ModuleMapper for Average<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let tensor = match self.slots.get(&id) {
            Some(slot) => slot.average.clone().reshape(tensor.dims()),
            None => tensor.inner(),
        };
        Param::from_mapped_value(id, tensor, mapper)
    }
}

//! The parts of a batch side by side, each on a thread of its own: most operations on the processor
//! use one thread, so that parts keep all of it busy where one batch would not.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::TrainError;

/// Computes gradients of the parts of a batch.
pub(crate) struct Shards {
    pools: Vec<ThreadPool>,
}

impl Shards {
    /// `count` parts at a time; a single one gets the whole processor.
    ///
    /// # Errors
    /// If threads cannot be started.
    pub(crate) fn new(count: usize) -> Result<Self, TrainError> {
        let pool = |index| {
            let name = move |_| format!("shard {index}");
            ThreadPoolBuilder::new().num_threads(1).thread_name(name).build()
        };
        let count = if count > 1 { count } else { 0 };
        let pools: Result<_, _> = (0..count).map(pool).collect();
        let threads = std::path::Path::new("threads");
        let pools =
            pools.map_err(|error| TrainError::write(threads)(std::io::Error::other(error)))?;
        Ok(Self { pools })
    }

    /// The parts of a batch of `size`: `part` gets the first item of each and how many there are.
    pub(crate) fn parts<P>(&self, size: usize, part: impl Fn(usize, usize) -> P) -> Vec<P> {
        let count = size / self.pools.len().max(1);
        (0..size).step_by(count).map(|first| part(first, count)).collect()
    }

    /// The mean loss of equal `parts`, and its gradients.
    ///
    /// # Panics
    /// If there are no parts, or more of them than threads.
    pub(crate) fn gradients<M: Module, P: Send>(
        &self,
        module: &M,
        parts: Vec<P>,
        loss: impl Fn(&M, P) -> Tensor<1> + Sync,
    ) -> (f32, GradientsParams) {
        let one = |module: &M, part: P| {
            let loss = loss(module, part);
            let value = loss.clone().into_scalar::<f32>();
            (value, GradientsParams::from_grads(loss.backward(), module))
        };
        let count = parts.len();
        assert!(count == 1 || count <= self.pools.len(), "{count} parts for fewer threads");
        let mut results: Vec<(f32, GradientsParams)> = if count == 1 {
            parts.into_iter().map(|part| one(module, part)).collect()
        } else {
            std::thread::scope(|scope| {
                let one = &one;
                let workers: Vec<_> = self
                    .pools
                    .iter()
                    .zip(parts)
                    .map(|(pool, part)| {
                        // Leaves of its own keep the graphs apart: one would wait for the other.
                        let module = module.valid().train();
                        scope.spawn(move || {
                            pool.install(move || {
                                let module = module;
                                one(&module, part)
                            })
                        })
                    })
                    .collect();
                let join = |worker: std::thread::ScopedJoinHandle<'_, _>| {
                    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                };
                workers.into_iter().map(join).collect()
            })
        };
        if count == 1 {
            return results.remove(0);
        }
        let value = results.iter().map(|(value, _)| value).sum::<f32>() / count as f32;
        let parts = results.into_iter().map(|(_, gradients)| gradients).collect();
        let mut mean = Mean { parts, sum: GradientsParams::new() };
        module.visit(&mut mean);
        (value, mean.sum)
    }
}

struct Mean {
    parts: Vec<GradientsParams>,
    sum: GradientsParams,
}

impl ModuleVisitor for Mean {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let count = self.parts.len() as f32;
        let all = self.parts.iter_mut().filter_map(|part| part.remove::<D>(param.id));
        if let Some(sum) = all.reduce(|a, b| a + b) {
            self.sum.register(param.id, sum / count);
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{DType, Device, TensorData};
    use yume_nets::layers::Linear;
    use yume_nets::{Fresh, Scope};

    use super::*;

    struct Collected(Vec<f32>, GradientsParams);

    impl ModuleVisitor for Collected {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.1.get::<D>(param.id).expect("every parameter has a gradient");
            self.0.extend(gradient.into_data().iter::<f32>());
        }
    }

    #[test]
    fn parts_side_by_side_give_the_gradients_of_the_whole() {
        let device = Device::flex().autodiff();
        let mut fresh = Fresh::new(1);
        let layer = Linear::init(&mut Scope::root(&mut fresh, &device, DType::F32), 6, 3);
        let values = (0..24).map(|i| (i as f32).sin()).collect::<Vec<_>>();
        let x = Tensor::<2>::from_data(TensorData::new(values, [4, 6]), (&device, DType::F32));
        let run = |count: usize| {
            let size = 4 / count;
            let parts = (0..count).map(|k| x.clone().narrow(0, k * size, size)).collect();
            let shards = Shards::new(count).unwrap();
            let (value, gradients) =
                shards.gradients(&layer, parts, |layer, x| layer.forward(x).square().mean());
            let mut collected = Collected(vec![value], gradients);
            layer.visit(&mut collected);
            collected.0
        };
        let whole = run(1);
        assert_eq!(whole.len(), 1 + 18 + 3);
        for count in [2, 4] {
            for (a, b) in run(count).iter().zip(&whole) {
                assert!((a - b).abs() < 1e-6, "{count} parts: {a} is not {b}");
            }
        }
    }
}

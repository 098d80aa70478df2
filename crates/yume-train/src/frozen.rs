//! Parameters that stay as they are.

use std::collections::HashSet;

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::Tensor;
use yume_checkpoint::Names;

/// `module` with gradients for the parameters `trained` only.
pub(crate) fn freeze_all_but<M: Module>(module: M, trained: &Names) -> M {
    let trained = trained.iter().map(|(_, id)| *id).collect();
    module.map(&mut Freeze { trained })
}

struct Freeze {
    trained: HashSet<ParamId>,
}

impl ModuleMapper for Freeze {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.trained.contains(&param.id) { param } else { param.set_require_grad(false) }
    }
}

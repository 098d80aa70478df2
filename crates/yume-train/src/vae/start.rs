//! The first weights of a VAE: the linear map, and networks that begin by adding nothing.

use yume_nets::vae::{Vae, VaeConfig};

use super::pca::LinearMap;
use crate::parameters::Parameters;

/// Parameters of `config` that decode as the linear map does, if there is one.
pub(crate) fn parameters(seed: u64, config: &VaeConfig, linear: Option<&LinearMap>) -> Parameters {
    let mut parameters = Parameters::fresh(seed, |scope| Vae::init(scope, config));
    // The convolution on the decoder's side starts as the identity.
    parameters.edit("conv2.weight", |numbers| {
        numbers.fill(0.0);
        numbers.iter_mut().step_by(config.z_dim + 1).for_each(|x| *x = 1.0);
    });
    if let Some(linear) = linear {
        for (name, values) in
            [("skip.enc", &linear.enc), ("skip.dec", &linear.dec), ("skip.mean", &linear.mean)]
        {
            parameters.edit(name, |numbers| numbers.copy_from_slice(values));
        }
        for last in ["decoder.head.2.weight", "conv1.weight"] {
            parameters.edit(last, |numbers| numbers.fill(0.0));
        }
    }
    parameters
}

/// Whether training changes the parameter `name`: the linear map stays, and so does an encoder that
/// contributes nothing.
pub(crate) fn is_trained(name: &str, config: &VaeConfig) -> bool {
    let encodes = name.starts_with("encoder.") || name.starts_with("conv1.");
    !name.starts_with("skip.") && (config.has_encoder || !encodes)
}

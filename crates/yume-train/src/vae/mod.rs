//! Training of the VAE: the linear map by principal components, then the networks beside it.

mod begin;
mod clips;
mod eigen;
mod loss;
mod pca;
mod run;
mod start;

pub use begin::VaeStart;
pub use loss::loss;
pub use pca::{LinearMap, Moments, blocks};
pub use run::VaeRun;

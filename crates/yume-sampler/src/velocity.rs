//! What a solver asks of a network.

use burn::tensor::Tensor;

/// Predicts the velocity (noise minus clean) of the newest frames.
pub trait Velocity {
    /// With the caption. `latents` holds history and segment at noise level `sigma`,
    /// `[batch, channels, frames, height, width]`; the result holds at least the segment's frames,
    /// newest last.
    fn conditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5>;

    /// With the negative prompt; asked only where there is guidance.
    fn unconditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5>;

    /// Both in one pass, conditional first; nothing if one after the other is the better way.
    fn both(&mut self, latents: &Tensor<5>, sigma: f64) -> Option<(Tensor<5>, Tensor<5>)> {
        let _ = (latents, sigma);
        None
    }
}

//! Which frames of a long history the network gets to see.

use burn::tensor::Tensor;

/// Keeps the first frame and the newest ones, at most `cap` in all.
///
/// # Shapes
/// - history: `[batch, channels, frames, height, width]`
pub fn capped(history: Tensor<5>, cap: Option<usize>) -> Tensor<5> {
    let [_, _, frames, ..] = history.dims();
    match cap {
        Some(cap) if frames > cap => {
            let first = history.clone().narrow(2, 0, 1);
            let newest = history.narrow(2, frames - (cap - 1), cap - 1);
            Tensor::cat(vec![first, newest], 2)
        }
        _ => history,
    }
}

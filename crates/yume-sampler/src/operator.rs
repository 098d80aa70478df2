//! Which part of a picture two passes of sampling share: the projector `B = A+ A` onto what a
//! separable linear measurement `A` of rows and columns can see.

use burn::tensor::{DType, Tensor, TensorData};

/// Rows of `A` this much shorter than they were depend on the ones before.
const DEPENDENT: f64 = 1e-6;

/// A linear measurement along one axis of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// Every value mixed with its neighbours.
    Blur {
        /// Weights of the value before, the value itself, and the value after.
        weights: [f64; 3],
    },
    /// The mean of every `edge` values; fewer at the end.
    Mean {
        /// How many.
        edge: usize,
    },
}

/// A measurement of pictures, as one of their rows and one of their columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operator {
    /// Along the height.
    pub height: Measure,
    /// Along the width.
    pub width: Measure,
}

impl Operator {
    /// The blur of the published code (`sample_AAM.py`), whose loop leaves out the value after.
    pub const SCRIPT: Self = Self::blur([0.1, 0.8, 0.0], [0.2, 0.6, 0.0]);
    /// The blur of the paper's listing.
    pub const PAPER: Self = Self::blur([0.1, 0.8, 0.1], [0.2, 0.6, 0.2]);

    const fn blur(height: [f64; 3], width: [f64; 3]) -> Self {
        Self { height: Measure::Blur { weights: height }, width: Measure::Blur { weights: width } }
    }

    /// A true low-pass: the means of squares of `edge` by `edge` latent pixels.
    pub const fn low_pass(edge: usize) -> Self {
        Self { height: Measure::Mean { edge }, width: Measure::Mean { edge } }
    }

    /// Whether it sees everything of a picture of this size, so that `B` is the identity.
    pub fn is_identity(&self, height: usize, width: usize) -> bool {
        self.height.basis(height).len() == height && self.width.basis(width).len() == width
    }

    /// `x` with what the operator sees taken from `seen`: `B(seen) + x - B(x)`.
    ///
    /// # Shapes
    /// - x, seen, output: `[batch, channels, frames, height, width]`
    pub fn mix(&self, x: Tensor<5>, seen: Tensor<5>) -> Tensor<5> {
        // B is linear.
        x.clone() + self.project(seen - x)
    }

    /// `B(x)`: what the operator sees of `x`.
    ///
    /// # Shapes
    /// - x, output: `[batch, channels, frames, height, width]`
    pub fn project(&self, x: Tensor<5>) -> Tensor<5> {
        let [.., height, width] = x.dims();
        let matrix = |measure: Measure, length| {
            let data = TensorData::new(measure.projector(length), [1, 1, 1, length, length]);
            Tensor::<5>::from_data(data, (&x.device(), DType::F32))
        };
        // The pseudo-inverse of a product of axes is the product of theirs; projectors are symmetric.
        let (rows, columns) = (matrix(self.height, height), matrix(self.width, width));
        rows.matmul(x).matmul(columns)
    }
}

impl Measure {
    /// The rows of `A` for an axis of `length` values.
    fn rows(self, length: usize) -> Vec<Vec<f64>> {
        match self {
            Self::Blur { weights } => (0..length)
                .map(|i| {
                    let mut row = vec![0.0; length];
                    for (offset, weight) in weights.into_iter().enumerate() {
                        if let Some(value) =
                            (i + offset).checked_sub(1).and_then(|j| row.get_mut(j))
                        {
                            *value = weight;
                        }
                    }
                    row
                })
                .collect(),
            Self::Mean { edge } => (0..length)
                .step_by(edge.max(1))
                .map(|start| {
                    let end = (start + edge.max(1)).min(length);
                    let weight = 1.0 / (end - start) as f64;
                    let mut row = vec![0.0; length];
                    row[start..end].fill(weight);
                    row
                })
                .collect(),
        }
    }

    /// An orthonormal basis of what the rows of `A` see: as many vectors as its rank.
    fn basis(self, length: usize) -> Vec<Vec<f64>> {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut basis: Vec<Vec<f64>> = Vec::new();
        for mut row in self.rows(length) {
            let before = dot(&row, &row).sqrt();
            // Twice, because once leaves rounding behind.
            for _ in 0..2 {
                for known in &basis {
                    let part = dot(&row, known);
                    row.iter_mut().zip(known).for_each(|(value, known)| *value -= part * known);
                }
            }
            let norm = dot(&row, &row).sqrt();
            if norm > DEPENDENT * before {
                row.iter_mut().for_each(|value| *value /= norm);
                basis.push(row);
            }
        }
        basis
    }

    /// `A+ A`, row by row.
    fn projector(self, length: usize) -> Vec<f32> {
        let basis = self.basis(length);
        let entry = |i: usize, j: usize| basis.iter().map(|row| row[i] * row[j]).sum::<f64>();
        (0..length * length).map(|k| entry(k / length, k % length) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::Noise;

    fn picture(height: usize, width: usize) -> Tensor<5> {
        Noise::new(3, 0).draw([1, 2, 3, height, width], &Device::flex())
    }

    fn largest(a: Tensor<5>) -> f32 {
        a.abs().max().into_scalar::<f32>()
    }

    #[test]
    fn the_published_blurs_are_of_full_rank_and_therefore_the_identity() {
        for operator in [Operator::SCRIPT, Operator::PAPER] {
            for (height, width) in [(68, 120), (8, 12)] {
                assert!(operator.is_identity(height, width), "{operator:?}");
                let (x, seen) = (picture(height, width), picture(height, width) * 3.0 + 1.0);
                let mixed = operator.mix(x, seen.clone());
                assert!(largest(mixed - seen) < 1e-4, "{operator:?} keeps something of x");
            }
        }
    }

    #[test]
    fn a_blur_that_loses_a_row_is_not_the_identity() {
        // Differences of neighbours do not see the mean.
        let operator = Operator::blur([-1.0, 1.0, 0.0], [0.0, 1.0, 0.0]);
        assert!(operator.is_identity(5, 4), "the first row has no neighbour before it");
        let operator = Operator::blur([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]);
        assert!(!operator.is_identity(5, 4));
    }

    #[test]
    fn a_low_pass_is_an_idempotent_mean_of_squares() {
        for (edge, height, width) in [(2, 8, 12), (4, 8, 12), (3, 8, 10), (1, 4, 4), (99, 4, 6)] {
            let operator = Operator::low_pass(edge);
            assert_eq!(operator.is_identity(height, width), edge == 1);
            let x = picture(height, width);
            let low = operator.project(x.clone());
            assert!(largest(operator.project(low.clone()) - low.clone()) < 1e-6, "edge {edge}");
            let (rows, columns) = (edge.min(height), edge.min(width));
            let square = |t: Tensor<5>| t.narrow(3, 0, rows).narrow(4, 0, columns);
            let mean = square(x).mean_dim(3).mean_dim(4);
            assert!(largest(square(low) - mean) < 1e-6, "edge {edge}");
        }
    }

    #[test]
    fn mixing_takes_the_means_of_one_and_the_detail_of_the_other() {
        let operator = Operator::low_pass(2);
        let (x, seen) = (picture(8, 12), picture(8, 12) * -2.0 + 0.5);
        let mixed = operator.mix(x.clone(), seen.clone());
        let low = |t: &Tensor<5>| operator.project(t.clone());
        assert!(largest(low(&mixed) - low(&seen)) < 1e-5);
        assert!(largest((mixed.clone() - low(&mixed)) - (x.clone() - low(&x))) < 1e-5);
    }
}

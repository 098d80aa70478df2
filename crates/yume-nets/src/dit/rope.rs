//! Rotary positions over time, rows and columns.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use crate::cpu;

const BASE: f64 = 10_000.0;

/// Where one token stands: frame, row, column.
pub(crate) type Position = [usize; 3];

/// The positions of `frames` frames of `rows` x `columns` tokens, starting at frame `first`.
pub(crate) fn grid(first: usize, frames: usize, rows: usize, columns: usize) -> Vec<Position> {
    let mut positions = Vec::with_capacity(frames * rows * columns);
    for frame in first..first + frames {
        for row in 0..rows {
            positions.extend((0..columns).map(|column| [frame, row, column]));
        }
    }
    positions
}

/// How many of the `head_dim / 2` rotations each axis gets: the rows and columns a third each,
/// rounded down, time the rest (22, 21, 21 for 128).
pub(crate) fn split(head_dim: usize) -> [usize; 3] {
    let third = head_dim / 6;
    [head_dim / 2 - 2 * third, third, third]
}

/// Cosine and sine of the `count` angles of one place along an axis.
fn turns(place: usize, count: usize) -> Vec<(f32, f32)> {
    let angle = |j: usize| place as f64 * BASE.powf(-(j as f64) / count as f64);
    (0..count).map(|j| (angle(j).cos() as f32, angle(j).sin() as f32)).collect()
}

/// The rotation of every token and channel pair.
#[derive(Clone, Debug)]
pub(crate) struct Rotation {
    /// What a channel is multiplied with, and what the other one of its pair: `[1, tokens, 1, head_dim]`.
    own: Tensor<4>,
    other: Tensor<4>,
    /// The other channel of each pair, `[head_dim]`.
    partners: Tensor<1, Int>,
    /// Cosine and sine of each pair on the host, for the processor's own kernel.
    host: (Vec<f32>, Vec<f32>),
}

impl Rotation {
    /// Angles `position * 10000^(-j / n)` for the n rotations of each axis, computed in f64.
    pub(crate) fn new(positions: &[Position], head_dim: usize, device: &Device) -> Self {
        let pairs = head_dim / 2;
        let mut cos = Vec::with_capacity(positions.len() * pairs);
        let mut sin = Vec::with_capacity(positions.len() * pairs);
        // Tokens share their rows, columns and frames: each of those is turned into angles once.
        let tables = [0, 1, 2].map(|axis| {
            let last = positions.iter().map(|position| position[axis]).max().unwrap_or(0);
            let count = split(head_dim)[axis];
            (0..=last).map(|place| turns(place, count)).collect::<Vec<_>>()
        });
        for position in positions {
            for (table, &place) in tables.iter().zip(position) {
                cos.extend(table[place].iter().map(|turn| turn.0));
                sin.extend(table[place].iter().map(|turn| turn.1));
            }
        }
        let tensor = |values: Vec<f32>| {
            let data = TensorData::new(values, [1, positions.len(), 1, head_dim]);
            Tensor::from_data(data, (device, DType::F32))
        };
        let partners: Vec<i32> = (0..head_dim as i32).map(|channel| channel ^ 1).collect();
        Self {
            own: tensor(cos.iter().flat_map(|&cos| [cos, cos]).collect()),
            other: tensor(sin.iter().flat_map(|&sin| [-sin, sin]).collect()),
            partners: Tensor::from_data(TensorData::new(partners, [head_dim]), device),
            host: (cos, sin),
        }
    }

    /// Only the tokens `indices`, in that order.
    pub(crate) fn select(&self, indices: &Tensor<1, Int>) -> Self {
        let own = self.own.clone().select(1, indices.clone());
        let other = self.other.clone().select(1, indices.clone());
        let second_of_pairs =
            |x: &Tensor<4>| cpu::values(x.clone()).into_iter().skip(1).step_by(2).collect();
        let host = (second_of_pairs(&own), second_of_pairs(&other));
        Self { own, other, partners: self.partners.clone(), host }
    }

    /// Rotates neighbouring channels `(2j, 2j + 1)` as a complex number.
    ///
    /// # Shapes
    /// - x, output: `[batch, tokens, heads, head_dim]`
    pub(crate) fn apply(&self, x: Tensor<4>) -> Tensor<4> {
        if cpu::serves(&x) {
            return cpu::rotate(x, &self.host.0, &self.host.1);
        }
        let others = x.clone().select(3, self.partners.clone());
        x * self.own.clone() + others * self.other.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_has_the_angles_of_its_own_position() {
        let positions = [grid(0, 3, 2, 5), grid(3, 2, 4, 1)].concat();
        let rotation = Rotation::new(&positions, 32, &Device::flex());
        for (token, position) in positions.iter().enumerate() {
            let mut pair = token * 16;
            for (axis, count) in split(32).into_iter().enumerate() {
                for j in 0..count {
                    let frequency = BASE.powf(-(j as f64) / count as f64);
                    let angle = position[axis] as f64 * frequency;
                    let expected = (angle.cos() as f32, angle.sin() as f32);
                    assert_eq!((rotation.host.0[pair], rotation.host.1[pair]), expected);
                    pair += 1;
                }
            }
        }
    }

    #[test]
    fn angles_of_the_published_head() {
        assert_eq!(split(128), [22, 21, 21]);
        assert_eq!(split(32), [6, 5, 5]);
        let rotation = Rotation::new(&[[1, 1, 0]], 128, &Device::flex());
        let (cos, _) = rotation.host;
        // 10000^(-2/44) and 10000^(-2/42), the second angles of time and rows.
        assert!((cos[1] - 0.657_933_2_f32.cos()).abs() < 1e-6);
        assert!((cos[22 + 1] - 0.644_946_7_f32.cos()).abs() < 1e-6);
    }
}

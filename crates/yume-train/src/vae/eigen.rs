//! The largest eigenvalues of a symmetric matrix, by subspace iteration.

/// A symmetric matrix, row after row.
#[derive(Clone, Debug)]
pub(crate) struct Symmetric {
    /// Edge.
    pub size: usize,
    /// `size * size` numbers.
    pub values: Vec<f64>,
}

impl Symmetric {
    fn times(&self, vector: &[f64]) -> Vec<f64> {
        self.values.chunks_exact(self.size).map(|row| dot(row, vector)).collect()
    }
}

/// Extra directions, so that the last wanted one converges as fast as the first.
const EXTRA: usize = 8;
const ROUNDS: usize = 300;
const CONVERGED: f64 = 1e-10;

/// The `count` largest eigenvalues, largest first, with their unit eigenvectors. The largest entry
/// of every vector is positive.
pub(crate) fn largest(matrix: &Symmetric, count: usize) -> Vec<(f64, Vec<f64>)> {
    let width = (count + EXTRA).min(matrix.size);
    // Any start that is orthogonal to no wanted direction does; this one repeats.
    let mut state = 1u64;
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1u64 << 24) as f64 - 0.5
    };
    let mut basis: Vec<Vec<f64>> =
        (0..width).map(|_| (0..matrix.size).map(|_| random()).collect()).collect();
    orthonormalise(&mut basis);
    let mut before = vec![0.0; width];
    for _ in 0..ROUNDS {
        let images: Vec<Vec<f64>> = basis.iter().map(|vector| matrix.times(vector)).collect();
        let inner = images.iter().flat_map(|image| basis.iter().map(|vector| dot(image, vector)));
        let (values, rotation) = jacobi(width, inner.collect());
        // Along the eigenvectors within the subspace, largest first.
        basis = rotation.iter().map(|weights| combine(weights, &images)).collect();
        orthonormalise(&mut basis);
        let scale = values[0].abs().max(f64::MIN_POSITIVE);
        let change = values.iter().zip(&before).take(count).map(|(a, b)| (a - b).abs() / scale);
        if change.fold(0.0, f64::max) < CONVERGED {
            before = values;
            break;
        }
        before = values;
    }
    let vectors = basis.into_iter().map(|mut vector| {
        let largest =
            vector.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
        if largest < 0.0 {
            vector.iter_mut().for_each(|x| *x = -*x);
        }
        vector
    });
    before.into_iter().zip(vectors).take(count).collect()
}

/// Eigenvalues of a small symmetric matrix, largest first, and the eigenvectors as rows, by Jacobi
/// rotations.
fn jacobi(size: usize, mut a: Vec<f64>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut vectors: Vec<Vec<f64>> =
        (0..size).map(|i| (0..size).map(|j| f64::from(i == j)).collect()).collect();
    for _ in 0..60 {
        let off: f64 = (0..size * size).filter(|k| k / size != k % size).map(|k| a[k] * a[k]).sum();
        let all: f64 = a.iter().map(|x| x * x).sum();
        if off <= 1e-26 * all {
            break;
        }
        for p in 0..size {
            for q in p + 1..size {
                if a[p * size + q] == 0.0 {
                    continue;
                }
                let theta = (a[q * size + q] - a[p * size + p]) / (2.0 * a[p * size + q]);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let t = if theta == 0.0 { 1.0 } else { t };
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for k in 0..size {
                    let (x, y) = (a[k * size + p], a[k * size + q]);
                    a[k * size + p] = c * x - s * y;
                    a[k * size + q] = s * x + c * y;
                }
                for k in 0..size {
                    let (x, y) = (a[p * size + k], a[q * size + k]);
                    a[p * size + k] = c * x - s * y;
                    a[q * size + k] = s * x + c * y;
                    let (x, y) = (vectors[p][k], vectors[q][k]);
                    vectors[p][k] = c * x - s * y;
                    vectors[q][k] = s * x + c * y;
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&i, &j| a[j * size + j].total_cmp(&a[i * size + i]));
    let values = order.iter().map(|&i| a[i * size + i]).collect();
    (values, order.into_iter().map(|i| vectors[i].clone()).collect())
}

/// Gram and Schmidt, twice, which is enough for full precision.
fn orthonormalise(basis: &mut [Vec<f64>]) {
    for i in 0..basis.len() {
        let (done, rest) = basis.split_at_mut(i);
        let vector = &mut rest[0];
        for _ in 0..2 {
            for other in done.iter() {
                let along = dot(vector, other);
                vector.iter_mut().zip(other).for_each(|(x, y)| *x -= along * y);
            }
        }
        let length = dot(vector, vector).sqrt();
        if length > 1e-300 {
            vector.iter_mut().for_each(|x| *x /= length);
        }
    }
}

fn combine(weights: &[f64], vectors: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; vectors[0].len()];
    for (weight, vector) in weights.iter().zip(vectors) {
        sum.iter_mut().zip(vector).for_each(|(s, x)| *s += weight * x);
    }
    sum
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A matrix with known eigenvalues along the axes of two successive rotations.
    fn rotated(diagonal: &[f64]) -> Symmetric {
        let size = diagonal.len();
        let axis = |i: usize| -> Vec<f64> {
            // The columns of a discrete cosine transform are orthonormal.
            let scale =
                if i == 0 { (1.0 / size as f64).sqrt() } else { (2.0 / size as f64).sqrt() };
            let angle = std::f64::consts::PI * i as f64 / size as f64;
            (0..size).map(|k| scale * (angle * (k as f64 + 0.5)).cos()).collect()
        };
        let mut values = vec![0.0; size * size];
        for (i, value) in diagonal.iter().enumerate() {
            let axis = axis(i);
            for r in 0..size {
                for c in 0..size {
                    values[r * size + c] += value * axis[r] * axis[c];
                }
            }
        }
        Symmetric { size, values }
    }

    #[test]
    fn known_eigenvalues_and_vectors_are_found() {
        let diagonal: Vec<f64> = (0..40).map(|i| 100.0 * 0.8f64.powi(i)).collect();
        let matrix = rotated(&diagonal);
        let found = largest(&matrix, 6);
        assert_eq!(found.len(), 6);
        for ((value, vector), expected) in found.iter().zip(&diagonal) {
            assert!((value - expected).abs() < 1e-6 * expected, "{value} is not {expected}");
            let image = matrix.times(vector);
            let error: f64 = image.iter().zip(vector).map(|(a, b)| (a - value * b).powi(2)).sum();
            assert!(error.sqrt() < 1e-3, "residual {error}");
        }
    }

    #[test]
    fn equal_eigenvalues_do_not_divide_by_zero() {
        let found = largest(&rotated(&[2.0; 12]), 3);
        assert!(found.iter().all(|(value, _)| (value - 2.0).abs() < 1e-9));
    }
}

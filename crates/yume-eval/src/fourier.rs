//! The discrete Fourier transform of small square tiles.

/// A complex number.
pub(crate) type Complex = (f32, f32);

/// Transforms a square tile of `edge` by `edge`, a power of two, in place; `is_inverse` goes back,
/// without dividing by the number of pixels.
pub(crate) fn transform(tile: &mut [Complex], edge: usize, is_inverse: bool) {
    debug_assert!(edge.is_power_of_two() && tile.len() == edge * edge);
    for row in tile.chunks_exact_mut(edge) {
        transform_line(row, is_inverse);
    }
    let mut line = vec![(0.0, 0.0); edge];
    for column in 0..edge {
        for (row, value) in line.iter_mut().enumerate() {
            *value = tile[row * edge + column];
        }
        transform_line(&mut line, is_inverse);
        for (row, value) in line.iter().enumerate() {
            tile[row * edge + column] = *value;
        }
    }
}

/// Cooley and Tukey, radix 2.
fn transform_line(line: &mut [Complex], is_inverse: bool) {
    let length = line.len();
    let bits = length.trailing_zeros();
    for i in 0..length {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            line.swap(i, j);
        }
    }
    let sign = if is_inverse { 1.0 } else { -1.0 };
    let mut half = 1;
    while half < length {
        for start in (0..length).step_by(2 * half) {
            for k in 0..half {
                let angle = sign * std::f32::consts::PI * k as f32 / half as f32;
                let (sin, cos) = angle.sin_cos();
                let (a, b) = (line[start + k], line[start + k + half]);
                let turned = (b.0 * cos - b.1 * sin, b.0 * sin + b.1 * cos);
                line[start + k] = (a.0 + turned.0, a.1 + turned.1);
                line[start + k + half] = (a.0 - turned.0, a.1 - turned.1);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_matches_the_sum_and_comes_back() {
        let edge = 8;
        let tile: Vec<Complex> = (0..64).map(|i| (((i * 37) % 17) as f32, 0.0)).collect();
        let mut there = tile.clone();
        transform(&mut there, edge, false);
        let (u, v) = (3, 5);
        let (mut re, mut im) = (0.0f64, 0.0f64);
        for (i, value) in tile.iter().enumerate() {
            let phase = -std::f64::consts::TAU * ((u * (i / 8) + v * (i % 8)) as f64) / 8.0;
            re += f64::from(value.0) * phase.cos();
            im += f64::from(value.0) * phase.sin();
        }
        let got = there[u * 8 + v];
        assert!((f64::from(got.0) - re).abs() < 1e-3 && (f64::from(got.1) - im).abs() < 1e-3);
        transform(&mut there, edge, true);
        for (a, b) in there.iter().zip(&tile) {
            assert!((a.0 / 64.0 - b.0).abs() < 1e-4 && a.1.abs() < 1e-2);
        }
    }
}

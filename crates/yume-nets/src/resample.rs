//! Pictures of planes stretched to another size as `PyTorch` does it without antialiasing and with
//! `align_corners=False`: that is how the published models saw their pictures.

/// How values between pixels are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// From the two nearest pixels along each edge (`bilinear`).
    Linear,
    /// From the four nearest pixels along each edge, a = -0.75 (`bicubic`).
    Cubic,
}

/// The planes of a picture at another size.
///
/// # Shapes
/// - planes: `[n, height, width]`, where `from` is height and width
/// - output: `[n, height, width]`, where `to` is height and width
///
/// # Panics
/// If an edge is zero.
pub fn stretch(planes: &[f32], from: [usize; 2], to: [usize; 2], kernel: Kernel) -> Vec<f32> {
    assert!(from.iter().chain(&to).all(|&edge| edge > 0), "no picture is {from:?} or {to:?}");
    let [height, width] = from;
    let (rows, columns) = (taps(height, to[0], kernel), taps(width, to[1], kernel));
    let mut out = Vec::with_capacity(planes.len() / (height * width) * to[0] * to[1]);
    for plane in planes.chunks_exact(height * width) {
        for row in &rows {
            for column in &columns {
                let mut sum = 0.0;
                for &(y, wy) in row {
                    let line = &plane[y * width..][..width];
                    sum += wy * column.iter().map(|&(x, wx)| wx * line[x]).sum::<f32>();
                }
                out.push(sum);
            }
        }
    }
    out
}

/// For every output position the input positions it reads, and their weights.
fn taps(input: usize, output: usize, kernel: Kernel) -> Vec<Vec<(usize, f32)>> {
    const A: f32 = -0.75;
    let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    let scale = input as f32 / output as f32;
    (0..output)
        .map(|i| {
            let centre = (i as f32 + 0.5) * scale - 0.5;
            let (first, weights) = match kernel {
                Kernel::Linear => {
                    let centre = centre.max(0.0);
                    let t = centre - centre.floor();
                    (centre as i64, vec![1.0 - t, t])
                }
                Kernel::Cubic => {
                    let t = centre - centre.floor();
                    let weights = vec![far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)];
                    (centre.floor() as i64 - 1, weights)
                }
            };
            let place = |k: usize| (first + k as i64).clamp(0, input as i64 - 1) as usize;
            weights.into_iter().enumerate().map(|(k, weight)| (place(k), weight)).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_pixels_by_hand() {
        let table: [(Kernel, &[f32], &[f32]); 4] = [
            (Kernel::Linear, &[0.0, 4.0], &[0.0, 1.0, 3.0, 4.0]),
            (Kernel::Linear, &[0.0, 1.0, 2.0, 3.0], &[0.5, 2.5]),
            (Kernel::Cubic, &[1.0], &[1.0, 1.0, 1.0]),
            // Without antialiasing halving reads four pixels: -0.09375, 0.59375 and mirrored.
            (Kernel::Cubic, &[0.0, 1.0, 0.0, 0.0], &[0.59375, -0.09375]),
        ];
        for (kernel, line, expected) in table {
            let ours = stretch(line, [1, line.len()], [1, expected.len()], kernel);
            for (a, b) in ours.iter().zip(expected) {
                // The four weights of f32 add up to one within a few roundings.
                assert!(
                    (a - b).abs() < 1e-6 * b.abs().max(1.0),
                    "{kernel:?} {line:?} became {ours:?}"
                );
            }
            let turned = stretch(line, [line.len(), 1], [expected.len(), 1], kernel);
            assert_eq!(ours, turned, "rows and columns are treated alike");
        }
    }
}

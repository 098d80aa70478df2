//! The colours of many frames, as one mean and spread per channel.

/// Sums over the pixels of planar frames in [-1, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    count: f64,
    sum: [f64; 3],
    squares: [f64; 3],
}

impl Spread {
    /// That of one planar frame, `[3, height, width]`.
    pub fn of(frame: &[f32]) -> Self {
        let pixels = frame.len() / 3;
        let mut spread = Self { count: pixels as f64, ..Self::default() };
        for (channel, plane) in frame.chunks_exact(pixels.max(1)).take(3).enumerate() {
            for &value in plane {
                spread.sum[channel] += f64::from(value);
                spread.squares[channel] += f64::from(value).powi(2);
            }
        }
        spread
    }

    /// That of both together.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.count += other.count;
        self.sum.iter_mut().zip(other.sum).for_each(|(sum, more)| *sum += more);
        self.squares.iter_mut().zip(other.squares).for_each(|(sum, more)| *sum += more);
        self
    }

    /// How far the colours are from those of `other`: the root mean square difference of the means
    /// and standard deviations of the channels, in units of the range from black to white.
    pub fn distance(&self, other: &Self) -> f32 {
        let squared: f64 = (0..3)
            .map(|channel| {
                let (a, b) = (self.channel(channel), other.channel(channel));
                (a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)
            })
            .sum();
        // The range is 2.
        ((squared / 6.0).sqrt() / 2.0) as f32
    }

    /// Mean and standard deviation.
    fn channel(&self, channel: usize) -> (f64, f64) {
        let mean = self.sum[channel] / self.count.max(1.0);
        let variance = self.squares[channel] / self.count.max(1.0) - mean * mean;
        (mean, variance.max(0.0).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_colours_are_at_no_distance_in_any_arrangement() {
        let a: Vec<f32> = (0..48).map(|i| (i % 16) as f32 / 8.0 - 1.0).collect();
        let mut b = a.clone();
        b[..16].reverse();
        assert!(Spread::of(&a).distance(&Spread::of(&b)) < 1e-6);
        let twice = Spread::of(&a).and(&Spread::of(&b));
        assert!(twice.distance(&Spread::of(&a)) < 1e-6);
    }

    #[test]
    fn a_shift_and_a_loss_of_contrast_are_seen() {
        let grey = |value: f32| Spread::of(&[value; 48]);
        // Every mean moves by half the range, no spread changes: the root of one half of a quarter.
        assert!((grey(-0.5).distance(&grey(0.5)) - 0.5 / 2f32.sqrt()).abs() < 1e-6);
        let striped: Vec<f32> = (0..48).map(|i| if i % 2 == 0 { -0.5 } else { 0.5 }).collect();
        assert!(Spread::of(&striped).distance(&grey(0.0)) > 0.1);
    }
}

//! Where on the way from noise to latents the network is asked twice.

/// Classifier-free guidance, `v = u + scale (c - u)`, as a schedule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Guidance {
    /// Only the conditional velocity: for models that learnt without, or whose guidance was
    /// distilled away.
    None,
    /// On every step.
    Always {
        /// The scale; 0 leaves the unconditional velocity, 1 the conditional one.
        scale: f32,
    },
    /// Where `low <= sigma <= high`, and none elsewhere: the ends of the way gain little from it.
    Between {
        /// The scale.
        scale: f32,
        /// The lowest noise level with guidance.
        low: f64,
        /// The highest noise level with guidance.
        high: f64,
    },
}

impl Guidance {
    /// Guidance of this scale on every step; a scale of 1 changes nothing and is none.
    pub fn of(scale: f32) -> Self {
        if scale == 1.0 { Self::None } else { Self::Always { scale } }
    }

    /// The scale at noise level `sigma`, if there is guidance.
    pub fn at(self, sigma: f64) -> Option<f32> {
        match self {
            Self::None => None,
            Self::Always { scale } => Some(scale),
            Self::Between { scale, low, high } => (low..=high).contains(&sigma).then_some(scale),
        }
    }

    /// Network evaluations of one velocity at noise level `sigma`.
    pub fn evaluations(self, sigma: f64) -> usize {
        if self.at(sigma).is_some() { 2 } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_includes_its_ends_and_nothing_else() {
        let between = Guidance::Between { scale: 5.0, low: 0.2, high: 0.8 };
        for (guidance, sigma, expected) in [
            (Guidance::of(1.0), 0.5, None),
            (Guidance::of(5.0), 1.0, Some(5.0)),
            (between, 0.9, None),
            (between, 0.8, Some(5.0)),
            (between, 0.2, Some(5.0)),
            (between, 0.1, None),
        ] {
            assert_eq!(guidance.at(sigma), expected, "{guidance:?} at {sigma}");
        }
    }
}

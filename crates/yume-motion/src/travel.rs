//! The nine translations of the camera.

use std::f32::consts::FRAC_1_SQRT_2;

/// How the camera moves over the ground, in the order of the published vocabulary.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug, Default)]
pub enum Travel {
    /// Stands still.
    #[default]
    Still,
    /// Ahead (W).
    Forward,
    /// Sideways to the left (A).
    Left,
    /// Back (S).
    Backward,
    /// Sideways to the right (D).
    Right,
    /// Ahead and to the left (W+A).
    ForwardLeft,
    /// Ahead and to the right (W+D).
    ForwardRight,
    /// Back and to the left (S+A).
    BackwardLeft,
    /// Back and to the right (S+D).
    BackwardRight,
}

impl Travel {
    /// All nine, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Still,
        Self::Forward,
        Self::Left,
        Self::Backward,
        Self::Right,
        Self::ForwardLeft,
        Self::ForwardRight,
        Self::BackwardLeft,
        Self::BackwardRight,
    ];

    /// The signs of the direction, `[forward, right]`, each -1, 0 or 1.
    #[must_use]
    pub const fn signs(self) -> [i8; 2] {
        match self {
            Self::Still => [0, 0],
            Self::Forward => [1, 0],
            Self::Left => [0, -1],
            Self::Backward => [-1, 0],
            Self::Right => [0, 1],
            Self::ForwardLeft => [1, -1],
            Self::ForwardRight => [1, 1],
            Self::BackwardLeft => [-1, -1],
            Self::BackwardRight => [-1, 1],
        }
    }

    /// The travel with these signs; only the sign of each number counts.
    #[must_use]
    pub const fn from_signs([forward, right]: [i8; 2]) -> Self {
        match (forward.signum(), right.signum()) {
            (1, 0) => Self::Forward,
            (0, -1) => Self::Left,
            (-1, 0) => Self::Backward,
            (0, 1) => Self::Right,
            (1, -1) => Self::ForwardLeft,
            (1, 1) => Self::ForwardRight,
            (-1, -1) => Self::BackwardLeft,
            (-1, 1) => Self::BackwardRight,
            _ => Self::Still,
        }
    }

    /// The direction `[forward, right]`, of length 1, or 0 for standing still.
    #[must_use]
    pub fn vector(self) -> [f32; 2] {
        let [forward, right] = self.signs().map(f32::from);
        let scale = if forward != 0.0 && right != 0.0 { FRAC_1_SQRT_2 } else { 1.0 };
        [forward * scale, right * scale]
    }

    /// The keys as the published labels write them: `W+A`, or `None` for standing still.
    #[must_use]
    pub const fn keys(self) -> &'static str {
        match self {
            Self::Still => "None",
            Self::Forward => "W",
            Self::Left => "A",
            Self::Backward => "S",
            Self::Right => "D",
            Self::ForwardLeft => "W+A",
            Self::ForwardRight => "W+D",
            Self::BackwardLeft => "S+A",
            Self::BackwardRight => "S+D",
        }
    }
}

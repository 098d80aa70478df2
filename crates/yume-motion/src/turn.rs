//! The nine rotations of the camera.

/// How the camera rotates, in the order of the published vocabulary.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug, Default)]
pub enum Turn {
    /// Keeps looking the same way.
    #[default]
    Still,
    /// Turns left.
    Left,
    /// Turns right.
    Right,
    /// Tilts up.
    Up,
    /// Tilts down.
    Down,
    /// Tilts up and turns left.
    UpLeft,
    /// Tilts up and turns right.
    UpRight,
    /// Tilts down and turns left.
    DownLeft,
    /// Tilts down and turns right.
    DownRight,
}

impl Turn {
    /// All nine, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Still,
        Self::Left,
        Self::Right,
        Self::Up,
        Self::Down,
        Self::UpLeft,
        Self::UpRight,
        Self::DownLeft,
        Self::DownRight,
    ];

    /// The signs of the rotation, `[yaw to the left, pitch up]`, each -1, 0 or 1.
    #[must_use]
    pub const fn signs(self) -> [i8; 2] {
        match self {
            Self::Still => [0, 0],
            Self::Left => [1, 0],
            Self::Right => [-1, 0],
            Self::Up => [0, 1],
            Self::Down => [0, -1],
            Self::UpLeft => [1, 1],
            Self::UpRight => [-1, 1],
            Self::DownLeft => [1, -1],
            Self::DownRight => [-1, -1],
        }
    }

    /// The turn with these signs; only the sign of each number counts.
    #[must_use]
    pub const fn from_signs([left, up]: [i8; 2]) -> Self {
        match (left.signum(), up.signum()) {
            (1, 0) => Self::Left,
            (-1, 0) => Self::Right,
            (0, 1) => Self::Up,
            (0, -1) => Self::Down,
            (1, 1) => Self::UpLeft,
            (-1, 1) => Self::UpRight,
            (1, -1) => Self::DownLeft,
            (-1, -1) => Self::DownRight,
            _ => Self::Still,
        }
    }

    /// The rotation `[yaw to the left, pitch up]`; the entries are -1, 0 or 1, diagonals are not
    /// shortened.
    #[must_use]
    pub fn vector(self) -> [f32; 2] {
        self.signs().map(f32::from)
    }

    /// The arrows as the published labels write them: `↑→`, or `·` for no rotation.
    #[must_use]
    pub const fn arrows(self) -> &'static str {
        match self {
            Self::Still => "·",
            Self::Left => "←",
            Self::Right => "→",
            Self::Up => "↑",
            Self::Down => "↓",
            Self::UpLeft => "↑←",
            Self::UpRight => "↑→",
            Self::DownLeft => "↓←",
            Self::DownRight => "↓→",
        }
    }

    /// The name that a script uses: `up-right`, or `still`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Still => "still",
            Self::Left => "left",
            Self::Right => "right",
            Self::Up => "up",
            Self::Down => "down",
            Self::UpLeft => "up-left",
            Self::UpRight => "up-right",
            Self::DownLeft => "down-left",
            Self::DownRight => "down-right",
        }
    }
}

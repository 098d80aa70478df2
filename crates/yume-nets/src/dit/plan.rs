//! What a forward pass does with each frame, fixed by the number of frames and their size.

use burn::tensor::{Device, Tensor};

use super::DitConfig;
use super::packing::{Part, Patcher, parts};
use super::rope::{Position, Rotation, grid};

/// Whether the frames before the window are packed, or everything is at full resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Every frame at full resolution; velocity for every frame (plain Wan).
    Plain {
        /// Latent frames.
        frames: usize,
    },
    /// History packed coarser with age; velocity for the window only (Yume).
    Packed {
        /// Latent frames before the window.
        history: usize,
        /// Latent frames of the window: the segment, and whatever precedes it at full resolution.
        window: usize,
    },
}

/// The parts, token counts and rotations of one [`Layout`]; made once per segment.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) parts: Vec<Part>,
    /// Tokens of the history, which carry no output.
    pub history_tokens: usize,
    /// All tokens.
    pub tokens: usize,
    /// Latent frames that get a velocity, the last ones.
    pub window: usize,
    /// Latent frames in all.
    pub frames: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) rotation: Rotation,
}

/// A layout that a model cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// The latents have odd edges, which do not divide into 2x2 patches.
    OddSize {
        /// Latent rows.
        height: usize,
        /// Latent columns.
        width: usize,
    },
    /// The history is empty or longer than the model defines.
    History {
        /// Latent frames of history.
        frames: usize,
    },
    /// The history needs a patcher that this model was trained without.
    MissingPatcher(Patcher),
}

impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OddSize { height, width } => write!(
                f,
                "latents of {height}x{width} do not divide into 2x2 patches; use a frame size \
                 that is a multiple of 16"
            ),
            Self::History { frames } => write!(
                f,
                "the model defines no packing for {frames} latent frames of history; restart the \
                 walk from the current picture"
            ),
            Self::MissingPatcher(patcher) => write!(
                f,
                "this history needs the patcher {patcher:?}, which the model does not have; cap \
                 the history in its configuration"
            ),
        }
    }
}

impl std::error::Error for PlanError {}

impl Plan {
    /// Plans `layout` for latents of `height` x `width`.
    ///
    /// # Errors
    /// If the model cannot run the layout; see [`PlanError`].
    pub fn new(
        config: &DitConfig,
        layout: Layout,
        height: usize,
        width: usize,
        device: &Device,
    ) -> Result<Self, PlanError> {
        if !height.is_multiple_of(2) || !width.is_multiple_of(2) {
            return Err(PlanError::OddSize { height, width });
        }
        let (parts, window, frames) = match layout {
            Layout::Plain { frames } => (Vec::new(), frames, frames),
            Layout::Packed { history, window } => {
                let parts = parts(history, window).ok_or(PlanError::History { frames: history })?;
                (parts, window, history + window)
            }
        };
        if let Some(part) = parts.iter().find(|part| !config.has_patcher(part.patcher)) {
            return Err(PlanError::MissingPatcher(part.patcher));
        }
        let (positions, history_tokens) = positions(&parts, window, height, width);
        Ok(Self {
            parts,
            history_tokens,
            tokens: positions.len(),
            window,
            frames,
            rows: height / 2,
            columns: width / 2,
            rotation: Rotation::new(&positions, config.dim / config.num_heads, device),
        })
    }

    /// Turns the queries or keys of all tokens to their positions, as every block does.
    ///
    /// # Shapes
    /// - x, output: `[batch, tokens, heads, head_dim]`
    pub fn rotate(&self, x: Tensor<4>) -> Tensor<4> {
        self.rotation.apply(x)
    }
}

/// Positions of all tokens, and how many of them belong to the history.
///
/// Time counts the packed frames, repeated ones included; rows and columns count the tokens of each
/// part's own grid, however coarse.
fn positions(parts: &[Part], window: usize, height: usize, width: usize) -> (Vec<Position>, usize) {
    let mut positions = Vec::new();
    let mut frame = 0;
    for part in parts {
        let (rows, columns) = part.patcher.grid(height, width);
        let frames = part.end - part.start;
        positions.extend(grid(frame, frames, rows, columns));
        frame += frames;
    }
    let history_tokens = positions.len();
    positions.extend(grid(frame, window, height / 2, width / 2));
    (positions, history_tokens)
}

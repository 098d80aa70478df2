//! How the frames of the history become tokens: the older, the coarser (Yume 1.0, packed history).

use serde::{Deserialize, Serialize};

/// A patch embedding, named by how many ordinary patches it merges along an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Patcher {
    /// 2x2 latent pixels per token.
    X1,
    /// 4x4.
    X2,
    /// 8x8.
    X4,
    /// 16x16.
    X8,
    /// 32x32.
    X16,
    /// A 4x4 compressor (36 to 36 channels), then 32x32.
    X2ThenX16,
}

impl Patcher {
    /// Edge of the patch in latent pixels (of the compressed map for [`Patcher::X2ThenX16`]).
    pub fn kernel(self) -> usize {
        match self {
            Self::X1 => 2,
            Self::X2 => 4,
            Self::X4 => 8,
            Self::X8 => 16,
            Self::X16 | Self::X2ThenX16 => 32,
        }
    }

    /// Token rows and columns for latents of `height` x `width`; the bottom and right are padded.
    pub fn grid(self, height: usize, width: usize) -> (usize, usize) {
        let (height, width) = match self {
            Self::X2ThenX16 => (height.div_ceil(4), width.div_ceil(4)),
            _ => (height, width),
        };
        (height.div_ceil(self.kernel()), width.div_ceil(self.kernel()))
    }
}

/// Consecutive history frames that share a patcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// How they become tokens.
    pub patcher: Patcher,
    /// First frame.
    pub start: usize,
    /// One past the last frame.
    pub end: usize,
}

impl Part {
    /// Tokens of its frames, for latents of `height` x `width`.
    pub fn tokens(&self, height: usize, width: usize) -> usize {
        let (rows, columns) = self.patcher.grid(height, width);
        rows * columns * (self.end - self.start)
    }
}

/// Splits `history` frames that precede a window of `window` frames into parts, oldest first.
///
/// The tier follows `history + window - 9` whatever the window is, as in the published code
/// (`wan/modules/model.py` of Yume 1.0). Frames may be repeated: one frame of history stands for
/// three.
///
/// Returns `None` if there is no history, or more of it than the published model defines.
pub fn parts(history: usize, window: usize) -> Option<Vec<Part>> {
    let n = history;
    let tier = match (n + window).checked_sub(9)? {
        _ if n == 0 => return None,
        0..=6 => 1,
        7..=22 => 2,
        23..=86 => 3,
        87..=342 => 4,
        343..=1366 => 5,
        _ => return None,
    };
    let part = |patcher, start, end| Part { patcher, start, end };
    if tier == 1 {
        // With one or two frames the middle would be empty; the newest frame takes its place.
        let middle = if n <= 2 { part(Patcher::X2, n - 1, n) } else { part(Patcher::X2, 1, n - 1) };
        return Some(vec![part(Patcher::X1, 0, 1), middle, part(Patcher::X1, n - 1, n)]);
    }
    // Distances from the newest frame at which each patcher takes over, newest last.
    let bounds: &[(Patcher, usize)] = match tier {
        2 => &[(Patcher::X4, 5), (Patcher::X2, 3), (Patcher::X1, 0)],
        3 => &[(Patcher::X8, 21), (Patcher::X4, 5), (Patcher::X2, 3), (Patcher::X1, 0)],
        4 => &[
            (Patcher::X16, 85),
            (Patcher::X8, 21),
            (Patcher::X4, 5),
            (Patcher::X2, 3),
            (Patcher::X1, 0),
        ],
        _ => &[
            (Patcher::X2ThenX16, 341),
            (Patcher::X16, 85),
            (Patcher::X8, 21),
            (Patcher::X4, 5),
            (Patcher::X2, 3),
            (Patcher::X1, 0),
        ],
    };
    let first = if tier >= 4 { Patcher::X2 } else { Patcher::X1 };
    let mut parts = vec![part(first, 0, 1)];
    let mut start = 1;
    for &(patcher, distance) in bounds {
        let end = n.checked_sub(distance).filter(|&end| end > start)?;
        parts.push(part(patcher, start, end));
        start = end;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(parts: &[Part], height: usize, width: usize) -> usize {
        parts.iter().map(|part| part.tokens(height, width)).sum()
    }

    #[test]
    fn token_counts_of_the_published_model() {
        // Latent frames in all, history tokens, all tokens; 68x120 latents, window 9.
        let table = [
            (10, 4590, 22950),
            (11, 4590, 22950),
            (12, 4590, 22950),
            (13, 5100, 23460),
            (15, 6120, 24480),
            (16, 9315, 27675),
            (21, 9990, 28350),
            (31, 11340, 29700),
            (32, 11380, 29740),
            (37, 11580, 29940),
            (95, 13900, 32260),
            (96, 12382, 30742),
            (101, 12442, 30802),
            (351, 15442, 33802),
            (352, 15443, 33803),
            (357, 15448, 33808),
        ];
        for (frames, history, all) in table {
            let parts = parts(frames - 9, 9).unwrap();
            assert_eq!(tokens(&parts, 68, 120), history, "{frames} frames");
            assert_eq!(history + 9 * 34 * 60, all, "{frames} frames");
        }
    }

    #[test]
    fn every_frame_is_covered_once_from_three_frames_on() {
        for window in [8, 9] {
            for history in 3..=1357 {
                let Some(parts) = parts(history, window) else {
                    panic!("history of {history} with window {window} is undefined");
                };
                let mut next = 0;
                for part in &parts {
                    assert_eq!(part.start, next, "history {history}, window {window}");
                    next = part.end;
                }
                assert_eq!(next, history, "window {window}");
            }
        }
    }

    #[test]
    fn short_history_repeats_frames() {
        let spans = |n| parts(n, 9).unwrap().iter().map(|p| (p.start, p.end)).collect::<Vec<_>>();
        assert_eq!(spans(1), [(0, 1), (0, 1), (0, 1)]);
        assert_eq!(spans(2), [(0, 1), (1, 2), (1, 2)]);
    }

    #[test]
    fn nothing_to_pack_or_too_much_is_refused() {
        assert_eq!(parts(0, 9), None);
        assert_eq!(parts(1367, 9), None);
        assert!(parts(1366, 9).is_some());
    }
}

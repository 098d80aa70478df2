//! What can go wrong with a model's files, each as one sentence.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a model could not be loaded or saved.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The operating system would not let us read.
    #[error("cannot read a file of the model ({source}); check that it exists and may be read: {}", path.display())]
    Read {
        /// What the operating system said.
        source: io::Error,
        /// The file.
        path: PathBuf,
    },
    /// The operating system would not let us write.
    #[error("cannot save the weights ({source}); check the folder and its free space: {}", path.display())]
    Write {
        /// What the operating system said.
        source: io::Error,
        /// The file.
        path: PathBuf,
    },
    /// The content contradicts itself or ends too early.
    #[error("the file is damaged or incomplete ({reason}); download it again: {}", path.display())]
    Damaged {
        /// What does not add up.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// The content is sound but of a kind that this program does not read.
    #[error("the file cannot be used ({reason}): {}", path.display())]
    Unsupported {
        /// Why, and what to use instead.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// A pickle asks for code to be run.
    #[error("refusing to run {code} from this file; it is not a plain file of weights, do not trust it: {}", path.display())]
    Code {
        /// What it wanted to run.
        code: String,
        /// The file.
        path: PathBuf,
    },
    /// The tensors are not those of the network.
    #[error("the weights do not fit the model ({misfit}); use the file that belongs to it: {}", path.display())]
    Misfit {
        /// The tensors in question.
        misfit: Misfit,
        /// The file.
        path: PathBuf,
    },
    /// A configuration holds a value that no model can have.
    #[error("the configuration does not describe a model: {reason}; correct it or download it again: {}", path.display())]
    Config {
        /// The field and what is wrong with it.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// Files are missing from a model's folder.
    #[error("the model lacks {missing}; add what is missing or choose the model's own folder: {}", path.display())]
    Incomplete {
        /// The missing files.
        missing: String,
        /// The folder.
        path: PathBuf,
    },
    /// The module that should be saved has no parameter for a name.
    #[error("cannot save the weights: the module has no parameter that was created as {0}")]
    NoSuchParameter(String),
}

impl CheckpointError {
    pub(crate) fn damaged(reason: impl fmt::Display, path: &Path) -> Self {
        Self::Damaged { reason: printable(reason), path: path.to_owned() }
    }

    pub(crate) fn unsupported(reason: impl fmt::Display, path: &Path) -> Self {
        Self::Unsupported { reason: printable(reason), path: path.to_owned() }
    }

    pub(crate) fn config(reason: impl fmt::Display, path: &Path) -> Self {
        Self::Config { reason: printable(reason), path: path.to_owned() }
    }

    pub(crate) fn code(code: impl fmt::Display, path: &Path) -> Self {
        Self::Code { code: printable(code), path: path.to_owned() }
    }
}

/// Text of a file, fit for a message: short and without control characters.
pub(crate) fn printable(text: impl fmt::Display) -> String {
    const LONGEST: usize = 300;
    let text = text.to_string();
    let mut out: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { '?' } else { c }).collect();
    if out.len() < text.len() && text.chars().count() > LONGEST {
        out.push('…');
    }
    out
}

/// The tensors of a file that are not those of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Misfit {
    /// The network has them, the file does not.
    pub missing: Vec<String>,
    /// Their shape is another one; each with both shapes.
    pub misshapen: Vec<String>,
    /// Their elements are no floats that we read; each with its type.
    pub unreadable: Vec<String>,
    /// The file has them, the network does not.
    pub unexpected: Vec<String>,
}

impl Misfit {
    /// Whether everything fits after all.
    pub fn is_empty(&self) -> bool {
        self.lists().iter().all(|(_, names)| names.is_empty())
    }

    fn lists(&self) -> [(&'static str, &[String]); 4] {
        [
            ("missing", &self.missing),
            ("wrong shape", &self.misshapen),
            ("no floats", &self.unreadable),
            ("unexpected", &self.unexpected),
        ]
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 20;
        let lists = self.lists();
        let mut room = MOST;
        for (i, (title, names)) in lists.iter().filter(|(_, names)| !names.is_empty()).enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{} {title}", names.len())?;
            // Every list shows at least one name, however long the lists before it were.
            let shown = names.len().min(room.max(1));
            for (k, name) in names[..shown].iter().enumerate() {
                write!(f, "{}{}", if k == 0 { ": " } else { ", " }, printable(name))?;
            }
            if shown < names.len() {
                write!(f, " and {} more", names.len() - shown)?;
            }
            room = room.saturating_sub(shown);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_counted_and_hostile_names_are_tamed() {
        let misfit = Misfit {
            missing: (0..500).map(|i| format!("blocks.{i}")).collect(),
            unexpected: vec!["evil\n\u{1b}[31m".repeat(1000)],
            ..Misfit::default()
        };
        let text = misfit.to_string();
        assert!(text.starts_with("500 missing: blocks.0, blocks.1,"), "{text}");
        assert!(text.contains("blocks.19 and 480 more; 1 unexpected: evil"), "{text}");
        assert!(text.len() < 1000 && !text.contains(['\n', '\u{1b}']), "{text}");
    }
}

//! Names of models and revisions, as far as they may become parts of paths and addresses.

use std::fmt;
use std::str::FromStr;

use crate::HubError;

const LONGEST: usize = 96;

/// The name of a model on the hub: `owner/model`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelName {
    owner: String,
    model: String,
}

impl ModelName {
    /// The folder of the model in the cache.
    pub(crate) fn folder(&self) -> String {
        format!("models--{}--{}", self.owner, self.model)
    }

    /// The model whose folder in the cache this is.
    pub(crate) fn from_folder(folder: &str) -> Option<Self> {
        let (owner, model) = folder.strip_prefix("models--")?.split_once("--")?;
        format!("{owner}/{model}").parse().ok()
    }
}

impl FromStr for ModelName {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self, HubError> {
        match text.split_once('/') {
            Some((owner, model)) if is_plain(owner) && is_plain(model) => {
                Ok(Self { owner: owner.to_owned(), model: model.to_owned() })
            }
            _ => Err(HubError::Name(text.chars().filter(|c| !c.is_control()).take(120).collect())),
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.owner, self.model))
    }
}

/// Whether `text` may be a revision: the name of a branch or tag, or a commit.
pub(crate) fn is_revision(text: &str) -> bool {
    !text.is_empty() && text.split('/').all(is_plain)
}

/// Whether `text` may be one part of a path and of an address on every system.
fn is_plain(text: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=LONGEST).contains(&text.len())
        && text.chars().all(is_known)
        && !text.starts_with('.')
        && !text.ends_with('.')
        && !text.contains("--")
        && !text.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_cannot_lead_astray() {
        for name in ["stdstu12/Yume-I2V-540P", "a/b", "Wan-AI/Wan2.1_I2V.14B"] {
            let parsed: ModelName = name.parse().unwrap();
            assert_eq!(parsed.to_string(), name);
            assert_eq!(ModelName::from_folder(&parsed.folder()), Some(parsed));
        }
        for name in [
            "", "a", "a/", "/b", "a/b/c", "../b", "a/..", "a/b c", "a--b/c", "a/b?x", "a/b\n",
            "ä/b",
        ] {
            assert!(name.parse::<ModelName>().is_err(), "{name:?}");
        }
        assert!(is_revision("main") && is_revision("refs/pr/1") && is_revision("v1.0"));
        for revision in ["", "/", "a//b", "../main", "main/..", "a?b", "a b"] {
            assert!(!is_revision(revision), "{revision:?}");
        }
    }
}

//! The cache on disk: `models--owner--model/{blobs,refs,snapshots}` below one folder.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::name::{ModelName, is_revision};

/// The folder that holds the models of the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubCache {
    root: PathBuf,
}

/// A model in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedModel {
    /// Its name on the hub.
    pub name: ModelName,
    /// The folder with its files.
    pub snapshot: PathBuf,
}

impl HubCache {
    /// A cache in the folder `root`, which need not exist yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The cache that the environment names, or the usual one; `None` without a home folder.
    pub fn from_env() -> Option<Self> {
        Self::from_vars(|name| env::var_os(name), env::home_dir().as_deref())
    }

    /// As [`HubCache::from_env`], for variables and a home folder that are given.
    fn from_vars(var: impl Fn(&str) -> Option<OsString>, home: Option<&Path>) -> Option<Self> {
        let folder = |name: &str| {
            let path = PathBuf::from(var(name).filter(|value| !value.is_empty())?);
            // The shell does not replace a tilde that stands in a variable.
            match (path.strip_prefix("~"), home) {
                (Ok(rest), Some(home)) => Some(home.join(rest)),
                _ => Some(path),
            }
        };
        let root = folder("HF_HUB_CACHE")
            .or_else(|| Some(folder("HF_HOME")?.join("hub")))
            .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("huggingface").join("hub")))
            .or_else(|| Some(home?.join(".cache").join("huggingface").join("hub")))?;
        Some(Self { root })
    }

    /// The folder of the cache.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The snapshot of `name` at `revision`: a branch, a tag or a commit. `None` if it is not here.
    pub fn snapshot(&self, name: &ModelName, revision: &str) -> Option<PathBuf> {
        if !is_revision(revision) {
            return None;
        }
        let model = self.model(name);
        let commit = fs::read_to_string(model.join("refs").join(revision)).ok();
        let commit = commit.as_deref().map_or(revision, str::trim);
        let snapshot = is_revision(commit).then(|| model.join("snapshots").join(commit))?;
        snapshot.is_dir().then_some(snapshot)
    }

    /// All models in the cache, by name; of each the snapshot of `main`, or the newest one.
    pub fn models(&self) -> Vec<CachedModel> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let mut models: Vec<_> = entries
            .filter_map(|entry| {
                let name = ModelName::from_folder(entry.file_name().to_str()?)?;
                let snapshot = self.snapshot(&name, "main").or_else(|| self.newest(&name))?;
                Some(CachedModel { name, snapshot })
            })
            .collect();
        models.sort_by(|a, b| a.name.cmp(&b.name));
        models
    }

    fn newest(&self, name: &ModelName) -> Option<PathBuf> {
        let snapshots = fs::read_dir(self.model(name).join("snapshots")).ok()?.flatten();
        let dated = snapshots.filter_map(|entry| {
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_dir)?;
            Some((metadata.modified().ok()?, entry.path()))
        });
        dated.max().map(|(_, path)| path)
    }

    pub(crate) fn model(&self, name: &ModelName) -> PathBuf {
        self.root.join(name.folder())
    }

    /// Where the hub's own library locks the blobs of a model.
    pub(crate) fn locks(&self, name: &ModelName) -> PathBuf {
        self.root.join(".locks").join(name.folder())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_the_cache() {
        let table: [(&[(&str, &str)], &str); 6] = [
            (&[], "/home/me/.cache/huggingface/hub"),
            (&[("XDG_CACHE_HOME", "/c")], "/c/huggingface/hub"),
            (&[("HF_HOME", "/hf"), ("XDG_CACHE_HOME", "/c")], "/hf/hub"),
            (&[("HF_HUB_CACHE", "/models"), ("HF_HOME", "/hf")], "/models"),
            (&[("HF_HUB_CACHE", ""), ("HF_HOME", "~/hf")], "/home/me/hf/hub"),
            (&[("HF_HUB_CACHE", "relative")], "relative"),
        ];
        for (vars, root) in table {
            let var = |name: &str| {
                vars.iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| OsString::from(value))
            };
            let cache = HubCache::from_vars(var, Some(Path::new("/home/me")));
            assert_eq!(cache, Some(HubCache::at(root)), "{vars:?}");
        }
        assert_eq!(HubCache::from_vars(|_| None, None), None);
    }
}

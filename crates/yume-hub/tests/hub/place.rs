//! What the tests fetch, and where to.

use std::fs;
use std::ops::ControlFlow::{self, Continue};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::server::{Content, Server, random};
use yume_hub::{
    HubCache, HubError, ModelName, Patience, Progress, Pull, known_digest, pull, verify_file,
};

/// A cache that is removed with its value.
pub(crate) struct Place(PathBuf);

impl Place {
    /// An empty cache; `name` must be unique among all tests.
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("yume-hub-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    pub(crate) fn cache(&self) -> HubCache {
        HubCache::at(&self.0)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn name() -> ModelName {
    "owner/model".parse().unwrap()
}

/// Two large files, a small one in a folder of folders, and an empty one.
pub(crate) fn contents(seed: u64) -> Vec<Content> {
    let mut state = seed;
    let mut bytes = |count: usize| (0..count).map(|_| random(&mut state) as u8).collect::<Vec<_>>();
    vec![
        Content { path: "Yume-Dit/a-1.safetensors", bytes: bytes(700_001), is_large: true },
        Content { path: "Yume-Dit/a-2.safetensors", bytes: bytes(300_000), is_large: true },
        Content { path: "google/umt5-xxl/tokenizer.json", bytes: bytes(1234), is_large: false },
        Content { path: "empty.txt", bytes: Vec::new(), is_large: false },
    ]
}

/// A network is given up soon, so that tests end.
pub(crate) const HASTY: Patience = Patience {
    attempts: 6,
    first_wait: Duration::from_millis(1),
    stall: Duration::from_millis(250),
};

/// Fetches everything from `server`; `go_on` is asked at every step.
pub(crate) fn fetch(
    server: &Server,
    place: &Place,
    mut go_on: impl FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<PathBuf, HubError> {
    let order = Pull {
        name: &name(),
        revision: "main",
        endpoint: Some(server.address()),
        is_offline: false,
        patience: HASTY,
    };
    pull(&order, &place.cache(), &|_| true, &mut go_on)
}

/// The snapshot is what the server has, under the names of the hub's own library.
pub(crate) fn check(snapshot: &Path, contents: &[Content]) {
    for content in contents {
        let path = snapshot.join(content.path);
        assert!(fs::read(&path).unwrap() == content.bytes, "{} differs", content.path);
        let digest = known_digest(&path).unwrap_or_else(|| panic!("{} is no blob", content.path));
        let is_right = verify_file(&path, &digest, &mut |_| Continue(())).unwrap();
        assert_eq!(is_right, Some(true), "{}", content.path);
    }
}

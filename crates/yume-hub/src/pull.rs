//! A whole model from the hub into the cache.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::cache::HubCache;
use crate::client::{Client, Patience};
use crate::download::{Download, Heard};
use crate::error::HubError;
use crate::listing::{self, RemoteFile, escaped};
use crate::name::{ModelName, is_revision};
use crate::{link, part, space};

// What the file system needs for itself.
const RESERVE: u64 = 64 << 20;

/// What to fetch, and how.
#[derive(Clone, Debug)]
pub struct Pull<'a> {
    /// The model.
    pub name: &'a ModelName,
    /// Branch, tag or commit.
    pub revision: &'a str,
    /// The hub; `None` for what `HF_ENDPOINT` says, or the usual one.
    pub endpoint: Option<&'a str>,
    /// Uses what is here, and no network.
    pub is_offline: bool,
    /// How long to put up with a bad network.
    pub patience: Patience,
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file under way.
    pub file: &'a str,
    /// Bytes that are here. Fewer than before if some were wrong.
    pub done: u64,
    /// Bytes of all files.
    pub total: u64,
    /// What the last attempt met; said once, before the wait for the next one.
    pub setback: Option<&'a str>,
}

/// Fetches those files of a model that `is_wanted` accepts by their path, and returns the folder with
/// them. `on_progress` is called after every change on the disk and while waiting; when it breaks
/// off, what is here stays and the next call goes on from there.
///
/// # Errors
/// If the hub does not give the files, the disk does not take them, or somebody else fetches them.
pub fn pull(
    pull: &Pull<'_>,
    cache: &HubCache,
    is_wanted: &dyn Fn(&str) -> bool,
    on_progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<PathBuf, HubError> {
    let Pull { name, revision, .. } = pull;
    if !is_revision(revision) {
        return Err(HubError::Revision(revision.chars().filter(|c| !c.is_control()).collect()));
    }
    if pull.is_offline {
        let snapshot = cache.snapshot(name, revision);
        return snapshot.ok_or_else(|| HubError::Offline { name: name.to_string() });
    }
    let client = Client::new(pull.endpoint, pull.patience);
    let asking =
        &mut |setback: Option<&str>| on_progress(Progress { file: "", done: 0, total: 0, setback });
    let commit = listing::commit(&client, name, revision, asking)?;
    let mut files = listing::files(&client, name, &commit, asking)?;
    files.retain(|file| is_wanted(&file.path));
    if files.is_empty() {
        return Err(HubError::Unusable { name: name.to_string() });
    }
    let places = Places::new(cache, name, &commit)?;
    places.check_space(&files, cache.root())?;
    let total = files.iter().map(|file| file.size).sum();
    let mut before = 0;
    for file in &files {
        let mut heard = |length: u64, setback: Option<&str>| {
            on_progress(Progress { file: &file.path, done: before + length, total, setback })
        };
        let blob = places.blobs.join(file.digest.hex());
        if !is_whole(&blob, file.size) {
            let path = file.path.split('/').map(escaped).collect::<Vec<_>>().join("/");
            let address = client.address(&format!("{name}/resolve/{commit}/{path}"));
            places.fetch(&client, address, file, &blob, &mut heard)?;
        }
        places.link(file, &blob)?;
        if heard(file.size, None).is_break() {
            return Err(HubError::Interrupted);
        }
        before += file.size;
    }
    // Only now: nobody who follows the name of a branch finds half a model.
    places.name_revision(revision, &commit)?;
    Ok(places.snapshot)
}

/// The folders of one commit.
struct Places {
    model: PathBuf,
    blobs: PathBuf,
    snapshot: PathBuf,
    locks: PathBuf,
}

impl Places {
    fn new(cache: &HubCache, name: &ModelName, commit: &str) -> Result<Self, HubError> {
        let model = cache.model(name);
        let places = Self {
            blobs: model.join("blobs"),
            snapshot: model.join("snapshots").join(commit),
            locks: cache.locks(name),
            model,
        };
        for folder in [&places.blobs, &places.snapshot, &places.locks] {
            fs::create_dir_all(folder).map_err(HubError::disk(folder))?;
        }
        Ok(places)
    }

    fn part(&self, file: &RemoteFile) -> PathBuf {
        self.blobs.join(format!("{}.incomplete", file.digest.hex()))
    }

    /// Refuses before anything is fetched if it cannot be kept.
    fn check_space(&self, files: &[RemoteFile], root: &Path) -> Result<(), HubError> {
        let missing = |file: &RemoteFile| {
            if is_whole(&self.blobs.join(file.digest.hex()), file.size) {
                return 0;
            }
            let here = fs::metadata(self.part(file)).map_or(0, |metadata| metadata.len());
            file.size.saturating_sub(here)
        };
        let missing: u64 = files.iter().map(missing).sum();
        match space::free_bytes(&self.blobs) {
            Some(free) if missing > 0 && free < missing + RESERVE => Err(HubError::Space {
                needed_gb: (missing + RESERVE) as f64 / 1e9,
                free_gb: free as f64 / 1e9,
                path: root.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Fetches a blob; it has its name only when it is whole and right.
    fn fetch(
        &self,
        client: &Client,
        address: String,
        file: &RemoteFile,
        blob: &Path,
        heard: &mut Heard<'_>,
    ) -> Result<(), HubError> {
        let lock = self.locks.join(format!("{}.lock", file.digest.hex()));
        let locked = part::lock(&lock).map_err(HubError::disk(lock))?;
        let Some(_locked) = locked else {
            return Err(HubError::Busy { what: file.path.clone() });
        };
        // Whoever had the lock until now may have fetched it.
        if is_whole(blob, file.size) {
            return Ok(());
        }
        let path = self.part(file);
        Download { client, address, file, path: &path }.run(heard)?;
        if heard(file.size, None).is_break() {
            return Err(HubError::Interrupted);
        }
        fs::rename(&path, blob).map_err(HubError::disk(blob))
    }

    fn link(&self, file: &RemoteFile, blob: &Path) -> Result<(), HubError> {
        let place: PathBuf = self.snapshot.join(file.path.split('/').collect::<PathBuf>());
        // Up from the file's folder, through the snapshot and `snapshots`.
        let depth = file.path.split('/').count() + 1;
        link::lead(&place, depth, blob).map_err(HubError::disk(place))
    }

    fn name_revision(&self, revision: &str, commit: &str) -> Result<(), HubError> {
        if revision == commit {
            return Ok(());
        }
        let place = self.model.join("refs").join(revision.split('/').collect::<PathBuf>());
        let fresh = place.with_file_name(format!(".{}.new", std::process::id()));
        fs::create_dir_all(place.parent().unwrap_or(&self.model))
            .and_then(|()| fs::write(&fresh, commit))
            .and_then(|()| fs::rename(&fresh, &place))
            .map_err(HubError::disk(place))
    }
}

fn is_whole(blob: &Path, size: u64) -> bool {
    fs::metadata(blob).is_ok_and(|metadata| metadata.is_file() && metadata.len() == size)
}

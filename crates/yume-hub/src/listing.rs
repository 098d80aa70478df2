//! What a model on the hub consists of: its commit, and its files with their sizes and hashes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::{Client, GoOn};
use crate::digest::Digest;
use crate::error::HubError;
use crate::name::ModelName;

const MOST_FILES: usize = 10_000;
const MOST_PAGES: usize = 100;
const LONGEST_PATH: usize = 255;
// No disk of today holds more; a sum of ten thousand of these still fits 64 bits.
const LARGEST_FILE: u64 = 1 << 50;

/// A file on the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteFile {
    /// Its place in the model's folder, parts between slashes.
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) digest: Digest,
}

#[derive(Deserialize)]
struct Revision {
    sha: String,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    oid: String,
    lfs: Option<LargeFile>,
}

#[derive(Deserialize)]
struct LargeFile {
    oid: String,
    size: u64,
}

/// The commit that `revision` means at this moment.
pub(crate) fn commit(
    client: &Client,
    name: &ModelName,
    revision: &str,
    go_on: &mut GoOn<'_>,
) -> Result<String, HubError> {
    let what = format!("{name} at {revision}");
    let address = client.address(&format!("api/models/{name}/revision/{}", escaped(revision)));
    let (answer, _) = client.text(&address, &what, go_on)?;
    let revision: Revision = parsed(&answer, &what)?;
    match Digest::parse(&revision.sha) {
        Some(Digest::Git(commit)) => Ok(commit),
        _ => Err(HubError::answer(what, "its commit is no hash")),
    }
}

/// The files of a commit, by path.
pub(crate) fn files(
    client: &Client,
    name: &ModelName,
    commit: &str,
    go_on: &mut GoOn<'_>,
) -> Result<Vec<RemoteFile>, HubError> {
    let what = name.to_string();
    let mut files = BTreeMap::new();
    let mut address = client.address(&format!("api/models/{name}/tree/{commit}?recursive=true"));
    for _ in 0..MOST_PAGES {
        let (answer, next) = client.text(&address, &what, go_on)?;
        for entry in parsed::<Vec<Entry>>(&answer, &what)? {
            if entry.kind == "file" {
                let file = checked(entry).map_err(|reason| HubError::answer(&what, reason))?;
                files.insert(file.path.clone(), file);
            }
        }
        if files.len() > MOST_FILES {
            return Err(HubError::answer(what, format!("it has more than {MOST_FILES} files")));
        }
        match next {
            // Whoever answers for the hub must not send us, and our token, elsewhere.
            Some(next) if client.owns(&next) => address = next,
            Some(_) => return Err(HubError::answer(what, "its next page is on another server")),
            None => return Ok(files.into_values().collect()),
        }
    }
    Err(HubError::answer(what, "its list of files never seems to end"))
}

fn checked(entry: Entry) -> Result<RemoteFile, String> {
    let Entry { path, size, oid, lfs, .. } = entry;
    if !is_plain_path(&path) {
        return Err(format!("{path:?} is no file of a folder"));
    }
    let (size, oid) = lfs.map_or((size, oid), |lfs| (lfs.size, lfs.oid));
    let digest = Digest::parse(&oid).ok_or_else(|| format!("{path} has no hash"))?;
    if size > LARGEST_FILE {
        return Err(format!("{path} is said to have {size} bytes"));
    }
    Ok(RemoteFile { path, size, digest })
}

/// Whether `path` stays in its folder, on any system.
fn is_plain_path(path: &str) -> bool {
    let is_plain = |part: &str| {
        !matches!(part, "" | "." | "..")
            && !part.contains(|c: char| c.is_control() || "\\:*?\"<>|".contains(c))
    };
    path.len() <= LONGEST_PATH && path.split('/').all(is_plain)
}

/// `text` as part of an address.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn parsed<T: DeserializeOwned>(answer: &[u8], what: &str) -> Result<T, HubError> {
    serde_json::from_slice(answer).map_err(|error| HubError::answer(what, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_stay_in_their_folder() {
        for path in ["a", "Yume-Dit/model-00001-of-00008.safetensors", "google/umt5-xxl/a b.json"] {
            assert!(is_plain_path(path), "{path}");
        }
        for path in ["", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a\\b", "c:a", "a\0", "a\nb"]
        {
            assert!(!is_plain_path(path), "{path:?}");
        }
        assert_eq!(escaped("refs/pr/1 ä"), "refs%2Fpr%2F1%20%C3%A4");
    }
}

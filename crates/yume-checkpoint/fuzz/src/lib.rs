//! The readers of weight files, compiled by themselves: none of them needs a tensor library.

#![allow(dead_code, unreachable_pub, reason = "the crate that they belong to uses all of them")]

#[path = "../../src/bytes.rs"]
mod bytes;
#[path = "../../src/element.rs"]
mod element;
#[path = "../../src/error.rs"]
mod error;
#[path = "../../src/pickle.rs"]
mod pickle;
#[path = "../../src/pth.rs"]
mod pth;
#[path = "../../src/safetensors.rs"]
mod safetensors;
#[path = "../../src/shards.rs"]
mod shards;
#[path = "../../src/weights.rs"]
mod weights;
#[path = "../../src/zip.rs"]
mod zip;

use std::path::Path;

pub use bytes::Bytes;
pub use error::{CheckpointError, Misfit};
pub use weights::{Stored, Weights};

/// Opens `content` as a file of weights. What is accepted must lie in the file, and what is refused
/// must be one short sentence.
pub fn open(content: &[u8]) {
    check(Weights::from_bytes(Bytes::Owned(content.into()), Path::new("fuzz")), content.len());
}

/// Opens `content` as the pickle of an archive with 64 bytes of numbers.
pub fn open_pickle(content: &[u8]) {
    open(&archive(&[("a/data.pkl", content), ("a/data/0", &[0; 64])]));
}

/// Opens `content` as an index beside two shards, in `folder`.
pub fn open_index(content: &[u8], folder: &Path) {
    let path = folder.join("model.safetensors.index.json");
    std::fs::write(&path, content).expect("the folder can be written");
    check(Weights::open(&path), 2 * shard("a").len());
}

/// A file with one number called `name`.
pub fn shard(name: &str) -> Vec<u8> {
    let header = format!(r#"{{"{name}":{{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}}}"#);
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 4]].concat()
}

fn check(opened: Result<Weights, CheckpointError>, size: usize) {
    match opened {
        Ok(weights) => {
            for name in weights.names() {
                let stored = weights.stored(name).expect("it was listed");
                assert!(stored.bytes() <= size, "{name} has {} of {size} bytes", stored.bytes());
            }
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.contains('\n') && message.len() < 4000, "{message}");
        }
    }
}

/// A zip archive of stored entries; the checksums are left out.
fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let start = (file.len() as u32).to_le_bytes();
        let size = (content.len() as u32).to_le_bytes();
        let length = (name.len() as u32).to_le_bytes();
        let common = [&[20, 0], &[0; 12][..], &size, &size, &length].concat();
        file.extend([b"PK\x03\x04", &common[..], name.as_bytes(), content].concat());
        directory.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10], &start].concat());
        directory.extend(name.as_bytes());
    }
    let (count, at) = ((entries.len() as u16).to_le_bytes(), (file.len() as u32).to_le_bytes());
    file.extend(&directory);
    file.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count].concat());
    file.extend([(directory.len() as u32).to_le_bytes(), at].concat());
    file.extend([0, 0]);
    file
}

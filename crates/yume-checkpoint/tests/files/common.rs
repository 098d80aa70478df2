//! What the tests share: paths, folders for scratch, and archives written by hand.

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use yume_checkpoint::ModelFiles;

/// A file beside the generator.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A file of the networks' golden cases.
pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../yume-nets/tests/golden").join(name)
}

/// A folder that is removed with its value.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// An empty folder; `name` must be unique among all tests.
    pub(crate) fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("yume-checkpoint-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file and the folders it lies in.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// That every network finds its tensors.
pub(crate) fn check_fits(files: &ModelFiles) {
    for part in files.spec().parts() {
        let report = files.verify(part, &Device::flex()).unwrap();
        assert!(report.misfit.is_none(), "{part}: {:?}", report.misfit);
    }
}

/// A safetensors file of any header and content.
pub(crate) fn safetensors(header: &str, content: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), content].concat()
}

/// A zip archive of stored entries; the checksums are left out.
pub(crate) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in entries {
        let start = file.len() as u32;
        let sizes = [(content.len() as u32).to_le_bytes(); 2].concat();
        let common = [&[20, 0], &[0; 12][..], &sizes, &(name.len() as u32).to_le_bytes()].concat();
        file.extend([b"PK\x03\x04", &common[..], name.as_bytes(), content].concat());
        directory.extend([b"PK\x01\x02\x14\x00", &common[..], &[0; 10]].concat());
        directory.extend([&start.to_le_bytes(), name.as_bytes()].concat());
    }
    let (count, at) = (entries.len() as u16, file.len() as u32);
    file.extend(&directory);
    file.extend([b"PK\x05\x06\0\0\0\0", &count.to_le_bytes()[..], &count.to_le_bytes()].concat());
    file.extend([(directory.len() as u32).to_le_bytes(), at.to_le_bytes()].concat());
    file.extend([0, 0]);
    file
}

/// An archive with this pickle and a storage `0` of 64 zeros.
pub(crate) fn pth(pickle: &[u8]) -> Vec<u8> {
    zip(&[("a/data.pkl", pickle), ("a/byteorder", b"little"), ("a/data/0", &[0; 64])])
}

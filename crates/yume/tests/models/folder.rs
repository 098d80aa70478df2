//! A folder to spoil, and the program to run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The files of the embedded model.
pub(crate) const FILES: [&str; 6] = [
    "config.json",
    "words.json",
    "dit.safetensors",
    "vae.safetensors",
    "text.safetensors",
    "clip.safetensors",
];

/// A folder that is removed with its value.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// An empty folder; `name` must be unique among all tests.
    pub(crate) fn empty(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("yume-models-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A copy of the embedded model.
    pub(crate) fn model(name: &str) -> Self {
        let folder = Self::empty(name);
        for file in FILES {
            folder.restore(file);
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Puts a file of the embedded model back.
    pub(crate) fn restore(&self, file: &str) {
        self.write(file, &original(file));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A file of the embedded model.
pub(crate) fn original(file: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/tiny-v0").join(file)).unwrap()
}

/// Runs the program with an address space of 4 GB and the hub's cache in `cache`.
pub(crate) fn yume(cache: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_yume");
    // A limit that the program inherits: a file that makes it ask for more memory makes it fail.
    let mut command = if cfg!(target_os = "linux") {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -v 4194304; exec \"$0\" \"$@\"", program]);
        shell
    } else {
        Command::new(program)
    };
    command
        .args(arguments)
        .env("HF_HUB_CACHE", cache)
        .env("XDG_CACHE_HOME", cache)
        .env_remove("HF_HUB_OFFLINE")
        .env_remove("YUME_LOG")
        .output()
        .unwrap()
}

/// Loads the model at `model` and walks a step in it.
pub(crate) fn walk(cache: &Path, model: &str) -> Output {
    let out = cache.join("walk");
    // A folder with pictures is not written into.
    let _ = fs::remove_dir_all(&out);
    let out = format!("{}/", out.display());
    let run = ["walk", "--device", "cpu", "--steps", "1", "--motions", ".", "--model", model];
    yume(cache, &[&run[..], &["--out", &out]].concat())
}

/// What was said to the person, if the program ended with code 1 and one sentence.
pub(crate) fn sentence(output: &Output, what: &str) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{what}: {:?} {errors}", output.status);
    assert!(!errors.contains("panicked"), "{what}: {errors}");
    let sentences: Vec<_> = errors.lines().filter(|line| line.starts_with("yume: ")).collect();
    assert_eq!(sentences.len(), 1, "{what}: {errors}");
    assert!(sentences[0].len() < 1200, "{what}: {errors}");
    sentences[0].to_owned()
}

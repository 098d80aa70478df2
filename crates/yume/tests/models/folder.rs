//! A folder to spoil, and the program to run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A sound model that lies in this repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    /// The embedded model, in the format of its own.
    Embedded,
    /// A small model in the layout of the published one.
    Miniature,
}

/// The shards of the miniature's DiT.
pub(crate) const SHARDS: [&str; 3] = [
    "Yume-Dit/diffusion_pytorch_model-00001-of-00003.safetensors",
    "Yume-Dit/diffusion_pytorch_model-00002-of-00003.safetensors",
    "Yume-Dit/diffusion_pytorch_model-00003-of-00003.safetensors",
];
pub(crate) const INDEX: &str = "Yume-Dit/diffusion_pytorch_model.safetensors.index.json";
pub(crate) const TEXT: &str = "models_t5_umt5-xxl-enc-bf16.pth";
pub(crate) const CLIP: &str = "models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth";
pub(crate) const VAE: &str = "Wan2.1_VAE.pth";
pub(crate) const TOKENIZER: &str = "google/umt5-xxl/tokenizer.json";
pub(crate) const FACTS: &str = "yume.json";

impl Sound {
    pub(crate) const ALL: [Self; 2] = [Self::Embedded, Self::Miniature];

    /// Its files.
    pub(crate) fn files(self) -> &'static [&'static str] {
        match self {
            Self::Embedded => &[
                "config.json",
                "words.json",
                "dit.safetensors",
                "vae.safetensors",
                "text.safetensors",
                "clip.safetensors",
                "depth.safetensors",
            ],
            Self::Miniature => {
                &[FACTS, TOKENIZER, INDEX, SHARDS[0], SHARDS[1], SHARDS[2], VAE, TEXT, CLIP]
            }
        }
    }

    /// The content of one of them.
    pub(crate) fn content(self, file: &str) -> Vec<u8> {
        let folder = match self {
            Self::Embedded => "../../assets/tiny",
            Self::Miniature => "../yume-world/tests/miniature/Yume-Miniature",
        };
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(file)).unwrap()
    }
}

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

    /// A copy of a model.
    pub(crate) fn of(model: Sound, name: &str) -> Self {
        let folder = Self::empty(&format!("{model:?}-{name}"));
        for file in model.files() {
            folder.write(file, &model.content(file));
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
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
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

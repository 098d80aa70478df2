//! The files of a model, in a folder or embedded in the program.

use std::path::{Path, PathBuf};

use super::cache_file::{CACHE_FILE, CacheFile};
use super::facts::Facts;
use super::layout::{DIFFUSERS_DIT_FOLDER, Layout, PUBLISHED_DIT_FOLDER, TINY_CONFIG};
use super::progress::OnProgress;
use super::sizes::Shapes;
use super::{ModelSpec, Part, TokenizerKind};
use crate::bytes::Bytes;
use crate::captions::fingerprint;
use crate::{CheckpointError, Loader, Tokenizer, Weights};

/// The sheet of pictures of places.
const PLACES: &str = "places.jpg";

const LARGEST_CONFIG: u64 = 1 << 20;
const LARGEST_SHEET: u64 = 1 << 26;
// That of umT5-XXL has 17 MB.
const LARGEST_TOKENIZER: u64 = 1 << 27;

/// Bytes of a file's beginning and end by which it is known.
const LARGEST_MARK: usize = 1 << 17;

/// The files of a model and its facts. Weights are opened when asked for.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    spec: ModelSpec,
    layout: Layout,
    place: Place,
    on_progress: Option<OnProgress>,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    Embedded(Vec<(&'static str, &'static [u8])>),
}

impl ModelFiles {
    /// The model in `folder`, which is in the published layout, in that of diffusers or in that of
    /// the embedded model; what is there decides.
    ///
    /// In the first two layouts a model may be smaller or larger than the published one: its sizes
    /// are those of its tensors, and a `yume.json` says what they do not tell.
    ///
    /// # Errors
    /// If files are missing (all are named), or the configuration describes no model.
    pub fn from_folder(folder: &Path) -> Result<Self, CheckpointError> {
        if !folder.is_dir() {
            return Err(CheckpointError::Incomplete {
                missing: "its folder".to_owned(),
                path: folder.to_owned(),
            });
        }
        // A published folder also holds a `config.json`, which is not valid JSON.
        let layout = if folder.join(PUBLISHED_DIT_FOLDER).is_dir() {
            Layout::Published
        } else if folder.join(DIFFUSERS_DIT_FOLDER).is_dir() {
            Layout::Diffusers
        } else if folder.join(TINY_CONFIG).is_file() {
            Layout::Tiny
        } else {
            return Err(CheckpointError::Incomplete {
                missing: format!(
                    "all of {PUBLISHED_DIT_FOLDER}/, {DIFFUSERS_DIT_FOLDER}/ and {TINY_CONFIG}"
                ),
                path: folder.to_owned(),
            });
        };
        Self::open(layout, Place::Folder(folder.to_owned()))
    }

    /// A model in the embedded model's format, as file names and contents.
    ///
    /// # Errors
    /// As [`ModelFiles::from_folder`].
    pub fn from_embedded(files: &[(&'static str, &'static [u8])]) -> Result<Self, CheckpointError> {
        Self::open(Layout::Tiny, Place::Embedded(files.to_vec()))
    }

    fn open(layout: Layout, place: Place) -> Result<Self, CheckpointError> {
        let mut needed: Vec<&[&str]> = Part::ALL.iter().map(|&part| layout.weights(part)).collect();
        let tokenizer = [layout.tokenizer()];
        needed.push(&tokenizer);
        if let Layout::Tiny = layout {
            needed.push(&[TINY_CONFIG]);
        }
        let missing: Vec<&str> = needed
            .iter()
            .filter(|names| !names.iter().any(|name| place.has(name)))
            .map(|names| names[names.len() - 1])
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(CheckpointError::Incomplete { missing, path: place.path("") });
        }
        let config = layout.config();
        let json = place.has(config).then(|| place.bytes(config, LARGEST_CONFIG)).transpose()?;
        let spec = match (layout, &json) {
            (Layout::Tiny, json) => {
                let json = json.as_deref().unwrap_or_default();
                ModelSpec::from_tiny_config(json, &place.path(config))?
            }
            (Layout::Published | Layout::Diffusers, json) => {
                let (facts, path) = match json {
                    Some(json) => (Facts::parse(json, &place.path(config))?, place.path(config)),
                    None => (Facts::default(), place.path("")),
                };
                // A file that cannot be read is reported when it is loaded.
                let shapes = |part| {
                    let weights = place.weights(layout, part).ok()?;
                    Some(Shapes::of(Loader::of(part, weights)))
                };
                facts
                    .spec(ModelSpec::yume_i2v_540p(), shapes)
                    .map_err(|finding| CheckpointError::config(finding, &path))?
            }
        };
        let files = Self { spec, layout, place, on_progress: None };
        let lacks = |part: Part| !layout.weights(part).iter().any(|name| files.place.has(name));
        match files.spec.parts().find(|&part| lacks(part)) {
            None => Ok(files),
            Some(part) => Err(CheckpointError::Incomplete {
                missing: layout.weights(part)[0].to_owned(),
                path: files.place.path(""),
            }),
        }
    }

    /// The facts of the model.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// How its files lie in its folder.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Opens the weights of one network, whatever library named its tensors.
    ///
    /// # Errors
    /// If a file cannot be read, is damaged or is not a plain file of weights.
    pub fn loader(&self, part: Part) -> Result<Loader<'static>, CheckpointError> {
        let loader =
            Loader::of(part, self.weights(part)?).without_bytes_of(|name| self.leaves(part, name));
        let Some(on_progress) = self.on_progress.clone() else { return Ok(loader) };
        let mut before = 0;
        Ok(loader.with_progress(move |done, _| {
            on_progress.add(done - before);
            before = done;
        }))
    }

    /// Calls `on_progress` after every tensor that a loader hands out, with the bytes done and the
    /// bytes of all networks together.
    ///
    /// # Errors
    /// As [`ModelFiles::loader`].
    pub fn with_progress(
        mut self,
        on_progress: impl FnMut(u64, u64) + Send + 'static,
    ) -> Result<Self, CheckpointError> {
        self.on_progress = Some(OnProgress::new(self.bytes_needed()?, on_progress));
        Ok(self)
    }

    /// Bytes of the weights that the networks need, which is what their loaders' progress adds up to.
    ///
    /// # Errors
    /// As [`ModelFiles::loader`].
    pub fn bytes_needed(&self) -> Result<u64, CheckpointError> {
        let needed =
            |part: Part| Ok(self.weights(part)?.bytes_without(|name| self.leaves(part, name)));
        self.spec.parts().map(needed).sum()
    }

    /// Bytes of the weights of all networks.
    ///
    /// # Errors
    /// As [`ModelFiles::loader`].
    pub fn bytes(&self) -> Result<u64, CheckpointError> {
        self.spec.parts().map(|part| Ok(self.weights(part)?.bytes())).sum()
    }

    fn weights(&self, part: Part) -> Result<Weights, CheckpointError> {
        self.place.weights(self.layout, part)
    }

    /// Those files of the model that hold no weights: its configuration and its tokenizer.
    pub fn small_files(&self) -> Vec<PathBuf> {
        let names = [self.layout.tokenizer(), self.layout.config()];
        let there = names.into_iter().filter(|name| self.place.has(name));
        there.map(|name| self.place.path(name)).collect()
    }

    /// A sheet of pictures of places that a walk may come to, each of the size of a frame and one kind in
    /// each row, if the model brings one along; and its name, for messages.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn places(&self) -> Result<Option<(Bytes, String)>, CheckpointError> {
        if !self.place.has(PLACES) {
            return Ok(None);
        }
        let bytes = self.place.bytes(PLACES, LARGEST_SHEET)?;
        Ok(Some((bytes, self.place.path(PLACES).display().to_string())))
    }

    /// Which blocks the feature cache may reuse, if that was measured for this model.
    ///
    /// # Errors
    /// If the file cannot be read or says something else.
    pub fn cache_file(&self) -> Result<Option<CacheFile>, CheckpointError> {
        if !self.place.has(CACHE_FILE) {
            return Ok(None);
        }
        let json = self.place.bytes(CACHE_FILE, LARGEST_CONFIG)?;
        CacheFile::parse(&json, &self.place.path(CACHE_FILE)).map(Some)
    }

    /// Whether the file of `part` may hold `name` although the network does not use it.
    pub fn leaves(&self, part: Part, name: &str) -> bool {
        part.leaves(name, &self.spec.clip)
    }

    /// What tells the text encoder and its tokenizer from others by their content; `None` for a
    /// model that is part of the program.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn text_identity(&self) -> Result<Option<String>, CheckpointError> {
        let Place::Folder(_) = &self.place else { return Ok(None) };
        let weights = Bytes::map(&self.place.path(self.place.file(self.layout, Part::Text)))?;
        let tokenizer = self.place.bytes(self.layout.tokenizer(), LARGEST_TOKENIZER)?;
        // A zip ends with the checksums of all it holds, a safetensors file begins with all places;
        // reading 11 GB for a name would take longer than encoding.
        let head = &weights[..weights.len().min(LARGEST_MARK)];
        let tail = &weights[weights.len().saturating_sub(LARGEST_MARK)..];
        let length = (weights.len() as u64).to_le_bytes();
        let mark = fingerprint([head, tail, &length[..], &tokenizer[..]]);
        Ok(Some(format!("{mark:032x}")))
    }

    /// Opens the tokenizer.
    ///
    /// # Errors
    /// If its file cannot be read, is damaged, or knows more ids than the text encoder.
    pub fn tokenizer(&self) -> Result<Tokenizer, CheckpointError> {
        let name = self.layout.tokenizer();
        let json = self.place.bytes(name, LARGEST_TOKENIZER)?;
        let path = self.place.path(name);
        let (vocab, longest) = (self.spec.text.vocab, self.spec.dit.text_len);
        match self.spec.tokenizer {
            TokenizerKind::Words => Tokenizer::words(&json, vocab, longest, &path),
            TokenizerKind::Unigram => Tokenizer::unigram(&json, vocab, longest, &path),
        }
    }
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder(folder) if name.is_empty() => folder.clone(),
            Self::Folder(folder) => folder.join(name),
            Self::Embedded(_) => Path::new("(embedded)").join(name),
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::Folder(folder) => folder.join(name).is_file(),
            Self::Embedded(files) => files.iter().any(|(known, _)| *known == name),
        }
    }

    /// The file that holds the weights of `part`, or their index.
    fn file(&self, layout: Layout, part: Part) -> &'static str {
        let names = layout.weights(part);
        names.iter().find(|name| self.has(name)).unwrap_or(&names[0])
    }

    fn weights(&self, layout: Layout, part: Part) -> Result<Weights, CheckpointError> {
        let name = self.file(layout, part);
        let path = self.path(name);
        match self {
            Self::Folder(_) => Weights::open(&path),
            Self::Embedded(_) => Weights::from_bytes(self.bytes(name, u64::MAX)?, &path),
        }
    }

    fn bytes(&self, name: &str, largest: u64) -> Result<Bytes, CheckpointError> {
        let path = self.path(name);
        match self {
            Self::Folder(_) => Bytes::read(&path, largest),
            Self::Embedded(files) => files
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, content)| Bytes::Embedded(content))
                .ok_or_else(|| CheckpointError::Incomplete { missing: name.to_owned(), path }),
        }
    }
}

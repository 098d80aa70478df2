//! Captions become token ids.

mod clean;
mod repair;
mod unigram;
mod words;

pub(crate) use words::WORD_RULE;

use std::path::Path;

use unigram::Unigram;
use words::Words;

use crate::CheckpointError;

/// The text tokenizer of a model.
#[derive(Clone, Debug)]
pub enum Tokenizer {
    /// A list of words.
    Words(Words),
    /// A `tokenizer.json` of Hugging Face.
    Unigram(Unigram),
}

/// A caption as token ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// At least the end id, which is always the last; at most as many as the model reads.
    pub ids: Vec<u32>,
    /// The words that the model does not know, in the order of the text and without repetitions.
    pub unknown: Vec<String>,
}

impl Tokenizer {
    /// The word list `json` (`words.json`), for an encoder of `vocab` ids and captions of at most
    /// `longest` ids. `path` is for the message only.
    ///
    /// # Errors
    /// If it is not such a list or does not fit the encoder.
    pub fn words(
        json: &[u8],
        vocab: usize,
        longest: usize,
        path: &Path,
    ) -> Result<Self, CheckpointError> {
        Words::parse(json, vocab, longest)
            .map(Self::Words)
            .map_err(|reason| CheckpointError::config(reason, path))
    }

    /// The `tokenizer.json` of umT5, for an encoder of `vocab` ids and captions of at most `longest`
    /// ids. `path` is for the message only.
    ///
    /// # Errors
    /// If it is not such a tokenizer or does not fit the encoder.
    pub fn unigram(
        json: &[u8],
        vocab: usize,
        longest: usize,
        path: &Path,
    ) -> Result<Self, CheckpointError> {
        Unigram::parse(json, vocab, longest)
            .map(Self::Unigram)
            .map_err(|reason| CheckpointError::config(reason, path))
    }

    /// The token ids of `text`, cut so that the end id still fits.
    pub fn encode(&self, text: &str) -> Encoded {
        match self {
            Self::Words(words) => words.encode(text),
            Self::Unigram(unigram) => unigram.encode(text),
        }
    }
}

impl Encoded {
    fn unknown(&mut self, word: String) {
        if !self.unknown.contains(&word) {
            self.unknown.push(word);
        }
    }

    fn ended(mut self, longest: usize, end: u32) -> Self {
        self.ids.truncate(longest.saturating_sub(1));
        self.ids.push(end);
        self
    }
}

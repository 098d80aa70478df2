//! The tokenizer of umT5, a unigram model in a `tokenizer.json` of Hugging Face.

use std::fmt;
use std::sync::Arc;

use super::Encoded;
use super::clean::clean;

const END: &str = "</s>";
const UNKNOWN: &str = "<unk>";
// Longer captions are cut long before the network sees their end, but not before they are searched.
const LONGEST_TEXT: usize = 1 << 16;

/// A unigram tokenizer. Cloning is cheap.
#[derive(Clone)]
pub struct Unigram {
    model: Arc<tokenizers::Tokenizer>,
    end: u32,
    unknown: Option<u32>,
    longest: usize,
}

impl Unigram {
    pub(super) fn parse(json: &[u8], vocab: usize, longest: usize) -> Result<Self, String> {
        let mut model =
            tokenizers::Tokenizer::from_bytes(json).map_err(|error| error.to_string())?;
        let known = model.get_vocab(true);
        if known.values().any(|&id| id as usize >= vocab) {
            return Err(format!("the tokenizer has ids beyond the {vocab} of the encoder"));
        }
        let end = known.get(END).copied();
        let end = end.ok_or_else(|| format!("the tokenizer has no {END} for the end of a text"))?;
        model.with_truncation(None).map_err(|error| error.to_string())?;
        model.with_padding(None);
        let unknown = known.get(UNKNOWN).copied();
        Ok(Self { model: Arc::new(model), end, unknown, longest })
    }

    pub(super) fn encode(&self, text: &str) -> Encoded {
        let text = clean(text, LONGEST_TEXT);
        let mut encoded = Encoded::default();
        match self.model.encode(text.as_str(), false) {
            Ok(encoding) => {
                for (&id, &(start, end)) in encoding.get_ids().iter().zip(encoding.get_offsets()) {
                    if Some(id) == self.unknown {
                        let word = text.get(start..end).unwrap_or(UNKNOWN);
                        encoded.unknown(word.to_owned());
                    }
                    encoded.ids.push(id);
                }
            }
            // A model that can say nothing about the text knows none of it.
            Err(_) => encoded.unknown(text),
        }
        encoded.ended(self.longest, self.end)
    }
}

impl fmt::Debug for Unigram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ids, longest) = (self.model.get_vocab_size(true), self.longest);
        f.debug_struct("Unigram").field("ids", &ids).field("longest", &longest).finish()
    }
}

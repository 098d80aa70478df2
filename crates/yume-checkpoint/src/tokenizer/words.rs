//! A tokenizer that knows a list of words.

use std::collections::HashMap;

use serde::Deserialize;

use super::Encoded;

/// The expression that says what a word is: a group in brackets, or letters and digits.
pub(crate) const WORD_RULE: &str = r"\([^)]*\)|[^\W_]+";

/// A list of words; what is not in it is left out of the ids.
#[derive(Clone, Debug)]
pub struct Words {
    ids: HashMap<String, u32>,
    end: u32,
    longest: usize,
}

#[derive(Deserialize)]
struct File {
    first_id: u32,
    pad: u32,
    end: u32,
    words: Vec<String>,
}

impl Words {
    pub(super) fn parse(json: &[u8], vocab: usize, longest: usize) -> Result<Self, String> {
        let file: File = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let last = file.first_id as usize + file.words.len();
        if last > vocab || file.end as usize >= vocab || file.pad as usize >= vocab {
            return Err(format!("the list of words has ids beyond the {vocab} of the encoder"));
        }
        if file.end >= file.first_id && (file.end as usize) < last {
            return Err("the end of a text has the id of a word".to_owned());
        }
        let count = file.words.len();
        let ids: HashMap<_, _> = file.words.into_iter().zip(file.first_id..).collect();
        if ids.len() < count {
            return Err("the list of words has a word twice".to_owned());
        }
        Ok(Self { ids, end: file.end, longest })
    }

    pub(super) fn encode(&self, text: &str) -> Encoded {
        let mut encoded = Encoded::default();
        for word in split(&text.to_lowercase()) {
            match self.ids.get(word) {
                Some(&id) => encoded.ids.push(id),
                None => encoded.unknown(word.to_owned()),
            }
        }
        encoded.ended(self.longest, self.end)
    }
}

/// The words of `text` by [`WORD_RULE`].
fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let group = if first == '(' { rest.find(')').map(|end| end + 1) } else { None };
        let letters = || rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let length = group.unwrap_or_else(letters);
        let (word, after) = rest.split_at(length.max(first.len_utf8()));
        if length > 0 {
            words.push(word);
        }
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_by_the_expression() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            ("person moves forward (w).", &["person", "moves", "forward", "(w)"]),
            (
                "view (fpv).person stands still (·).",
                &["view", "(fpv)", "person", "stands", "still", "(·)"],
            ),
            ("(↑→)a_b", &["(↑→)", "a", "b"]),
            ("first-person", &["first", "person"]),
            ("(open", &["open"]),
            ("((a) b)", &["((a)", "b"]),
            ("größe 3x 東京", &["größe", "3x", "東京"]),
            ("· ↑", &[]),
        ];
        for (text, words) in table {
            assert_eq!(split(text), *words, "{text:?}");
        }
    }
}

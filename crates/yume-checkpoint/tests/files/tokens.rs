//! Captions become the ids that the models were trained with.

use std::fs;
use std::path::Path;

use crate::common::data;
use serde_json::Value;
use yume_checkpoint::{Encoded, Tokenizer};

const WORDS: &str =
    r#"{"first_id":2,"pad":0,"end":1,"words":["person","moves","forward","(w)","(↑→)"]}"#;

fn words(longest: usize) -> Tokenizer {
    Tokenizer::words(WORDS.as_bytes(), 7, longest, Path::new("words.json")).unwrap()
}

fn unigram(longest: usize) -> Tokenizer {
    let json = fs::read(data("tokenizer.json")).unwrap();
    Tokenizer::unigram(&json, 100, longest, Path::new("tokenizer.json")).unwrap()
}

#[test]
fn known_words_become_ids_and_others_are_told() {
    let table: [(&str, &[u32], &[&str]); 6] = [
        ("Person moves forward (W).", &[2, 3, 4, 5, 1], &[]),
        ("PERSON (↑→)moves", &[2, 6, 3, 1], &[]),
        ("person flies and flies (q)", &[2, 1], &["flies", "and", "(q)"]),
        ("", &[1], &[]),
        ("?!", &[1], &[]),
        ("person (unclosed", &[2, 1], &["unclosed"]),
    ];
    for (text, ids, unknown) in table {
        let Encoded { ids: ours, unknown: ours_unknown } = words(32).encode(text);
        assert_eq!(ours, ids, "{text:?}");
        assert_eq!(ours_unknown, unknown, "{text:?}");
    }
}

#[test]
fn long_captions_keep_their_end() {
    assert_eq!(words(4).encode("person person person person person").ids, [2, 2, 2, 1]);
    assert_eq!(words(1).encode("person").ids, [1]);
    assert_eq!(unigram(4).encode("walk walk walk walk walk").ids, [4, 4, 4, 1]);
}

#[test]
fn lists_that_do_not_fit_are_refused() {
    for (json, vocab) in [
        (WORDS.to_owned(), 6),
        (WORDS.replace("\"moves\"", "\"person\""), 7),
        (WORDS.replace("\"end\":1", "\"end\":3"), 7),
        (WORDS.replace("\"end\":1", "\"end\":9"), 7),
        (WORDS.replace("\"first_id\":2", "\"first_id\":4294967295"), 7),
        (WORDS.replace("\"first_id\":2", "\"first_id\":-2"), 7),
        ("{}".to_owned(), 7),
        (String::new(), 7),
    ] {
        let path = Path::new("words.json");
        let error = Tokenizer::words(json.as_bytes(), vocab, 32, path).unwrap_err().to_string();
        assert!(error.ends_with("words.json") && !error.contains('\n'), "{error}");
    }
    let json = fs::read(data("tokenizer.json")).unwrap();
    let path = Path::new("tokenizer.json");
    assert!(Tokenizer::unigram(&json, 16, 32, path).is_err());
    let truncated = json.len() / 20;
    for part in 0..20 {
        assert!(Tokenizer::unigram(&json[..part * truncated], 100, 32, path).is_err(), "{part}");
    }
}

#[test]
fn unigram_ids_are_those_of_the_library_that_trained_with_them() {
    let cases = fs::read(data("tokenizer_cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&cases).unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let ids: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
        assert_eq!(unigram(512).encode(case["text"].as_str().unwrap()).ids, ids, "{case}");
    }
}

#[test]
fn texts_are_cleaned_before_they_are_cut_into_tokens() {
    let clean = unigram(512).encode("a & b");
    assert_eq!(unigram(512).encode("  a \n &amp;amp;\t b ").ids, clean.ids);
    assert_eq!(clean.unknown, [] as [&str; 0]);
    assert_eq!(unigram(512).encode("the ü street ü").unknown, ["ü"]);
}

#[test]
fn endless_texts_take_bounded_time() {
    let text = "walk ".repeat(1 << 20);
    assert_eq!(unigram(8).encode(&text).ids, [4, 4, 4, 4, 4, 4, 4, 1]);
    assert_eq!(words(8).encode(&text).unknown, ["walk"]);
}

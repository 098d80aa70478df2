//! Every way to spoil one file of a model ends in one sentence and exit code 1.

use std::path::Path;

use crate::folder::{
    CLIP, FACTS, Folder, INDEX, SHARDS, Sound, TEXT, TOKENIZER, VAE, sentence, walk, yume,
};
use yume_checkpoint::{Bytes, Precision, Weights, save};

/// Both ways to look at the folder refuse it with a sentence that holds `part`.
pub(crate) fn check(folder: &Folder, what: &str, part: &str) {
    let path = folder.path().to_str().unwrap();
    for output in [yume(folder.path(), &["models", "verify", path]), walk(folder.path(), path)] {
        let said = sentence(&output, what);
        assert!(said.contains(part), "{what}: {said}");
    }
}

#[test]
fn whole_models_are_accepted_with_the_same_limits() {
    for model in Sound::ALL {
        let folder = Folder::of(model, "whole");
        let path = folder.path().to_str().unwrap();
        for output in [yume(folder.path(), &["models", "verify", path]), walk(folder.path(), path)]
        {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{model:?}: {errors}");
        }
    }
}

/// Cuts each of the files at 20 places.
fn check_cuts(model: Sound, files: &[&str]) {
    let folder = Folder::of(model, &format!("early-{}", files.len()));
    for file in files {
        let whole = model.content(file);
        // JSON may end with spaces that it does not need.
        let needed =
            if file.ends_with(".json") { whole.trim_ascii_end().len() } else { whole.len() };
        for part in 0..20 {
            folder.write(file, &whole[..needed * part / 20]);
            check(&folder, &format!("{part} twentieths of {file}"), file);
        }
        folder.write(file, &whole);
    }
}

#[test]
fn files_of_the_embedded_format_that_end_early() {
    check_cuts(Sound::Embedded, Sound::Embedded.files());
}

// Two tests, because each is run by a processor of its own.
#[test]
fn weights_of_the_published_layout_that_end_early() {
    check_cuts(Sound::Miniature, &[VAE, TEXT, CLIP]);
}

#[test]
fn other_files_of_the_published_layout_that_end_early() {
    check_cuts(Sound::Miniature, &[FACTS, TOKENIZER, INDEX, SHARDS[0], SHARDS[1], SHARDS[2]]);
}

fn find(content: &[u8], text: &[u8]) -> usize {
    content.windows(text.len()).position(|window| window == text).unwrap()
}

/// Places in what says where the numbers are and what they mean.
fn header_places(content: &[u8]) -> Vec<usize> {
    let (mut places, start, end) = if content.starts_with(b"PK") {
        let start = find(content, b"data.pkl");
        let start = start + find(&content[start..], b"\x80\x02");
        // The place of the directory, and the mark of its end.
        (
            vec![0, content.len() - 22, content.len() - 5],
            start,
            start + find(&content[start..], b"PK"),
        )
    } else {
        let length = u64::from_le_bytes(content[..8].try_into().unwrap()) as usize;
        (vec![0, 1, 3, 7, 8], find(content, b"dtype"), 8 + length)
    };
    places.extend((0..12).map(|part| start + (end - 1 - start) * part / 11));
    places
}

#[test]
fn headers_with_a_wrong_byte() {
    let files = [
        (Sound::Embedded, "text.safetensors"),
        (Sound::Miniature, SHARDS[0]),
        (Sound::Miniature, VAE),
        (Sound::Miniature, TEXT),
        (Sound::Miniature, CLIP),
    ];
    for (model, file) in files {
        let folder = Folder::of(model, "byte");
        let whole = model.content(file);
        for at in header_places(&whole) {
            let mut content = whole.clone();
            content[at] ^= 0x04;
            folder.write(file, &content);
            check(&folder, &format!("byte {at} of {file}"), "");
        }
    }
}

#[test]
fn tensors_of_another_kind() {
    let files = [
        (Sound::Embedded, "clip.safetensors", "visual.pre_norm.weight"),
        (Sound::Miniature, SHARDS[0], "blocks.0.ffn.0.weight"),
        (Sound::Miniature, VAE, "conv2.weight"),
        (Sound::Miniature, TEXT, "norm.weight"),
        (Sound::Miniature, CLIP, "visual.pre_norm.weight"),
    ];
    for (model, file, needed) in files {
        let folder = Folder::of(model, "kind");
        let whole = Bytes::Owned(model.content(file).into());
        let weights = Weights::from_bytes(whole, Path::new(file)).unwrap();
        let tensors: Vec<_> =
            weights.names().map(|name| (name.to_owned(), weights.read(name).unwrap())).collect();
        // The content decides what a file is, not its name.
        let path = folder.path().join(file);
        let write = |tensors: &[_]| save(&path, tensors, Precision::F16, &[]).unwrap();

        write(&[&tensors[..], &[("mystery".to_owned(), tensors[0].1.clone())]].concat());
        check(&folder, &format!("an extra tensor in {file}"), "1 unexpected: mystery");

        let mut fewer = tensors.clone();
        fewer.retain(|(name, _)| name != needed);
        write(&fewer);
        let part = if file == SHARDS[0] { "looks for" } else { "1 missing:" };
        check(&folder, &format!("a lost tensor in {file}"), &format!("{part} {needed}"));

        write(&tensors);
        let mut content = std::fs::read(&path).unwrap();
        let at = find(&content, format!("\"{needed}\":").as_bytes());
        let at = at + find(&content[at..], b"\"F16\"");
        content[at..at + 5].copy_from_slice(b"\"I16\"");
        folder.write(file, &content);
        let part = format!("1 no floats: {needed} is I16");
        check(&folder, &format!("another type in {file}"), &part);

        std::fs::remove_file(&path).unwrap();
        let part = if file == SHARDS[0] { "cannot read a file" } else { "the model lacks" };
        check(&folder, &format!("{file} missing"), part);
    }
}

//! `yume models` and `--model` by example.

use std::process::Output;

use crate::folder::{Folder, Sound, sentence, walk, yume};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A cache with the embedded model as a download; a file is left out if `lacks` names it.
fn cache(name: &str, lacks: &str) -> Folder {
    let folder = Folder::empty(name);
    let commit = "0123456789abcdef0123456789abcdef01234567";
    folder.write("models--someone--small/refs/main", commit.as_bytes());
    for file in Sound::Embedded.files().iter().filter(|file| **file != lacks) {
        let path = format!("models--someone--small/snapshots/{commit}/{file}");
        folder.write(&path, &Sound::Embedded.content(file));
    }
    folder.write("models--someone--else/refs/main", commit.as_bytes());
    folder.write(&format!("models--someone--else/snapshots/{commit}/config.json"), b"{}");
    folder
}

#[test]
fn downloaded_models_are_listed_and_walked_in() {
    let cache = cache("cache", "");
    let output = yume(cache.path(), &["models"]);
    let list = said(&output);
    assert!(output.status.success(), "{list}");
    assert!(list.contains("embedded") && list.contains("someone/small"), "{list}");
    assert!(list.contains("small model, 192x112, 16 frames per second"), "{list}");
    assert!(!list.contains("someone/else"), "a model of another program: {list}");
    let output = yume(cache.path(), &["models", "verify", "someone/small"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        said(&output).matches("names, shapes and types fit").count(),
        5,
        "{}",
        said(&output)
    );
    for model in ["someone/small", "embedded"] {
        assert!(walk(cache.path(), model).status.success(), "{model}");
    }
    let offline = yume(cache.path(), &["models", "pull", "someone/small", "--offline"]);
    assert!(offline.status.success() && said(&offline).contains("--model someone/small"));
}

#[test]
fn half_a_download_says_what_it_lacks() {
    let cache = cache("half", "vae.safetensors");
    let list = said(&yume(cache.path(), &["models"]));
    assert!(list.contains("the model lacks vae.safetensors"), "{list}");
    let lacks = sentence(&walk(cache.path(), "someone/small"), "half a download");
    assert!(lacks.contains("the model lacks vae.safetensors"), "{lacks}");
}

#[test]
fn a_small_relative_of_the_published_model_is_known_by_its_sizes() {
    let folder = Folder::of(Sound::Miniature, "known");
    let path = folder.path().to_str().unwrap();
    let list = said(&yume(folder.path(), &["models", path]));
    assert!(list.contains("published folder, 48x32, 16 frames per second"), "{list}");
    let verified = said(&yume(folder.path(), &["models", "verify", path]));
    // 23 tensors, 32 for each of two blocks, 10 of Yume, and 33 that only training needs.
    for row in [
        "DiT              130 tensors",
        "text encoder      22 tensors",
        "VAE              194 tensors",
    ] {
        assert!(verified.contains(row), "{verified}");
    }
    assert_eq!(verified.matches("names, shapes and types fit").count(), 4, "{verified}");
    let doctor = yume(folder.path(), &["doctor", "--model", path]);
    assert!(doctor.status.success(), "{doctor:?}");
    let doctor = said(&doctor);
    let (_, walk) = doctor.split_once("A walk of a minute in Yume-Miniature:").unwrap();
    assert!(walk.contains("needs 0.") && walk.contains(": fits"), "{doctor}");
}

#[test]
fn a_folder_of_models_lists_those_below_it() {
    let folder = Folder::of(Sound::Embedded, "below");
    let parent = folder.path().parent().unwrap().to_str().unwrap();
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    let list = said(&yume(folder.path(), &["models", parent]));
    assert!(list.contains(name), "{list}");
}

#[test]
fn names_of_nothing_say_what_to_do() {
    let folder = Folder::empty("nothing");
    let cache = folder.path();
    for (output, part) in [
        (walk(cache, "some/thing"), "`yume models pull some/thing` downloads it"),
        (walk(cache, "thing"), "`yume models` lists what is here"),
        (yume(cache, &["models", "verify", "thing"]), "`yume models` lists what is here"),
        (yume(cache, &["models", "/lost/folder"]), "the model lacks its folder"),
        (yume(cache, &["models", "pull", "thing"]), "looks like owner/model"),
        (yume(cache, &["models", "pull", "a/b", "--revision", "../c"]), "name of a revision"),
        (yume(cache, &["models", "pull", "a/b", "--offline"]), "the network is not to be used"),
    ] {
        let said = sentence(&output, part);
        assert!(said.contains(part), "{said}");
    }
}

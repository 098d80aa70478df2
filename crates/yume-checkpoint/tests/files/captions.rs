//! Encoded captions are kept, and nothing that lies in their folder is believed.

use std::fs;
use std::path::PathBuf;

use burn::tensor::TensorData;
use yume_checkpoint::{CaptionStore, Precision, save};

use crate::common::Scratch;

fn rows(tokens: usize, dim: usize) -> TensorData {
    TensorData::new((0..tokens * dim).map(|i| i as f32 / 7.0).collect(), [1, tokens, dim])
}

fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_caption_comes_back_bit_by_bit_and_only_for_its_encoder() {
    let scratch = Scratch::new("captions-kept");
    let folder = scratch.path("not/there/yet");
    let store = CaptionStore::new(&folder, "a");
    assert_eq!(store.get("W", 3, 8), None);
    store.put("W", &rows(5, 3)).unwrap();
    store.put("A", &rows(2, 3)).unwrap();
    let kept = store.get("W", 3, 8).unwrap();
    assert_eq!(kept.shape().as_slice(), [5, 3]);
    assert_eq!(kept.as_slice::<f32>().unwrap(), rows(5, 3).as_slice::<f32>().unwrap());
    assert_eq!(CaptionStore::new(&folder, "b").get("W", 3, 8), None);
    assert_eq!(CaptionStore::new(&folder, "aW").get("", 3, 8), None);
    assert_eq!(store.get("W", 4, 8), None, "another width");
    assert_eq!(store.get("W", 3, 4), None, "longer than the model reads");
}

#[test]
fn whatever_is_damaged_is_not_there() {
    let scratch = Scratch::new("captions-damaged");
    let folder = scratch.path("");
    let store = CaptionStore::new(&folder, "a");
    store.put("W", &rows(5, 3)).unwrap();
    let path = files(&folder).remove(0);
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(7) {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(store.get("W", 3, 8), None, "cut to {length} bytes");
    }
    let tensor = |name: &str, data: TensorData| vec![(name.to_owned(), data)];
    let infinite = TensorData::new(vec![1.0, f32::NAN, 1.0], [1, 3]);
    for (tensors, precision) in [
        (tensor("context", infinite), Precision::F32),
        (tensor("context", TensorData::new(vec![1.0_f32; 3], [3])), Precision::F32),
        (tensor("context", rows(1, 3)), Precision::F32),
        (tensor("context", TensorData::new(vec![1.0_f32; 3], [1, 3])), Precision::BF16),
        (tensor("other", TensorData::new(vec![1.0_f32; 3], [1, 3])), Precision::F32),
        (Vec::new(), Precision::F32),
    ] {
        save(&path, &tensors, precision, &[]).unwrap();
        assert_eq!(store.get("W", 3, 8), None);
    }
    fs::write(&path, vec![0; 2 << 20]).unwrap();
    assert_eq!(store.get("W", 3, 8), None, "larger than any caption");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(store.get("W", 3, 8), None, "a folder");
    assert!(store.put("W", &rows(5, 3)).is_err());
}

#[test]
fn the_oldest_captions_make_room() {
    let scratch = Scratch::new("captions-bounded");
    let folder = scratch.path("");
    let store = CaptionStore::new(&folder, "a");
    store.put("0", &rows(8, 16)).unwrap();
    let one = fs::metadata(&files(&folder)[0]).unwrap().len();
    let store = store.with_largest(3 * one + one / 2);
    let stranger = folder.join("notes.txt");
    fs::write(&stranger, vec![0; 10 * one as usize]).unwrap();
    for caption in 1..9 {
        store.put(&caption.to_string(), &rows(8, 16)).unwrap();
        assert!(store.get(&caption.to_string(), 16, 8).is_some(), "the newest always stays");
        assert!(files(&folder).len() <= 4, "three captions and a stranger");
    }
    assert!(stranger.exists(), "files of others are left alone");
}

#[test]
fn a_folder_that_cannot_be_made_is_one_sentence() {
    let scratch = Scratch::new("captions-blocked");
    let folder = scratch.path("");
    fs::write(folder.join("file"), "x").unwrap();
    let store = CaptionStore::new(&folder.join("file/captions"), "a");
    assert_eq!(store.get("W", 3, 8), None);
    let error = store.put("W", &rows(5, 3)).unwrap_err().to_string();
    assert!(!error.contains('\n') && error.contains("file/captions"), "{error}");
}

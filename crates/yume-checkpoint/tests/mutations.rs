//! Sound files with random damage: whatever is left of them is read or refused, without a panic and
//! without more memory than the file has.
//!
//! A few seconds by default; `YUME_MUTATION_SECS=3600` takes an hour. `crates/yume-checkpoint/fuzz`
//! looks for the same with the help of a compiler.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use yume_checkpoint::{Bytes, Weights};

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// A span of at most `most` bytes.
    fn span(&mut self, length: usize, most: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        start..(start + 1 + self.below(most)).min(length)
    }
}

/// Numbers that headers go wrong with.
const NUMBERS: [u64; 10] =
    [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, i64::MAX as u64, u64::MAX];

/// Texts that change what a file means.
const WORDS: [&[u8]; 10] = [
    b"cos\nsystem\n",
    b"PK\x05\x06",
    b"PK\x06\x07",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"\"dtype\":\"F64\"",
    b"\"shape\":[4294967296,4294967296]",
    b"[[[[[[[[",
    b"../",
    b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"(((((tttt",
];

fn mutate(content: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    if content.is_empty() {
        content.push(0);
    }
    let at = random.below(content.len());
    match random.below(9) {
        0 => content[at] ^= 1 << random.below(8),
        1 => content[at] = random.next() as u8,
        2 => content.truncate(at),
        3 => {
            let number = NUMBERS[random.below(NUMBERS.len())].to_le_bytes();
            let end = (at + [1, 2, 4, 8][random.below(4)]).min(content.len());
            content[at..end].copy_from_slice(&number[..end - at]);
        }
        4 => drop(content.drain(random.span(content.len(), 64))),
        5 => {
            let copy = content[random.span(content.len(), 64)].to_vec();
            content.splice(at..at, copy);
        }
        6 => {
            let copy = other[random.span(other.len(), 256)].to_vec();
            content.splice(at..at, copy);
        }
        7 => {
            let word = WORDS[random.below(WORDS.len())];
            let end = (at + word.len()).min(content.len());
            content.splice(at..end, word.iter().copied());
        }
        _ => {
            // A digit of a header in JSON.
            if let Some(digit) = content[at..].iter_mut().find(|byte| byte.is_ascii_digit()) {
                *digit = b'0' + random.below(10) as u8;
            }
        }
    }
}

/// Opens the content and reads all of it; true if it was accepted.
fn read(content: &[u8], index: &Path, is_index: bool) -> bool {
    let opened = if is_index {
        fs::write(index, content).unwrap();
        Weights::open(index)
    } else {
        Weights::from_bytes(Bytes::Owned(content.into()), Path::new("file"))
    };
    match opened {
        Ok(weights) => {
            for name in weights.names() {
                let stored = weights.stored(name).unwrap();
                assert!(is_index || stored.bytes() <= content.len(), "{name}: {stored:?}");
                if let Some(data) = weights.read(name) {
                    assert_eq!(data.shape().as_slice(), stored.shape, "{name}");
                }
            }
            true
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.contains('\n') && message.len() < 4000, "{message}");
            false
        }
    }
}

/// An archive whose pickle may be damaged without its checksum saying so.
fn without_checksums(mut content: Vec<u8>) -> Vec<u8> {
    for at in 0..content.len().saturating_sub(20) {
        if content[at..].starts_with(b"PK\x01\x02") {
            content[at + 16..at + 20].fill(0);
        }
    }
    content
}

fn seeds() -> Vec<(Vec<u8>, bool)> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let names = ["small.pth", "state_dict.pth", "nested.pth", "module.pth", "small.safetensors"];
    let mut seeds: Vec<_> = names
        .iter()
        .map(|name| (without_checksums(fs::read(data.join(name)).unwrap()), false))
        .collect();
    let index = r#"{"metadata":{"total_size":8},"weight_map":{"f32":"one.safetensors"}}"#;
    seeds.push((index.into(), true));
    seeds
}

#[test]
fn damaged_files_are_read_or_refused() {
    let seconds = std::env::var("YUME_MUTATION_SECS").map_or(3, |text| text.parse().unwrap());
    let folder: PathBuf =
        std::env::temp_dir().join(format!("yume-mutations-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let seeds = seeds();
    fs::write(folder.join("one.safetensors"), &seeds[4].0).unwrap();
    let index = folder.join("model.safetensors.index.json");
    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut runs, mut accepted) = (0u64, 0u64);
    while Instant::now() < until {
        // Every run has its own numbers, so that one can be repeated alone.
        let mut random = Random(runs);
        let (seed, is_index) = &seeds[random.below(seeds.len())];
        let other = &seeds[random.below(seeds.len())].0;
        let mut content = seed.clone();
        for _ in 0..=random.below(6) {
            mutate(&mut content, other, &mut random);
        }
        let caught = std::panic::catch_unwind(|| read(&content, &index, *is_index));
        match caught {
            Ok(was_accepted) => accepted += u64::from(was_accepted),
            Err(_) => panic!("run {runs} failed on {} bytes: {content:?}", content.len()),
        }
        runs += 1;
    }
    fs::remove_dir_all(&folder).unwrap();
    println!("{runs} damaged files in {seconds} s, {accepted} of them still sound");
    assert!(runs > 100 && accepted > 0 && accepted < runs, "{accepted} of {runs} were accepted");
}

//! The index of two shards.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use yume_checkpoint_fuzz::{open_index, shard};

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("yume-fuzz-index-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder for scratch can be written");
    for name in ["a", "b"] {
        std::fs::write(folder.join(name), shard(name)).expect("the folder can be written");
    }
    folder
});

libfuzzer_sys::fuzz_target!(|content: &[u8]| open_index(content, &FOLDER));

//! The pickle of an archive that is sound otherwise.

#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| yume_checkpoint_fuzz::open_pickle(content));

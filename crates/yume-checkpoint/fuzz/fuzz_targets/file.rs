//! A whole file: the header of safetensors, the table of contents of an archive.

#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| yume_checkpoint_fuzz::open(content));

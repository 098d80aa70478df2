//! Videos from elsewhere, whole, damaged and hostile.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::Folder;
use image::{
    Delay, RgbaImage,
    codecs::gif::{GifEncoder, Repeat},
};
use yume_media::{Frame, read_last_frames, read_video};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Frame `n` has luma `16 + 9 n`, see `tests/data/make.sh`.
fn check_grays(frames: &[Frame], first: usize, name: &str) {
    for (n, frame) in (first..).zip(frames) {
        let gray = 9.0 * n as f64 * 255.0 / 219.0;
        for channel in frame.pixel(frame.width / 2, frame.height / 2) {
            let off = (f64::from(channel) - gray).abs();
            // Half of the distance to the next frame would be 5.
            assert!(off < 4.0, "{name}: frame {n} is {channel} instead of {gray}");
        }
    }
}

#[test]
fn frames_come_in_the_order_of_display() {
    for (name, width, height) in
        [("b_frames.mp4", 64, 48), ("fragments.mp4", 64, 48), ("upright.mp4", 48, 64)]
    {
        let frames = read_video(&data(name), 100).unwrap();
        assert_eq!(frames.len(), 24, "{name}");
        assert_eq!((frames[0].width, frames[0].height), (width, height), "{name}");
        check_grays(&frames, 0, name);
        for count in [1, 4, 11, 23] {
            check_grays(&read_last_frames(&data(name), count).unwrap(), 24 - count, name);
        }
    }
}

/// Whether this machine has the program that reads foreign videos.
fn has_ffmpeg() -> bool {
    std::process::Command::new("ffmpeg").arg("-version").output().is_ok()
}

#[test]
fn other_codecs_are_read_where_ffmpeg_is_installed() {
    for (name, count, said) in [("vp9.webm", 24, "WebM"), ("hevc.mp4", 2, "HEVC")] {
        let path = data(name);
        assert!(yume_media::is_video(&path).unwrap());
        for some in [1, 2, 100] {
            let (first, last) = (read_video(&path, some), read_last_frames(&path, some));
            if !has_ffmpeg() {
                for error in [first.unwrap_err(), last.unwrap_err()] {
                    let text = error.to_string();
                    assert!(text.contains(said) && text.contains("install"), "{text}");
                }
                continue;
            }
            let (first, last) = (first.unwrap(), last.unwrap());
            assert_eq!((first.len(), last.len()), (some.min(count), some.min(count)), "{name}");
            assert_eq!((first[0].width, first[0].height), (64, 48), "{name}");
            check_grays(&first, 0, name);
            check_grays(&last, count - last.len(), name);
        }
    }
}

#[test]
fn an_animated_gif_is_a_video() {
    let folder = Folder::new("gif");
    let path = folder.path("walk.gif");
    let mut encoder = GifEncoder::new(fs::File::create(&path).unwrap());
    encoder.set_repeat(Repeat::Infinite).unwrap();
    for n in 0..6_u8 {
        let picture = RgbaImage::from_pixel(12, 9, image::Rgba([n * 40, 0, 0, 255]));
        let delay = Delay::from_numer_denom_ms(60, 1);
        encoder.encode_frame(image::Frame::from_parts(picture, 0, 0, delay)).unwrap();
    }
    drop(encoder);
    let reds = |frames: &[Frame]| frames.iter().map(|f| f.pixel(3, 3)[0]).collect::<Vec<_>>();
    assert_eq!(reds(&read_video(&path, 100).unwrap()), [0, 40, 80, 120, 160, 200]);
    assert_eq!(reds(&read_video(&path, 2).unwrap()), [0, 40]);
    assert_eq!(reds(&read_last_frames(&path, 2).unwrap()), [160, 200]);
    let bytes = fs::read(&path).unwrap();
    let cut = folder.file("cut.gif", &bytes[..bytes.len() * 6 / 10]);
    assert!((2..6).contains(&read_video(&cut, 100).unwrap().len()));
}

#[test]
fn a_file_that_is_no_video_is_one_sentence() {
    let folder = Folder::new("no-video");
    let whole = fs::read(data("b_frames.mp4")).unwrap();
    let index = whole.windows(4).position(|kind| kind == b"moov").unwrap() - 4;
    let renamed = |from: &[u8; 4], to: &[u8; 4]| {
        let mut bytes = whole.clone();
        // The last, because the encoder's name is in the data and holds such letters too.
        let at = bytes.windows(4).rposition(|kind| kind == from).unwrap();
        bytes[at..at + 4].copy_from_slice(to);
        bytes
    };
    let table = [
        (vec![], "is empty"),
        (b"hello, this is no video at all".to_vec(), "not a video"),
        (b"\x89PNG\r\n\x1a\n0123456789".to_vec(), "not a video"),
        (b"\x1a\x45\xdf\xa3 webm".to_vec(), "WebM"),
        (b"GIF89a".to_vec(), "damaged"),
        (whole[..index].to_vec(), "cut off before its index"),
        (whole[..index + 400].to_vec(), "cut off before its index"),
        (fs::read(data("hevc.mp4")).unwrap()[..2000].to_vec(), "cut off before its index"),
        (renamed(b"vide", b"soun"), "no video track"),
        (renamed(b"avcC", b"free"), "index is incomplete"),
        (renamed(b"stsz", b"free"), "index is incomplete"),
        (renamed(b"stco", b"free"), "index is incomplete"),
        (renamed(b"avc1", b"zzzz"), "zzzz"),
    ];
    for (bytes, wanted) in table {
        let path = folder.file("hostile.mp4", &bytes);
        for error in [read_video(&path, 9).unwrap_err(), read_last_frames(&path, 9).unwrap_err()] {
            let text = error.to_string();
            assert!(text.contains(wanted), "wanted {wanted}: {text}");
            assert!(text.ends_with(&format!(": {}", path.display())), "{text}");
        }
    }
}

/// Overwrites the 32-bit number `skip` bytes after the kind of the first box of this kind.
fn poked(whole: &[u8], kind: &[u8; 4], skip: usize, value: u32) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let at = whole.windows(4).position(|found| found == kind).unwrap() + 4 + skip;
    bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
    bytes
}

#[test]
fn hostile_tables_stay_within_the_file() {
    let folder = Folder::new("tables");
    let plain = fs::read(data("b_frames.mp4")).unwrap();
    let fragments = fs::read(data("fragments.mp4")).unwrap();
    for value in [0, 1, 8, 0x7fff_ffff, 0x8000_0000, u32::MAX - 7, u32::MAX] {
        let mut table = Vec::new();
        for skip in [4, 8, 12] {
            for kind in [b"stsz", b"stsc", b"stco", b"stss"] {
                table.push((kind, skip, poked(&plain, kind, skip, value)));
            }
        }
        for skip in [0, 4, 8, 12] {
            for kind in [b"trun", b"tfhd", b"trex"] {
                table.push((kind, skip, poked(&fragments, kind, skip, value)));
            }
        }
        for kind in [b"stsd", b"avcC", b"tkhd", b"hdlr"] {
            table.push((kind, 0, poked(&plain, kind, 0, value)));
        }
        for (kind, skip, bytes) in table {
            let path = folder.file("hostile.mp4", &bytes);
            let count = read_video(&path, 1000).map_or(0, |frames| frames.len());
            let kind = kind.escape_ascii();
            assert!(count <= 24, "{kind} + {skip} = {value:#x} gives {count} frames");
        }
    }
}

#[test]
fn every_size_of_every_box_may_lie() {
    let folder = Folder::new("sizes");
    for name in ["b_frames.mp4", "fragments.mp4"] {
        let whole = fs::read(data(name)).unwrap();
        let kinds =
            [b"ftyp", b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1", b"avcC"];
        for kind in kinds {
            let at = whole.windows(4).position(|found| found == kind).unwrap() - 4;
            for size in [0, 1, 7, 8, 9, 0x7fff_ffff, u32::MAX] {
                let mut bytes = whole.clone();
                bytes[at..at + 4].copy_from_slice(&u32::to_be_bytes(size));
                let path = folder.file("hostile.mp4", &bytes);
                let count = read_video(&path, 1000).map_or(0, |frames| frames.len());
                assert!(count <= 24, "{name}: {} = {size} gives {count}", kind.escape_ascii());
            }
        }
    }
}

#[test]
fn a_damaged_index_never_panics() {
    let folder = Folder::new("video-flips");
    for name in ["b_frames.mp4", "fragments.mp4"] {
        let whole = fs::read(data(name)).unwrap();
        let index = whole.windows(4).position(|kind| kind == b"moov").unwrap();
        let mut random = 7_u64;
        let mut fewer = 0;
        for _ in 0..300 {
            let mut bytes = whole.clone();
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = index + (random >> 33) as usize % 700;
            let last = bytes.len() - 1;
            bytes[at.min(last)] = (random >> 25) as u8;
            let path = folder.file("flipped.mp4", &bytes);
            let count = read_video(&path, 1000).map_or(0, |frames| frames.len());
            assert!(count <= 24, "{name}: {count} frames from 24");
            fewer += u32::from(count < 24);
        }
        assert!(fewer > 10, "{name}: only {fewer} of 300 changes mattered");
    }
}

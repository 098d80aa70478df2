//! Recordings come back as they were shown, also when they were cut off.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::{fs, path::Path};

use common::{Folder, psnr, scenery};
use yume_media::{
    Frame, MediaError, open_sink, read_last_frames, read_picture, read_video, unused_path,
};

fn frames(width: u32, height: u32, count: u32) -> Vec<Frame> {
    (0..count).map(|step| scenery(width, height, step)).collect()
}

fn record(path: &Path, frames: &[Frame]) {
    let mut sink = open_sink(path, frames[0].width, frames[0].height, 16).unwrap();
    for frame in frames {
        sink.push(frame).unwrap();
    }
    sink.finish().unwrap();
}

#[test]
fn a_recording_comes_back_within_35_db() {
    let folder = Folder::new("round");
    for (width, height) in [(96, 64), (16, 16), (98, 50), (320, 176)] {
        let path = folder.path(&format!("{width}.mp4"));
        let shown = frames(width, height, 37);
        record(&path, &shown);
        let read = read_video(&path, 100).unwrap();
        assert_eq!(read.len(), 37);
        for (shown, read) in shown.iter().zip(&read) {
            let psnr = psnr(shown, read);
            assert!(psnr > 35.0, "{width}x{height}: {psnr} dB");
        }
    }
}

#[test]
fn an_odd_side_grows_by_its_last_row() {
    let folder = Folder::new("odd");
    let path = folder.path("odd.mp4");
    let shown = scenery(33, 35, 0);
    record(&path, std::slice::from_ref(&shown));
    let read = read_video(&path, 9).unwrap().remove(0);
    assert_eq!((read.width, read.height), (34, 36));
    let rows = (0..35).flat_map(|y| (0..33).map(move |x| (x, y)));
    let rgb = rows.flat_map(|(x, y)| read.pixel(x, y)).collect();
    let psnr = psnr(&shown, &Frame::new(33, 35, rgb));
    assert!(psnr > 33.0, "{psnr} dB");
}

#[test]
fn the_same_frames_give_the_same_bytes() {
    let folder = Folder::new("same");
    let shown = frames(96, 64, 20);
    let files = ["a.mp4", "b.mp4"].map(|name| {
        let path = folder.path(name);
        record(&path, &shown);
        fs::read(path).unwrap()
    });
    assert!(files[0] == files[1]);
}

#[test]
fn a_kill_loses_at_most_a_second() {
    let folder = Folder::new("kill");
    let path = folder.path("killed.mp4");
    let mut sink = open_sink(&path, 96, 64, 16).unwrap();
    for (pushed, frame) in frames(96, 64, 50).iter().enumerate() {
        sink.push(frame).unwrap();
        // What a reader finds now is what a kill would leave.
        let there = read_video(&path, 100).map_or(0, |read| read.len());
        assert_eq!(there, (pushed + 1) / 16 * 16);
    }
    drop(sink);
    assert_eq!(read_video(&path, 100).unwrap().len(), 50, "dropping writes the rest");
}

#[test]
fn a_file_that_was_cut_off_gives_the_frames_it_has() {
    let folder = Folder::new("cut");
    let path = folder.path("whole.mp4");
    let shown = frames(96, 64, 64);
    record(&path, &shown);
    let whole = fs::read(&path).unwrap();
    let read = |percent: usize| {
        let path = folder.file("cut.mp4", &whole[..whole.len() * percent / 100]);
        read_video(&path, 100)
    };
    let sixty = read(60).unwrap();
    assert!((32..=48).contains(&sixty.len()), "{}", sixty.len());
    for (shown, read) in shown.iter().zip(&sixty) {
        assert!(psnr(shown, read) > 35.0);
    }
    let mut before = 0;
    for percent in 0..=100 {
        let count = read(percent).map_or(0, |read| read.len());
        assert!(count >= before, "{percent} % gives {count} frames, less gave {before}");
        before = count;
    }
    assert_eq!(before, 64);
}

#[test]
fn the_first_and_the_last_frames_can_be_asked_for() {
    let folder = Folder::new("last");
    let path = folder.path("long.mp4");
    let shown = frames(96, 64, 70);
    record(&path, &shown);
    for count in [1, 5, 17, 33, 69, 70, 1000] {
        let kept = count.min(70);
        let first = read_video(&path, count).unwrap();
        let last = read_last_frames(&path, count).unwrap();
        assert_eq!((first.len(), last.len()), (kept, kept));
        assert!(psnr(&first[0], &shown[0]) > 35.0);
        assert!(psnr(&last[0], &shown[70 - kept]) > 35.0, "last {count}");
        assert!(psnr(&last[kept - 1], &shown[69]) > 35.0, "last {count}");
    }
    assert!(read_video(&path, 0).unwrap().is_empty());
    assert!(read_last_frames(&path, 0).unwrap().is_empty());
}

#[test]
fn a_folder_gets_numbered_pictures() {
    let folder = Folder::new("folder");
    let path = folder.path("deep/walk/");
    let shown = frames(20, 10, 3);
    record(&path, &shown);
    for (number, frame) in (1..).zip(&shown) {
        let picture = path.join(format!("frame_{number:05}.png"));
        assert!(read_picture(&picture).unwrap() == *frame);
    }
    assert_eq!(fs::read_dir(&path).unwrap().count(), 3);
    let again = open_sink(&path, 20, 10, 16).map(|_| ()).unwrap_err();
    assert!(matches!(again, MediaError::Exists(_)), "{again}");
}

#[test]
fn nothing_is_overwritten() {
    let folder = Folder::new("exists");
    let path = folder.file("mine.mp4", b"precious");
    let error = open_sink(&path, 32, 32, 16).map(|_| ()).unwrap_err();
    assert!(matches!(error, MediaError::Exists(_)), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    assert_eq!(unused_path(folder.root(), "mine", "mp4"), folder.path("mine-2.mp4"));
    folder.file("mine-2.mp4", b"");
    assert_eq!(unused_path(folder.root(), "mine", "mp4"), folder.path("mine-3.mp4"));
    assert_eq!(unused_path(folder.root(), "mine", ""), folder.path("mine"));
}

#[test]
fn a_recording_that_cannot_be_is_refused() {
    let folder = Folder::new("refused");
    let table = [
        ("a.avi", 32, 32, 16, "either one MP4"),
        ("a", 32, 32, 16, "either one MP4"),
        ("a.mp4", 15, 32, 16, "15x32"),
        ("a.mp4", 4000, 32, 16, "4000x32"),
        ("a.mp4", 3840, 3840, 16, "3840x3840"),
        ("a.mp4", 32, 32, 0, "at 0 per second"),
        ("no/a.mp4", 32, 32, 16, "folder does not exist"),
    ];
    for (name, width, height, fps, wanted) in table {
        let path = folder.path(name);
        let error = open_sink(&path, width, height, fps).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(wanted) && error.ends_with(&path.display().to_string()), "{error}");
    }
    let path = folder.path("a.MP4");
    let mut sink = open_sink(&path, 32, 32, 16).unwrap();
    let error = sink.push(&scenery(32, 34, 0)).unwrap_err();
    assert!(matches!(error, MediaError::FrameShape { .. }), "{error}");
    let error = sink.finish().unwrap_err();
    assert!(matches!(error, MediaError::NoFrames(_)), "{error}");
    assert!(folder.names().is_empty(), "an empty recording leaves no file");
}

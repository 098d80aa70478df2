//! Files on a thread of their own: pictures are read, stills written and recordings opened while the window goes on.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use yume_media::{
    Frame, FrameSink, MediaError, is_video, open_sink, read_last_frames, read_picture,
};

use super::wake::Waker;

/// Orders and answers that wait; a person gives them one by one.
const MOST_WAITING: usize = 16;
/// A dialog that ends sooner than this was never seen by a person.
const BLINK: Duration = Duration::from_millis(400);

/// A video is walked on from so many of its last frames: the two seconds of one segment, and one more than a multiple of
/// four, because that is how frames become latents.
const HISTORY_FRAMES: usize = 33;

/// Something to do with files.
pub(super) enum Order {
    /// Read a picture or video to start from.
    ReadStart(PathBuf),
    /// Read a picture to go on from.
    ReadEdit(PathBuf),
    /// Write a picture that is to be edited into a folder.
    WriteEdit { frame: Frame, folder: PathBuf },
    /// Write a still into a folder.
    WriteStill { frame: Frame, folder: PathBuf },
    /// Open a recording of frames of this size in a folder.
    OpenRecording { folder: PathBuf, width: u32, height: u32, fps: u32 },
}

/// What came of it.
pub(super) enum Answer {
    /// A picture, or the last frames of a video, was read.
    Start { path: PathBuf, frames: Vec<Frame> },
    /// A picture to go on from was read.
    Edit { path: PathBuf, frame: Frame },
    /// A picture waits to be edited.
    EditWritten(PathBuf),
    /// A still is on disk.
    Still(PathBuf),
    /// A recording can begin.
    Recording { path: PathBuf, sink: Box<dyn FrameSink> },
    /// The file dialog was closed without a choice.
    DialogClosed,
    /// The system has no file dialog.
    NoDialog,
    /// It failed, in a sentence.
    Failed(String),
}

/// The file thread. Dropping it lets an order under way come to its end.
pub(super) struct Files {
    orders: Sender<Order>,
    answers: Receiver<Answer>,
    answer_to: Sender<Answer>,
    waker: Waker,
}

impl Files {
    pub(super) fn open(waker: Waker) -> io::Result<Self> {
        let (orders, inbox) = bounded(MOST_WAITING);
        let (answer_to, answers) = bounded(MOST_WAITING);
        let files = Self { orders, answers, answer_to: answer_to.clone(), waker: waker.clone() };
        thread::Builder::new().name("files".into()).spawn(move || {
            for order in inbox {
                if answer_to.send(fulfil(order)).is_err() {
                    return;
                }
                waker.ring();
            }
        })?;
        Ok(files)
    }

    /// Gives an order; `false` when too many wait.
    pub(super) fn order(&self, order: Order) -> bool {
        self.orders.try_send(order).is_ok()
    }

    /// Opens the file dialog; the picture that is chosen comes as an answer.
    pub(super) fn ask_for_picture(&self) -> io::Result<()> {
        let (answers, waker) = (self.answer_to.clone(), self.waker.clone());
        thread::Builder::new().name("picture dialog".into()).spawn(move || {
            // Fails only when the window is gone.
            let _ = answers.send(ask());
            waker.ring();
        })?;
        Ok(())
    }

    /// The next answer, if one is there.
    pub(super) fn answer(&self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
}

fn ask() -> Answer {
    let opened = Instant::now();
    let dialog = rfd::AsyncFileDialog::new()
        .set_title("Choose a picture or a video to start from")
        .add_filter(
            "Pictures and videos",
            &["png", "jpg", "jpeg", "webp", "bmp", "gif", "mp4", "m4v", "mov", "webm", "mkv"],
        )
        .add_filter("All files", &["*"]);
    match pollster::block_on(dialog.pick_file()) {
        Some(file) => read(file.path()),
        None if opened.elapsed() < BLINK => Answer::NoDialog,
        None => Answer::DialogClosed,
    }
}

fn fulfil(order: Order) -> Answer {
    match order {
        Order::ReadStart(path) => read(&path),
        Order::ReadEdit(path) => match read_picture(&path) {
            Ok(frame) => Answer::Edit { path, frame },
            Err(error) => not_opened(&error),
        },
        Order::WriteEdit { frame, folder } => match write(&frame, &folder, "edit") {
            Ok(path) => Answer::EditWritten(path),
            Err(text) => Answer::Failed(text),
        },
        Order::WriteStill { frame, folder } => match write(&frame, &folder, "still") {
            Ok(path) => Answer::Still(path),
            Err(text) => Answer::Failed(text),
        },
        Order::OpenRecording { folder, width, height, fps } => {
            let path = match next_path(&folder, "walk", "mp4") {
                Ok(path) => path,
                Err(error) => return Answer::Failed(format!("Recording did not start: {error}.")),
            };
            match open_sink(&path, width, height, fps) {
                Ok(sink) => Answer::Recording { path, sink },
                Err(error) => Answer::Failed(format!("Recording did not start: {error}.")),
            }
        }
    }
}

fn read(path: &Path) -> Answer {
    let frames = is_video(path).and_then(|is_video| {
        if is_video {
            read_last_frames(path, HISTORY_FRAMES)
        } else {
            Ok(vec![read_picture(path)?])
        }
    });
    match frames {
        Ok(frames) => Answer::Start { path: path.to_owned(), frames },
        Err(error) => not_opened(&error),
    }
}

fn not_opened(error: &MediaError) -> Answer {
    Answer::Failed(format!("The file was not opened: {error}."))
}

/// Writes a picture under a new name; on failure a sentence.
fn write(frame: &Frame, folder: &Path, stem: &str) -> Result<PathBuf, String> {
    next_path(folder, stem, "png")
        .map_err(|error| error.to_string())
        .and_then(|path| {
            frame.write_png(&path).map_err(|error: MediaError| error.to_string())?;
            Ok(path)
        })
        .map_err(|error| format!("The picture was not saved: {error}."))
}

/// `stem-0001.extension`, with a number above all that are in `folder`, which is made if it is missing.
fn next_path(folder: &Path, stem: &str, extension: &str) -> io::Result<PathBuf> {
    let explain = |error: io::Error| {
        let folder = folder.display();
        io::Error::new(error.kind(), format!("{error}, choose another folder: {folder}"))
    };
    fs::create_dir_all(folder).map_err(explain)?;
    let mut highest = 0_u64;
    for entry in fs::read_dir(folder).map_err(explain)? {
        let name = entry.map_err(explain)?.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix(stem)?.strip_prefix('-')?.split('.').next())
            .and_then(|number| number.parse().ok());
        highest = highest.max(number.unwrap_or(0));
    }
    Ok(folder.join(format!("{stem}-{:04}.{extension}", highest.saturating_add(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name of our own under which nothing exists.
    fn temp_folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("yume-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn recordings_are_numbered_above_all_that_exist() {
        let folder = temp_folder("numbers").join("made/when/needed");
        let first = next_path(&folder, "walk", "mp4").unwrap();
        assert_eq!(first.file_name().unwrap(), "walk-0001.mp4");
        for name in ["walk-0007.mp4", "walk-x.mp4", "still-0030.png", "walk-0003"] {
            fs::write(folder.join(name), b"").unwrap();
        }
        let next = next_path(&folder, "walk", "mp4").unwrap();
        assert_eq!(next.file_name().unwrap(), "walk-0008.mp4");
        let still = next_path(&folder, "still", "png").unwrap();
        assert_eq!(still.file_name().unwrap(), "still-0031.png");
        temp_folder("numbers");
    }

    #[test]
    fn a_still_lands_on_disk_and_reads_back() {
        let folder = temp_folder("still");
        let frame = Frame::new(4, 2, (0..24).collect());
        let path = write(&frame, &folder, "still").unwrap();
        assert!(read_picture(&path).unwrap() == frame);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_refused_in_a_sentence() {
        let folder = temp_folder("blocked");
        fs::write(&folder, b"not a folder").unwrap();
        let text = write(&Frame::new(1, 1, vec![0; 3]), &folder, "still").unwrap_err();
        assert!(text.contains("choose another folder"), "{text}");
        fs::remove_file(folder).unwrap();
    }
}

//! Frames, pictures and video files: reading what a person chose, resizing it, and recording so
//! that a crash loses at most a second. Whatever a file says is checked before it is believed.

mod bytes;
mod color;
mod encoder;
mod error;
mod ffmpeg;
mod fit;
mod frame;
mod gif;
mod jpeg;
mod mp4_boxes;
mod mp4_fragments;
mod mp4_tables;
mod mp4_track;
mod mp4_video;
mod mp4_writer;
mod open;
mod picture;
mod png;
mod png_folder;
mod sequence;
mod sink;
mod video;

pub use error::MediaError;
pub use fit::Fit;
pub use frame::Frame;
pub use mp4_writer::Mp4Writer;
pub use picture::{decode_picture, read_picture};
pub use png_folder::PngFolder;
pub use sink::{FrameSink, open_sink, unused_path};
pub use video::{is_video, read_last_frames, read_video};

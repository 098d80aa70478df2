//! What the tests share: pictures to look at, and a folder that cleans up after itself.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use yume_media::Frame;

/// A smooth picture with a little grain that moves with `step`.
pub(crate) fn scenery(width: u32, height: u32, step: u32) -> Frame {
    let mut rgb = Vec::with_capacity((3 * width * height) as usize);
    for y in 0..height {
        for x in 0..width {
            let (u, v, t) = (x as f32 * 0.05, y as f32 * 0.06, step as f32 * 0.2);
            let grain = ((x * 7919 + y * 104_729 + step * 31) % 5) as f32;
            let wave = (u + t).sin() * (v - t * 0.7).cos();
            rgb.push((120.0 + 90.0 * wave + grain) as u8);
            rgb.push((110.0 + 80.0 * (u * 0.7 + t).cos() + grain) as u8);
            rgb.push((130.0 + 70.0 * (v + u - t).sin() + grain) as u8);
        }
    }
    Frame::new(width, height, rgb)
}

/// Peak signal to noise ratio in dB; infinite for equal frames.
pub(crate) fn psnr(a: &Frame, b: &Frame) -> f64 {
    assert_eq!((a.width, a.height), (b.width, b.height));
    let square = |(a, b): (&u8, &u8)| f64::from(a.abs_diff(*b)).powi(2);
    let sum: f64 = a.rgb.iter().zip(b.rgb.iter()).map(square).sum();
    10.0 * (255.0 * 255.0 / (sum / a.rgb.len() as f64)).log10()
}

/// An empty folder of its own for each test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("yume-media-{}-{name}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        Self(root)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

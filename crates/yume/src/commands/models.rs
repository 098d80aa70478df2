//! `yume models`: what can be walked in.

use yume::{device, embedded};
use yume_checkpoint::ModelFiles;

use super::Exit;
use crate::cli::Models;

pub(super) fn run(models: &Models) -> Exit {
    let size = embedded::model_bytes() as f64 / 1e6;
    println!("{:<20} {size:>8.1} MB  {}, part of this program", embedded::NAME, embedded::LABEL);
    let found = device::list();
    let mut exit = Exit::Done;
    for folder in &models.folders {
        match ModelFiles::from_folder(folder).and_then(|files| Ok((files.bytes()?, files))) {
            Ok((bytes, files)) => {
                let frame = &files.spec().frame;
                println!(
                    "{:<20} {:>8.1} MB  {}x{}, {} frames per second, {}",
                    super::name_of(folder),
                    bytes as f64 / 1e6,
                    frame.width,
                    frame.height,
                    frame.fps,
                    folder.display(),
                );
                for verdict in super::fits::verdicts(files.spec(), &found) {
                    println!("  {verdict}");
                }
            }
            Err(error) => {
                eprintln!("yume: {error}");
                exit = Exit::Failed;
            }
        }
    }
    exit
}

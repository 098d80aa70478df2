//! `yume models verify`: a model's files compared with what its networks need, and with their hashes.

use std::ops::ControlFlow::{Break, Continue};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use yume::device;
use yume_checkpoint::{ModelFiles, PartReport};
use yume_hub::{known_digest, verify_file};
use yume_session::BoxError;

use super::super::Exit;
use super::super::bar::ByteBar;
use crate::cli::VerifyModel;

pub(super) fn run(order: &VerifyModel) -> Result<Exit, BoxError> {
    let stop = super::stop_flag()?;
    let (files, label) = super::find(Some(&order.model))?;
    println!("{label}: {}", files.layout());
    let mut findings = Vec::new();
    let mut paths = files.small_files();
    for part in files.spec().parts() {
        match files.verify(part, &device::cpu_device()) {
            Ok(report) => {
                println!("  {}", row(&report));
                paths.extend(report.files);
                findings.extend(report.misfit.map(|misfit| misfit.to_string()));
            }
            Err(error) => {
                println!("  {part:<14} cannot be used");
                findings.push(error.to_string());
            }
        }
    }
    match files.tokenizer() {
        Ok(_) => println!("  {:<14} fits", "tokenizer"),
        Err(error) => {
            println!("  {:<14} cannot be used", "tokenizer");
            findings.push(error.to_string());
        }
    }
    if check_hashes(&files, &paths, &stop, &mut findings)?.is_none() {
        return Ok(Exit::Interrupted);
    }
    for finding in &findings {
        eprintln!("yume: {finding}");
    }
    Ok(if findings.is_empty() { Exit::Done } else { Exit::Failed })
}

fn row(report: &PartReport) -> String {
    let PartReport { part, tensors, bytes, elements, misfit, .. } = report;
    let elements: Vec<_> = elements.iter().map(|element| format!("{element:?}")).collect();
    let state = if misfit.is_none() { "names, shapes and types fit" } else { "does not fit" };
    let size = super::size(*bytes);
    format!("{part:<14} {tensors:>5} tensors {size:>9}  {:<8} {state}", elements.join(", "))
}

/// Compares the contents of those files whose hash is known; `None` if it was stopped.
fn check_hashes(
    files: &ModelFiles,
    paths: &[impl AsRef<Path>],
    stop: &AtomicBool,
    findings: &mut Vec<String>,
) -> Result<Option<()>, BoxError> {
    let known: Vec<_> = paths
        .iter()
        .filter_map(|path| Some((path.as_ref(), known_digest(path.as_ref())?)))
        .collect();
    if known.is_empty() {
        println!("  no hashes are known for this {}", files.layout());
        return Ok(Some(()));
    }
    let sizes = known.iter().map(|(path, _)| path.metadata().map_or(0, |metadata| metadata.len()));
    let (total, mut done) = (sizes.sum(), 0);
    let bar = ByteBar::new();
    let mut right = 0;
    for (path, digest) in &known {
        let verified = verify_file(path, digest, &mut |bytes| {
            done += bytes;
            bar.show(done, total, "hashing");
            if stop.load(Relaxed) { Break(()) } else { Continue(()) }
        });
        match verified.map_err(|error| format!("cannot read ({error}): {}", path.display()))? {
            None => return Ok(None),
            Some(true) => right += 1,
            Some(false) => findings.push(format!(
                "the content has not the hash of its name, {digest}; delete it and download it \
                 again: {}",
                path.canonicalize().unwrap_or_else(|_| path.to_path_buf()).display()
            )),
        }
    }
    bar.clear();
    println!("  {right} of {} hashes are right", known.len());
    Ok(Some(()))
}

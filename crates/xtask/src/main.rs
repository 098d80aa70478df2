//! Checks that cargo cannot express: who may depend on whom, licences, lengths, layout, sizes and
//! links. `cargo xtask check` runs them all and lists everything they find.

mod deny;
mod dependencies;
mod layout;
mod lengths;
mod licences;
mod links;
mod repository;
mod sizes;
mod spdx;
mod toml;

use std::env;
use std::process::ExitCode;

use repository::Repository;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments != ["check"] {
        eprintln!("usage: cargo xtask check");
        return ExitCode::from(2);
    }
    match check() {
        Ok(findings) if findings.is_empty() => {
            println!("xtask: everything is in order");
            ExitCode::SUCCESS
        }
        Ok(findings) => {
            for finding in &findings {
                eprintln!("xtask: {finding}");
            }
            eprintln!("xtask: {} to put right", findings.len());
            ExitCode::FAILURE
        }
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Every finding as a sentence, or why the checks could not run.
fn check() -> Result<Vec<String>, String> {
    let repository = Repository::open()?;
    let lines = repository.line_counts()?;
    println!("xtask: {}", lengths::summary(&lines));
    let mut findings = dependencies::check(&repository.crates()?);
    findings.extend(lengths::check(&lines));
    findings.extend(licences::check(&repository.packages()?, &repository.deny()?));
    findings.extend(layout::check(&repository.files));
    findings.extend(sizes::check(&repository.sizes()?));
    findings.extend(links::check(&repository.files, &repository.pages()?));
    Ok(findings)
}

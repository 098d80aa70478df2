//! Yume Explorer: walk through worlds that are generated while you walk.

mod cli;
mod commands;
mod kernels;
mod log;
mod memory;
mod sampling;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    log::init(cli.verbose);
    match commands::run(cli) {
        Ok(code) => code.into(),
        Err(error) => {
            eprintln!("yume: {error}");
            commands::Exit::Failed.into()
        }
    }
}

//! What is logged, and to where.

use tracing_subscriber::EnvFilter;

/// Warnings by default; `-v` tells more, `YUME_LOG` tells exactly what is asked for.
pub(crate) fn init(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    // The libraries below speak of their own affairs at these levels.
    let default = format!("error,yume={level},yume_world={level},yume_session={level}");
    let filter = EnvFilter::try_from_env("YUME_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

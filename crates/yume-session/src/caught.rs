//! Failures and panics of a generator or a sink, as one sentence.

use std::any::Any;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; a panic in it becomes an error that says what was being done.
pub(crate) fn caught<T>(
    doing: &str,
    work: impl FnOnce() -> Result<T, String>,
) -> Result<T, String> {
    // After a panic nothing that `work` touched is used again before it is made anew.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let said = said(&*payload);
        Err(format!("a bug in the program stopped {doing} ({said}); begin again and report it"))
    })
}

fn said(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

/// An error and what caused it.
pub(crate) fn sentence(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let reason = error.to_string();
        // Many errors repeat their cause in their own text.
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        cause = error.source();
    }
    text
}

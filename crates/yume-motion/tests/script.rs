//! Written walks.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use yume_motion::{MAX_SCRIPT_MOTIONS, Motion, parse_script};

fn write(motions: &[Motion]) -> String {
    motions.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[track_caller]
fn check(script: &str, wanted: &str) {
    let motions = parse_script(script).unwrap();
    assert_eq!(write(&motions), wanted, "{script:?}");
}

#[track_caller]
fn check_refused(script: &str, position: usize, wanted: &str) {
    let error = parse_script(script).unwrap_err();
    let message = error.to_string();
    assert_eq!(error.position, position, "{script:?}: {message}");
    assert!(message.contains(wanted), "{script:?}: {message}");
    assert!(message.len() < 200, "{script:?}: {message}");
}

#[test]
fn scripts_become_motions() {
    check("W", "W");
    check("W*3,W+A:left,.:right,S", "W,W,W,W+A:left,.:right,S");
    check(".", ".");
    check("d + w : RIGHT-up * 2", "W+D:up-right,W+D:up-right");
    check("W*2\n\n  S:down-left ,.\r\n", "W,W,S:down-left,.");
    check("A*007", "A,A,A,A,A,A,A");
    check(&format!("W*{MAX_SCRIPT_MOTIONS}"), &vec!["W"; MAX_SCRIPT_MOTIONS].join(","));
    let all = write(&Motion::all().collect::<Vec<_>>());
    check(&all, &all);
}

#[test]
fn a_refusal_says_where_and_what_to_write() {
    check_refused("", 1, "motion is missing");
    check_refused(" \n ", 1, "motion is missing");
    check_refused("W,,S", 3, "motion is missing");
    check_refused("W,", 3, "motion is missing");
    check_refused("W,:left", 3, "motion is missing");
    check_refused("W,X", 3, "`X` is not a key");
    check_refused("W,  Q+A", 5, "`Q` is not a key");
    check_refused("W+", 3, "`` is not a key");
    check_refused("W+.", 3, "`.` is not a key");
    check_refused("W,W+S", 3, "names one axis twice");
    check_refused("W+W", 1, "names one axis twice");
    check_refused("W:", 3, "`` is not a turn");
    check_refused("W:sideways", 3, "`sideways` is not a turn");
    check_refused("W:up-sideways", 6, "use left, right, up, down");
    check_refused("W:up-down", 3, "names one axis twice");
    check_refused("W:left:left", 3, "`left:left` is not a turn");
    check_refused("W*", 3, "is not a count");
    check_refused("W*0", 3, "`0` is not a count");
    check_refused("W* -1", 4, "`-1` is not a count");
    check_refused("W*2*2", 3, "`2*2` is not a count");
    check_refused("W*99999999999999999999999", 3, "more than 100000");
    check_refused("W*60000,\n", 9, "motion is missing");
    check_refused("W*60000,S*60000", 9, "more than 100000");
    check_refused("·,W", 1, "`·` is not a key");
    check_refused("W\n·", 3, "is not a key");
    check_refused("W:\u{1b}[31mred", 3, "\\u{1b}[31mred");
    check_refused(&"x".repeat(1_000_000), 1, "…");
}

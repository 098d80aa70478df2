//! `yume eval` through the program itself.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::path::PathBuf;
use std::process::{Command, Output};

/// A folder of one test, gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("yume-eval-{}-{name}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn eval(out: &Folder, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yume"));
    command.args(["eval", "--device", "cpu", "--out"]).arg(&out.0).args(more);
    command.output().unwrap()
}

fn report(out: &Folder) -> serde_json::Value {
    let json = std::fs::read(out.0.join("report.json")).unwrap();
    serde_json::from_slice(&json).unwrap()
}

/// Everything but the times.
fn figures(report: &serde_json::Value) -> Vec<serde_json::Value> {
    let reports = report["reports"].as_array().unwrap();
    reports.iter().map(|report| serde_json::json!([report["rows"], report["obedience"]])).collect()
}

#[test]
fn a_quick_evaluation_has_every_quantity_and_repeats() {
    let out = Folder::new("quick");
    let output = eval(&out, &["--quick", "--steps", "2"]);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let first = report(&out);
    let rows = first["reports"][0]["rows"].as_array().unwrap();
    for name in [
        "instruction following",
        "turns followed",
        "subject consistency",
        "background consistency",
        "motion smoothness",
        "sharpness of true frames",
        "feature distance",
        "PSNR to true frames, dB",
    ] {
        let row = rows.iter().find(|row| row["name"] == name).unwrap();
        assert!(row["all"].as_f64().unwrap().is_finite(), "{row}");
        assert!(table.contains(name), "{table}");
    }
    assert!(table.contains("aesthetic quality") && table.contains("not computed"), "{table}");
    let picture = yume_media::read_picture(&out.0.join("report.png")).unwrap();
    assert!(picture.width > 500 && picture.height > 500, "{picture:?}");
    assert!(eval(&out, &["--quick", "--steps", "2"]).status.success());
    assert_eq!(figures(&report(&out)), figures(&first), "the same evaluation came out differently");
}

#[test]
fn own_pictures_and_motions_are_walked() {
    let out = Folder::new("own");
    let start = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/tiny/starts/park.png");
    let output = eval(&out, &["--start", start, "--motions", ".:left", "--preset", "draft"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = report(&out);
    assert_eq!(report["courses"][0], "park.png: .:left");
    let rows = report["reports"][0]["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["name"] != "colour distance"), "the town is elsewhere");
}

#[test]
fn what_cannot_be_done_is_said() {
    let out = Folder::new("wrong");
    for (line, part) in [
        (&["--compare", "samplers", "--steps", "3"][..], "leave out the options of sampling"),
        (&["--start", "/lost/picture.png"], "/lost/picture.png"),
    ] {
        let output = eval(&out, line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{line:?}: {said}");
        assert!(said.contains(part), "{line:?}: {said}");
    }
}

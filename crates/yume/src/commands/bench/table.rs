//! A report of `yume bench` for people.

use yume_world::bench::{AttentionRow, KindRow, MemoryRow, SegmentRow, StageRow, WorkKind};

use super::Facts;
use crate::commands::fits::gigabytes;

/// Dense products of bf16 per second of one H200, as far as published measurements reach it.
const FLOOR_FLOPS_PER_SEC: f64 = 790e12;

pub(super) fn print(facts: &Facts<'_>) {
    let Facts { model, device, weights, runs, warm_ups, loading_secs, report, .. } = facts;
    println!("{model} on {device}, weights in {weights}");
    println!("Loaded in {loading_secs:.2} s; medians of {runs} passes after {warm_ups}");
    println!();
    let titles = ["first", "median", "least", "operations", "per second"];
    let [first, median, least, operations, rate] = titles;
    println!("{:<40}{first:>11}{median:>11}{least:>11}{operations:>16}{rate:>17}", "Stage");
    report.stages.iter().for_each(stage);
    if report.stages.iter().any(|row| row.times.first_ms > 2.0 * row.times.median_ms) {
        let tuning = report.stages.iter().map(|row| row.times.first_ms - row.times.median_ms);
        let secs = tuning.sum::<f64>() / 1e3;
        println!(
            "First passes took {secs:.2} s more than later ones: memory is touched, and a GPU \
             compiles and tunes its kernels."
        );
    }
    if !report.kinds.is_empty() {
        println!();
        println!("Kinds of work, each timed by itself");
        report.kinds.iter().for_each(kind);
    }
    if !report.attention.is_empty() {
        println!();
        println!("Attention in one pass of the DiT");
        report.attention.iter().for_each(attention);
    }
    if !report.segments.is_empty() {
        println!();
        println!("First segments of two seconds, guidance included");
        report.segments.iter().for_each(segment);
    }
    if !report.memory.is_empty() {
        println!();
        println!("Memory");
        report.memory.iter().for_each(memory);
    }
    if !report.skipped.is_empty() {
        println!();
        println!("Not measured, for lack of time: {}", report.skipped.join("; "));
    }
}

fn stage(row: &StageRow) {
    let name = named(row.name, row.history);
    let times = row.times;
    print!(
        "{name:<40}{:>11}{:>11}{:>11}",
        millis(times.first_ms),
        millis(times.median_ms),
        millis(times.least_ms)
    );
    if row.flops > 0 {
        let operations = engineering(row.flops as f64, "FLOP");
        print!("{operations:>16}{:>17}", engineering(row.flops_per_sec, "FLOP/s"));
    }
    println!();
}

fn kind(row: &KindRow) {
    let kind = match row.kind {
        WorkKind::Products => "products",
        WorkKind::Attention => "attention",
        WorkKind::Elementwise => "elementwise",
        WorkKind::Convolutions => "convolutions",
    };
    let stage = named(row.stage, row.history);
    println!("{stage:<40}{kind:<14}{:>11}{:>8.1} %", millis(row.ms), 100.0 * row.share);
}

fn attention(row: &AttentionRow) {
    let &AttentionRow { history, own, tiled, stored } = row;
    let verdict = if stored == 0 { "never" } else { "STORED" };
    println!(
        "{history:>4} latents: {own} by the program's kernel, {tiled} by the library's tiled \
         kernels, {stored} with all scores in memory ({verdict})"
    );
}

fn segment(row: &SegmentRow) {
    let &SegmentRow { steps, evaluations, blocks_run, flops, .. } = row;
    let secs =
        |secs: Option<f64>| secs.map_or("not measured".to_owned(), |secs| format!("{secs:.2} s"));
    let cache = if blocks_run < 1.0 {
        format!(", {:.0} % of the blocks", 100.0 * blocks_run)
    } else {
        String::new()
    };
    let floor = flops as f64 / FLOOR_FLOPS_PER_SEC;
    let floor =
        if floor > 1.0 { format!(", at least {floor:.1} s on one H200") } else { String::new() };
    println!(
        "{steps} steps, {evaluations} passes{cache}: {} (computed from the stages: {}; {} in all{floor})",
        secs(row.measured_secs),
        secs(row.computed_secs),
        engineering(flops as f64, "FLOP"),
    );
}

fn memory(row: &MemoryRow) {
    let peak = row.peak_bytes.map_or("not known".to_owned(), gigabytes);
    let predicted = gigabytes(row.predicted_bytes);
    println!("{:>4} latents: peak {peak}, planned for a walk {predicted}", row.history);
}

fn named(name: &str, history: Option<usize>) -> String {
    history.map_or(name.to_owned(), |history| format!("{name}, {history} latents"))
}

fn millis(ms: f64) -> String {
    let digits = if ms < 10.0 {
        2
    } else if ms < 1000.0 {
        1
    } else {
        0
    };
    format!("{ms:.digits$} ms")
}

/// A number with a prefix, such as 1.03 PFLOP.
fn engineering(number: f64, unit: &str) -> String {
    let prefixes = ["", "k", "M", "G", "T", "P"];
    let step = ((number.max(1.0).log10() / 3.0) as usize).min(prefixes.len() - 1);
    format!("{:.3} {}{unit}", number / 1000f64.powi(step as i32), prefixes[step])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_prefix_that_keeps_them_short() {
        for (number, expected) in [
            (1.03e15, "1.030 PFLOP"),
            (2.5e9, "2.500 GFLOP"),
            (12.0, "12.000 FLOP"),
            (0.0, "0.000 FLOP"),
        ] {
            assert_eq!(engineering(number, "FLOP"), expected);
        }
        assert_eq!([1.234, 12.34, 1234.5].map(millis), ["1.23 ms", "12.3 ms", "1234 ms"]);
    }
}

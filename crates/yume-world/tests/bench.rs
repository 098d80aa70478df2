//! Measuring a model: what is in the report, and how it ends. No time is compared with anything.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use burn::tensor::{DType, Device};
use yume_world::bench::{Ending, Networks, Report, Request, Sampled, Size, WorkKind, run};

/// Attention is counted for the whole process, so one test measures at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn request() -> Request {
    Request {
        warm_ups: 1,
        runs: 2,
        histories: vec![13, 29, 93],
        segments: [false, true].map(|is_cached| Sampled { steps: 4, is_cached }).to_vec(),
        longest: None,
    }
}

fn tiny(matrices: DType) -> Networks {
    Networks::drawn(Size::Tiny.spec(), &Device::flex(), matrices.into())
}

fn go_on(networks: &Networks, request: &Request) -> Report {
    run(networks, request, &mut |_| ControlFlow::Continue(()))
}

#[test]
fn every_stage_and_history_is_measured_and_no_attention_stores_its_scores() {
    let _alone = alone();
    for (matrices, is_own) in [(DType::F32, true), (DType::BF16, false)] {
        let report = go_on(&tiny(matrices), &request());
        assert_eq!(report.ending, Ending::Complete);
        assert!(report.skipped.is_empty());
        let names = ["text encoder", "image encoder", "cross-attention keys", "VAE encode"];
        for name in names.into_iter().chain(["VAE decode"]) {
            assert!(report.median_ms(name, None).unwrap() > 0.0, "{name}");
        }
        // The published code gives a first segment five latents of history.
        let histories = [5, 13, 29, 93];
        for history in histories {
            for name in ["plan of the segment", "DiT forward", "DiT forward, guidance pair"] {
                assert!(report.median_ms(name, Some(history)).unwrap() > 0.0, "{name}");
            }
        }
        for row in &report.stages {
            let rate = row.flops as f64 / row.times.median_ms * 1e3;
            assert!((row.flops_per_sec - rate).abs() <= 1e-9 * rate, "{}", row.name);
            assert!(row.times.least_ms <= row.times.median_ms, "{}", row.name);
        }
        let calls = 3 * Size::Tiny.spec().dit.num_layers as u64;
        let attention: Vec<_> = report
            .attention
            .iter()
            .map(|row| (row.history, row.own, row.tiled, row.stored))
            .collect();
        let expected =
            |history| if is_own { (history, calls, 0, 0) } else { (history, 0, calls, 0) };
        assert_eq!(attention, histories.map(expected), "{matrices:?}");

        for history in histories {
            let kinds = report.kinds.iter().filter(|row| row.history == Some(history));
            let sum: f64 = kinds.map(|row| row.share).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{history}: {sum}");
        }
        assert!(report.kinds.iter().any(|row| row.kind == WorkKind::Convolutions));
        assert_eq!(report.memory.len(), histories.len());
        assert!(report.memory.iter().all(|row| row.predicted_bytes > 0));
    }
}

#[test]
fn segments_are_made_with_guidance_and_the_feature_cache() {
    let _alone = alone();
    let report = go_on(&tiny(DType::F32), &request());
    let [plain, cached] = &report.segments[..] else { panic!("two segments were asked for") };
    // Guidance asks twice on each of the four steps.
    assert_eq!((plain.evaluations, cached.evaluations), (8, 8));
    // One of two blocks is renewed on every fourth pass.
    assert!((plain.blocks_run - 1.0).abs() < 1e-9 && (cached.blocks_run - 0.625).abs() < 1e-9);
    assert!(cached.flops < plain.flops);
    for segment in [plain, cached] {
        let secs = segment.measured_secs.unwrap();
        assert!(segment.sampling_secs.unwrap() < secs && segment.computed_secs.unwrap() > 0.0);
    }
}

#[test]
fn an_interruption_or_a_lack_of_time_keeps_what_was_measured() {
    let _alone = alone();
    let networks = tiny(DType::F32);
    let mut passes = 0;
    let report = run(&networks, &request(), &mut |progress| {
        assert!(progress.done <= progress.all, "{} of {}", progress.done, progress.all);
        passes += 1;
        if passes > 8 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(report.ending, Ending::Interrupted);
    // Three passes of each of the first two stages.
    assert_eq!(report.stages.len(), 2);

    let late = Request { longest: Some(Duration::ZERO), ..request() };
    let report = go_on(&networks, &late);
    assert_eq!((report.ending, report.stages.len()), (Ending::Complete, 0));
    assert!(report.skipped.iter().any(|what| what == "VAE decode"), "{:?}", report.skipped);
    assert!(report.segments.iter().all(|segment| segment.measured_secs.is_none()));
}

#[test]
fn sizes_are_those_of_the_architecture() {
    for size in [Size::Tiny, Size::Small, Size::Medium, Size::Full] {
        let spec = size.spec();
        assert_eq!(spec.dit.text_dim, spec.text.dim, "{size:?}");
        assert_eq!(spec.dit.img_dim, spec.clip.dim, "{size:?}");
        let patches = (spec.clip.image_size / spec.clip.patch_size).pow(2);
        assert_eq!(spec.dit.img_tokens, 1 + patches, "{size:?}");
        assert!(spec.frame.width.is_multiple_of(16) && spec.frame.height.is_multiple_of(16));
        assert_eq!(spec.dit.dim % (2 * spec.dit.num_heads), 0, "{size:?}");
    }
}

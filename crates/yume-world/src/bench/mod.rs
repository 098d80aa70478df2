//! How fast the networks of a model are where they run: stage by stage, beside what is counted.

mod clock;
mod histories;
mod kinds;
mod networks;
mod once;
mod peak;
mod report;
mod segment;
mod size;

pub use clock::{Progress, Times};
pub use networks::Networks;
pub use report::{
    AttentionRow, Ending, KindRow, MemoryRow, Report, SegmentRow, Sizes, StageRow, WorkKind,
};
pub use segment::Sampled;
pub use size::Size;

use std::ops::ControlFlow;
use std::time::Duration;

use clock::{Clock, Stop};

/// What is measured, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Passes of a stage before those that count; at least one.
    pub warm_ups: usize,
    /// Passes of a stage that count; at least one.
    pub runs: usize,
    /// Latents of history besides those of a first segment; longer ones than the model keeps are
    /// cut to its cap.
    pub histories: Vec<usize>,
    /// Segments to make from beginning to end.
    pub segments: Vec<Sampled>,
    /// After this long nothing new is begun.
    pub longest: Option<Duration>,
}

/// Measures `networks` as `request` says. `watch` is told before every pass, and may stop.
///
/// What was measured before an interruption or a failure is in the report.
pub fn run(
    networks: &Networks,
    request: &Request,
    watch: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Report {
    let mut report = Report::new(networks.spec());
    let mut clock = Clock::new(networks.device().clone(), request, watch);
    let ending = match measure(networks, request, &mut clock, &mut report) {
        Ok(()) => Ending::Complete,
        Err(Stop::Interrupted) => Ending::Interrupted,
        Err(Stop::Failed(sentence)) => Ending::Failed(sentence),
    };
    report.skipped = clock.into_skipped();
    report.ending = ending;
    report
}

fn measure(
    networks: &Networks,
    request: &Request,
    clock: &mut Clock<'_>,
    report: &mut Report,
) -> Result<(), Stop> {
    let (spec, sizes) = (networks.spec(), report.sizes.clone());
    let lengths = histories::lengths(spec, sizes.first_history, &request.histories);
    let costs = histories::costs(spec, &sizes, &lengths)?;
    clock.expect(once::flops(networks, &sizes) + costs.iter().map(histories::flops).sum::<u64>());
    for &sampled in &request.segments {
        clock.expect_once(segment::flops(spec, sampled, &costs[0]));
    }
    let material = once::measure(networks, clock, report)?;
    kinds::of_decoding(networks, once::DECODE, clock, report)?;
    for cost in &costs {
        histories::measure(networks, cost, &material, clock, report)?;
    }
    for &sampled in &request.segments {
        segment::measure(networks, sampled, &costs[0], &material, clock, report)?;
    }
    Ok(())
}

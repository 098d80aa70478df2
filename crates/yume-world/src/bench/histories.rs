//! The DiT, for histories of several lengths.

use burn::tensor::Device;
use yume_checkpoint::ModelSpec;
use yume_nets::attention::Calls;
use yume_nets::cost::DitCost;
use yume_nets::dit::{DitInput, Layout, Plan};

use super::clock::{Clock, Stop};
use super::once::{Material, random};
use super::peak::Peak;
use super::report::Sizes;
use super::{AttentionRow, MemoryRow, Networks, Report, StageRow, kinds};
use crate::{MemoryPlan, Options, Walked};

/// A layout and what a pass over it costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// Latents before the segment.
    pub known: usize,
    /// How they are packed.
    pub layout: Layout,
    /// Operations and tokens.
    pub dit: DitCost,
}

impl From<yume_nets::dit::PlanError> for Stop {
    fn from(error: yume_nets::dit::PlanError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Latents of history that are measured: those of a first segment and the `wanted` ones, as far as
/// the model keeps them.
pub(super) fn lengths(spec: &ModelSpec, first: usize, wanted: &[usize]) -> Vec<usize> {
    let cap = |length: usize| spec.history_cap.map_or(length, |cap| length.min(cap));
    let mut lengths = vec![cap(first)];
    lengths.extend(wanted.iter().map(|&length| cap(length)).filter(|&length| length > first));
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

/// What each of `lengths` costs.
pub(super) fn costs(spec: &ModelSpec, sizes: &Sizes, lengths: &[usize]) -> Result<Vec<Cost>, Stop> {
    let cost = |&known: &usize| {
        // Where the window is longer than a segment, it holds the newest of the history.
        let history = (known + sizes.latents).saturating_sub(sizes.window);
        let layout = Layout::Packed { history, window: sizes.window };
        let dit = DitCost::new(&spec.dit, layout, sizes.height / 8, sizes.width / 8)?;
        Ok(Cost { known, layout, dit })
    };
    lengths.iter().map(cost).collect()
}

/// Operations of everything that is timed of one history: a pass, a pair, and the kinds of work.
pub(super) fn flops(cost: &Cost) -> u64 {
    4 * cost.dit.flops
}

/// Times them.
pub(super) fn measure(
    networks: &Networks,
    cost: &Cost,
    material: &Material,
    clock: &mut Clock<'_>,
    report: &mut Report,
) -> Result<(), Stop> {
    let &Cost { known, layout, dit: DitCost { tokens, flops, .. } } = cost;
    let (spec, device) = (networks.spec(), networks.device());
    let sizes = report.sizes.clone();
    let (height, width, z) = (sizes.height / 8, sizes.width / 8, sizes.vae.z_dim);
    let mut peak = Peak::new(device);
    let of_history = |row: StageRow| StageRow { history: Some(known), tokens: Some(tokens), ..row };

    let make = || Plan::new(&spec.dit, layout, height, width, device);
    let plan = make()?;
    let times = clock.time(PLAN, 0, make)?;
    report.stages.extend(times.map(|times| of_history(StageRow::new(PLAN, times, 0))));

    let frames = plan.frames;
    let input = |copies: usize| DitInput {
        latents: random([copies, z, frames, height, width], device),
        conditioning: random([copies, 4 + z, frames, height, width], device),
        timesteps: vec![700.0; copies],
    };
    let (dit, context) = (&networks.dit, &material.context);
    let before = Calls::so_far();
    let one = input(1);
    let times = clock.time(FORWARD, flops, || dit.forward(one.clone(), context, &plan))?;
    if let Some(times) = times {
        report.stages.push(of_history(StageRow::new(FORWARD, times, flops)));
        report.attention.push(AttentionRow::new(known, Calls::since(before), clock.passes()));
    }

    let two = input(2);
    let both = context.with(&material.negative);
    let times = clock.time(PAIR, 2 * flops, || dit.forward(two.clone(), &both, &plan))?;
    report.stages.extend(times.map(|times| of_history(StageRow::new(PAIR, times, 2 * flops))));
    drop((one, two, both));

    kinds::of_forward(networks, known, &plan, clock, report)?;
    clock.did(flops * clock.passes());
    let on_processor = *device == Device::flex();
    let walked = Walked { history: known, options: &Options::of(spec), on_processor };
    let predicted = MemoryPlan::new(spec, networks.precision().into(), walked)?;
    report.memory.push(MemoryRow {
        history: known,
        predicted_bytes: predicted.needed().device,
        peak_bytes: peak.look(),
    });
    Ok(())
}

const PLAN: &str = "plan of the segment";
/// One pass of the DiT.
pub(super) const FORWARD: &str = "DiT forward";
const PAIR: &str = "DiT forward, guidance pair";

//! How a pass divides among kinds of work: each operation is timed by itself at the sizes of the
//! pass, and its least time counted as often as a pass does it.
//!
//! A device that fuses neighbouring operations takes less for a pass than for its parts.

use burn::tensor::{DType, Tensor};
use yume_nets::attention::attend;
use yume_nets::dit::Plan;
use yume_nets::layers::{LayerNorm, Linear, RmsNorm, add_gated, gelu_tanh, modulate, split_heads};
use yume_nets::{Drawn, Scope};

use super::clock::{Clock, Stop};
use super::histories::FORWARD;
use super::once::random;
use super::{KindRow, Networks, Report, WorkKind};

/// An operation, how often a block does it, and what does it.
struct Operation<'a> {
    kind: WorkKind,
    name: &'static str,
    per_block: usize,
    run: Box<dyn FnMut() + 'a>,
}

/// The kinds of work in a pass of the DiT over `plan`, with `known` latents of history.
pub(super) fn of_forward(
    networks: &Networks,
    known: usize,
    plan: &Plan,
    clock: &mut Clock<'_>,
    report: &mut Report,
) -> Result<(), Stop> {
    let config = &networks.spec().dit;
    let mut spent = [0.0; 3];
    for mut operation in operations(networks, plan) {
        let Some(times) = clock.time(operation.name, 0, &mut operation.run)? else {
            return Ok(());
        };
        let place = KINDS.iter().position(|&kind| kind == operation.kind);
        let count = (operation.per_block * config.num_layers) as f64;
        spent[place.unwrap_or_default()] += count * times.least_ms;
    }
    let sum: f64 = spent.iter().sum();
    report.kinds.extend(KINDS.iter().zip(spent).map(|(&kind, ms)| KindRow {
        stage: FORWARD,
        history: Some(known),
        kind,
        ms,
        share: ms / sum,
    }));
    Ok(())
}

const KINDS: [WorkKind; 3] = [WorkKind::Products, WorkKind::Attention, WorkKind::Elementwise];

fn operations<'a>(networks: &Networks, plan: &'a Plan) -> Vec<Operation<'a>> {
    let (config, device) = (&networks.spec().dit, networks.device());
    let (dim, ffn, heads, eps) = (config.dim, config.ffn_dim, config.num_heads, config.eps);
    let precision = networks.precision();
    let matrices = precision.matrices;
    let mut source = Drawn;
    let mut scope = Scope::root(&mut source, device, matrices).with_coding(precision.coding);
    let square = Linear::init(&mut scope, dim, dim);
    let (up, down) = (Linear::init(&mut scope, dim, ffn), Linear::init(&mut scope, ffn, dim));
    let layer_norm = LayerNorm::init(&mut scope, dim, eps);
    let rms_norm = RmsNorm::init(&mut scope, dim, eps);

    let x: Tensor<3> = random([1, plan.tokens, dim], device);
    let row: Tensor<3> = random([1, 1, dim], device);
    let as_products = |x: Tensor<3>| if matrices == DType::F32 { x } else { x.cast(matrices) };
    let product = as_products(x.clone());
    let hidden = as_products(random([1, plan.tokens, ffn], device));
    let q = split_heads(x.clone(), heads);
    let others = |rows: usize| split_heads(as_products(random([1, rows, dim], device)), heads);
    let (own, text) = (others(plan.tokens), others(config.text_len));
    let image = others(config.img_tokens);

    let mut all = Vec::new();
    let mut add = |kind, name, per_block, run: Box<dyn FnMut() + 'a>| {
        all.push(Operation { kind, name, per_block, run });
    };
    let (a, b, c) = (product.clone(), product.clone(), hidden.clone());
    add(
        WorkKind::Products,
        "product, dim to dim",
        6,
        Box::new(move || drop(square.forward(a.clone()))),
    );
    add(
        WorkKind::Products,
        "product, dim to ffn",
        1,
        Box::new(move || drop(up.forward(b.clone()))),
    );
    add(
        WorkKind::Products,
        "product, ffn to dim",
        1,
        Box::new(move || drop(down.forward(c.clone()))),
    );
    for (name, keys) in
        [("attention, all tokens", own), ("attention, text", text), ("attention, image", image)]
    {
        let q = q.clone();
        let run = move || drop(attend(q.clone(), keys.clone(), keys.clone()));
        add(WorkKind::Attention, name, 1, Box::new(run));
    }
    let (a, shift, scale) = (x.clone(), row.clone(), row.clone());
    let run = move || drop(modulate(a.clone(), shift.clone(), scale.clone(), eps));
    add(WorkKind::Elementwise, "modulation", 2, Box::new(run));
    let (a, b, gate) = (x.clone(), product.clone(), row);
    let run = move || drop(add_gated(a.clone(), b.clone(), gate.clone()));
    add(WorkKind::Elementwise, "gate", 2, Box::new(run));
    let a = x.clone();
    add(
        WorkKind::Elementwise,
        "layer norm",
        1,
        Box::new(move || drop(layer_norm.forward(a.clone()))),
    );
    let a = product.clone();
    add(WorkKind::Elementwise, "RMS norm", 3, Box::new(move || drop(rms_norm.forward(a.clone()))));
    add(WorkKind::Elementwise, "rotation", 2, Box::new(move || drop(plan.rotate(q.clone()))));
    add(WorkKind::Elementwise, "GELU", 1, Box::new(move || drop(gelu_tanh(hidden.clone()))));
    add(
        WorkKind::Elementwise,
        "sum",
        2,
        Box::new(move || drop(x.clone() + product.clone().cast(DType::F32))),
    );
    all
}

/// The kinds of work in decoding: the attention within each frame is timed, the rest are convolutions
/// and what lies between them.
pub(super) fn of_decoding(
    networks: &Networks,
    stage: &'static str,
    clock: &mut Clock<'_>,
    report: &mut Report,
) -> Result<(), Stop> {
    let row = report.stages.iter().find(|row| row.name == stage);
    let Some(decode_ms) = row.map(|row| row.times.least_ms) else { return Ok(()) };
    let (vae, sizes) = (&networks.spec().vae, &report.sizes);
    let mut attention_ms = 0.0;
    if vae.has_attention {
        let pixels = sizes.height / 8 * (sizes.width / 8);
        let x: Tensor<4> = random([1, pixels, 1, vae.decoder[0].input], networks.device());
        let run = || attend(x.clone(), x.clone(), x.clone());
        let Some(times) = clock.time("attention, pixels of a latent", 0, run)? else {
            return Ok(());
        };
        attention_ms = (times.least_ms * sizes.latents as f64).min(decode_ms);
    }
    let rows =
        [(WorkKind::Convolutions, decode_ms - attention_ms), (WorkKind::Attention, attention_ms)];
    let row = |(kind, ms)| KindRow { stage, history: None, kind, ms, share: ms / decode_ms };
    report.kinds.extend(rows.map(row));
    Ok(())
}

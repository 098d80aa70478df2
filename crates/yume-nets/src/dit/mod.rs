//! The diffusion transformer of Yume 1.0: Wan2.1-I2V with packed history (`wan/modules/model.py`).

mod block;
mod cache;
mod config;
mod features;
mod masked;
mod packing;
mod patch;
mod plan;
mod rope;

pub use cache::{CachePlan, CachePlanError, FeatureCache};
pub use config::DitConfig;
pub use masked::{Mask, MaskedContext, SideInterpolator};
pub use packing::{Part, Patcher, parts};
pub use plan::{Layout, Plan, PlanError};

use std::ops::Range;

use block::{Block, CrossKeys};
use burn::module::{Module, Param};
use burn::tensor::activation::{gelu, silu};
use burn::tensor::{DType, Device, Tensor, TensorData};
use patch::{Patchers, unpatchify};
use rope::Rotation;

use crate::blocks::Passage;
use crate::layers::{LayerNorm, Linear, gelu_tanh, modulate, to_dtype};
use crate::{Init, Scope, cpu};

/// The layer norms around the image embedding have an eps of their own.
const IMAGE_NORM_EPS: f64 = 1e-5;

/// What one forward pass reads besides the caption and the start picture.
#[derive(Clone, Debug)]
pub struct DitInput {
    /// Noisy latents of history and window, `[batch, 16, frames, height, width]`.
    pub latents: Tensor<5>,
    /// Mask (4 channels, 1 = known) and known or filled latents (16), `[batch, 20, frames, height, width]`.
    pub conditioning: Tensor<5>,
    /// `1000 * sigma` of each item of the batch.
    pub timesteps: Vec<f64>,
}

/// Keys and values of every block's cross-attention, for one caption and start picture.
#[derive(Clone, Debug)]
pub struct Context {
    blocks: Vec<CrossKeys>,
}

impl Context {
    /// Bytes of its keys and values.
    pub fn bytes(&self) -> u64 {
        self.blocks.iter().map(CrossKeys::bytes).sum()
    }

    /// The contexts of one batch whose first half reads this one and whose second half `other`.
    pub fn with(&self, other: &Self) -> Self {
        let pairs = self.blocks.iter().zip(&other.blocks);
        Self { blocks: pairs.map(|(a, b)| a.with(b)).collect() }
    }
}

/// The diffusion transformer.
#[derive(Module, Debug)]
pub struct Dit {
    patchers: Patchers,
    text_embedding: [Linear; 2],
    time_embedding: [Linear; 2],
    time_projection: Linear,
    img_emb: ImageEmbedding,
    blocks: Vec<Block>,
    #[module(skip)]
    passage: Passage,
    head: Linear,
    head_modulation: Param<Tensor<3>>,
    freq_dim: usize,
    text_len: usize,
    eps: f64,
}

impl Dit {
    /// A network of the sizes in `config`, with the parameters of `scope`.
    pub fn init(scope: &mut Scope<'_>, config: &DitConfig) -> Self {
        let dim = config.dim;
        // The time embedding and the head are run in f32 by the reference.
        Self {
            patchers: Patchers::init(scope, config.in_dim, dim, &config.history_tiers),
            text_embedding: [
                Linear::init(&mut scope.sub("text_embedding.0"), config.text_dim, dim),
                Linear::init(&mut scope.sub("text_embedding.2"), dim, dim),
            ],
            time_embedding: [
                Linear::init(&mut scope.sub("time_embedding.0").in_f32(), config.freq_dim, dim),
                Linear::init(&mut scope.sub("time_embedding.2").in_f32(), dim, dim),
            ],
            time_projection: Linear::init(
                &mut scope.sub("time_projection.1").in_f32(),
                dim,
                6 * dim,
            ),
            img_emb: ImageEmbedding::init(&mut scope.sub("img_emb.proj"), config),
            blocks: (0..config.num_layers)
                .map(|i| Block::init(&mut scope.resting(format_args!("blocks.{i}")), config))
                .collect(),
            passage: scope.passage(),
            head: Linear::init_with(
                &mut scope.sub("head.head").in_f32(),
                dim,
                config.out_dim * 4,
                Init::Zeros,
                true,
            ),
            head_modulation: scope.vector(
                "head.modulation",
                [1, 2, dim],
                Init::Normal { std: (dim as f32).sqrt().recip() },
            ),
            freq_dim: config.freq_dim,
            text_len: config.text_len,
            eps: config.eps,
        }
    }

    /// What every block's cross-attention reads; computed once per caption and start picture.
    ///
    /// # Shapes
    /// - text: `[batch, at most text_len, text_dim]`; padded with zero rows, which are attended
    /// - image: `[batch, img_tokens, img_dim]`
    pub fn context(&self, text: Tensor<3>, image: Tensor<3>) -> Context {
        let (text, image) = self.embed_context(text, image);
        self.context_of(text, image)
    }

    fn embed_context(&self, text: Tensor<3>, image: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let [batch, length, width] = text.dims();
        let rows = Tensor::zeros([batch, self.text_len, width], (&text.device(), text.dtype()))
            .slice_assign([0..batch, 0..length, 0..width], text);
        let [first, second] = &self.text_embedding;
        let text = second.forward(gelu_tanh(first.forward(rows))); // [batch, text_len, dim]
        (text, self.img_emb.forward(image))
    }

    fn context_of(&self, text: Tensor<3>, image: Tensor<3>) -> Context {
        let all = Vec::with_capacity(self.blocks.len());
        let blocks = self.passage.carry(&self.blocks, all, |mut all, _, block| {
            all.push(block.cross_keys(text.clone(), image.clone()));
            all
        });
        Context { blocks }
    }

    /// Predicts the velocity (noise minus clean) of the last `plan.window` frames.
    ///
    /// # Shapes
    /// - input: see [`DitInput`]
    /// - output: `[batch, 16, window, height, width]`, f32
    pub fn forward(&self, input: DitInput, context: &Context, plan: &Plan) -> Tensor<5> {
        self.forward_cached(input, context, plan, &mut FeatureCache::new(CachePlan::NONE))
    }

    /// As [`Dit::forward`], with the blocks of the plan of `cache` run only when they are due.
    ///
    /// # Shapes
    /// As [`Dit::forward`].
    pub fn forward_cached(
        &self,
        input: DitInput,
        context: &Context,
        plan: &Plan,
        cache: &mut FeatureCache,
    ) -> Tensor<5> {
        if cpu::serves(&input.latents) {
            return cpu::among_workers(|| self.pass(input, context, plan, cache));
        }
        self.pass(input, context, plan, cache)
    }

    fn pass(
        &self,
        input: DitInput,
        context: &Context,
        plan: &Plan,
        cache: &mut FeatureCache,
    ) -> Tensor<5> {
        let (x, time, time_blocks) = self.embed(input, plan);
        let run = |x, blocks| self.through(x, blocks, &time_blocks, context, &plan.rotation);
        // The published code holds residuals in bf16; here they are as precise as the tokens.
        let x = cache.pass(x, self.blocks.len(), DType::F32, run);
        self.finish(x, time, plan)
    }

    /// Passes tokens `[batch, tokens, dim]` through some of the blocks.
    fn through(
        &self,
        x: Tensor<3>,
        blocks: Range<usize>,
        time: &Tensor<3>,
        context: &Context,
        rotation: &Rotation,
    ) -> Tensor<3> {
        let keys = &context.blocks[blocks.clone()];
        self.passage.carry(&self.blocks[blocks], x, |x, i, block| {
            block.forward(x, time.clone(), &keys[i], rotation)
        })
    }

    /// Tokens `[batch, tokens, dim]`, time `[batch, 1, dim]` and its projection `[batch, 6, dim]`.
    fn embed(&self, input: DitInput, plan: &Plan) -> (Tensor<3>, Tensor<3>, Tensor<3>) {
        let device = input.latents.device();
        let (time, time_blocks) = self.embed_time(&input.timesteps, &device);
        let u = Tensor::cat(vec![input.latents, input.conditioning], 1); // [batch, 36, frames, h, w]
        let history = plan.frames - plan.window;
        let mut tokens: Vec<Tensor<3>> = plan
            .parts
            .iter()
            .map(|part| {
                let frames = u.clone().narrow(2, part.start, part.end - part.start);
                self.patchers.forward(part.patcher, frames)
            })
            .collect();
        tokens.push(self.patchers.forward(Patcher::X1, u.narrow(2, history, plan.window)));
        (to_dtype(Tensor::cat(tokens, 1), DType::F32), time, time_blocks)
    }

    fn embed_time(&self, timesteps: &[f64], device: &Device) -> (Tensor<3>, Tensor<3>) {
        let batch = timesteps.len();
        let half = self.freq_dim / 2;
        let mut values = Vec::with_capacity(batch * self.freq_dim);
        for &timestep in timesteps {
            let angle = |j: usize| timestep * 10_000f64.powf(-(j as f64) / half as f64);
            values.extend((0..half).map(|j| angle(j).cos() as f32));
            values.extend((0..half).map(|j| angle(j).sin() as f32));
        }
        let sinusoid = Tensor::<2>::from_data(
            TensorData::new(values, [batch, self.freq_dim]),
            (device, DType::F32),
        );
        let [first, second] = &self.time_embedding;
        let time = second.forward(silu(first.forward(sinusoid))); // [batch, dim]
        let projected = self.time_projection.forward(silu(time.clone()));
        let [_, dim] = time.dims();
        (time.reshape([batch, 1, dim]), projected.reshape([batch, 6, dim]))
    }

    fn finish(&self, x: Tensor<3>, time: Tensor<3>, plan: &Plan) -> Tensor<5> {
        let window_tokens = plan.tokens - plan.history_tokens;
        let x = x.narrow(1, plan.history_tokens, window_tokens);
        let modulation = time + self.head_modulation.val(); // [batch, 2, dim]
        let shift = modulation.clone().narrow(1, 0, 1);
        let scale = modulation.narrow(1, 1, 1);
        let tokens = self.head.forward(modulate(x, shift, scale, self.eps));
        unpatchify(to_dtype(tokens, DType::F32), plan.window, plan.rows, plan.columns)
    }
}

/// The start picture's features as tokens: norm, linear, GELU, linear, norm.
#[derive(Module, Debug)]
struct ImageEmbedding {
    norm_in: LayerNorm,
    linear_in: Linear,
    linear_out: Linear,
    norm_out: LayerNorm,
}

impl ImageEmbedding {
    fn init(scope: &mut Scope<'_>, config: &DitConfig) -> Self {
        let (width, dim) = (config.img_dim, config.dim);
        Self {
            norm_in: LayerNorm::init(&mut scope.sub("0"), width, IMAGE_NORM_EPS),
            linear_in: Linear::init(&mut scope.sub("1"), width, width),
            linear_out: Linear::init(&mut scope.sub("3"), width, dim),
            norm_out: LayerNorm::init(&mut scope.sub("4"), dim, IMAGE_NORM_EPS),
        }
    }

    fn forward(&self, features: Tensor<3>) -> Tensor<3> {
        let x = self.linear_in.forward(self.norm_in.forward(features));
        self.norm_out.forward(self.linear_out.forward(gelu(x)))
    }
}

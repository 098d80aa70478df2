//! Softmax attention: which kernel computes it, and how often each one has.
//!
//! On a GPU the library has a kernel that keeps no scores, and leaves it without a word when a call
//! does not fit: the scores of one long history would then take tens of gigabytes. So calls are
//! brought into a form that fits, and what could not be is counted.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use burn::tensor::{Device, Tensor, module};

use crate::cpu;
use crate::layers::to_dtype;

/// The most queries of one stage of the library's kernel: 8 planes of one tile of rows. Its smaller
/// stages divide this. (burn-cubecl 0.22.1, `kernel/attention/tune.rs`.)
const STAGE: usize = 128;

/// Edge of a tile of rows or head channels.
const TILE: usize = 16;

/// From so many times more queries than keys on, or the other way round, the library chooses oblong
/// tiles for the scores, for which it has no second product. (cubek-matmul 0.3.1, `instruction.rs`.)
const OBLONG: usize = 4;

/// How a call is brought into the form of the library's kernel: queries in chunks, each padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Parts of the queries, computed like items of a batch.
    pub chunks: usize,
    /// Queries of a part, those of the padding included.
    pub length: usize,
}

impl Fold {
    /// The fewest and shortest chunks that fit, if any do.
    pub fn new(queries: usize, keys: usize, head_dim: usize) -> Option<Self> {
        let longest = (OBLONG * keys).saturating_sub(1) / STAGE * STAGE;
        if longest == 0 || queries == 0 || !head_dim.is_multiple_of(TILE) {
            return None;
        }
        let chunks = queries.div_ceil(longest);
        let length = queries.div_ceil(chunks).max(keys / OBLONG + 1).next_multiple_of(STAGE);
        (length <= longest).then_some(Self { chunks, length })
    }
}

/// How a call is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    /// By the processor's own kernel.
    Own,
    /// By the library's on the processor, which keeps at most a megabyte of scores per head.
    Host,
    /// By the library's on a GPU, which keeps none.
    Tiled(Fold),
    /// By separate products, with every score in memory.
    Stored,
}

impl Path {
    fn new(q: &Tensor<4>, k: &Tensor<4>, v: &Tensor<4>) -> Self {
        let ([_, queries, _, head_dim], [_, keys, ..]) = (q.dims(), k.dims());
        let device = q.device();
        if cpu::serves(q) && cpu::serves(v) && cpu::attention::serves(keys) {
            Self::Own
        } else if device.is_autodiff() {
            Self::Stored
        } else if device == Device::flex() {
            Self::Host
        } else {
            Fold::new(queries, keys, head_dim).map_or(Self::Stored, Self::Tiled)
        }
    }
}

/// How often attention was computed, by the kernel that did it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// The processor's own kernel.
    pub own: u64,
    /// The library's kernels that keep no scores, or few.
    pub tiled: u64,
    /// Separate products, with every score in memory: what must not happen.
    pub stored: u64,
}

// Of the whole process: a network is asked from more than one thread, and hands nothing back but
// its tensors. The numbers are read after the work, so no order is needed.
static OWN: AtomicU64 = AtomicU64::new(0);
static TILED: AtomicU64 = AtomicU64::new(0);
static STORED: AtomicU64 = AtomicU64::new(0);

impl Calls {
    /// Those since the process began.
    pub fn so_far() -> Self {
        Self { own: OWN.load(Relaxed), tiled: TILED.load(Relaxed), stored: STORED.load(Relaxed) }
    }

    /// Those since `before` was read.
    pub fn since(before: Self) -> Self {
        let now = Self::so_far();
        Self {
            own: now.own - before.own,
            tiled: now.tiled - before.tiled,
            stored: now.stored - before.stored,
        }
    }
}

/// Softmax attention over heads, scaled by 1/sqrt(head dim).
///
/// # Shapes
/// - q: `[batch, queries, heads, head_dim]`
/// - k, v: `[batch, keys, heads, head_dim]`
/// - output: `[batch, queries, heads * head_dim]`
pub fn attend(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>) -> Tensor<3> {
    let path = Path::new(&q, &k, &v);
    let count = match path {
        Path::Own => &OWN,
        Path::Host | Path::Tiled(_) => &TILED,
        Path::Stored => &STORED,
    };
    count.fetch_add(1, Relaxed);
    let out = match path {
        Path::Own => return cpu::attention::attend(q, k, v),
        Path::Host | Path::Stored => through_library(q, k, v),
        Path::Tiled(fold) => folded(q, k, v, fold),
    };
    let [batch, queries, heads, head_dim] = out.dims();
    out.reshape([batch, queries, heads * head_dim])
}

/// `[batch, queries, heads, head_dim]`, of which memory holds one head after the other.
fn through_library(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>) -> Tensor<4> {
    let dtype = v.dtype();
    // No explicit scale: with one, or with a bias, the library stores every score.
    let out = module::attention(
        to_dtype(q, dtype).swap_dims(1, 2),
        to_dtype(k, dtype).swap_dims(1, 2),
        v.swap_dims(1, 2),
        None,
        None,
        Default::default(),
    );
    out.swap_dims(1, 2)
}

/// The same, with the queries in chunks: no query sees another one, so neither the chunks nor the
/// rows of the padding change a value.
fn folded(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, fold: Fold) -> Tensor<4> {
    let [batch, queries, heads, head_dim] = q.dims();
    let Fold { chunks, length } = fold;
    let dtype = v.dtype();
    let mut q = to_dtype(q, dtype);
    if chunks * length > queries {
        let rows = [batch, chunks * length - queries, heads, head_dim];
        q = Tensor::cat(vec![q.clone(), Tensor::zeros(rows, (&q.device(), dtype))], 1);
    }
    let q = q.reshape([batch * chunks, length, heads, head_dim]);
    let for_chunks = |x: Tensor<4>| {
        if chunks == 1 {
            return x;
        }
        let [_, keys, ..] = x.dims();
        x.unsqueeze_dim::<5>(1).expand([batch, chunks, keys, heads, head_dim]).reshape([
            batch * chunks,
            keys,
            heads,
            head_dim,
        ])
    };
    let mut out = through_library(q, for_chunks(to_dtype(k, dtype)), for_chunks(v));
    if chunks > 1 {
        out = out.reshape([batch, chunks * length, heads, head_dim]);
    }
    // Taking a part also brings it into the order of tokens.
    if chunks * length > queries { out.narrow(1, 0, queries) } else { out }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;
    use crate::cost::DitCost;
    use crate::dit::{DitConfig, Layout};

    /// The rows of a tile, if the library's kernel has one for both products of a call (the rules of
    /// cubek-matmul 0.3.1, `instruction.rs`, on a GPU with tiles of 16x16, 32x8 and 8x32).
    fn tile_rows(queries: usize, keys: usize) -> Option<usize> {
        (queries < 4 * keys && keys < 4 * queries).then_some(16)
    }

    fn fits(fold: Fold, keys: usize) -> bool {
        let rows = tile_rows(fold.length, keys);
        [2, 4, 8]
            .iter()
            .all(|planes| rows.is_some_and(|rows| fold.length.is_multiple_of(planes * rows)))
    }

    #[test]
    fn every_attention_of_the_published_model_fits_the_librarys_kernel() {
        let config = DitConfig::default();
        let head_dim = config.dim / config.num_heads;
        let mut unpadded = 0;
        for history in 1..=1366 {
            let layout = Layout::Packed { history, window: 9 };
            let Ok(cost) = DitCost::new(&config, layout, 68, 120) else {
                panic!("a history of {history} is defined");
            };
            for keys in [cost.tokens, config.text_len, config.img_tokens] {
                let fold = Fold::new(cost.tokens, keys, head_dim).unwrap();
                assert!(fits(fold, keys), "{history} latents: {fold:?} for {keys} keys");
                assert!(fold.chunks * fold.length >= cost.tokens);
                // What the padding costs stays small.
                assert!(fold.chunks * fold.length < cost.tokens + cost.tokens / 8);
                let plain = Fold { chunks: 1, length: cost.tokens };
                unpadded += usize::from(fits(plain, keys));
            }
        }
        // Without all this, hardly any would.
        assert_eq!(unpadded, 8);
        // The image encoder and the middle of the VAE.
        for (tokens, head_dim) in [(257, 80), (68 * 120, 384)] {
            let fold = Fold::new(tokens, tokens, head_dim).unwrap();
            assert!(fits(fold, tokens) && fold.chunks == 1, "{tokens}: {fold:?}");
        }
    }

    #[test]
    fn what_cannot_be_made_to_fit_is_known() {
        for (queries, keys, head_dim) in [(100, 100, 20), (100, 31, 16), (0, 10, 16), (9, 9999, 16)]
        {
            let fold = Fold::new(queries, keys, head_dim);
            assert_eq!(fold.is_some(), keys == 9999, "{queries} {keys} {head_dim}: {fold:?}");
        }
    }

    #[test]
    fn chunks_and_padding_change_no_value() {
        let device = Device::flex();
        let random = |shape| Tensor::<4>::random(shape, Distribution::Uniform(-2.0, 2.0), &device);
        // batch, queries, keys, heads, head_dim
        for [batch, queries, keys, heads, head_dim] in
            [[1, 1000, 40, 2, 16], [2, 300, 37, 3, 32], [1, 128, 128, 1, 16], [2, 5, 600, 2, 16]]
        {
            let q = random([batch, queries, heads, head_dim]);
            let k = random([batch, keys, heads, head_dim]);
            let v = random([batch, keys, heads, head_dim]);
            let fold = Fold::new(queries, keys, head_dim).unwrap();
            let folded = folded(q.clone(), k.clone(), v.clone(), fold);
            let off = (folded - through_library(q, k, v)).abs().max().into_scalar::<f32>();
            assert!(off < 1e-5, "off by {off} with {fold:?} for {queries} queries, {keys} keys");
        }
    }
}

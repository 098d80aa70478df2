//! What the VAE costs: it is walked through as its encoder and decoder are built.

use crate::vae::{FRAMES_PER_LATENT, VaeConfig};

/// What the VAE costs for pictures of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaeCost {
    /// Operations that encode the first frame.
    pub encode_first: u64,
    /// Operations that encode the four frames of a later latent.
    pub encode_next: u64,
    /// Operations that decode the first latent.
    pub decode_first: u64,
    /// Operations that decode a later latent.
    pub decode_next: u64,
    /// Bytes of the frames that the encoder keeps between latents.
    pub encoder_cache: u64,
    /// Bytes of the frames that the decoder keeps between latents.
    pub decoder_cache: u64,
    /// Bytes at work while a latent is decoded, at most: an estimate of four times the largest tensor.
    pub decode_peak: u64,
}

impl VaeCost {
    /// The cost for pictures of `height` x `width` pixels, computed in f32.
    pub fn new(config: &VaeConfig, height: usize, width: usize) -> Self {
        let size = (height / config.patch_size, width / config.patch_size);
        let encode = |frames| encode(config, Walk::new(frames, size));
        let latent = (height / 8, width / 8);
        let decode = |is_first| decode(config, Walk::new(1, latent), is_first);
        let (encoding, decoding) = (encode(FRAMES_PER_LATENT), decode(false));
        // The linear path turns blocks of 4x8x8 pixels into latents and back.
        let block = 3 * FRAMES_PER_LATENT * 64;
        let linear = match config.skip {
            Some(_) => 2 * (latent.0 * latent.1 * block * config.z_dim) as u64,
            None => 0,
        };
        Self {
            encode_first: linear + encode(1).flops,
            encode_next: linear + encoding.flops,
            decode_first: linear + decode(true).flops,
            decode_next: linear + decoding.flops,
            encoder_cache: encoding.cache,
            decoder_cache: decoding.cache,
            decode_peak: 4 * decoding.largest,
        }
    }

    /// The same, computed with numbers of `bytes` bytes.
    #[must_use]
    pub fn in_numbers_of(self, bytes: usize) -> Self {
        let scaled = |of_f32: u64| of_f32 / F32 * bytes as u64;
        Self {
            encoder_cache: scaled(self.encoder_cache),
            decoder_cache: scaled(self.decoder_cache),
            decode_peak: scaled(self.decode_peak),
            ..self
        }
    }
}

/// Where in the network we are, and what it has cost so far.
struct Walk {
    frames: usize,
    height: usize,
    width: usize,
    flops: u64,
    cache: u64,
    largest: u64,
}

const F32: u64 = 4;

impl Walk {
    fn new(frames: usize, (height, width): (usize, usize)) -> Self {
        Self { frames, height, width, flops: 0, cache: 0, largest: 0 }
    }

    fn pixels(&self) -> u64 {
        (self.height * self.width) as u64
    }

    /// A convolution over `kernel` frames and `edge` rows and columns, at the current size.
    fn conv(&mut self, input: usize, output: usize, [kernel, edge]: [usize; 2]) {
        let places = self.frames as u64 * self.pixels();
        self.flops += 2 * places * (input * output * kernel * edge * edge) as u64;
        // A causal convolution keeps the frames before its kernel's last one.
        self.cache += (kernel - 1) as u64 * input as u64 * self.pixels() * F32;
        self.largest = self.largest.max(places * input.max(output) as u64 * F32);
    }

    fn res_block(&mut self, input: usize, output: usize, kernel: usize) {
        self.conv(input, output, [kernel, 3]);
        self.conv(output, output, [kernel, 3]);
        if input != output {
            self.conv(input, output, [1, 1]);
        }
    }

    fn res_blocks(&mut self, count: usize, level: crate::vae::Level) {
        for block in 0..count {
            let input = if block == 0 { level.input } else { level.output };
            self.res_block(input, level.output, level.kernel);
        }
    }

    fn middle(&mut self, dim: usize, config: &VaeConfig) {
        self.res_block(dim, dim, config.middle_kernel);
        if config.has_attention {
            self.conv(dim, 3 * dim, [1, 1]);
            self.conv(dim, dim, [1, 1]);
            self.flops += self.frames as u64 * 4 * self.pixels() * self.pixels() * dim as u64;
        }
        self.res_block(dim, dim, config.middle_kernel);
    }
}

fn encode(config: &VaeConfig, mut walk: Walk) -> Walk {
    if !config.has_encoder {
        return walk;
    }
    let is_first = walk.frames == 1;
    let folded = 3 * config.patch_size * config.patch_size;
    let (first, last) = (config.encoder[0], config.encoder[config.encoder.len() - 1]);
    walk.conv(folded, first.input, [first.kernel, 3]);
    for (i, &level) in config.encoder.iter().enumerate() {
        walk.res_blocks(config.encoder_res_blocks, level);
        let Some(&temporal) = config.temporal.get(i) else { continue };
        (walk.height, walk.width) = (walk.height / 2, walk.width / 2);
        walk.conv(level.output, level.output, [1, 3]);
        if temporal && !is_first {
            walk.frames /= 2;
            walk.conv(level.output, level.output, [3, 1]);
            // It strides over two frames and keeps one.
            walk.cache -= level.output as u64 * walk.pixels() * F32;
        }
    }
    walk.middle(last.output, config);
    walk.conv(last.output, 2 * config.z_dim, [config.middle_kernel, 3]);
    walk.conv(2 * config.z_dim, 2 * config.z_dim, [1, 1]);
    walk
}

fn decode(config: &VaeConfig, mut walk: Walk, is_first: bool) -> Walk {
    let folded = 3 * config.patch_size * config.patch_size;
    let (first, last) = (config.decoder[0], config.decoder[config.decoder.len() - 1]);
    walk.conv(config.z_dim, config.z_dim, [1, 1]);
    walk.conv(config.z_dim, first.input, [config.middle_kernel, 3]);
    walk.middle(first.input, config);
    for (i, &level) in config.decoder.iter().enumerate() {
        let finer = config.decoder.get(i + 1);
        if finer.is_none() && config.skip.is_some_and(|skip| skip.feeds_decoder) {
            walk.conv(folded, last.input, [last.kernel, 3]);
        }
        let reads_reference = config.skip.is_some_and(|skip| skip.reads_reference);
        if finer.is_none() && reads_reference && !is_first {
            walk.conv(folded + 1, last.input, [1, 3]);
        }
        walk.res_blocks(config.decoder_res_blocks, level);
        let Some(finer) = finer else { continue };
        if config.temporal[config.temporal.len() - 1 - i] && !is_first {
            walk.conv(level.output, 2 * level.output, [3, 1]);
            walk.frames *= 2;
        }
        (walk.height, walk.width) = (2 * walk.height, 2 * walk.width);
        walk.conv(level.output, finer.input, [1, 3]);
    }
    walk.conv(last.output, folded, [last.kernel, 3]);
    walk
}

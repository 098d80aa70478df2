//! How far everything in a picture is, estimated from the picture alone: a small convolutional network
//! with skip connections (U-Net, arXiv 1505.04597). The papers have none; the embedded model's memory sees
//! its pictures from other places with it.

use burn::module::Module;
use burn::tensor::{DType, Tensor, TensorData};

use crate::channels_last::{add, doubled};
use crate::layers::to_dtype;
use crate::vae::{CausalConv, ChannelNorm, ResBlock, StreamCache, patchify, unpatchify};
use crate::{Scope, cpu};

/// The sizes of an estimate of depth, and the camera it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct DepthConfig {
    /// Edge of the blocks of pixels that it looks at.
    pub patch_size: usize,
    /// Channels at that resolution, at half and at a quarter of it.
    pub dims: [usize; 3],
    /// What one unit of its output is, over metres.
    pub scale: f32,
    /// Degrees from the left to the right edge of a picture.
    pub hfov_deg: f32,
    /// Metres from the ground to the camera.
    pub camera_height: f32,
}

/// An estimate of depth.
#[derive(Module, Debug)]
pub struct Depth {
    conv1: CausalConv,
    down: Vec<ResBlock>,
    shrink: Vec<CausalConv>,
    middle: Vec<ResBlock>,
    overall: CausalConv,
    grow: Vec<CausalConv>,
    up: Vec<ResBlock>,
    norm: ChannelNorm,
    head: CausalConv,
    #[module(skip)]
    config: DepthConfig,
}

impl Depth {
    /// A network of these sizes, with the parameters of `scope`.
    pub fn init(scope: &mut Scope<'_>, config: &DepthConfig) -> Self {
        let [near, middle, far] = config.dims;
        let area = config.patch_size * config.patch_size;
        let conv = |scope: &mut Scope<'_>, name: &str, input, output, edge| {
            CausalConv::init(&mut scope.sub(name), input, output, [1, edge])
        };
        let blocks = |scope: &mut Scope<'_>, name: &str, dims: &[usize]| {
            let block = |(i, &dim): (usize, &usize)| {
                ResBlock::init(&mut scope.sub(format_args!("{name}.{i}")), dim, dim, 1)
            };
            dims.iter().enumerate().map(block).collect::<Vec<_>>()
        };
        Self {
            // Colours, and where flat ground would be.
            conv1: conv(scope, "conv1", 3 * area + 1, near, 3),
            down: blocks(scope, "down", &[near, middle, middle]),
            shrink: vec![
                conv(scope, "shrink.0", 4 * near, middle, 1),
                conv(scope, "shrink.1", 4 * middle, far, 1),
            ],
            middle: blocks(scope, "middle", &[far, far]),
            overall: conv(scope, "overall", far, far, 1),
            grow: vec![
                conv(scope, "grow.0", middle, near, 1),
                conv(scope, "grow.1", far, middle, 1),
            ],
            up: blocks(scope, "up", &[near, near, middle]),
            norm: ChannelNorm::init(&mut scope.sub("head.0"), near),
            head: conv(scope, "head.2", near, area, 3),
            config: config.clone(),
        }
    }

    /// One over the metres that everything is ahead of a camera, `[height, width]`; about 0 for the sky.
    ///
    /// # Shapes
    /// - picture: planar `[3, height, width]` in [-1, 1], edges multiples of four patches
    /// - pitch: radians above the horizon
    pub fn estimate(
        &self,
        picture: &[f32],
        (height, width): (usize, usize),
        pitch: f32,
    ) -> Vec<f32> {
        let device = self.conv1.device();
        let place = (&device, DType::F32);
        let picture =
            Tensor::from_data(TensorData::new(picture.to_vec(), [1, 3, 1, height, width]), place);
        let ground = self.ground(height, width, pitch);
        let coarse: Vec<f32> = self.coarse(&ground, width);
        let patch = self.config.patch_size;
        let coarse = TensorData::new(coarse, [1, 1, 1, height / patch, width / patch]);
        let x = Tensor::cat(vec![patchify(picture, patch), Tensor::from_data(coarse, place)], 1);
        let x =
            if cpu::serves(&x) { cpu::among_workers(|| self.forward(x)) } else { self.forward(x) };
        let found: Vec<f32> =
            to_dtype(x, DType::F32).into_data().try_into_vec().expect("it is of f32");
        let nearer = |x: f32| self.config.scale * (x.max(0.0) + (-x.abs()).exp().ln_1p());
        found.iter().enumerate().map(|(at, x)| ground[at / width] + nearer(x - 1.0)).collect()
    }

    /// Inverse depth of flat ground, row by row; 0 above the horizon.
    fn ground(&self, height: usize, width: usize, pitch: f32) -> Vec<f32> {
        let tangent =
            (0.5 * self.config.hfov_deg.to_radians()).tan() * height as f32 / width as f32;
        let (sin, cos) = pitch.sin_cos();
        let fall = |row: usize| {
            let up = tangent * (1.0 - (row as f32 + 0.5) * 2.0 / height as f32);
            (-(sin + cos * up) / self.config.camera_height).max(0.0)
        };
        (0..height).map(fall).collect()
    }

    /// Its mean over the rows of each patch, for all patches.
    fn coarse(&self, ground: &[f32], width: usize) -> Vec<f32> {
        let patch = self.config.patch_size;
        let mean = |rows: &[f32]| rows.iter().sum::<f32>() / patch as f32;
        let repeat = |value: f32| std::iter::repeat_n(value, width / patch);
        ground.chunks_exact(patch).map(mean).flat_map(repeat).collect()
    }

    fn forward(&self, x: Tensor<5>) -> Tensor<5> {
        // Every picture stands alone: nothing is kept from frame to frame.
        let cache = &mut StreamCache::default();
        let near = self.down[0].forward(self.conv1.forward(x, cache), cache);
        let middle = self.shrink[0].forward(patchify(near.clone(), 2), cache);
        let middle = self.down[1..].iter().fold(middle, |x, block| block.forward(x, cache));
        let far = self.shrink[1].forward(patchify(middle.clone(), 2), cache);
        let far = self.middle.iter().fold(far, |x, block| block.forward(x, cache));
        let mean = far.clone().mean_dim(3).mean_dim(4);
        let far = far + self.overall.forward(mean, cache);
        let middle = add(middle, doubled(self.grow[1].forward(far, cache)));
        let middle = self.up[2].forward(middle, cache);
        let near = add(near, doubled(self.grow[0].forward(middle, cache)));
        let near = self.up[0].forward(self.up[1].forward(near, cache), cache);
        let found = self.head.forward_normed(near, &self.norm, None, cache);
        unpatchify(found, self.config.patch_size)
    }
}

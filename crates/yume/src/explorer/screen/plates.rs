//! The two pictures that can be on screen: the newest frame, and one that the look-ahead holds.

use yume_media::Frame;

use super::{
    device::Gpu,
    texture::{FORMAT, texture},
    upscale::{Upscale, Upscaled},
};

/// Where the picture is in the window, in pixels: left, top, width, height.
pub(super) type Place = [u32; 4];

/// The finished pictures that are mixed on screen.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) newest: &'a wgpu::TextureView,
    pub(super) held: &'a wgpu::TextureView,
    /// Width and height of both.
    pub(super) size: [u32; 2],
    /// Changes whenever one of the two is another texture than before.
    pub(super) version: u64,
}

/// Both pictures. They are uploaded when a frame comes and upscaled when a frame or a size is new.
pub(super) struct Plates {
    upscale: Upscale,
    plates: [Option<Plate>; 2],
    newest: usize,
    /// The look-ahead holds this one; new frames go to the other.
    held: Option<usize>,
    version: u64,
    /// RGBA of the frame being uploaded, kept to save the allocation.
    staging: Vec<u8>,
}

struct Plate {
    source: wgpu::Texture,
    upscaled: Option<Upscaled>,
    is_fresh: bool,
}

impl Plates {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        let upscale = Upscale::new(device);
        Self {
            upscale,
            plates: [None, None],
            newest: 0,
            held: None,
            version: 0,
            staging: Vec::new(),
        }
    }

    /// Takes a new frame.
    pub(super) fn set_frame(&mut self, gpu: &Gpu, frame: &Frame) {
        let most = gpu.device.limits().max_texture_dimension_2d;
        let frame = &shrunk(frame, most);
        self.newest = self.held.map_or(self.newest, |held| 1 - held);
        let size = [frame.width, frame.height];
        let plate = match &mut self.plates[self.newest] {
            Some(plate) if [plate.source.width(), plate.source.height()] == size => plate,
            slot => {
                let usage = wgpu::TextureUsages::COPY_DST;
                let source = texture(&gpu.device, "frame", size, usage);
                slot.insert(Plate { source, upscaled: None, is_fresh: false })
            }
        };
        self.staging.clear();
        self.staging
            .extend(frame.rgb.chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]));
        let layout = wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(4 * frame.width),
            rows_per_image: None,
        };
        let source = &plate.source;
        gpu.queue.write_texture(source.as_image_copy(), &self.staging, layout, source.size());
        plate.is_fresh = false;
    }

    /// Keeps the newest picture.
    pub(super) fn hold(&mut self) {
        self.held = Some(self.newest);
        self.version += 1;
    }

    /// Lets go of the kept picture.
    pub(super) fn let_go(&mut self) {
        self.held = None;
        self.version += 1;
    }

    /// Width and height of the newest frame in its own pixels.
    pub(super) fn frame_size(&self) -> Option<[f32; 2]> {
        let source = &self.plates[self.newest].as_ref()?.source;
        Some([source.width() as f32, source.height() as f32])
    }

    /// Brings both pictures to their size in a window of `window` pixels; says where they go.
    pub(super) fn prepare(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        window: [u32; 2],
    ) -> Option<(Place, Pair<'_>)> {
        let newest = &self.plates[self.newest].as_ref()?.source;
        let place = letterbox([newest.width(), newest.height()], window);
        let size = [0, 1].map(|axis| {
            let side = place[2 + axis];
            // A processor makes every second pixel and lets the screen's sampler fill in the rest.
            let half = side.div_ceil(2).max([newest.width(), newest.height()][axis]).min(side);
            if gpu.is_software { half } else { side }
        });
        let in_use = [Some(self.newest), self.held];
        for (number, slot) in self.plates.iter_mut().enumerate() {
            let Some(plate) = slot.as_mut().filter(|_| in_use.contains(&Some(number))) else {
                continue;
            };
            if plate.upscaled.as_ref().is_none_or(|upscaled| upscaled.size != size) {
                let (device, queue) = (&gpu.device, &gpu.queue);
                let target = self.upscale.target(device, queue, &plate.source, size);
                plate.upscaled = Some(target);
                plate.is_fresh = false;
                self.version += 1;
            }
            if let Some(upscaled) = plate.upscaled.as_ref().filter(|_| !plate.is_fresh) {
                self.upscale.run(encoder, upscaled);
                plate.is_fresh = true;
            }
        }
        let finished =
            |number: usize| Some(self.plates[number].as_ref()?.upscaled.as_ref()?.view());
        let newest = finished(self.newest)?;
        let held = self.held.and_then(finished).unwrap_or(newest);
        // The newest picture moves to the other plate while one is held.
        let version = 2 * self.version + self.newest as u64;
        Some((place, Pair { newest, held, size, version }))
    }
}

const _: () = assert!(matches!(FORMAT, wgpu::TextureFormat::Rgba8Unorm), "set_frame writes RGBA");

/// A frame that fits into the device's textures.
fn shrunk(frame: &Frame, most: u32) -> Frame {
    let longest = frame.width.max(frame.height);
    if longest <= most {
        return frame.clone();
    }
    let side = |side: u32| (u64::from(side) * u64::from(most) / u64::from(longest)).max(1) as u32;
    frame.fit(side(frame.width), side(frame.height), yume_media::Fit::Stretch)
}

/// The largest place of a picture's shape in the middle of the window.
fn letterbox(picture: [u32; 2], window: [u32; 2]) -> Place {
    let [width, height] = picture.map(f64::from);
    let scale = (f64::from(window[0]) / width).min(f64::from(window[1]) / height);
    let [width, height] = [(width, window[0]), (height, window[1])]
        .map(|(side, most)| ((side * scale).round() as u32).clamp(1, most.max(1)));
    [(window[0].max(width) - width) / 2, (window[1].max(height) - height) / 2, width, height]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_shape_in_every_window() {
        let table = [
            ([96, 64], [960, 640], [0, 0, 960, 640]),
            ([96, 64], [1920, 1080], [150, 0, 1620, 1080]),
            ([96, 64], [640, 1000], [0, 286, 640, 427]),
            ([960, 544], [480, 272], [0, 0, 480, 272]),
            ([65535, 1], [100, 100], [0, 49, 100, 1]),
            ([96, 64], [1, 1], [0, 0, 1, 1]),
        ];
        for (picture, window, place) in table {
            assert_eq!(letterbox(picture, window), place, "{picture:?} in {window:?}");
        }
    }

    #[test]
    fn a_frame_beyond_the_device_is_shrunk_in_its_shape() {
        let small = shrunk(&Frame::new(64, 2, vec![7; 384]), 16);
        assert_eq!((small.width, small.height), (16, 1));
        assert_eq!(small.pixel(3, 0), [7, 7, 7]);
    }
}

//! What a walk takes where it is computed, known before anything is loaded.

use burn::tensor::DType;
use yume_checkpoint::ModelSpec;
use yume_nets::Coding;
use yume_nets::clip::ClipVision;
use yume_nets::cost::{DitCost, VaeCost, context_bytes};
use yume_nets::dit::{Dit, Layout, PlanError};
use yume_nets::listing::{bytes, coded_parameters, parameters};
use yume_nets::text::TextEncoder;
use yume_nets::vae::{FRAMES_PER_LATENT, Vae};

/// What the backend and fragmentation take, and what other programs are left: a tenth of the rest.
const RESERVE: u64 = 10;

const F32_BYTES: u64 = 4;

/// How the weights of matrix products are held, and what they are multiplied in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precision {
    /// The precision of products, and of weights that are not coded.
    pub matrices: DType,
    /// Eight bits for the linear layers of the DiT and the text encoder.
    pub coding: Option<Coding>,
}

impl From<DType> for Precision {
    fn from(matrices: DType) -> Self {
        Self { matrices, coding: None }
    }
}

/// How far a walk goes that is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Latent frames of history.
    pub history: usize,
    /// Captions whose keys are kept, the negative prompt included.
    pub captions: usize,
}

/// One thing that takes memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryItem {
    /// What it is, for a person.
    pub what: &'static str,
    /// Bytes, at most.
    pub bytes: u64,
}

/// What a walk takes on its device, if the encoders of text and start picture stay loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// What takes memory, and how much.
    pub items: Vec<MemoryItem>,
}

impl MemoryPlan {
    /// The plan of `spec` for a walk.
    ///
    /// # Errors
    /// If the model defines no packing for such a history.
    pub fn new(spec: &ModelSpec, precision: Precision, walked: Walked) -> Result<Self, PlanError> {
        let Precision { matrices, coding } = precision;
        let history = spec.history_cap.map_or(walked.history, |cap| walked.history.min(cap));
        let frame = spec.frame;
        let (height, width) = (frame.height / 8, frame.width / 8);
        let latents = frame.segment_frames / FRAMES_PER_LATENT;
        let window = spec.window.max(latents);
        let layout = Layout::Packed { history: (history + latents).saturating_sub(window), window };
        let dit = DitCost::new(&spec.dit, layout, height, width)?;
        let vae = VaeCost::new(&spec.vae, frame.height, frame.width);

        let dit_weights = coded_parameters(matrices, coding, |scope| Dit::init(scope, &spec.dit));
        let text_weights =
            coded_parameters(matrices, coding, |scope| TextEncoder::init(scope, &spec.text));
        let clip_weights = parameters(matrices, |scope| ClipVision::init(scope, &spec.clip));
        let vae_weights = parameters(DType::F32, |scope| Vae::init(scope, &spec.vae));
        let latent = (height * width * spec.vae.z_dim) as u64 * F32_BYTES;
        let item = |what, bytes| MemoryItem { what, bytes };
        let items = vec![
            item("DiT", bytes(&dit_weights)),
            item("text encoder", bytes(&text_weights)),
            item("image encoder", bytes(&clip_weights)),
            item("VAE", bytes(&vae_weights)),
            item("captions", walked.captions as u64 * context_bytes(&spec.dit, matrices.size())),
            // Latents and conditioning are kept, and joined and noised for the network.
            item("history", (walked.history + latents) as u64 * latent * 8),
            // A segment can be cut after each of its latents: the VAE's past is kept for each.
            item("past of the VAE", (latents + 1) as u64 * (vae.encoder_cache + vae.decoder_cache)),
            item("work", vae.decode_peak.max(dit.activation_bytes(&spec.dit, matrices.size()))),
        ];
        Ok(Self { items })
    }

    /// Bytes that the device should have.
    pub fn needed(&self) -> u64 {
        let sum: u64 = self.items.iter().map(|item| item.bytes).sum();
        sum + sum / RESERVE
    }

    /// Whether a device with `available` bytes has room for it.
    pub fn fits(&self, available: u64) -> bool {
        self.needed() <= available
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: f64 = 1e9;

    fn published(matrices: DType, coding: Option<Coding>, walked: Walked) -> MemoryPlan {
        let precision = Precision { matrices, coding };
        MemoryPlan::new(&ModelSpec::yume_i2v_540p(), precision, walked).unwrap()
    }

    fn of(plan: &MemoryPlan, what: &str) -> f64 {
        plan.items.iter().find(|item| item.what == what).unwrap().bytes as f64 / GB
    }

    #[test]
    fn what_the_published_model_takes() {
        let walked = Walked { history: 5, captions: 2 };
        // DiT and text encoder, in GB: the counts of their parameters times the bytes of each. In eight
        // bits 16,203,448,320 weights of the DiT take a byte, and their 2,822,400 rows a scale.
        let table = [
            (DType::F32, None, 66.58, 22.72),
            (DType::BF16, None, 33.67, 11.36),
            (DType::BF16, Some(Coding::Int8), 17.47, 6.74),
            (DType::BF16, Some(Coding::Fp8), 17.47, 6.74),
        ];
        for (matrices, coding, dit, text) in table {
            let plan = published(matrices, coding, walked);
            assert!((of(&plan, "DiT") - dit).abs() < 0.02, "{matrices:?} {coding:?}");
            assert!((of(&plan, "text encoder") - text).abs() < 0.02, "{matrices:?} {coding:?}");
            assert!((of(&plan, "VAE") - 0.508).abs() < 0.001);
        }
    }

    #[test]
    fn longer_walks_take_more() {
        let needed =
            |history, captions| published(DType::BF16, None, Walked { history, captions }).needed();
        assert!(needed(85, 2) > needed(5, 2));
        assert!(needed(5, 10) > needed(5, 2));
        // Beyond what the model defines there is no plan.
        let spec = ModelSpec::yume_i2v_540p();
        let endless = Walked { history: 5000, captions: 2 };
        assert!(MemoryPlan::new(&spec, DType::BF16.into(), endless).is_err());
    }

    #[test]
    fn a_device_fits_or_does_not() {
        let plan = published(DType::BF16, None, Walked { history: 5, captions: 2 });
        assert!(plan.fits(plan.needed()) && !plan.fits(plan.needed() - 1));
        assert!(!plan.fits(24_000_000_000) && !plan.fits(48_000_000_000));
    }
}

//! The published model.

use yume_motion::Phrasebook;
use yume_motion::walk::WalkRule;
use yume_nets::clip::ClipConfig;
use yume_nets::dit::DitConfig;
use yume_nets::text::TextConfig;
use yume_nets::vae::VaeConfig;

use super::{Fill, FrameSpec, ModelSpec, SamplerDefaults, TokenizerKind};

// `wan/image2video.py` of stdstu12/YUME, commit 111c3fa, lines 331 and 474.
const NEGATIVE_PROMPT: &str = "Bright tones, overexposed, static, blurred details, subtitles, style, \
     works, paintings, images, static, overall gray, worst quality, low quality, JPEG compression \
     residue, ugly, incomplete, extra fingers, poorly drawn hands, poorly drawn faces, deformed, \
     disfigured, misshapen limbs, fused fingers, still picture, messy background, three legs, many \
     people in the background, walking backwards";

impl ModelSpec {
    /// Yume 1.0, the image-to-video model of 14 billion parameters. Source: `wan/image2video.py` and
    /// `fastvideo/sample/sample.py` of stdstu12/YUME, commit 111c3fa.
    pub fn yume_i2v_540p() -> Self {
        Self {
            name: "Yume-I2V-540P".to_owned(),
            frame: FrameSpec {
                width: 960,
                height: 544,
                fps: 16.0,
                segment_frames: 32,
                initial_copies: 17,
            },
            dit: DitConfig::default(),
            vae: VaeConfig::wan_2_1(),
            text: TextConfig::default(),
            clip: ClipConfig::default(),
            tokenizer: TokenizerKind::Unigram,
            sampler: SamplerDefaults { steps: 50, shift: 3.0, guidance: 5.0 },
            window: 9,
            history_cap: None,
            fill: Fill::Zeros,
            recall: None,
            depth: None,
            places: Vec::new(),
            // The model keeps its own pace; this rule only moves the last picture until it answers.
            walk: WalkRule::TINY_V0,
            phrasebook: Phrasebook::YUME_1_0,
            negative_prompt: NEGATIVE_PROMPT.to_owned(),
        }
    }
}

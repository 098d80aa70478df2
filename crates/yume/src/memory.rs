//! The options of the command line that say how much memory is taken.

use std::str::FromStr;

use clap::{Args, ValueEnum};

/// What is given up to take less memory.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Memory")]
pub(crate) struct Memory {
    /// Memory of the device to stay within, in GB. What does not fit is held in fewer bits, loaded
    /// when it is needed or streamed, in this order, and what was chosen is said. "auto" is what the
    /// device has free, where the system tells.
    #[arg(long, value_name = "GB", default_value = "auto")]
    pub memory: MemoryChoice,
    /// How weights are held: fewer bits take less memory and change the pictures a little.
    #[arg(long, value_enum, default_value_t = Held::Auto)]
    pub weights: Held,
    /// Loads the encoders of captions and pictures for what is new only, and frees them again.
    #[arg(long)]
    pub free_encoders: bool,
    /// Keeps the blocks of the DiT in the computer's own memory and sends them through the device one
    /// by one: the least memory, and the time of moving all weights on every network pass.
    #[arg(long)]
    pub stream_blocks: bool,
    /// Runs the VAE in 16 bits: half of its memory, and pictures that differ a little.
    #[arg(long)]
    pub vae_bf16: bool,
}

/// Memory of the device, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum MemoryChoice {
    /// What it has.
    Auto,
    /// So many bytes.
    Bytes(u64),
}

impl MemoryChoice {
    /// Bytes, if any were said.
    pub(crate) fn bytes(self) -> Option<u64> {
        match self {
            Self::Auto => None,
            Self::Bytes(bytes) => Some(bytes),
        }
    }
}

impl FromStr for MemoryChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        match text.parse::<f64>() {
            Ok(gigabytes) if gigabytes > 0.0 && gigabytes <= 1e6 => {
                Ok(Self::Bytes((gigabytes * 1e9) as u64))
            }
            _ => Err("give auto or a number of gigabytes, such as 23.5".to_owned()),
        }
    }
}

/// How weights are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Held {
    /// In the device's own precision, bf16 through CUDA and f32 elsewhere, if there is room.
    Auto,
    /// In 16 bits.
    Bf16,
    /// The linear layers in 8 bits, as integers with a scale per row.
    Int8,
    /// The linear layers in 8 bits, as floats (e4m3) with a scale per row.
    Fp8,
    /// As int8, and the DiT multiplies integers: what goes into a layer is coded too, row by row.
    W8a8,
}

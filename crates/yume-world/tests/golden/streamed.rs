//! Blocks that pass through the device compute what blocks that stay there compute.

use std::time::Instant;

use yume_nets::Coding;

use crate::cases::velocities;
use crate::network::{Case, Held, relative_error};
use crate::{folder, sorted};

#[test]
fn streamed_blocks_compute_the_same_to_the_last_bit() {
    let mut compared = 0;
    let networks = sorted(&folder()).into_iter().filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("dit") && path.join("config.json").is_file()
    });
    for network in networks {
        for path in sorted(&network) {
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            if path.extension().is_none_or(|ending| ending != "safetensors")
                || stem.starts_with("diffusion_pytorch_model")
            {
                continue;
            }
            for coding in [None, Some(Coding::Int8)] {
                let case = Case::open(&path);
                let velocity = |streams_blocks| {
                    let started = Instant::now();
                    let held = Held { coding, streams_blocks };
                    let (ours, _) = velocities(&network, &case, &stem, held);
                    (ours, started.elapsed().as_secs_f64() * 1e3)
                };
                let ((resident, stayed), (streamed, passed)) = (velocity(false), velocity(true));
                println!("{stem:<36} {stayed:>8.1} ms resident, {passed:>8.1} ms streamed");
                assert_eq!(relative_error(streamed, resident), 0.0, "{stem}, {coding:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 0, "no case was found in {}", folder().display());
}

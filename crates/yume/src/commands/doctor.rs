//! `yume doctor`: what this machine can compute on.

use yume::device;
use yume_checkpoint::ModelSpec;
use yume_session::BoxError;

use super::fits::{gigabytes, verdicts};
use super::{Exit, cache_folder, models};
use crate::cli::Doctor;
use crate::kernels;

pub(super) fn run(order: &Doctor) -> Result<Exit, BoxError> {
    let spec = match &order.model {
        None => ModelSpec::yume_i2v_540p(),
        model => models::find(model.as_deref())?.0.spec().clone(),
    };
    println!("Yume Explorer {}", env!("CARGO_PKG_VERSION"));
    println!("Devices, the fastest kind first:");
    let found = device::list();
    for device in &found {
        let state = match &device.device {
            Ok(_) => "ready",
            Err(reason) => reason,
        };
        let memory = device.memory.map_or("memory unknown".to_owned(), |memory| {
            format!("{} ({} free)", gigabytes(memory.total), gigabytes(memory.free))
        });
        println!("  {:<7} {:<40} {memory:<24} {state}", device.backend, device.name);
    }
    if !found.iter().any(|device| device.backend == "CUDA") {
        println!("  CUDA    no NVIDIA GPU with a CUDA driver was found");
    }
    if !found.iter().any(|device| matches!(device.backend, "Vulkan" | "Metal")) {
        println!("  no Vulkan or Metal device was found; the window needs one, software is enough");
        println!("  (Debian and Ubuntu: apt install libvulkan1 mesa-vulkan-drivers)");
    }
    if found.iter().any(|device| device.device.is_ok() && device.memory.is_none()) {
        println!("  Where memory is unknown, --memory GB tells how much a walk may take.");
    }
    println!("A walk of a minute in {}:", spec.name);
    for verdict in verdicts(&spec, &found) {
        println!("  {verdict}");
    }
    println!("{}", kernels::verdict(&cache_folder("kernels")));
    println!("The embedded model runs in real time on the CPU; --device chooses another device.");
    Ok(Exit::Done)
}

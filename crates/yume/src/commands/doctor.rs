//! `yume doctor`: what this machine can compute on.

use yume::device;

use super::Exit;

pub(super) fn run() -> Exit {
    println!("Yume Explorer {}", env!("CARGO_PKG_VERSION"));
    println!("Devices, the fastest kind first:");
    let found = device::list();
    for device in &found {
        let state = match &device.device {
            Ok(_) => "ready",
            Err(reason) => reason,
        };
        println!("  {:<7} {:<40} {state}", device.backend, device.name);
    }
    if !found.iter().any(|device| device.backend == "CUDA") {
        println!("  CUDA    no NVIDIA GPU with a CUDA driver was found");
    }
    if !found.iter().any(|device| matches!(device.backend, "Vulkan" | "Metal")) {
        println!("  no Vulkan or Metal device was found; the window needs one, software is enough");
        println!("  (Debian and Ubuntu: apt install libvulkan1 mesa-vulkan-drivers)");
    }
    println!("The embedded model runs in real time on the CPU; --device chooses another device.");
    Exit::Done
}

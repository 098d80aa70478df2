//! How much memory a device has, where somebody tells. Where nobody does, nothing is guessed.

use std::fs;
use std::panic;
use std::path::Path;

use cudarc::driver::CudaContext;

/// The memory of a device, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceMemory {
    /// All of it.
    pub total: u64,
    /// What no program has taken.
    pub free: u64,
}

/// That of this machine, where the kernel tells in a file.
pub fn of_host() -> Option<DeviceMemory> {
    host_from(&fs::read_to_string("/proc/meminfo").ok()?)
}

fn host_from(meminfo: &str) -> Option<DeviceMemory> {
    let bytes = |field: &str| {
        let kib = meminfo.lines().find_map(|line| line.strip_prefix(field))?;
        Some(kib.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
    };
    Some(DeviceMemory { total: bytes("MemTotal:")?, free: bytes("MemAvailable:")? })
}

/// Name and memory of CUDA's device of a number, as its driver tells.
pub(crate) fn of_cuda(index: usize) -> Option<(String, DeviceMemory)> {
    // The driver's library is loaded at run time, and a missing symbol of it panics.
    let told = panic::catch_unwind(|| {
        let context = CudaContext::new(index).ok()?;
        let (free, total) = context.mem_get_info().ok()?;
        let memory = DeviceMemory { total: total as u64, free: free as u64 };
        Some((context.name().ok()?, memory))
    });
    told.ok().flatten()
}

/// That of the graphics card in a slot such as `0000:01:00.0`, where its Linux driver tells in files;
/// that of AMD does.
pub(crate) fn of_pci(slot: &str) -> Option<DeviceMemory> {
    // The slot becomes part of a path.
    let is_slot =
        !slot.is_empty() && slot.chars().all(|c| c.is_ascii_hexdigit() || ".:".contains(c));
    if is_slot { card_from(&Path::new("/sys/bus/pci/devices").join(slot)) } else { None }
}

fn card_from(folder: &Path) -> Option<DeviceMemory> {
    let bytes = |file: &str| -> Option<u64> {
        fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok()
    };
    let (total, used) = (bytes("mem_info_vram_total")?, bytes("mem_info_vram_used")?);
    Some(DeviceMemory { total, free: total.saturating_sub(used) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_it_is_told_and_never_guessed() {
        let told = "MemTotal:       24684092 kB\nMemFree:  17 kB\nMemAvailable:   22036580 kB\n";
        let memory = DeviceMemory { total: 24_684_092 * 1024, free: 22_036_580 * 1024 };
        assert_eq!(host_from(told), Some(memory));
        for wrong in ["", "MemTotal: 5 kB", "MemTotal: many kB\nMemAvailable: 5 kB"] {
            assert_eq!(host_from(wrong), None, "{wrong}");
        }
        let folder = std::env::temp_dir().join(format!("yume-card-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(card_from(&folder), None);
        fs::write(folder.join("mem_info_vram_total"), "17163091968\n").unwrap();
        assert_eq!(card_from(&folder), None);
        fs::write(folder.join("mem_info_vram_used"), "163091968\n").unwrap();
        let card = DeviceMemory { total: 17_163_091_968, free: 17_000_000_000 };
        assert_eq!(card_from(&folder), Some(card));
        fs::remove_dir_all(&folder).unwrap();
        for slot in ["", "../../../tmp", "0000:ff:1f.7"] {
            assert_eq!(of_pci(slot), None, "{slot}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_tells() {
        let memory = of_host().unwrap();
        assert!(memory.free > 0 && memory.free < memory.total, "{memory:?}");
    }
}

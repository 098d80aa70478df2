//! The most memory that was taken: of the device's pools where they tell, of the process elsewhere.

use burn::tensor::Device;

/// Watches one device.
pub(super) struct Peak<'a> {
    device: &'a Device,
    most: Option<u64>,
}

impl<'a> Peak<'a> {
    /// Forgets what was taken before, as far as the system lets it.
    pub(super) fn new(device: &'a Device) -> Self {
        // "5" sets the peak of this process to what it has now (`man proc_pid_clear_refs`). Where that
        // cannot be done, the peak is that of the whole run.
        if cfg!(target_os = "linux") && std::fs::write("/proc/self/clear_refs", "5").is_err() {
            tracing::debug!("the peak of memory includes what ran before");
        }
        Self { device, most: None }
    }

    /// Looks now; pools keep what they once had, so a look after the work is enough.
    pub(super) fn look(&mut self) -> Option<u64> {
        let now = match self.device.memory_pool_usage() {
            Some(usage) => Some(usage.bytes_reserved),
            None => process_peak(),
        };
        self.most = self.most.max(now);
        self.most
    }
}

/// The most memory this process had, in bytes; known on Linux only.
fn process_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

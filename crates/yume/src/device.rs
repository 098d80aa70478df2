//! Choosing where to compute. The only file that knows burn's backends by name.

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::time::Duration;

use burn::tensor::{DType, Device, DeviceKind, DeviceType, Tensor};
use crossbeam_channel::bounded;
use yume_world::Coding;

use crate::device_memory::{self, DeviceMemory};

/// What the person asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The fastest device that is ready for the model.
    Auto,
    /// The processor.
    Cpu,
    /// A GPU through Vulkan, or Metal on a Mac.
    Vulkan,
    /// An NVIDIA GPU through CUDA.
    Cuda,
}

/// A way to compute on this machine.
#[derive(Clone, Debug)]
pub struct Found {
    /// `CPU`, `Vulkan`, `Metal` or `CUDA`.
    pub backend: &'static str,
    /// The device's own name.
    pub name: String,
    /// The device, or one sentence that says what it lacks.
    pub device: Result<Device, String>,
    /// Its memory, where the system tells.
    pub memory: Option<DeviceMemory>,
}

impl Found {
    /// Whether it is the processor, which computes in the computer's own memory.
    pub fn is_processor(&self) -> bool {
        self.backend == CPU
    }

    /// The precision of matrix weights there, unless told otherwise.
    pub fn matrices(&self) -> DType {
        if self.backend == "CUDA" { DType::BF16 } else { DType::F32 }
    }
}

/// A device that can be used, and what to call it.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Where tensors live.
    pub device: Device,
    /// Precision of matrix weights there.
    pub matrices: DType,
    /// Whether it is the processor.
    pub is_processor: bool,
    /// For a person, such as `CPU (2 threads)`.
    pub label: String,
    /// Its memory, where the system tells.
    pub memory: Option<DeviceMemory>,
}

impl Chosen {
    /// Multiplies a few weights in `coding` there.
    ///
    /// # Errors
    /// If the device cannot.
    pub fn try_coding(&self, coding: Coding) -> Result<(), DeviceError> {
        let device = self.device.clone();
        match answer_of(move || coding.works_on(&device)) {
            Ok(true) => Ok(()),
            _ => Err(DeviceError::Coding { label: self.label.clone() }),
        }
    }
}

/// A device that was asked for and cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// There is none of this kind.
    #[error("{0}")]
    Missing(String),
    /// It is there and does not work.
    #[error("{backend} cannot compute on {name}: {reason}; use --device cpu, or see `yume doctor`")]
    Broken {
        /// The backend.
        backend: &'static str,
        /// The device.
        name: String,
        /// What happened.
        reason: String,
    },
    /// It cannot multiply such weights.
    #[error(
        "{label} cannot multiply weights in this coding; use another --weights, or --device cpu"
    )]
    Coding {
        /// The device.
        label: String,
    },
}

/// How long a new device may take to run its first small product, kernels compiled.
const PROBE: Duration = Duration::from_secs(120);

#[cfg(target_os = "macos")]
const GPU_BACKEND: (&str, wgpu::Backends) = ("Metal", wgpu::Backends::METAL);
#[cfg(not(target_os = "macos"))]
const GPU_BACKEND: (&str, wgpu::Backends) = ("Vulkan", wgpu::Backends::VULKAN);

/// Every way to compute on this machine, the fastest kind first. Nothing is opened.
pub fn list() -> Vec<Found> {
    let mut found = cuda_devices();
    found.extend(gpu_devices());
    found.push(cpu());
    found
}

/// The device for a model that needs `flops` per segment of `segment_secs` seconds.
///
/// # Errors
/// If the kind that was asked for is missing or does not work.
pub fn choose(choice: DeviceChoice, flops: f64, segment_secs: f64) -> Result<Chosen, DeviceError> {
    match choice {
        DeviceChoice::Cpu => Ok(ready(cpu_device(), &cpu())),
        DeviceChoice::Cuda => first_working(cuda_devices(), MISSING_CUDA),
        DeviceChoice::Vulkan => first_working(gpu_devices(), MISSING_GPU),
        // A small model is ready on the processor at once; a GPU would first compile its kernels.
        DeviceChoice::Auto if flops / CPU_FLOPS_PER_SEC < segment_secs => {
            choose(DeviceChoice::Cpu, flops, segment_secs)
        }
        DeviceChoice::Auto => choose(DeviceChoice::Cuda, flops, segment_secs)
            .or_else(|_| choose(DeviceChoice::Vulkan, flops, segment_secs))
            .or_else(|_| choose(DeviceChoice::Cpu, flops, segment_secs)),
    }
}

/// What a laptop's processor is good for at least, in matrix products of f32.
pub const CPU_FLOPS_PER_SEC: f64 = 40e9;

const CPU: &str = "CPU";

const MISSING_CUDA: &str = "no NVIDIA GPU with a CUDA driver was found; install the NVIDIA driver \
     and the CUDA toolkit, or use --device auto";
const MISSING_GPU: &str = "no GPU was found through Vulkan or Metal; install its driver (software \
     renderers are not used for computing), or use --device auto";

fn cpu() -> Found {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let plural = if threads == 1 { "thread" } else { "threads" };
    Found {
        backend: CPU,
        name: format!("{threads} {plural}"),
        device: Ok(cpu_device()),
        memory: device_memory::of_host(),
    }
}

/// The processor, which is always there.
pub fn cpu_device() -> Device {
    Device::flex()
}

fn cuda_devices() -> Vec<Found> {
    let devices = panic::catch_unwind(|| Device::enumerate(DeviceType::Cuda).into_vec());
    let toolkit = cuda_headers();
    devices
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(index, device)| {
            let (name, memory) = device_memory::of_cuda(index).unzip();
            Found {
                backend: "CUDA",
                name: name.unwrap_or_else(|| format!("NVIDIA GPU {index}")),
                device: match &toolkit {
                    Ok(()) => Ok(device),
                    Err(reason) => Err(reason.clone()),
                },
                memory,
            }
        })
        .collect()
}

/// Kernels are compiled at run time, which needs the toolkit's headers.
fn cuda_headers() -> Result<(), String> {
    let mut roots = vec!["/usr/local/cuda".to_owned(), "/opt/cuda".to_owned()];
    if let Ok(path) = std::env::var("CUDA_PATH") {
        roots.insert(0, path);
    }
    if cfg!(target_os = "linux") && Path::new("/usr/bin/nvcc").exists() {
        roots.push("/usr".to_owned());
    }
    let has_headers = |root: &String| Path::new(root).join("include/cuda_runtime.h").exists();
    if cfg!(windows) || roots.iter().any(has_headers) {
        return Ok(());
    }
    Err("the CUDA toolkit is missing: install it, or set CUDA_PATH to its folder".to_owned())
}

fn gpu_devices() -> Vec<Found> {
    let (backend, backends) = GPU_BACKEND;
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = backends;
    let instance = wgpu::Instance::new(descriptor);
    let adapters = pollster::block_on(instance.enumerate_adapters(backends));
    let mut counts = [0usize; 3];
    let mut found = Vec::new();
    for adapter in adapters {
        let info = adapter.get_info();
        let mut next = |kind: usize| {
            counts[kind] += 1;
            counts[kind] - 1
        };
        let kind = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => DeviceKind::DiscreteGpu(next(0)),
            wgpu::DeviceType::IntegratedGpu => DeviceKind::IntegratedGpu(next(1)),
            wgpu::DeviceType::VirtualGpu => DeviceKind::VirtualGpu(next(2)),
            // Compute kernels crash inside software renderers; the window runs on them all the same.
            wgpu::DeviceType::Cpu | wgpu::DeviceType::Other => {
                found.push(Found {
                    backend,
                    name: info.name,
                    device: Err("draws the window only; computing uses the CPU itself".to_owned()),
                    memory: None,
                });
                continue;
            }
        };
        // What an integrated one has of its own is a small part of what it can use.
        let is_discrete = info.device_type == wgpu::DeviceType::DiscreteGpu;
        let memory = is_discrete.then(|| device_memory::of_pci(&info.device_pci_bus_id)).flatten();
        found.push(Found { backend, name: info.name, device: Ok(open_gpu(kind)), memory });
    }
    found
}

#[cfg(target_os = "macos")]
fn open_gpu(kind: DeviceKind) -> Device {
    Device::metal(kind)
}

#[cfg(not(target_os = "macos"))]
fn open_gpu(kind: DeviceKind) -> Device {
    Device::vulkan(kind)
}

fn ready(device: Device, found: &Found) -> Chosen {
    Chosen {
        device,
        matrices: found.matrices(),
        is_processor: found.is_processor(),
        label: format!("{} ({})", found.backend, found.name),
        memory: found.memory,
    }
}

fn first_working(found: Vec<Found>, missing: &str) -> Result<Chosen, DeviceError> {
    let mut failure = None;
    for found in found {
        let reason = match &found.device {
            Ok(device) => match probe(device) {
                Ok(()) => return Ok(ready(device.clone(), &found)),
                Err(reason) => reason,
            },
            Err(reason) => reason.clone(),
        };
        let Found { backend, name, .. } = found;
        failure.get_or_insert(DeviceError::Broken { backend, name, reason });
    }
    Err(failure.unwrap_or_else(|| DeviceError::Missing(missing.to_owned())))
}

/// Runs one small product.
fn probe(device: &Device) -> Result<(), String> {
    let device = device.clone();
    let product = move || {
        let ones = Tensor::<2>::ones([64, 64], (&device, DType::F32));
        ones.clone().matmul(ones).sum().into_scalar::<f32>()
    };
    match answer_of(product)? {
        sum if sum == 64.0 * 64.0 * 64.0 => Ok(()),
        sum => Err(format!("a test product came out as {sum}")),
    }
}

/// Runs `work` on a thread of its own: a driver that panics or hangs says so here.
fn answer_of<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let (sender, receiver) = bounded(1); // one answer
    std::thread::Builder::new()
        .name("device probe".to_owned())
        .spawn(move || {
            let answer = panic::catch_unwind(AssertUnwindSafe(work));
            sender.send(answer.ok()).ok();
        })
        .map_err(|error| error.to_string())?;
    match receiver.recv_timeout(PROBE) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err("its driver failed a test product".to_owned()),
        Err(_) => Err("it did not answer a test product in time".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_always_there_and_computes() {
        let found = list();
        let cpu = found.last().unwrap();
        assert!(cpu.is_processor());
        probe(cpu.device.as_ref().unwrap()).unwrap();
    }

    #[test]
    fn a_small_model_goes_to_the_processor() {
        let chosen = choose(DeviceChoice::Auto, 12e9, 2.0).unwrap();
        assert!(chosen.label.starts_with("CPU"), "{}", chosen.label);
    }

    #[test]
    fn the_processor_multiplies_weights_in_every_coding() {
        let chosen = choose(DeviceChoice::Cpu, 0.0, 2.0).unwrap();
        for coding in [Coding::Int8, Coding::Fp8, Coding::W8A8] {
            chosen.try_coding(coding).unwrap();
        }
    }

    #[test]
    fn no_choice_panics() {
        for choice in [DeviceChoice::Auto, DeviceChoice::Cuda, DeviceChoice::Vulkan] {
            if let Err(error) = choose(choice, 1e15, 2.0) {
                assert!(error.to_string().contains("--device"), "{error}");
            }
        }
    }
}

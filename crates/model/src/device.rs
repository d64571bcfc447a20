//! Chooses the device to compute on, by its id, or says why it cannot be used. Only this module knows what a GPU needs.

#[cfg(feature = "cuda")]
mod cuda;

use candle_core::Device;
use tunesmith_sentence::{Sentence, say};

use crate::ModelError;

/// The processor.
pub const CPU: &str = "cpu";
/// The first NVIDIA GPU.
pub const CUDA: &str = "cuda:0";
/// The GPU where one answers, else the processor.
pub const AUTO: &str = "auto";

/// A device to compute on.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// As candle knows it. All users of the GPU share one device, and with it one stream: what one thread has asked for
    /// is done before what another asks for later.
    pub device: Device,
    /// `cpu` or `cuda:0`.
    pub id: &'static str,
    /// Why this one, in a sentence.
    pub reason: Sentence,
}

/// A GPU that answers.
#[derive(Debug, Clone)]
pub struct Gpu {
    /// Its name, such as `NVIDIA H200`.
    pub name: String,
    device: Device,
}

/// The device that this id stands for.
///
/// # Errors
/// When a GPU is asked for and none can be used, with the reason; when there is no such device.
pub fn choose(id: &str) -> Result<Chosen, ModelError> {
    let gpu = || gpu().as_ref();
    match id {
        CPU => Ok(on_cpu(say!("device-chosen", "It was chosen"))),
        AUTO => Ok(match gpu() {
            Ok(gpu) => on_gpu(gpu, say!("device-fastest", "It is the fastest device here")),
            Err(reason) => on_cpu(reason.clone()),
        }),
        CUDA => match gpu() {
            Ok(gpu) => Ok(on_gpu(gpu, say!("device-chosen", "It was chosen"))),
            Err(reason) => {
                Err(ModelError::Device(say!("device-gpu-unusable", "The GPU cannot be used: {reason}", reason)))
            }
        },
        other => Err(ModelError::Device(say!(
            "device-unknown",
            "There is no device “{device}”; there are {auto}, {cpu} and {cuda}",
            device = other,
            auto = AUTO,
            cpu = CPU,
            cuda = CUDA
        ))),
    }
}

fn on_cpu(reason: Sentence) -> Chosen {
    Chosen { device: Device::Cpu, id: CPU, reason }
}

fn on_gpu(gpu: &Gpu, reason: Sentence) -> Chosen {
    Chosen { device: gpu.device.clone(), id: CUDA, reason }
}

impl Gpu {
    /// Its memory in bytes: in all, and free now.
    ///
    /// # Errors
    /// When the GPU does not answer any more.
    pub fn memory(&self) -> Result<(u64, u64), ModelError> {
        #[cfg(feature = "cuda")]
        let memory = cuda::memory(&self.device);
        #[cfg(not(feature = "cuda"))]
        let memory: candle_core::Result<_> = Err(candle_core::Error::NotCompiledWithCudaSupport);
        memory.map_err(|error| {
            ModelError::Device(say!(
                "device-memory-unknown",
                "The {name} does not say how much memory it has: {error}",
                name = &self.name,
                error = error.to_string()
            ))
        })
    }
}

/// The GPU of this computer, or why there is none to use. The first call looks for it, which takes up to a second.
#[cfg(feature = "cuda")]
pub fn gpu() -> &'static Result<Gpu, Sentence> {
    static FOUND: std::sync::OnceLock<Result<Gpu, Sentence>> = std::sync::OnceLock::new();
    FOUND.get_or_init(|| cuda::open().map(|(name, device)| Gpu { name, device }))
}

/// The GPU of this computer, or why there is none to use.
#[cfg(not(feature = "cuda"))]
pub fn gpu() -> &'static Result<Gpu, Sentence> {
    static NONE: std::sync::LazyLock<Result<Gpu, Sentence>> = std::sync::LazyLock::new(|| {
        Err(say!("device-build-without-cuda", "This build of Tunesmith has no CUDA; `make cuda` makes one that has"))
    });
    &NONE
}

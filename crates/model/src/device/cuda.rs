//! An NVIDIA GPU, found at run time: the program links to none of NVIDIA's libraries, starts on computers that have
//! none, and says which one is missing.

use std::panic::catch_unwind;
use std::path::PathBuf;

use candle_core::cuda_backend::cudarc;
use candle_core::{DType, Device, Tensor};
use tunesmith_sentence::{Sentence, say};

/// Folders with cuBLAS and cuRAND, as in PATH.
const FOLDERS: &str = "TUNESMITH_CUDA_LIBS";
/// Where NVIDIA's own packages put them, beside what the system's loader knows.
const KNOWN_FOLDERS: [&str; 3] = ["/usr/local/cuda/lib64", "/usr/local/cuda-13/lib64", "/opt/cuda/lib64"];
/// In the order in which they need each other.
const LIBRARIES: [&str; 3] = ["libcublasLt.so.13", "libcublas.so.13", "libcurand.so.10"];

/// The first GPU with its name, once it has multiplied two matrices, or what stands in the way.
pub(super) fn open() -> Result<(String, Device), Sentence> {
    // cudarc panics where a library answers with less than it expects.
    catch_unwind(|| {
        preload();
        look_for_libraries()?;
        let device = Device::new_cuda_with_stream(0).map_err(|error| refused(&error))?;
        let name = prepare(&device).map_err(|error| refused(&error))?;
        prove(&device).map_err(|error| refused(&error))?;
        Ok((name, device))
    })
    .unwrap_or_else(|panic| {
        let said =
            panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).into()));
        let reason = said.map_or_else(|| say!("device-no-reason", "no reason given"), Sentence::verbatim);
        Err(say!("device-libraries-unfit", "NVIDIA's libraries do not fit together: {reason}", reason))
    })
}

/// Memory in bytes: in all, and free now.
pub(super) fn memory(device: &Device) -> candle_core::Result<(u64, u64)> {
    let context = device.as_cuda_device()?.cuda_stream().context().clone();
    context.bind_to_thread().map_err(candle_core::Error::wrap)?;
    let (free, total) = cudarc::driver::result::mem_get_info().map_err(candle_core::Error::wrap)?;
    Ok((total as u64, free as u64 + kept(context.cu_device())?))
}

/// What this program has freed and keeps for itself (see `prepare`): free for it, though the driver counts it as taken.
fn kept(device: cudarc::driver::sys::CUdevice) -> candle_core::Result<u64> {
    use cudarc::driver::sys::{self, CUmemPool_attribute as Attribute};
    let mut pool = std::ptr::null_mut();
    // SAFETY: the pointer is to a live value of the type that the call writes (CUDA driver API).
    unsafe { sys::cuDeviceGetDefaultMemPool(&mut pool, device) }.result().map_err(candle_core::Error::wrap)?;
    let read = |attribute| -> candle_core::Result<u64> {
        let mut bytes = 0u64;
        // SAFETY: both attributes are unsigned numbers of 64 bits.
        let read = unsafe { sys::cuMemPoolGetAttribute(pool, attribute, (&raw mut bytes).cast()) };
        read.result().map_err(candle_core::Error::wrap)?;
        Ok(bytes)
    };
    let reserved = read(Attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT)?;
    Ok(reserved.saturating_sub(read(Attribute::CU_MEMPOOL_ATTR_USED_MEM_CURRENT)?))
}

/// Opens the libraries by their full paths; cudarc, which asks the loader by name, then finds them open.
fn preload() {
    let named = std::env::var_os(FOLDERS).unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&named).chain(KNOWN_FOLDERS.map(PathBuf::from)).collect();
    for library in LIBRARIES {
        if let Some(path) = folders.iter().map(|folder| folder.join(library)).find(|path| path.is_file()) {
            // SAFETY: loading runs the library's own initialisers; these are NVIDIA's, in folders that the user or the
            // system named.
            match unsafe { libloading::Library::new(&path) } {
                // It stays open as long as the program runs.
                Ok(library) => std::mem::forget(library),
                Err(error) => tracing::warn!("{}: {error}", path.display()),
            }
        }
    }
}

/// Which library is missing. Only the build of `make cuda` looks itself; any other could not have started without them.
#[cfg(dynload)]
fn look_for_libraries() -> Result<(), Sentence> {
    // SAFETY: these calls open a library and look symbols up in it.
    let (driver, cublas, curand) = unsafe {
        (
            cudarc::driver::sys::is_culib_present(),
            cudarc::cublas::sys::is_culib_present(),
            cudarc::curand::sys::is_culib_present(),
        )
    };
    if !driver {
        return Err(say!("device-driver-missing", "No NVIDIA driver was found (libcuda.so.1)"));
    }
    for (there, library, package) in [
        (cublas, "cuBLAS (libcublas.so.13)", "nvidia-cublas==13.0.2.14"),
        (curand, "cuRAND (libcurand.so.10)", "nvidia-curand==10.4.0.35"),
    ] {
        if !there {
            return Err(say!(
                "device-library-missing",
                "There is an NVIDIA driver, but {library} was not found. Install the CUDA 13 toolkit, or `pip install \
                 {package}` and set {variable} to its folder nvidia/cu13/lib",
                library,
                package,
                variable = FOLDERS
            ));
        }
    }
    Ok(())
}

#[cfg(not(dynload))]
fn look_for_libraries() -> Result<(), Sentence> {
    Ok(())
}

/// Its name, after it was told to keep freed memory and that there is one stream only.
fn prepare(device: &Device) -> candle_core::Result<String> {
    use cudarc::driver::sys;
    let device = device.as_cuda_device()?;
    // SAFETY: event tracking orders streams among each other, and there is only this one.
    unsafe { device.disable_event_tracking() };
    let stream = device.cuda_stream();
    let context = stream.context();
    context.bind_to_thread().map_err(candle_core::Error::wrap)?;
    // By default memory goes back to the driver at each synchronisation, that is at each step.
    let mut keep = u64::MAX;
    let mut pool = std::ptr::null_mut();
    // SAFETY: both pointers are to live values of the types that these calls write and read (CUDA driver API).
    unsafe {
        sys::cuDeviceGetDefaultMemPool(&mut pool, context.cu_device()).result().map_err(candle_core::Error::wrap)?;
        let attribute = sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
        sys::cuMemPoolSetAttribute(pool, attribute, (&raw mut keep).cast())
            .result()
            .map_err(candle_core::Error::wrap)?;
    }
    context.name().map_err(candle_core::Error::wrap)
}

/// A product of two matrices comes out right: driver, memory and cuBLAS work.
fn prove(device: &Device) -> candle_core::Result<()> {
    let numbers = Tensor::from_vec(vec![1f32, 2.0, 3.0, 4.0], (2, 2), device)?;
    let product = numbers.matmul(&numbers)?.to_dtype(DType::F32)?.to_vec2::<f32>()?;
    if product != [[7.0, 10.0], [15.0, 22.0]] {
        candle_core::bail!("a test product came out wrong: {product:?}");
    }
    Ok(())
}

fn refused(error: &candle_core::Error) -> Sentence {
    say!("device-gpu-refused", "The GPU refused: {error}", error = error.to_string())
}

//! Reads and changes the numbers of a CPU tensor as a slice, which is what the kernels take.

use std::ops::{Deref, Range};

use candle_core::{CpuStorage, DType, InplaceOp1, Layout, Storage, StorageRef, Tensor};

use crate::Result;

/// Whether the kernels can compute with this tensor.
pub(crate) fn fast(tensor: &Tensor) -> bool {
    tensor.device().is_cpu() && tensor.dtype() == DType::F32
}

/// A contiguous f32 tensor on the CPU, read as a slice while this lives.
pub(crate) struct Floats<'a> {
    storage: StorageRef<'a>,
    range: Range<usize>,
}

impl<'a> Floats<'a> {
    /// Fails unless the tensor is contiguous, f32 and on the CPU.
    pub(crate) fn of(tensor: &'a Tensor) -> Result<Self> {
        let (storage, layout) = tensor.storage_and_layout();
        let (start, end) = contiguous(layout)?;
        if !matches!(&*storage, Storage::Cpu(CpuStorage::F32(_))) {
            return Err(candle_core::Error::Msg("expected an f32 tensor on the CPU".into()).into());
        }
        Ok(Self { storage, range: start..end })
    }
}

impl Deref for Floats<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &*self.storage {
            Storage::Cpu(CpuStorage::F32(numbers)) => &numbers[self.range.clone()],
            _ => &[], // `of` has refused everything else
        }
    }
}

fn contiguous(layout: &Layout) -> candle_core::Result<(usize, usize)> {
    layout.contiguous_offsets().ok_or_else(|| candle_core::Error::Msg("expected a contiguous tensor".into()))
}

/// Changes the numbers of a contiguous f32 tensor on the CPU in place. Only for tensors that the caller alone holds:
/// clones would see the change.
pub(crate) fn edit(tensor: &Tensor, change: impl Fn(&mut [f32])) -> Result<()> {
    Ok(tensor.inplace_op1(&Edit(change))?)
}

struct Edit<F>(F);

impl<F: Fn(&mut [f32])> InplaceOp1 for Edit<F> {
    fn name(&self) -> &'static str {
        "edit"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        let (start, end) = contiguous(layout)?;
        match storage {
            CpuStorage::F32(numbers) => (self.0)(&mut numbers[start..end]),
            _ => candle_core::bail!("expected an f32 tensor"),
        }
        Ok(())
    }
}

/// A new tensor on the CPU.
pub(crate) fn tensor(numbers: Vec<f32>, shape: impl Into<candle_core::Shape>) -> Result<Tensor> {
    Ok(Tensor::from_vec(numbers, shape.into(), &candle_core::Device::Cpu)?)
}

//! The optimiser's moments as a safetensors file: `<parameter>.first` and `<parameter>.second`, f32, flat.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensorError, SafeTensors, View};

use crate::files::at;
use crate::optimizer::Moments;
use crate::{AdamW, TrainError};

const UPDATES: &str = "updates";

/// About how many bytes `write` writes.
pub(crate) fn size(optimizer: &AdamW) -> u64 {
    optimizer.moments.values().map(|moments| 4 * (moments.first.len() + moments.second.len()) as u64).sum()
}

/// Writes moments and the number of updates.
pub(crate) fn write(path: &Path, optimizer: &AdamW) -> Result<(), TrainError> {
    let tensors = optimizer.moments.iter().flat_map(|(name, moments)| {
        [(format!("{name}.first"), Flat::of(&moments.first)), (format!("{name}.second"), Flat::of(&moments.second))]
    });
    let metadata = HashMap::from([(UPDATES.to_owned(), optimizer.updates.to_string())]);
    safetensors::serialize_to_file(tensors, Some(metadata), path).map_err(|error| match error {
        SafeTensorError::IoError(source) => at(path)(source),
        other => TrainError::Damaged { path: path.into(), message: other.to_string() },
    })
}

/// Reads what `write` wrote.
pub(crate) fn read(path: &Path) -> Result<AdamW, TrainError> {
    let damaged = |message: String| TrainError::Damaged { path: path.into(), message };
    let bytes = fs::read(path).map_err(at(path))?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
    let updates = header.metadata().as_ref().and_then(|metadata| metadata.get(UPDATES)?.parse().ok());
    let mut optimizer =
        AdamW { updates: updates.ok_or_else(|| damaged(format!("{UPDATES} is missing")))?, ..AdamW::default() };
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
    for (name, view) in tensors.iter() {
        let values = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        match name.rsplit_once('.') {
            Some((name, "first")) => moments(&mut optimizer, name).first = values,
            Some((name, "second")) => moments(&mut optimizer, name).second = values,
            _ => return Err(damaged(format!("{name} is not a moment"))),
        }
    }
    Ok(optimizer)
}

fn moments<'a>(optimizer: &'a mut AdamW, name: &str) -> &'a mut Moments {
    optimizer.moments.entry(name.to_owned()).or_default()
}

/// A list of numbers as a one-dimensional tensor.
struct Flat<'a> {
    values: &'a [f32],
    shape: [usize; 1],
}

impl<'a> Flat<'a> {
    fn of(values: &'a [f32]) -> Self {
        Self { values, shape: [values.len()] }
    }
}

impl View for Flat<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn data_len(&self) -> usize {
        4 * self.values.len()
    }
}

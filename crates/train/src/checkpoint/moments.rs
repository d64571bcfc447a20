//! The optimiser's moments as a safetensors file: `<parameter>.<moment>`, flat, f32. Where a moment is kept in
//! 8 bits, that is its codes (u8), and `<parameter>.<moment>.scales` the scales of its blocks (f32).

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors, View};
use tunesmith_data::own_file;
use tunesmith_protocol::Optimizer as Choice;
use tunesmith_sentence::{Sentence, say};

use crate::files::at;
use crate::optimizer::{Moment, QuantizedMoment};
use crate::{Optimizer, TrainError};

const UPDATES: &str = "updates";
const SCALES: &str = ".scales";

/// Writes moments and the number of updates.
pub(crate) fn write(path: &Path, optimizer: &Optimizer) -> Result<(), TrainError> {
    let moments = optimizer.moments.iter().flat_map(|(parameter, moments)| {
        moments.iter().flat_map(move |(name, moment)| tensors(format!("{parameter}.{name}"), moment))
    });
    let metadata = HashMap::from([(UPDATES.to_owned(), optimizer.updates.to_string())]);
    safetensors::serialize_to_file(moments, Some(metadata), path).map_err(|error| match error {
        SafeTensorError::IoError(source) => at(path)(source),
        other => TrainError::Damaged { path: path.into(), message: Sentence::verbatim(other.to_string()) },
    })
}

/// Reads what `write` wrote for this optimiser.
pub(crate) fn read(path: &Path, choice: Choice) -> Result<Optimizer, TrainError> {
    let damaged = |message: Sentence| TrainError::Damaged { path: path.into(), message };
    let unreadable = |error: SafeTensorError| damaged(Sentence::verbatim(error.to_string()));
    let no_moment = |name: &str| damaged(say!("train-moment-unknown", "{name} is not a moment", name));
    let mut bytes = Vec::new();
    own_file::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(at(path))?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(unreadable)?;
    let updates = header.metadata().as_ref().and_then(|metadata| metadata.get(UPDATES)?.parse().ok());
    let mut optimizer = Optimizer::new(choice);
    optimizer.updates =
        updates.ok_or_else(|| damaged(say!("train-updates-missing", "{name} is missing", name = UPDATES)))?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(unreadable)?;
    for (name, view) in tensors.iter().filter(|(name, _)| !name.ends_with(SCALES)) {
        let (parameter, moment) = name.rsplit_once('.').ok_or_else(|| no_moment(name))?;
        let scales = tensors.tensor(&format!("{name}{SCALES}")).ok();
        let value = self::moment(moment, &view, scales).ok_or_else(|| no_moment(name))?;
        optimizer.moments.entry(parameter.to_owned()).or_default().insert(moment.to_owned(), value);
    }
    match optimizer.incomplete() {
        Some(parameter) => Err(damaged(say!(
            "train-moments-missing",
            "{parameter} does not have the moments of {optimizer}",
            parameter,
            optimizer = choice.word()
        ))),
        None => Ok(optimizer),
    }
}

fn tensors(name: String, moment: &Moment) -> Vec<(String, Flat<'_>)> {
    match moment {
        Moment::F32(values) => vec![(name, Flat::numbers(values))],
        Moment::Quantized(blocks) => {
            let scales = (format!("{name}{SCALES}"), Flat::numbers(&blocks.scales));
            vec![(name, Flat::codes(&blocks.codes)), scales]
        }
    }
}

fn moment(name: &str, view: &TensorView, scales: Option<TensorView>) -> Option<Moment> {
    match (view.dtype(), scales) {
        (Dtype::F32, None) => Some(Moment::F32(numbers(view)?)),
        (Dtype::U8, Some(scales)) => {
            QuantizedMoment::new(name, view.data().to_vec(), numbers(&scales)?).map(Moment::Quantized)
        }
        _ => None,
    }
}

fn numbers(view: &TensorView) -> Option<Vec<f32>> {
    let numbers = || view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    (view.dtype() == Dtype::F32).then(numbers)
}

/// A list as a one-dimensional tensor, turned into bytes only when its turn to be written has come.
struct Flat<'a> {
    list: List<'a>,
    shape: [usize; 1],
}

enum List<'a> {
    Numbers(&'a [f32]),
    Codes(&'a [u8]),
}

impl<'a> Flat<'a> {
    fn numbers(numbers: &'a [f32]) -> Self {
        Self { list: List::Numbers(numbers), shape: [numbers.len()] }
    }

    fn codes(codes: &'a [u8]) -> Self {
        Self { list: List::Codes(codes), shape: [codes.len()] }
    }
}

impl View for Flat<'_> {
    fn dtype(&self) -> Dtype {
        match self.list {
            List::Numbers(_) => Dtype::F32,
            List::Codes(_) => Dtype::U8,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        match self.list {
            List::Numbers(numbers) => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
            List::Codes(codes) => Cow::Borrowed(codes),
        }
    }

    fn data_len(&self) -> usize {
        match self.list {
            List::Numbers(numbers) => 4 * numbers.len(),
            List::Codes(codes) => codes.len(),
        }
    }
}

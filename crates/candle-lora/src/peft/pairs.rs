//! Reads the pairs of `adapter_model.safetensors`, and refuses those that do not fit the adapter's config.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use tunesmith_sentence::{Sentence, say};

use super::config::PeftConfig;
use super::unsupported;
use crate::adapter::{PairTensor, split};
use crate::header::{self, not_finite};
use crate::{LoraConfig, LoraError, LoraPair, ModuleKind, Result, regular_file};

/// A module's tensors as they come.
struct Found {
    kind: ModuleKind,
    a: Option<Tensor>,
    b: Option<Tensor>,
    magnitude: Option<Tensor>,
}

/// The pairs in the file at `path`, by the names of their modules, and the config with what its patterns come to.
pub(super) fn read_pairs(
    path: &Path,
    config: PeftConfig,
    device: &Device,
) -> Result<(LoraConfig, BTreeMap<String, LoraPair>)> {
    let wrong = |reason: Sentence| LoraError::adapter(path, reason);
    let mut file = Vec::new();
    let mut opened = regular_file::open(path).map_err(LoraError::refused(path))?;
    opened.read_to_end(&mut file).map_err(LoraError::io(path))?;
    header::read(&file).map_err(&wrong)?;
    let tensors = candle_core::safetensors::load_buffer(&file, &Device::Cpu)
        .map_err(|error| wrong(Sentence::verbatim(error.to_string())))?;
    let mut modules: BTreeMap<String, Found> = BTreeMap::new();
    for (name, tensor) in tensors {
        let short = name.strip_prefix(super::PREFIX).unwrap_or(&name);
        // PEFT saves a copy of a frozen embedding or head beside its pair. It is the base's own: one of another
        // vocabulary would not fit the pair either.
        if short.ends_with(".base_layer.weight") {
            continue;
        }
        let (module, tensor_of_pair, end) = split(short).ok_or_else(|| wrong(unsupported::tensor(&name)))?;
        let kind = if end.starts_with("lora_embedding") { ModuleKind::Embedding } else { ModuleKind::Linear };
        let found = modules.entry(module.to_string());
        let found = found.or_insert(Found { kind, a: None, b: None, magnitude: None });
        let place = match tensor_of_pair {
            PairTensor::A => &mut found.a,
            PairTensor::B => &mut found.b,
            PairTensor::Magnitude => &mut found.magnitude,
        };
        *place = Some(finite(&name, &tensor).map_err(wrong)??.to_device(device)?);
    }
    let config = config.with_modules(modules.keys()).map_err(wrong)?;
    let pair = |(module, found): (String, Found)| Ok((module.clone(), found.pair(&config, &module).map_err(wrong)?));
    let pairs = modules.into_iter().map(pair).collect::<Result<_>>()?;
    Ok((config, pairs))
}

/// A tensor in f32, if all its numbers are finite.
fn finite(name: &str, tensor: &Tensor) -> Result<candle_core::Result<Tensor>, Sentence> {
    let numbers = || tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>();
    match numbers() {
        Ok(numbers) if numbers.iter().all(|number| number.is_finite()) => {
            Ok(Tensor::from_vec(numbers, tensor.dims(), &Device::Cpu))
        }
        Ok(_) => Err(not_finite(name)),
        Err(error) => Ok(Err(error)),
    }
}

impl Found {
    /// The pair, or what is wrong with it.
    fn pair(self, config: &LoraConfig, module: &str) -> Result<LoraPair, Sentence> {
        let Self { kind, a, b, magnitude } = self;
        let (a, b) = match (a, b) {
            (Some(a), Some(b)) => (a, b),
            (_, None) => return Err(say!("adapter-without-b", "{module} has no lora_B", module)),
            (None, _) => return Err(say!("adapter-without-a", "{module} has no lora_A", module)),
        };
        let (rank, shapes) = (config.rank_of(module), (a.dims(), b.dims()));
        let told = format!("{shapes:?}");
        let ([inner, _], [width, outer]) = shapes else {
            return Err(say!("adapter-shapes", "{module} has shapes {shapes}", module, shapes = told));
        };
        if [*inner, *outer] != [rank; 2] {
            return Err(say!(
                "adapter-rank-other",
                "{module} has shapes {shapes}, which do not fit rank {rank}",
                module,
                shapes = told,
                rank
            ));
        }
        check_magnitude(config, module, kind, magnitude.as_ref(), *width)?;
        Ok(LoraPair { a, b, magnitude, kind })
    }
}

/// A module that is `width` wide has magnitudes exactly where DoRA is on.
fn check_magnitude(
    config: &LoraConfig,
    module: &str,
    kind: ModuleKind,
    magnitude: Option<&Tensor>,
    width: usize,
) -> Result<(), Sentence> {
    match (config.dora, magnitude.map(Tensor::dims)) {
        (true, _) if kind == ModuleKind::Embedding => Err(say!(
            "adapter-magnitudes-unsupported",
            "{module} has magnitudes (use_dora), which an embedding cannot have here",
            module
        )),
        (true, None) => {
            Err(say!("adapter-magnitudes-missing", "{module} has no lora_magnitude_vector, but use_dora is on", module))
        }
        (false, Some(_)) => Err(say!(
            "adapter-magnitudes-unexpected",
            "{module} has a lora_magnitude_vector, but use_dora is off",
            module
        )),
        (true, Some(shape)) if shape != [width] => Err(say!(
            "adapter-magnitudes-shape",
            "{module} has magnitudes of shape {found}, not {expected}",
            module,
            found = format!("{shape:?}"),
            expected = format!("[{width}]")
        )),
        _ => Ok(()),
    }
}

//! Puts the tensors of a module's pair together, and refuses those that do not fit the adapter's config.

use candle_core::Tensor;
use tunesmith_sentence::{Sentence, say};

use crate::adapter::PairTensor;
use crate::{LoraConfig, LoraPair, ModuleKind};

/// A module's tensors as they come.
pub(super) struct Found {
    kind: ModuleKind,
    a: Option<Tensor>,
    b: Option<Tensor>,
    magnitude: Option<Tensor>,
}

impl Found {
    /// None of them yet.
    pub(super) fn of(kind: ModuleKind) -> Self {
        Self { kind, a: None, b: None, magnitude: None }
    }

    /// Where this tensor goes.
    pub(super) fn place(&mut self, tensor: PairTensor) -> &mut Option<Tensor> {
        match tensor {
            PairTensor::A => &mut self.a,
            PairTensor::B => &mut self.b,
            PairTensor::Magnitude => &mut self.magnitude,
        }
    }

    /// The pair, or what is wrong with it.
    pub(super) fn pair(self, config: &LoraConfig, module: &str) -> Result<LoraPair, Sentence> {
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

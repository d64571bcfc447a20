//! Saves a decoder as a model folder that other programs can load.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use candle_core::{DType, Tensor};
use half::bf16;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use tunesmith_sentence::{Sentence, say};

use crate::family::architecture;
use crate::{Decoder, ModelError};

impl Decoder {
    /// Writes `model.safetensors` and `config.json`, in f32 or bf16.
    ///
    /// # Errors
    /// When the format is another, or a file cannot be written.
    pub fn save(&self, folder: &Path, dtype: DType) -> Result<(), ModelError> {
        let kind = match dtype {
            DType::F32 => Dtype::F32,
            DType::BF16 => Dtype::BF16,
            other => {
                return Err(ModelError::Input(say!(
                    "model-save-format",
                    "Models are saved in f32 or bf16, not in {format}",
                    format = format!("{other:?}")
                )));
            }
        };
        fs::create_dir_all(folder).map_err(ModelError::io(folder))?;
        let path = folder.join("model.safetensors");
        let broken = |error: safetensors::SafeTensorError| match error {
            safetensors::SafeTensorError::IoError(source) => ModelError::io(&path)(source),
            other => ModelError::Weights { file: path.clone(), reason: Sentence::verbatim(other.to_string()) },
        };
        let tensors = self
            .weights
            .iter()
            .map(|(name, weight)| Ok((name, weight.dims().to_vec(), bytes(&weight.dense()?, kind)?)));
        let tensors = tensors.collect::<Result<Vec<_>, ModelError>>()?;
        let views = tensors
            .iter()
            .map(|(name, shape, bytes)| Ok((name, TensorView::new(kind, shape.clone(), bytes).map_err(broken)?)));
        let views = views.collect::<Result<Vec<_>, ModelError>>()?;
        let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
        safetensors::serialize_to_file(views, Some(metadata), &path).map_err(broken)?;
        self.save_config(folder, if kind == Dtype::F32 { "float32" } else { "bfloat16" })
    }

    fn save_config(&self, folder: &Path, dtype: &str) -> Result<(), ModelError> {
        let mut config = self.config.source.clone();
        if let Value::Object(fields) = &mut config {
            // Newer readers look for `dtype`, older ones for `torch_dtype`.
            fields.remove("dtype");
            fields.insert("torch_dtype".into(), json!(dtype));
            // The file may name the decoder alone, but what is saved has a head.
            fields.insert("architectures".into(), json!([architecture(self.config.family)]));
            fields.entry("model_type").or_insert_with(|| json!(self.config.family));
        }
        let path = folder.join("config.json");
        let text = serde_json::to_string_pretty(&config).unwrap_or_default();
        fs::write(&path, text + "\n").map_err(ModelError::io(&path))
    }
}

fn bytes(tensor: &Tensor, kind: Dtype) -> Result<Vec<u8>, ModelError> {
    let numbers = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
    Ok(match kind {
        Dtype::BF16 => numbers.into_iter().flat_map(|number| bf16::from_f32(number).to_le_bytes()).collect(),
        _ => numbers.into_iter().flat_map(f32::to_le_bytes).collect(),
    })
}

//! Which layers see only the last tokens before each: sliding windows, as the config or its family has them.

use tunesmith_sentence::say;

use crate::config::Layer;
use crate::config_fields::ConfigFields;
use crate::{ModelConfig, ModelError};

/// Where a config is silent, windows are 4096 tokens wide, as in transformers; `null` is none.
pub(super) fn window(fields: &ConfigFields) -> Result<Option<usize>, ModelError> {
    if fields.has("sliding_window") { fields.size_if_any("sliding_window") } else { Ok(Some(4096)) }
}

/// Layers from `max_window_layers` on have a window, unless the config lists the layers, and only if windows are used.
pub(super) fn qwen_windows(fields: &ConfigFields, config: &mut ModelConfig) -> Result<(), ModelError> {
    if !fields.switch_or("use_sliding_window", false)? {
        return Ok(());
    }
    let first = fields.whole_or("max_window_layers", 28)?;
    windows(fields, config, |layer| layer >= first)
}

/// Gives the window to the layers that `layer_types` lists, or else to those that the family's pattern names.
pub(super) fn windows(
    fields: &ConfigFields,
    config: &mut ModelConfig,
    pattern: impl Fn(usize) -> bool,
) -> Result<(), ModelError> {
    let listed = fields.list("layer_types")?;
    if !listed.is_empty() && listed.len() != config.layers.len() {
        return Err(fields.wrong(say!(
            "model-layer-types-count",
            "layer_types lists {found} layers, but there are {expected}",
            found = listed.len(),
            expected = config.layers.len()
        )));
    }
    let window = window(fields)?;
    for (number, layer) in config.layers.iter_mut().enumerate() {
        let slides = match listed.get(number).map(|kind| kind.as_str().unwrap_or_default()) {
            None => pattern(number),
            Some("sliding_attention") => true,
            Some("full_attention") => false,
            Some(kind) => {
                return Err(fields.wrong(say!("model-layer-type", "the layer type “{kind}” is not supported", kind)));
            }
        };
        if slides && window.is_none() {
            return Err(fields.wrong(say!("model-window-missing", "sliding_window is missing, but layers slide")));
        }
        *layer = Layer { window: window.filter(|_| slides), ..*layer };
    }
    Ok(())
}

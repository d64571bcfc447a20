//! What is measured in the place of a model: all of it where it is small, else a few of its blocks and a part of its
//! vocabulary, with weights that say nothing. The operations are those of the run.

use candle_lora::{Adapter, LoraConfig};
use tunesmith_data::Tokens;
use tunesmith_model::{Decoder, ModelConfig, Trainable, parameter_count};

use crate::learner::Learner;
use crate::{TrainError, TrainPlan};

/// The most numbers of blocks, and of the table of all tokens, that are measured. With fewer, chance would tell on a difference
/// between two measurements; more take longer.
const BLOCK_NUMBERS: u64 = 16 << 20;
const TABLE_NUMBERS: usize = 8 << 20;

/// How much of a model is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub layers: usize,
    pub vocabulary: usize,
}

impl Part {
    /// As much of the model as is measured at once.
    pub fn of(config: &ModelConfig) -> Self {
        let (all, none) = (parameter_count(config), parameter_count(&ModelConfig { layers: vec![], ..config.clone() }));
        let layers = config.layers.len();
        let block = (all - none) / layers.max(1) as u64;
        let affordable = usize::try_from(BLOCK_NUMBERS / block.max(1)).unwrap_or(usize::MAX);
        Self {
            layers: affordable.max(1).min(layers),
            vocabulary: (TABLE_NUMBERS / config.hidden_size.max(1)).clamp(1, config.vocabulary),
        }
    }

    /// Whether it is all of the model.
    pub fn is_whole(self, config: &ModelConfig) -> bool {
        self.layers == config.layers.len() && self.vocabulary == config.vocabulary
    }

    /// A row in tokens that this part knows.
    pub fn row(self, row: &Tokens) -> Tokens {
        let ids = row.ids.iter().map(|id| id % self.vocabulary as u32).collect();
        Tokens { ids, learn: row.learn.clone() }
    }
}

/// A learner of this part of the plan's model.
pub(super) fn learner(plan: &TrainPlan, part: Part) -> Result<Learner, TrainError> {
    let whole = plan.config();
    let config = ModelConfig {
        // Spread over the model: where blocks differ, they do so in turns.
        layers: (0..part.layers).map(|index| whole.layers[index * whole.layers.len() / part.layers]).collect(),
        vocabulary: part.vocabulary,
        ..whole.clone()
    };
    let is_whole = part.is_whole(whole);
    let decoder = Decoder::stand_in(config, plan.weight_format(), plan.device())?;
    let adapter = match &plan.targets().lora {
        None => Adapter::none(),
        Some(lora) if is_whole => decoder.new_adapter(lora, 0)?,
        Some(lora) => decoder.new_adapter(&of_part(lora, part), 0)?,
    };
    let trainable = match plan.targets().trainable() {
        Trainable::Layers(_) if !is_whole => Trainable::Layers((0..part.layers).collect()),
        trainable => trainable,
    };
    Ok(Learner::stand_in(plan, decoder, adapter, trainable))
}

/// The adapter for a part of the model: beside all of its blocks, and without what is named by a block's number.
fn of_part(lora: &LoraConfig, part: Part) -> LoraConfig {
    let known = |ids: &Vec<u32>| ids.iter().copied().filter(|id| (*id as usize) < part.vocabulary).collect::<Vec<_>>();
    let token_ids = lora.token_ids.iter().map(|(table, ids)| (table.clone(), known(ids)));
    LoraConfig {
        layers: None,
        ranks: [].into(),
        alphas: [].into(),
        token_ids: token_ids.filter(|(_, ids)| !ids.is_empty()).collect(),
        ..lora.clone()
    }
}

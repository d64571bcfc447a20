//! What a machine's speed depends on: plans that have all of it in common need one measurement.

use candle_lora::LoraConfig;

use crate::TrainPlan;

/// What a speed was measured for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpeedKey(String);

impl TrainPlan {
    /// What its speed depends on: the model's shape, the method, the device, and about how long its rows are. Steps, epochs and
    /// learning rate have no part in it.
    pub fn speed_key(&self) -> SpeedKey {
        let settings = &self.job().settings;
        let lora = self.targets().lora.clone().map(|lora| LoraConfig { alpha: 0.0, ..lora });
        let model = (self.config(), settings.method, lora, &self.targets().layers);
        let way = (self.weight_format(), self.recompute(), settings.optimizer, settings.neftune_alpha.is_some());
        let place = (self.device_id(), self.threads(), self.side_by_side());
        SpeedKey(format!("{model:?} {way:?} {place:?} {:?}", self.kind_of_rows()))
    }

    /// The tokens of a micro-batch, those of a row, the learned ones of a micro-batch, and how many micro-batches a step has:
    /// about, as a few more change the speed little.
    fn kind_of_rows(&self) -> [i64; 5] {
        let steps = self.counted_steps();
        let (mut batches, mut rows, mut tokens, mut learned) = (0_usize, 0_usize, 0_usize, 0_usize);
        for step in &steps {
            batches += self.micro_batches_of(*step).len();
            for row in self.rows_of(*step) {
                rows += 1;
                tokens += row.ids.len();
                learned += row.learn.iter().filter(|learn| **learn).count();
            }
        }
        let measured: usize = self.measured_rows().map(|row| row.ids.len()).sum();
        let about = |many: usize, of: usize| ((many as f64 / of.max(1) as f64).ln_1p() * 4.0).round() as i64;
        let longest = 2 * self.side_by_side();
        [
            about(tokens, batches),
            about(tokens, rows),
            about(learned, batches),
            about(batches.min(longest * steps.len()), steps.len()),
            about(measured, 1).signum(),
        ]
    }
}

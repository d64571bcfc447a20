//! What a run was started with, and what must not change when it is resumed. Each checkpoint keeps it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tunesmith_protocol::TrainSettings;
use tunesmith_sentence::{Sentence, say};

use crate::plan::evaluations::EvaluationRule;
use crate::{Job, TrainError, WarmUp, fingerprint};

/// The settings, the device, the data and the base model of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunInputs {
    /// The settings as asked for.
    settings: Value,
    /// Where it computes: another device has other rounding.
    #[serde(default = "cpu")]
    device: String,
    /// The hash of the rows.
    data_sha256: String,
    /// The hash of the base model.
    base_sha256: String,
    /// Where the warm-up begins.
    #[serde(default = "from_zero")]
    warm_up: WarmUp,
    /// How often the validation rows are measured where that was left to us.
    #[serde(default = "ten_times")]
    evaluation: EvaluationRule,
}

impl RunInputs {
    /// The inputs of a job that computes on this device.
    pub fn of(job: &Job, device_id: &str) -> Result<Self, TrainError> {
        Ok(Self {
            settings: serde_json::to_value(&job.settings).unwrap_or_default(),
            device: device_id.to_owned(),
            data_sha256: fingerprint::rows(&job.training, &job.validation),
            base_sha256: fingerprint::base(&job.base, job.settings.method)?,
            warm_up: WarmUp::default(),
            evaluation: EvaluationRule::default(),
        })
    }

    /// Where the warm-up begins. A resumed run goes on by the rule of its checkpoint, so it is none of what must be the same.
    pub fn warm_up(&self) -> WarmUp {
        self.warm_up
    }

    /// How often the validation rows are measured; as with the warm-up, by the rule of its checkpoint.
    pub fn evaluation(&self) -> EvaluationRule {
        self.evaluation
    }

    /// Refuses to go on with anything else than what the run was started with (`self`), and says what differs.
    pub fn require_same(&self, now: &Self) -> Result<(), TrainError> {
        let mut changes = self.changed_settings(now);
        if self.device != now.device {
            let (before, now) = (&self.device, &now.device);
            changes.push(say!("train-device-changed", "it computed on {before}, now on {now}", before, now));
        }
        if self.data_sha256 != now.data_sha256 {
            changes.push(say!("train-data-changed", "the data is not the same"));
        }
        if self.base_sha256 != now.base_sha256 {
            changes.push(say!("train-base-changed", "the base model is not the same"));
        }
        if changes.is_empty() { Ok(()) } else { Err(TrainError::Changed(changes)) }
    }

    fn changed_settings(&self, now: &Self) -> Vec<Sentence> {
        // A setting that did not exist yet when the run was started had its default.
        let defaults = serde_json::to_value(TrainSettings::default()).unwrap_or_default();
        let before = |name: &str| self.settings.get(name).or(defaults.get(name)).unwrap_or(&Value::Null);
        let now = now.settings.as_object().into_iter().flatten();
        let changed = now.filter(|(name, value)| before(name) != *value);
        let change = |(name, value): (&String, &Value)| {
            let (before, now) = (before(name).to_string(), value.to_string());
            say!("train-setting-changed", "{name} was {before}, now {now}", name, before, now)
        };
        changed.map(change).collect()
    }
}

/// Checkpoints from before there were other devices.
fn cpu() -> String {
    "cpu".into()
}

/// Checkpoints from before measuring had a budget.
fn ten_times() -> EvaluationRule {
    EvaluationRule::TenTimes
}

/// Checkpoints from before every step of a warm-up learned.
fn from_zero() -> WarmUp {
    WarmUp::FromZero
}

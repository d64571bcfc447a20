//! Asks a model the held-out questions, greedily, and keeps its answers.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, bail};
use candle_core::Device;
use serde_json::Value;
use tunesmith_data::{Message, Renderer};
use tunesmith_model::{Adapter, Decoder, Sampling, WeightFormat, generate};

/// A held-out row: what is asked and what is to be answered.
#[derive(Debug, Clone)]
pub struct Question {
    /// Everything before the answer.
    pub messages: Vec<Message>,
    /// The right answer.
    pub expected: String,
}

/// Reads chat rows whose last message is the expected answer.
pub fn questions(path: &Path) -> Result<Vec<Question>> {
    let text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    let rows = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    rows.map(|(at, line)| question(line).with_context(|| format!("{}, line {}", path.display(), at + 1))).collect()
}

fn question(line: &str) -> Result<Question> {
    let row: Value = serde_json::from_str(line)?;
    let mut messages: Vec<Message> = serde_json::from_value(row["messages"].clone())?;
    match messages.pop() {
        Some(last) if last.role == "assistant" => Ok(Question { messages, expected: last.content }),
        _ => bail!("the row does not end with an answer"),
    }
}

/// A model with its renderer, ready to answer.
pub struct Model {
    renderer: Renderer,
    decoder: Decoder,
    adapter: Adapter,
}

impl Model {
    /// Opens a model folder, with an adapter folder on top of it or none.
    pub fn open(folder: &Path, adapter: Option<&Path>) -> Result<Self> {
        let renderer = Renderer::open(folder, None)?;
        let decoder = Decoder::load(folder, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(()))?;
        let adapter = match adapter {
            Some(adapter) => Adapter::load(adapter, &Device::Cpu)?,
            None => Adapter::none(),
        };
        Ok(Self { renderer, decoder, adapter })
    }

    /// The most likely answer, token by token.
    pub fn answer(&self, messages: &[Message]) -> Result<String> {
        let sampling = Sampling { temperature: 0.0, top_p: 1.0, max_new_tokens: 96, seed: 0, repetition_penalty: 1.0 };
        let prompt = self.renderer.prompt(messages, &[])?;
        let mut go_on = |_| ControlFlow::Continue(());
        let generated =
            generate(&self.decoder, &self.adapter, &prompt, self.renderer.end_tokens(), &sampling, &mut go_on)?;
        Ok(self.renderer.decode(&generated.ids)?)
    }

    /// The answers to all questions, in order, on all cores.
    pub fn answers(&self, questions: &[Question]) -> Result<Vec<String>> {
        let threads = thread::available_parallelism().map_or(1, |threads| threads.get());
        let share = questions.len().div_ceil(threads).max(1);
        thread::scope(|scope| {
            let parts: Vec<_> = questions
                .chunks(share)
                .map(|part| scope.spawn(|| part.iter().map(|question| self.answer(&question.messages)).collect()))
                .collect();
            let mut answers = Vec::new();
            for part in parts {
                let part: Result<Vec<String>> = part.join().map_err(|_| anyhow::anyhow!("a worker thread panicked"))?;
                answers.extend(part?);
            }
            Ok(answers)
        })
    }
}

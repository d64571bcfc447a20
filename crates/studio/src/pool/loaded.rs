//! A model in memory, to talk to and to measure: what the shell's `chat`, `eval` and `demo` use on any folder. The
//! same renderer makes the tokens as in training.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;
use tunesmith_data::{Message, Question, Render, Tokens};
pub use tunesmith_model::Adapter;
use tunesmith_model::{Decoder, FinishReason, WeightFormat, device};
use tunesmith_protocol::{ErrorCode, Sampling, StopReason, WireError};
use tunesmith_train::TrainError;

use super::renderers::open_renderer;
use crate::errors::model_error;

/// A base model in memory. Adapters are held by the caller, so that one base serves several.
pub struct LoadedModel {
    decoder: Decoder,
    renderer: Arc<dyn Render>,
}

/// A finished answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answered {
    /// What was said.
    pub text: String,
    /// Tokens read.
    pub prompt_tokens: u32,
    /// Tokens written.
    pub completion_tokens: u32,
    /// Why it ended.
    pub stop_reason: StopReason,
    /// Speed of writing.
    pub tokens_per_second: f64,
}

/// How well a model predicts rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measured {
    /// Mean negative log-likelihood in nats over the learned tokens.
    pub loss: f64,
    /// exp(loss).
    pub perplexity: f64,
    /// Learned tokens.
    pub learned_tokens: u64,
    /// Rows measured.
    pub rows: u64,
}

impl LoadedModel {
    /// Loads a model folder onto a device: `auto`, `cpu` or `cuda:0`.
    pub fn from_folder(
        folder: &Path,
        device: &str,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, WireError> {
        let device = device::choose(device).map_err(model_error)?.device;
        let renderer = open_renderer(folder)?;
        let decoder = Decoder::load(folder, WeightFormat::F32, &device, progress).map_err(model_error)?;
        Ok(Self { decoder, renderer })
    }

    /// Loads a PEFT folder, and makes sure that it fits this model.
    pub fn adapter(&self, folder: &Path) -> Result<Adapter, WireError> {
        let adapter = Adapter::load(folder, self.decoder.device()).map_err(|error| model_error(error.into()))?;
        // Computing one token is the one test that cannot disagree with computing many.
        self.decoder.logits(&adapter, &[0]).map_err(model_error)?;
        Ok(adapter)
    }

    /// What makes tokens of text for this model.
    pub fn renderer(&self) -> &dyn Render {
        &*self.renderer
    }

    /// The longest context, in tokens.
    pub fn context_length(&self) -> u32 {
        u32::try_from(self.decoder.config().context_length).unwrap_or(u32::MAX)
    }

    /// Answers the last message, for which it may call `tools`. `on_text` sees whole characters as they come; its `Break` stops the answer.
    pub fn answer(
        &self,
        adapter: &Adapter,
        messages: &[Message],
        tools: &[Value],
        sampling: &Sampling,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answered, WireError> {
        let prompt = self.renderer.prompt(messages, tools)?;
        let mut writing = Writing { stream: self.renderer.stream(), text: String::new(), first: None, problem: None };
        let generated = tunesmith_model::generate(
            &self.decoder,
            adapter,
            &prompt,
            self.renderer.end_tokens(),
            &draw(sampling),
            &mut |token| writing.push(token, on_text),
        )
        .map_err(model_error)?;
        writing.finish(on_text)?;
        let count = generated.ids.len();
        Ok(Answered {
            prompt_tokens: u32::try_from(prompt.len()).unwrap_or(u32::MAX),
            completion_tokens: u32::try_from(count).unwrap_or(u32::MAX),
            stop_reason: reason(generated.finish_reason),
            tokens_per_second: speed(count, writing.first.map(|first| first.elapsed())),
            text: writing.text,
        })
    }

    /// Answers many questions side by side. `on_answer` hears of each; its `Break` cancels the rest.
    pub fn answer_all(
        &self,
        adapter: &Adapter,
        questions: &[Question],
        sampling: &Sampling,
        on_answer: &mut (dyn FnMut() -> ControlFlow<()> + Send),
    ) -> Result<Vec<Answered>, WireError> {
        let (on_answer, stop) = (Mutex::new(on_answer), AtomicBool::new(false));
        let asked = || if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        questions
            .par_iter()
            .map(|Question { messages, tools, .. }| {
                let said = self.answer(adapter, messages, tools, sampling, &mut |_| asked())?;
                let mut on_answer = on_answer.lock();
                if asked().is_break() || on_answer().is_break() {
                    stop.store(true, Ordering::Relaxed);
                    return Err(cancelled());
                }
                Ok(said)
            })
            .collect()
    }

    /// The loss on rows of tokens. `progress(rows_done, rows_total)`; its `Break` cancels.
    pub fn measure(
        &self,
        adapter: &Adapter,
        rows: &[Tokens],
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Measured, WireError> {
        let total = rows.len() as u64;
        let sum = tunesmith_train::evaluate(&self.decoder, adapter, rows, &mut |done| progress(done, total));
        let sum = match sum {
            Err(TrainError::Aborted) => return Err(cancelled()),
            Err(TrainError::Model(error)) => return Err(model_error(error)),
            other => other?,
        };
        let loss = sum.mean();
        Ok(Measured { loss, perplexity: loss.exp(), learned_tokens: sum.learned, rows: total })
    }
}

/// The text of an answer as its tokens come.
struct Writing<'a> {
    stream: tunesmith_data::TextStream<'a>,
    text: String,
    first: Option<Instant>,
    problem: Option<WireError>,
}

impl Writing<'_> {
    fn push(&mut self, token: u32, on_text: &mut dyn FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
        self.first.get_or_insert_with(Instant::now);
        match self.stream.push(token) {
            Ok(text) => self.tell(text, on_text),
            Err(error) => {
                self.problem = Some(error.into());
                ControlFlow::Break(())
            }
        }
    }

    fn finish(&mut self, on_text: &mut dyn FnMut(&str) -> ControlFlow<()>) -> Result<(), WireError> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        let rest = self.stream.finish()?;
        // The answer is over: nobody is left to stop.
        let _ = self.tell(rest, on_text);
        Ok(())
    }

    fn tell(&mut self, text: Option<String>, on_text: &mut dyn FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            // Even without a whole character the caller gets its chance to stop.
            return on_text("");
        };
        self.text += &text;
        on_text(&text)
    }
}

fn draw(sampling: &Sampling) -> tunesmith_model::Sampling {
    tunesmith_model::Sampling {
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        max_new_tokens: sampling.max_new_tokens as usize,
        seed: sampling.seed,
    }
}

fn reason(finished: FinishReason) -> StopReason {
    match finished {
        FinishReason::EndToken => StopReason::End,
        FinishReason::MaxTokens => StopReason::Length,
        FinishReason::ContextFull => StopReason::Context,
        FinishReason::Cancelled => StopReason::Stopped,
    }
}

/// Writing starts with the first token: what comes before is reading the prompt.
fn speed(tokens: usize, writing: Option<Duration>) -> f64 {
    match writing.map(|writing| writing.as_secs_f64()) {
        Some(seconds) if seconds > 0.0 && tokens > 1 => (tokens - 1) as f64 / seconds,
        _ => 0.0,
    }
}

fn cancelled() -> WireError {
    WireError::new(ErrorCode::Cancelled, "Stopped", "")
}

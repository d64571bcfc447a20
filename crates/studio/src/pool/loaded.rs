//! A model in memory, to talk to and to measure. The same renderer makes the tokens as in training. What it has read for one
//! conversation is left to `conversations`.

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
use tunesmith_model::{Decoder, FinishReason, Session, StoredAdapter, WeightFormat, device};
use tunesmith_protocol::{ErrorCode, MeasuredLoss, Sampling, StopReason, WireError};
use tunesmith_sentence::{NOTHING, say};
use tunesmith_train::TrainError;

use super::conversations::Conversations;
use super::memory::too_big;
use super::renderers::open_renderer;
use crate::errors::model_error;
use crate::home::{ModelFiles, checksums};
use crate::jobs::MemoryGuard;

/// A base model in memory; adapters lie beside it, so that one base serves several.
pub struct LoadedModel {
    decoder: Decoder,
    renderer: Arc<dyn Render>,
    conversations: Conversations,
}

/// A finished answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answered {
    /// What was said.
    pub text: String,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Of these, tokens that an earlier answer of the conversation had read already.
    pub cached_tokens: u32,
    /// Tokens written.
    pub completion_tokens: u32,
    /// Why it ended.
    pub stop_reason: StopReason,
    /// Speed of writing.
    pub tokens_per_second: f64,
}

impl LoadedModel {
    /// Loads a model onto a device (`auto`, `cpu` or `cuda:0`), with its weights held in this format.
    ///
    /// # Errors
    /// There is no such device, the folder holds no model that can be used, or `progress` has cancelled.
    pub(crate) fn load(
        files: &ModelFiles,
        device: &str,
        format: WeightFormat,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, WireError> {
        let folder = &files.folder;
        checksums::check_result(folder)?;
        let device = device::choose(device).map_err(model_error)?.device;
        let renderer = open_renderer(files)?;
        let decoder = Decoder::load(folder, format, &device, progress).map_err(model_error)?;
        Ok(Self { decoder, renderer, conversations: Conversations::default() })
    }

    /// Loads a PEFT folder, and makes sure that it fits this model.
    ///
    /// # Errors
    /// The folder holds no adapter, or one of another model.
    pub fn adapter(&self, folder: &Path) -> Result<Adapter, WireError> {
        checksums::check_result(folder)?;
        let stored = StoredAdapter::open(folder).map_err(|error| model_error(error.into()))?;
        let (needed, available) = (stored.loading_bytes(), MemoryGuard::default().available(device::AUTO)?);
        if needed > available {
            return Err(too_big(needed, available));
        }
        let adapter = stored.load(self.decoder.device()).map_err(|error| model_error(error.into()))?;
        let adapter = self.decoder.without_copies(adapter).map_err(model_error)?;
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

    /// Answers the last message, for which it may call `tools`. `on_text` sees whole characters as they come; its `Break`
    /// stops the answer.
    ///
    /// # Errors
    /// The template refuses the messages, or the model cannot read them.
    pub fn answer(
        &self,
        adapter: &Adapter,
        messages: &[Message],
        tools: &[Value],
        sampling: &Sampling,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answered, WireError> {
        let prompt = self.renderer.prompt(messages, tools)?;
        let model = self.decoder.with_adapter(adapter).map_err(model_error)?;
        let mut session = Session::new(model).map_err(model_error)?;
        self.write(&mut session, &prompt, sampling, on_text)
    }

    /// Answers the last message of a conversation, with the adapter in a folder: it stays loaded until the next message, and
    /// of the prompt only what is new is read.
    ///
    /// # Errors
    /// As `answer`, and the folder holds no adapter of this model.
    pub fn answer_in(
        &self,
        conversation: &str,
        adapter: Option<&Path>,
        messages: &[Message],
        sampling: &Sampling,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answered, WireError> {
        let prompt = self.renderer.prompt(messages, &[])?;
        let kept = self.conversations.take(conversation, adapter);
        let mut kept = match kept {
            Some(kept) => kept,
            None => {
                let adapter = match adapter {
                    Some(folder) => self.conversations.adapter(folder, || self.adapter(folder))?,
                    None => Adapter::none(),
                };
                let model = self.decoder.with_adapter(&adapter).map_err(model_error)?;
                self.conversations.begin(conversation, Session::new(model).map_err(model_error)?)
            }
        };
        let answered = self.write(&mut kept.session, &prompt, sampling, on_text);
        self.conversations.put_back(kept, adapter);
        answered
    }

    /// What it takes in memory: its weights, and what conversations hold beside them.
    pub fn size_bytes(&self) -> u64 {
        self.decoder.size_bytes() + self.conversation_bytes()
    }

    /// What conversations hold beside the weights, in bytes.
    pub(crate) fn conversation_bytes(&self) -> u64 {
        self.conversations.bytes()
    }

    /// Lets go of what conversations hold.
    pub fn forget_conversations(&self) {
        self.conversations.clear();
    }

    fn write(
        &self,
        session: &mut Session,
        prompt: &[u32],
        sampling: &Sampling,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answered, WireError> {
        let mut writing = Writing { stream: self.renderer.stream(), text: String::new(), first: None, problem: None };
        let generated = session
            .generate(prompt, self.renderer.end_tokens(), &draw(sampling), &mut |token| writing.push(token, on_text))
            .map_err(model_error)?;
        writing.finish(on_text)?;
        let count = generated.ids.len();
        Ok(Answered {
            prompt_tokens: u32::try_from(prompt.len()).unwrap_or(u32::MAX),
            cached_tokens: u32::try_from(generated.cached_tokens).unwrap_or(u32::MAX),
            completion_tokens: u32::try_from(count).unwrap_or(u32::MAX),
            stop_reason: reason(generated.finish_reason),
            tokens_per_second: speed(count, writing.first.map(|first| first.elapsed())),
            text: writing.text,
        })
    }

    /// Answers many questions side by side. `on_answer` hears of each; its `Break` cancels the rest.
    ///
    /// # Errors
    /// A question cannot be answered, or it was cancelled.
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
    ///
    /// # Errors
    /// The model cannot read a row, or it was cancelled.
    pub fn measure(
        &self,
        adapter: &Adapter,
        rows: &[Tokens],
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<MeasuredLoss, WireError> {
        let total = rows.len() as u64;
        let sum = tunesmith_train::evaluate(&self.decoder, adapter, rows, &mut |done| progress(done, total));
        let sum = match sum {
            Err(TrainError::Aborted) => return Err(cancelled()),
            Err(TrainError::Model(error)) => return Err(model_error(error)),
            other => other?,
        };
        let loss = sum.mean();
        if !loss.is_finite() {
            return Err(no_number());
        }
        // The largest number rather than infinity, which JSON does not have.
        Ok(MeasuredLoss { loss, perplexity: loss.exp().min(f64::MAX), learned_tokens: sum.learned, rows: total })
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
        repetition_penalty: sampling.repetition_penalty,
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

fn no_number() -> WireError {
    WireError::invalid(
        say!("evaluation-no-number", "The loss is not a number: the model computes NaN or infinity on these rows"),
        say!("evaluation-no-number-hint", "Choose another model or adapter: the training that made this one diverged"),
    )
}

fn cancelled() -> WireError {
    WireError::new(ErrorCode::Cancelled, say!("pool-stopped", "Stopped"), NOTHING)
}

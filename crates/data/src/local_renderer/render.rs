//! The renderer of this process as any other, which renders many rows on all cores.

use std::num::NonZero;
use std::thread;

use serde_json::Value;
use tunesmith_protocol::LearnFrom;

use super::Renderer;
use crate::render::Render;
use crate::tokens::Rendered;
use crate::{Example, Message, ReadyMade, RenderError, RowsError, Xray};

impl Render for Renderer {
    /// On all cores.
    fn rows(
        &self,
        examples: &[Example],
        learn_from: LearnFrom,
    ) -> Result<Vec<Result<Rendered, RenderError>>, RowsError> {
        let one_by_one = |rows: &[Example]| rows.iter().map(|row| self.row(row, learn_from)).collect();
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(examples.len() / 8);
        if threads < 2 {
            return Ok(one_by_one(examples));
        }
        Ok(thread::scope(|scope| {
            let parts = examples.chunks(examples.len().div_ceil(threads));
            let workers: Vec<_> = parts.map(|part| scope.spawn(move || -> Vec<_> { one_by_one(part) })).collect();
            let join = |worker: thread::ScopedJoinHandle<Vec<_>>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            workers.into_iter().flat_map(join).collect()
        }))
    }

    fn xray(&self, example: &Example, learn_from: LearnFrom) -> Result<Xray, RenderError> {
        Renderer::xray(self, example, learn_from)
    }

    fn written(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String, RenderError> {
        Renderer::render(self, messages, add_generation_prompt)
    }

    fn ready_made(&self) -> Result<Vec<ReadyMade>, RenderError> {
        Renderer::ready_made(self)
    }

    fn prompt(&self, messages: &[Message], tools: &[Value]) -> Result<Vec<u32>, RenderError> {
        Renderer::prompt(self, messages, tools)
    }

    fn decode(&self, ids: &[u32]) -> Result<String, RenderError> {
        Renderer::decode(self, ids)
    }

    fn decode_after(&self, context: &[u32], ids: &[u32]) -> Result<String, RenderError> {
        Renderer::decode_after(self, context, ids)
    }

    fn end_tokens(&self) -> &[u32] {
        Renderer::end_tokens(self)
    }
}

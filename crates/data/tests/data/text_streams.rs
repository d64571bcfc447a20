//! What decoding token by token asks of a renderer, which may be a worker to which every question is a message.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tunesmith_data::{Example, Message, ReadyMade, Render, RenderError, Rendered, Renderer, RowsError, Xray};
use tunesmith_protocol::LearnFrom;

use crate::support::folder;

/// A renderer that counts the questions of a stream.
struct Counting {
    renderer: Renderer,
    decoded: AtomicUsize,
    decoded_after: AtomicUsize,
}

impl Render for Counting {
    fn rows(
        &self,
        examples: &[Example],
        learn_from: LearnFrom,
    ) -> Result<Vec<Result<Rendered, RenderError>>, RowsError> {
        self.renderer.rows(examples, learn_from)
    }

    fn xray(&self, example: &Example, learn_from: LearnFrom) -> Result<Xray, RenderError> {
        self.renderer.xray(example, learn_from)
    }

    fn written(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String, RenderError> {
        self.renderer.written(messages, add_generation_prompt)
    }

    fn ready_made(&self) -> Result<Vec<ReadyMade>, RenderError> {
        Render::ready_made(&self.renderer)
    }

    fn prompt(&self, messages: &[Message], tools: &[Value]) -> Result<Vec<u32>, RenderError> {
        self.renderer.prompt(messages, tools)
    }

    fn decode(&self, ids: &[u32]) -> Result<String, RenderError> {
        self.decoded.fetch_add(1, Ordering::Relaxed);
        self.renderer.decode(ids)
    }

    fn decode_after(&self, context: &[u32], ids: &[u32]) -> Result<String, RenderError> {
        self.decoded_after.fetch_add(1, Ordering::Relaxed);
        assert!(context.len() + ids.len() <= 32, "a question stays small, however long the text is");
        self.renderer.decode_after(context, ids)
    }

    fn end_tokens(&self) -> &[u32] {
        self.renderer.end_tokens()
    }
}

#[test]
fn a_streamed_token_is_one_question_to_the_renderer() {
    let renderer = folder("chatml", 300).open();
    let text = "Hello, leek! été 😀 👩‍🍳 漢字  two  spaces\n\n".repeat(20);
    let ids = renderer.tokens(&Example::Text { text: text.clone() }, LearnFrom::All).expect("tokens").ids;
    let counting = Counting { renderer, decoded: 0.into(), decoded_after: 0.into() };
    let asked: &dyn Render = &counting;
    let (mut stream, mut streamed) = (asked.stream(), String::new());
    for id in &ids {
        streamed.extend(stream.push(*id).expect("text"));
    }
    assert_eq!(counting.decoded_after.load(Ordering::Relaxed), ids.len(), "one question for each token");
    assert_eq!(streamed, text);
    // Behind the last token, which has no text, it is asked once more.
    assert_eq!(stream.finish().expect("text"), None);
    assert_eq!(counting.decoded_after.load(Ordering::Relaxed), ids.len() + 1);
    assert_eq!(counting.decoded.load(Ordering::Relaxed), 0, "the context is not decoded by a question of its own");
}

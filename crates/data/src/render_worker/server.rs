//! The side that answers: a process that renders for another one.

use std::io::{self, BufRead, Write};
use std::path::Path;

use serde::Serialize;

use super::messages::{Handshake, Opened, Request, Row, VERSION};
use crate::local_renderer::Renderer;
use crate::render::Render;
use crate::{RenderError, worker_limits};

/// Opens the model folder, as `Renderer::open` does, and answers the requests on stdin until it ends. Sets its memory limits
/// before it reads the folder; to be called in a process made for it, before any other thread starts.
///
/// # Errors
///
/// When stdin or stdout fails, a request cannot be understood, or a limit cannot be set.
pub fn serve_renderer(folder: &Path, chosen: Option<&Path>) -> io::Result<()> {
    // Errors are sent as replies; what a panic prints would not be read.
    std::panic::set_hook(Box::new(|_| {}));
    let mut out = io::stdout().lock();
    write_line(&mut out, &Handshake { tunesmith: VERSION.into() })?;
    worker_limits::for_a_tokenizer(folder)?;
    // The template is read last, so that what the tokenizer took is not the template's to take.
    let renderer = Renderer::open_with(folder, chosen, &mut worker_limits::for_a_template);
    let renderer = match renderer {
        Ok(renderer) => renderer,
        Err(error) => return reply(&mut out, &Err::<Opened, _>(error)),
    };
    reply(&mut out, &Ok::<_, RenderError>(Opened { end_tokens: renderer.end_tokens().to_vec() }))?;
    let opened = worker_limits::now()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        worker_limits::for_a_request(opened, line.len() as u64)?;
        match serde_json::from_str(&line)? {
            Request::Rows { examples, learn_from } => {
                let rows = renderer.rows(&examples, learn_from);
                let rows = rows.map(|rows| rows.into_iter().map(|row| row.map(Row::from)).collect::<Vec<_>>());
                let rows = rows.map_err(|lost| lost.source);
                reply(&mut out, &rows)?;
            }
            Request::Xray { example, learn_from } => reply(&mut out, &renderer.xray(&example, learn_from))?,
            Request::Written { messages, add_generation_prompt } => {
                reply(&mut out, &renderer.render(&messages, add_generation_prompt))?;
            }
            Request::ReadyMade => reply(&mut out, &renderer.ready_made())?,
            Request::Prompt { messages, tools } => reply(&mut out, &renderer.prompt(&messages, &tools))?,
            Request::Decode { ids } => reply(&mut out, &renderer.decode(&ids))?,
            Request::DecodeAfter { context, ids } => reply(&mut out, &renderer.decode_after(&context, &ids))?,
        }
    }
    Ok(())
}

fn reply<T: Serialize>(out: &mut impl Write, reply: &Result<T, RenderError>) -> io::Result<()> {
    write_line(out, reply)
}

fn write_line(out: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}

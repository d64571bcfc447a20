//! `tunesmith chat`: one question, or a conversation line by line.

use std::io::{BufRead, IsTerminal};
use std::ops::ControlFlow;

use clap::Args;
use serde::Serialize;
use tunesmith_data::Message;
use tunesmith_protocol::{Sampling, StopReason, WireError};
use tunesmith_sentence::{NOTHING, Sentence, say};
use tunesmith_studio::Answered;

use crate::interrupt::Interrupt;
use crate::model_choice::{Choice, ChosenModel, SamplingOptions};
use crate::out::{WrongUsage, write_stderr};
use crate::terminal::shown;
use crate::{Ended, Out};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: Choice,
    /// A system prompt
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// Ask this and leave; without it, questions are read line by line
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    #[command(flatten)]
    sampling: SamplingOptions,
}

pub(crate) fn chat(arguments: &Arguments, out: &Out) -> anyhow::Result<Ended> {
    if arguments.prompt.as_ref().is_some_and(|prompt| prompt.trim().is_empty()) {
        return Err(WrongUsage {
            message: say!("shell-chat-prompt-empty", "--prompt is empty: there is nothing to answer"),
            hint: say!(
                "shell-chat-prompt-empty-hint",
                "Write a question, or leave --prompt out and type questions line by line"
            ),
        }
        .into());
    }
    let sampling = arguments.sampling.sampling()?;
    let chosen = arguments.choice.load()?;
    chosen.remarks.iter().for_each(|remark| out.note(remark.clone()));
    // A run's model is asked the way it was taught; an empty --system asks without.
    let system = arguments.system.as_ref().or(chosen.system_prompt.as_ref());
    let system = system.filter(|text| !text.is_empty()).map(|text| Message::new("system", text)).into_iter().collect();
    let mut conversation = Conversation {
        chosen,
        sampling,
        interrupt: Interrupt::listen(NOTHING)?,
        messages: system,
        unread: 0,
        told: Vec::new(),
        out,
    };
    match &arguments.prompt {
        Some(prompt) => {
            let said = conversation.say(prompt)?;
            Ok(if said.stop_reason == StopReason::Stopped { Ended::Interrupted } else { Ended::Done })
        }
        None => conversation.hold(),
    }
}

struct Conversation<'a> {
    chosen: ChosenModel,
    sampling: Sampling,
    interrupt: Interrupt,
    messages: Vec<Message>,
    /// How many of the oldest messages no longer fit into the context.
    unread: usize,
    /// What was said of what the template does not show.
    told: Vec<Sentence>,
    out: &'a Out,
}

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    answered: &'a Answered,
    /// The oldest messages, which no longer fit into the context and were not read.
    unread_messages: usize,
}

impl Conversation<'_> {
    /// Reads lines until they end.
    fn hold(&mut self) -> anyhow::Result<Ended> {
        let asks = std::io::stdin().is_terminal();
        if asks {
            self.out.note(say!(
                "shell-chat-help",
                "Type a message and press Enter. /clear starts afresh, /exit leaves, Ctrl-C stops an answer"
            ));
        }
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            // What is not UTF-8 is read as far as it is; the lines after it are questions, too.
            let lines = std::io::stdin().lock().split(b'\n').map_while(Result::ok);
            let text = |line: Vec<u8>| String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            lines.map(text).try_for_each(|line| sender.send(line))
        });
        loop {
            if asks {
                write_stderr("> ");
            }
            let Some(line) = self.next_line(&lines) else {
                return Ok(if self.interrupt.asked() { Ended::Interrupted } else { Ended::Done });
            };
            match line.trim() {
                "" => {}
                "/exit" | "/quit" => return Ok(Ended::Done),
                "/clear" => {
                    self.messages.retain(|message| message.role == "system");
                    self.unread = 0;
                }
                text => {
                    match self.say(text) {
                        Ok(_) => {}
                        // One message that cannot be answered, too long perhaps, does not end a conversation.
                        Err(error) if asks => self.out.note_error(&error),
                        Err(error) => return Err(error),
                    }
                    self.interrupt.forget();
                }
            }
        }
    }

    /// The next line; none when there are no more, or on Ctrl-C.
    fn next_line(&self, lines: &std::sync::mpsc::Receiver<String>) -> Option<String> {
        use std::sync::mpsc::RecvTimeoutError;
        loop {
            match lines.recv_timeout(std::time::Duration::from_millis(100)) {
                Ok(line) => return Some(line),
                Err(RecvTimeoutError::Timeout) if !self.interrupt.asked() => {}
                Err(_) => return None,
            }
        }
    }

    /// Says something and prints the answer as it is written.
    fn say(&mut self, text: &str) -> anyhow::Result<Answered> {
        self.messages.push(Message::new("user", text));
        // A message that cannot be answered is not part of the conversation.
        let said = self.answer().inspect_err(|_| drop(self.messages.pop()))?;
        self.messages.push(Message::new("assistant", &said.text));
        self.out.json(&Line { answered: &said, unread_messages: self.unread });
        if !self.out.is_json() {
            self.out.plain("");
            match said.stop_reason {
                StopReason::Length => {
                    self.out.note(say!("shell-chat-cut", "(cut at the longest answer; --max-new-tokens raises it)"))
                }
                StopReason::Context => {
                    self.out.note(say!("shell-chat-context-full", "(the context is full; /clear starts afresh)"));
                }
                StopReason::End | StopReason::Stopped => {}
            }
        }
        Ok(said)
    }

    /// Answers the last message. Where the context is full, the oldest ones are no longer read.
    fn answer(&mut self) -> Result<Answered, WireError> {
        let ChosenModel { model, adapter, .. } = &self.chosen;
        let fitted = model.fit(&self.messages, self.unread, self.sampling.max_new_tokens)?;
        if fitted.unread > self.unread {
            self.out.note(say!(
                "shell-chat-unread",
                messages;
                "(the first message no longer fits and is not read)",
                "(the first {messages} messages no longer fit and are not read)",
                messages = fitted.unread
            ));
        }
        self.unread = fitted.unread;
        for remark in tunesmith_studio::not_shown(model.renderer(), &fitted.messages) {
            if !self.told.contains(&remark) {
                self.out.note(remark.clone());
                self.told.push(remark);
            }
        }
        model.answer(adapter, &fitted.messages, &[], &self.sampling, &mut |piece| {
            if !self.out.is_json() && !piece.is_empty() {
                self.out.text(shown(piece));
            }
            if self.interrupt.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }
}

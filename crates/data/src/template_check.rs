//! What rows lose on their way through a model's template, and where a chat would ask for their answers in other tokens
//! than they were learned after. Finding it is left to the renderer; this adds it up over rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Rendered;

/// A part of a row that a template may not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HiddenPart {
    /// A system message.
    System,
    /// What a user says.
    Question,
    /// What the assistant says, where it is to be learned.
    Answer,
    /// What the assistant thinks before an answer that is to be learned.
    Reasoning,
    /// A call of a tool that is to be learned.
    Call,
    /// The tools of a row, which count as one.
    Tools,
    /// What a tool returns.
    ToolResult,
    /// The name of who speaks.
    Name,
    /// Only a part of a system message.
    SomeSystem,
    /// Only a part of what a user says.
    SomeQuestion,
    /// Only a part of what the assistant says, where it is to be learned.
    SomeAnswer,
    /// Only a part of what the assistant thinks before an answer that is to be learned.
    SomeReasoning,
    /// The name or the arguments of a call that is to be learned.
    SomeCall,
    /// The descriptions or the parameters of a row's tools, which count as one.
    SomeTools,
    /// Only a part of what a tool returns.
    SomeToolResult,
    /// The token that ends an answer that is to be learned.
    End,
}

impl HiddenPart {
    /// The same part where only some of it is hidden; a name and an end are shown whole or not at all.
    pub(crate) fn some(self) -> Self {
        match self {
            Self::System => Self::SomeSystem,
            Self::Question => Self::SomeQuestion,
            Self::Answer => Self::SomeAnswer,
            Self::Reasoning => Self::SomeReasoning,
            Self::Call => Self::SomeCall,
            Self::Tools => Self::SomeTools,
            Self::ToolResult => Self::SomeToolResult,
            other => other,
        }
    }
}

/// How many parts of each kind a template does not show.
pub type Hidden = BTreeMap<HiddenPart, u64>;

/// Where what a chat sends before an answer departs from what a row has there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DepartureKind {
    /// At the first token.
    Beginning,
    /// Further on: the text is another one.
    Text,
    /// At its end: the text is the same, but its last characters and the answer's first are one token.
    Merged,
}

/// A departure, and what stands there in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Where it is.
    pub kind: DepartureKind,
    /// What a chat sends there.
    pub asked: String,
    /// What the row has there.
    pub learned: String,
}

/// Departures of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Departures {
    /// The rows that have one.
    pub rows: u64,
    /// The number of the first of them.
    pub first_row: u64,
    /// The departure of the first of them.
    pub first: Departure,
}

/// All of it over many rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TemplateCheck {
    /// Parts that the template does not show.
    pub hidden: Hidden,
    /// Tokens that stood at the beginning or the end of a text although the tokenizer puts them there; left out.
    pub doubled_tokens: u64,
    /// Where a chat asks otherwise.
    pub departures: BTreeMap<DepartureKind, Departures>,
}

impl TemplateCheck {
    /// Adds what was found in the row of this number.
    pub fn add(&mut self, row: u64, rendered: &Rendered) {
        for (part, count) in &rendered.hidden {
            *self.hidden.entry(*part).or_default() += count;
        }
        self.doubled_tokens += rendered.doubled_tokens;
        if let Some(departure) = &rendered.departure {
            let first = || Departures { rows: 0, first_row: row, first: departure.clone() };
            self.departures.entry(departure.kind).or_insert_with(first).rows += 1;
        }
    }
}

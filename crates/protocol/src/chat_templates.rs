//! Chat templates that the user chooses for base models that bring none.

use tunesmith_sentence::{Sentence, say};

use crate::wire;

wire! {
    /// A ready-made chat template.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum TemplateName {
        /// ChatML.
        Chatml,
        /// The headers of Llama 3.
        Llama3,
        /// The turns of Gemma.
        Gemma,
        /// Instruction and response, as of Alpaca.
        Alpaca,
        /// Lines with the name of who speaks.
        Plain,
    }

    /// What a user chooses.
    #[serde(tag = "kind", rename_all = "snake_case")]
    pub enum ChatTemplate {
        /// A ready-made template.
        ReadyMade {
            /// Which one.
            name: TemplateName
        },
        /// A template of the user's own.
        Text {
            /// The template, in Jinja.
            text: String
        },
    }

    /// Choose the chat template of a base model that brings none.
    pub struct SetChatTemplate {
        /// The model's id.
        pub model: String,
        /// The template; null takes the choice back.
        pub template: Option<ChatTemplate>,
    }

    /// Try a chat template without choosing it.
    pub struct TryChatTemplate {
        /// The model's id.
        pub model: String,
        /// The template, in Jinja.
        pub text: String,
    }

    /// What a chat template makes of a short conversation.
    pub struct TriedTemplate {
        /// The sample conversation as the model would see it.
        pub sample: String,
        /// What does not fit the model's tokenizer.
        pub warnings: Vec<Sentence>,
    }

    /// What is known of the chat template of a base model, and what can be chosen.
    pub struct ChatTemplates {
        /// Whether the model brings a template, which is used whatever is chosen.
        pub own: bool,
        /// What was chosen.
        pub chosen: Option<ChatTemplate>,
        /// What is used where the model brings none and none is chosen.
        pub standard: TemplateName,
        /// The sample conversation as the model sees it now; null where the template in use refuses it.
        pub sample: Option<String>,
        /// The ready-made templates; none where the model brings its own.
        pub ready_made: Vec<ReadyMadeTemplate>,
    }

    /// A ready-made template for one model.
    pub struct ReadyMadeTemplate {
        /// Which one it is.
        pub name: TemplateName,
        /// What it is called.
        pub title: Sentence,
        /// What it looks like, in a sentence.
        pub description: Sentence,
        /// The sample conversation as the model would see it.
        pub sample: String,
        /// What does not fit the model's tokenizer.
        pub warnings: Vec<Sentence>,
    }
}

impl TemplateName {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Chatml, Self::Llama3, Self::Gemma, Self::Alpaca, Self::Plain];

    /// The word that stands for it in the shell.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chatml => "chatml",
            Self::Llama3 => "llama3",
            Self::Gemma => "gemma",
            Self::Alpaca => "alpaca",
            Self::Plain => "plain",
        }
    }

    /// What it is called.
    pub fn title(self) -> Sentence {
        match self {
            Self::Chatml => Sentence::verbatim("ChatML"),
            Self::Llama3 => Sentence::verbatim("Llama 3"),
            Self::Gemma => Sentence::verbatim("Gemma"),
            Self::Alpaca => Sentence::verbatim("Alpaca"),
            Self::Plain => say!("chat-template-plain", "Plain lines"),
        }
    }

    /// What it looks like.
    pub fn description(self) -> Sentence {
        match self {
            Self::Chatml => say!("chat-template-chatml-about", "Two markers around each turn"),
            Self::Llama3 => say!("chat-template-llama3-about", "A header with the role before each turn"),
            Self::Gemma => say!("chat-template-gemma-about", "Turns of “user” and “model”"),
            Self::Alpaca => say!("chat-template-alpaca-about", "“### Instruction” and “### Response”"),
            Self::Plain => say!("chat-template-plain-about", "“User:” and “Assistant:”"),
        }
    }
}

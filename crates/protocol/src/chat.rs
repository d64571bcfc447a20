//! Chats with a base model and a tuned one, side by side.

use tunesmith_sentence::Sentence;

use crate::wire;

wire! {
    /// Who speaks in a chat.
    #[derive(Copy, Eq, Hash)]
    #[serde(rename_all = "snake_case")]
    pub enum Side {
        /// The base model.
        Base,
        /// The tuned model.
        Tuned,
    }

    /// Open a chat; loading is reported on the chat's topic.
    pub struct OpenChat {
        /// The run whose adapter is used; null chats with a base model alone.
        pub run: Option<String>,
        /// The base model; null takes the run's.
        pub model: Option<String>,
    }

    /// How the next token is drawn.
    #[serde(default)]
    pub struct Sampling {
        /// 0 is greedy.
        pub temperature: f64,
        /// Nucleus: the least set of tokens whose probability reaches this.
        pub top_p: f64,
        /// The longest answer, in tokens.
        pub max_new_tokens: u32,
        /// Same seed, same answer.
        pub seed: u64,
        /// How much less likely a token becomes that the prompt or the answer holds already; 1 changes nothing.
        pub repetition_penalty: f64,
    }

    /// What a list shows of a chat. What was said comes with the chat itself.
    pub struct ChatHead {
        /// Its id.
        pub id: String,
        /// The run, when a tuned model takes part.
        pub run: Option<String>,
        /// The base model.
        pub model: String,
        /// A title; of one without, the first message.
        pub title: String,
        /// How many messages of the user it has.
        pub turns: u32,
        /// When something was said last, in milliseconds since 1970.
        pub changed_ms: u64,
    }

    /// A chat and what was said in it.
    pub struct Chat {
        /// Its id.
        pub id: String,
        /// The run, when a tuned model takes part.
        pub run: Option<String>,
        /// The base model.
        pub model: String,
        /// A title.
        pub title: String,
        /// The system prompt; the training data's by default.
        pub system_prompt: String,
        /// How tokens are drawn.
        pub sampling: Sampling,
        /// Who takes part.
        pub sides: Vec<Side>,
        /// The longest context, in tokens.
        pub context_length: u32,
        /// What is to be known of its models: what of their files is not used, what does not belong together, and what a
        /// chat template does not show.
        #[serde(default)]
        pub remarks: Vec<Sentence>,
        /// What was said.
        pub turns: Vec<Turn>,
        /// When something was said last, in milliseconds since 1970.
        #[serde(default)]
        pub changed_ms: u64,
    }

    /// A message of the user and its answers.
    pub struct Turn {
        /// What the user said.
        pub user: String,
        /// The answers, one per side once finished.
        pub answers: Vec<Answer>,
    }

    /// One finished answer.
    pub struct Answer {
        /// Whose.
        pub side: Side,
        /// What it says.
        pub text: String,
        /// Tokens written.
        pub completion_tokens: u32,
        /// Tokens of the prompt.
        pub prompt_tokens: u32,
        /// Of these, tokens that an earlier answer had read already.
        #[serde(default)]
        #[ts(as = "Option<u32>", optional)]
        pub cached_tokens: u32,
        /// The oldest turns, which no longer fit into the context and were not read for it.
        #[serde(default)]
        #[ts(as = "Option<u32>", optional)]
        pub unread_turns: u32,
        /// Why it ended.
        pub stop_reason: StopReason,
        /// Speed of writing.
        pub tokens_per_second: f64,
    }

    /// Why an answer ended.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum StopReason {
        /// The model ended its turn.
        End,
        /// The longest answer was reached.
        Length,
        /// The context is full.
        Context,
        /// The user stopped it.
        Stopped,
    }

    /// Say something.
    pub struct SendMessage {
        /// The chat.
        pub chat: String,
        /// The text; null answers the message again.
        pub text: Option<String>,
        /// The turn, from 0, that is said or answered anew; what followed it goes, until `undo_chat`. Null says something
        /// new, or answers the last message again.
        #[serde(default)]
        pub turn: Option<u32>,
    }

    /// Change a chat.
    pub struct ConfigureChat {
        /// The chat.
        pub chat: String,
        /// The system prompt.
        pub system_prompt: String,
        /// How tokens are drawn.
        pub sampling: Sampling,
    }
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.0, top_p: 1.0, max_new_tokens: 256, seed: 42, repetition_penalty: 1.0 }
    }
}

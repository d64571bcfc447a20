//! The kinds of files that rows are written to.

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    /// JSON lines in the shape that rows have here: `messages`, or `text`, or `prompt`, `chosen` and `rejected`, and so on.
    Chat,
    /// JSON lines of `conversations` with `from` and `value`.
    ShareGpt,
    /// JSON lines of `instruction`, `input`, `output`, `system` and `history`.
    Alpaca,
    /// JSON lines of `prompt` and `completion` as text: one question and one answer.
    Completion,
    /// JSON lines of `prompt` and `completion` as lists of messages.
    CompletionLists,
    /// A table of `system`, `prompt`, `completion` and `tools`, or of the columns of another shape. What is more than one
    /// question and one answer stands in its cells as lists of messages.
    Csv,
    /// The rows of the first kind in Apache Parquet, in columns of their own kinds: messages are lists of structs.
    Parquet,
    /// JSON lines that OpenAI takes for fine-tuning: conversations in allowed keys.
    OpenAi,
}

impl ExportKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Chat,
        Self::ShareGpt,
        Self::Alpaca,
        Self::Completion,
        Self::CompletionLists,
        Self::Csv,
        Self::Parquet,
        Self::OpenAi,
    ];

    /// Its name in commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::ShareGpt => "sharegpt",
            Self::Alpaca => "alpaca",
            Self::Completion => "completion",
            Self::CompletionLists => "completion_lists",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::OpenAi => "openai",
        }
    }

    /// The kind of this name.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What its files' names end with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            _ => "jsonl",
        }
    }

    /// Whether its files may have columns besides those of the format. Other tools have a fixed set of columns, and OpenAI
    /// refuses any other.
    pub fn has_room(self) -> bool {
        matches!(self, Self::Chat | Self::Csv | Self::Parquet)
    }
}

//! The findings of the doctor: what is wrong with which rows, why it matters and what to do, in plain words.

use serde::{Deserialize, Serialize};
use tunesmith_sentence::Sentence;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Training on these rows does harm.
    Error,
    /// These rows are likely not what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// What was found. Findings of one severity are listed in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// An API key, a private key or a password.
    Secret,
    /// Validation rows that are learned from too.
    Leakage,
    /// Empty answers.
    EmptyAnswer,
    /// Fewer rows than are worth a try.
    TooFewRows,
    /// Rows of which a run learns nothing.
    NothingTaught,
    /// Rows equal to another row.
    ExactDuplicates,
    /// Rows nearly equal to another row.
    NearDuplicates,
    /// One prompt with several answers.
    ConflictingAnswers,
    /// A column that is not used, but decides between the answers to one prompt.
    UnusedColumn,
    /// Answers that stop in the middle.
    TruncatedAnswer,
    /// Answers of a single word where the others say more.
    OneWordAnswer,
    /// Answers that begin with a line break or a blank.
    BlankStart,
    /// Answers in another language than the rest.
    OtherLanguage,
    /// E-mail addresses, phone numbers, card numbers, bank accounts.
    PersonalData,
    /// UTF-8 that was read as Latin-1 or Windows-1252.
    Mojibake,
    /// “�” where a letter was.
    LostCharacters,
    /// HTML tags and entities that were left over.
    Html,
    /// Control characters and characters without width.
    ControlCharacters,
    /// Two messages of one role in a row.
    SameRoleTwice,
    /// A conversation that the assistant begins.
    BeginsWithAssistant,
    /// A conversation that ends with a question.
    EndsWithUser,
    /// A system message that does not come first.
    MisplacedSystem,
    /// A tool's result without a call, or a call without a result although the conversation goes on.
    ToolWithoutCall,
    /// A tool's result whose id is that of no call before it, or a call whose id no result has.
    OtherCallId,
    /// A conversation in which nobody asks.
    NoUserMessage,
    /// A conversation without a system message.
    NoSystemMessage,
    /// Several system messages.
    MixedSystemPrompts,
    /// Labels of which some are far rarer than others.
    ImbalancedLabels,
}

/// A repair of what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairKind {
    /// The rows of the finding go.
    RemoveRows,
    /// All but the first of each group go.
    RemoveDuplicates,
    /// Keys and passwords become `<SECRET>`.
    MaskSecrets,
    /// Personal data become `<EMAIL>`, `<PHONE>`, `<CARD>`, `<IBAN>`.
    MaskPersonalData,
    /// Tags go, entities become their characters.
    StripHtml,
    /// The text is read again as the UTF-8 it was.
    FixMojibake,
    /// Control characters and characters without width go.
    RemoveControlCharacters,
    /// Answers begin with their first word.
    TrimAnswerStart,
    /// Messages of one role in a row become one, joined by a blank line.
    MergeSameRole,
    /// All system messages become the first one, joined by blank lines.
    MergeSystem,
    /// Questions after the last answer go.
    DropTrailingUser,
}

/// One thing that was found, and what can be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// How much it matters.
    pub severity: Severity,
    /// The rows it is about, ascending.
    pub rows: Vec<u32>,
    /// Rows that belong together, each group ascending; empty where rows stand alone.
    pub groups: Vec<Vec<u32>>,
    /// What was found and why it matters. Never holds a secret.
    pub sentence: Sentence,
    /// What to do.
    pub advice: Sentence,
    /// What the doctor can do.
    pub repair: Option<RepairKind>,
}

impl Finding {
    /// A finding about rows that stand alone.
    pub(crate) fn new(
        kind: FindingKind,
        severity: Severity,
        mut rows: Vec<u32>,
        sentence: Sentence,
        advice: Sentence,
    ) -> Self {
        rows.sort_unstable();
        rows.dedup();
        Self { kind, severity, rows, groups: Vec::new(), sentence, advice, repair: None }
    }

    /// With rows that belong together.
    pub(crate) fn grouped(mut self, mut groups: Vec<Vec<u32>>) -> Self {
        groups.iter_mut().for_each(|group| group.sort_unstable());
        groups.sort_unstable();
        self.groups = groups;
        self
    }

    /// With a repair.
    pub(crate) fn with_repair(mut self, repair: RepairKind) -> Self {
        self.repair = Some(repair);
        self
    }

    /// The rows that go when the finding's repair is one that removes rows: none for the others.
    pub fn rows_to_remove(&self) -> Vec<u32> {
        match self.repair {
            Some(RepairKind::RemoveRows) => self.rows.clone(),
            Some(RepairKind::RemoveDuplicates) => {
                let mut rows: Vec<u32> = self.groups.iter().flat_map(|group| group.iter().skip(1)).copied().collect();
                rows.sort_unstable();
                rows
            }
            _ => Vec::new(),
        }
    }
}

//! What a job may need for itself alone.

/// Two jobs with the same claim never run at the same time; the one that was submitted first goes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The device that trains. Runs take turns: two at once would be slower than one after the other, and need the memory
    /// of both.
    Device,
    /// The doctor, who needs hundreds of megabytes for a large dataset.
    Doctor,
    /// Measuring how fast the machine is: two at once would find it half as fast.
    Speed,
    /// Looking through all rows: whoever asks the same meanwhile finds the answer.
    Search,
    /// The rows of a dataset, to change them.
    Dataset(String),
    /// A chat, to load its models or to write to it.
    Chat(String),
}

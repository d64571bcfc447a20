//! Jobs: everything that takes time. Each has a state, tells how far it is and can be cancelled; those that wait for
//! something another one has wait in the queue.

use tunesmith_sentence::{NOTHING, Sentence};

use crate::{ItemRef, wire};

wire! {
    /// What a job does.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum JobKind {
        /// Trains a run. Its id is the run's.
        Train,
        /// Imports a dataset.
        Import,
        /// Changes the rows of a dataset.
        Edit,
        /// Has the doctor check a dataset.
        Check,
        /// Counts the tokens of a dataset.
        Count,
        /// Looks for rows of a dataset.
        Search,
        /// Writes a dataset to a file.
        Export,
        /// Prepares the plan of a run.
        Plan,
        /// Measures a model on rows.
        Evaluate,
        /// Loads the models of a chat.
        Load,
        /// Answers a message of a chat.
        Answer,
    }

    /// Where a job stands.
    #[serde(tag = "state", rename_all = "snake_case")]
    pub enum JobState {
        /// It waits for something that another job has.
        Queued {
            /// The user holds it back: it does not start before it is released.
            held: bool
        },
        /// At work.
        Running,
        /// Waiting for the user, e.g. with a full disk.
        Paused {
            /// Why, in a sentence.
            reason: Sentence
        },
        /// Finished.
        Done,
        /// Failed.
        Failed {
            /// What happened and why.
            message: Sentence,
            /// What to do next.
            hint: Sentence
        },
        /// The user cancelled it.
        Cancelled,
        /// The program ended while it was at work.
        Interrupted,
    }

    /// What the progress of a job is counted in.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Unit {
        /// Bytes of files.
        Bytes,
        /// Rows of a dataset.
        Rows,
        /// Optimiser steps.
        Steps,
        /// Tokens of an answer.
        Tokens,
        /// Thousandths of the whole, where nothing better is known.
        Parts,
    }

    /// How far a job is.
    pub struct JobProgress {
        /// What is being done, in a few words.
        pub note: Sentence,
        /// How much of it is done.
        pub done: u64,
        /// How much there is; 0 when the end is not known.
        pub total: u64,
        /// What both are counted in.
        pub unit: Unit,
        /// Rows found or done so far; 0 where none are counted.
        pub rows: u64,
    }

    /// A job.
    pub struct Job {
        /// Its id.
        pub id: String,
        /// What it does.
        pub kind: JobKind,
        /// What it works on; null where that is nothing of the user's yet.
        pub subject: Option<ItemRef>,
        /// What it is called on screen.
        pub title: String,
        /// Where it stands.
        pub state: JobState,
        /// How far it is.
        pub progress: JobProgress,
    }

    /// Where to in the queue.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Move {
        /// Before the one that is before it.
        Up,
        /// Behind the one that is behind it.
        Down,
        /// To the front.
        First,
    }

    /// Move a queued job.
    pub struct MoveJob {
        /// The job.
        pub job: String,
        /// Where to.
        pub to: Move,
    }
}

impl Default for JobProgress {
    fn default() -> Self {
        Self { note: NOTHING, done: 0, total: 0, unit: Unit::Parts, rows: 0 }
    }
}

impl JobProgress {
    /// The share that is done, from 0 to 1; none where the end is not known.
    pub fn fraction(&self) -> Option<f64> {
        (self.total > 0).then(|| (self.done as f64 / self.total as f64).min(1.0))
    }
}

impl JobState {
    /// Whether it has ended, well or not.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Failed { .. } | Self::Cancelled | Self::Interrupted)
    }
}

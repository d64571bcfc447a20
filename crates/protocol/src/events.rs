//! What can be followed. `subscribe(topic, after_seq)` sends every record after `seq`, grouped, none dropped, so a
//! reload, a second window, the shell and a reconnect are this one call.

use tunesmith_sentence::Sentence;

use crate::{Answer, ErrorCode, Job, Plan, Run, RunState, Side, WireError, wire};

/// Groups that wait for a slow follower; then the topic waits for it.
const GROUPS_WAITING: usize = 4;

wire! {
    /// What to follow.
    #[derive(Eq, Hash)]
    #[serde(tag = "topic", content = "id", rename_all = "snake_case")]
    pub enum Topic {
        /// Changes to what the user owns.
        Library,
        /// The records of a run.
        Run(String),
        /// The answers of a chat as they are written.
        Chat(String),
        /// The progress of a job.
        Job(String),
    }

    /// One numbered record of a topic.
    pub struct Event {
        /// Its number in the topic, from 1, without gaps.
        pub seq: u64,
        /// What happened.
        pub body: EventBody,
    }

    /// What happened.
    #[serde(tag = "kind", rename_all = "snake_case")]
    pub enum EventBody {
        /// Something the user owns changed: fetch the lists again.
        Library,
        /// A record of a run.
        Run {
            /// The record.
            record: RunRecord
        },
        /// News of a chat.
        Chat {
            /// The news.
            news: ChatNews
        },
        /// A run of the library moved on; the lists are otherwise as they were.
        RunChanged {
            /// The run as it is now.
            run: Box<Run>
        },
        /// A job moved on, or has ended.
        Job {
            /// The job as it is now.
            job: Job
        },
    }

    /// A line of a run's `metrics.jsonl`, and of `train --json`.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum RunRecord {
        /// Always first.
        Plan {
            /// The plan.
            plan: Box<Plan>
        },
        /// The run's state changed.
        Status {
            /// The new state.
            status: RunState
        },
        /// How far the preparation is.
        Preparing {
            /// What is being done, in a few words.
            what: Sentence,
            /// From 0 to 1.
            fraction: f64
        },
        /// How far a step or a measurement is, where it takes more than a moment.
        Working {
            /// Which of both.
            work: RunWork,
            /// The step, or the one that is measured after; 0 is before the first.
            step: u32,
            /// Rows done.
            done: u64,
            /// Rows in all.
            total: u64
        },
        /// One optimiser step.
        Step(StepMetrics),
        /// One measurement on the validation rows.
        Eval {
            /// After this step; 0 is before the first.
            step: u32,
            /// Mean negative log-likelihood in nats over the learned tokens.
            loss: f64,
            /// exp(loss).
            perplexity: f64
        },
        /// A checkpoint was written.
        Checkpoint {
            /// After this step.
            step: u32,
            /// Its folder.
            path: String
        },
        /// A resumed run goes on after this step; readers discard later ones.
        Rewind {
            /// The step.
            step: u32
        },
        /// Finished.
        Done {
            /// The last step.
            step: u32,
            /// The step that is kept.
            best_step: u32,
            /// The adapter (method lora).
            #[serde(skip_serializing_if = "Option::is_none", default)]
            #[ts(optional)]
            adapter: Option<String>,
            /// The model (method full and scratch).
            #[serde(skip_serializing_if = "Option::is_none", default)]
            #[ts(optional)]
            model: Option<String>
        },
        /// Stopped by the user.
        Stopped {
            /// The last step.
            step: u32,
            /// The checkpoint that was written.
            checkpoint: String
        },
        /// Failed.
        Error {
            /// What the screen may react to.
            code: ErrorCode,
            /// What happened and why.
            message: Sentence,
            /// What to do next.
            hint: Sentence
        },
    }

    /// What a run is at work on.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum RunWork {
        /// An optimiser step.
        Step,
        /// A measurement on the validation rows.
        Evaluation,
    }

    /// What one optimiser step did.
    pub struct StepMetrics {
        /// The step, from 1.
        pub step: u32,
        /// Epochs seen so far.
        pub epoch: f64,
        /// Mean negative log-likelihood in nats over the learned tokens of the step.
        pub loss: f64,
        /// The learning rate of the step.
        pub learning_rate: f64,
        /// The gradient's length before clipping.
        pub grad_norm: f64,
        /// Learned tokens in the step.
        pub learned_tokens: u64,
        /// Tokens computed per second, learned or not.
        pub tokens_per_second: f64,
        /// Time spent training so far, earlier parts of a resumed run included.
        pub elapsed_ms: u64,
    }

    /// News of a chat.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum ChatNews {
        /// The model is being loaded.
        Loading {
            /// From 0 to 1.
            fraction: f64
        },
        /// Ready for messages.
        Ready,
        /// An answer begins; what the side said to this message before is replaced.
        Started {
            /// Whose.
            side: Side,
            /// The oldest turns, which no longer fit into the context and are not read for it.
            unread_turns: u32
        },
        /// More of an answer.
        Text {
            /// Whose.
            side: Side,
            /// The next piece.
            text: String
        },
        /// An answer is finished.
        Finished {
            /// The whole answer.
            answer: Answer
        },
        /// All sides have answered, or were stopped.
        Idle,
        /// Everything said was cleared.
        Cleared,
        /// Something went wrong; the chat can be used again.
        Failed {
            /// What.
            error: WireError
        },
    }
}

/// The records of one topic as they come, in groups. Dropping it ends the subscription. It can be waited for by a thread, or
/// by a task without one.
pub struct Subscription {
    groups: flume::Receiver<Vec<Event>>,
}

/// Where the groups of a subscription come from. Dropping it ends the topic for its follower.
pub struct Feed {
    groups: flume::Sender<Vec<Event>>,
}

impl Subscription {
    /// A subscription, and what feeds it.
    pub fn new() -> (Feed, Self) {
        let (sender, receiver) = flume::bounded(GROUPS_WAITING);
        (Feed { groups: sender }, Self { groups: receiver })
    }

    /// Waits for the next group. `None` when the topic has ended for good.
    pub fn next(&self) -> Option<Vec<Event>> {
        self.groups.recv().ok()
    }

    /// Waits for the next group without a thread. `None` when the topic has ended for good.
    pub async fn next_group(&self) -> Option<Vec<Event>> {
        self.groups.recv_async().await.ok()
    }

    /// Waits up to `timeout`. `Ok(None)` when nothing came in time.
    ///
    /// # Errors
    /// The topic has ended.
    pub fn next_within(&self, timeout: std::time::Duration) -> Result<Option<Vec<Event>>, TopicEnded> {
        match self.groups.recv_timeout(timeout) {
            Ok(events) => Ok(Some(events)),
            Err(flume::RecvTimeoutError::Timeout) => Ok(None),
            Err(flume::RecvTimeoutError::Disconnected) => Err(TopicEnded),
        }
    }
}

impl Feed {
    /// Hands a group on, and waits while the follower has too many that it has not read.
    ///
    /// # Errors
    /// The follower has left.
    pub fn send(&self, group: Vec<Event>) -> Result<(), FollowerLeft> {
        self.groups.send(group).map_err(|_| FollowerLeft)
    }

    /// Whether the follower has room for a group, so that `send` does not wait.
    pub fn has_room(&self) -> bool {
        !self.groups.is_full()
    }

    /// Whether somebody still follows.
    pub fn is_followed(&self) -> bool {
        !self.groups.is_disconnected()
    }
}

/// Nobody follows any more.
#[derive(Debug, Clone, Copy)]
pub struct FollowerLeft;

/// The topic will send nothing more.
#[derive(Debug, Clone, Copy)]
pub struct TopicEnded;

//! A job on its way into the queue.

use tunesmith_protocol::{ItemKind, ItemRef, JobKind};

use super::Claim;

/// A job to be submitted.
pub(crate) struct NewJob {
    /// None makes one.
    pub id: Option<String>,
    /// The id was chosen for this one call, so a cancel of it that came earlier was meant for this job.
    pub id_of_call: bool,
    pub kind: JobKind,
    pub subject: Option<ItemRef>,
    pub title: String,
    /// What no other job may have at the same time.
    pub claims: Vec<Claim>,
    /// It is queued, and the user holds it back.
    pub held: bool,
    /// It was queued when the program last ended, and waits until the queue is let go on.
    pub parked: bool,
    /// The home stays open until it has ended.
    pub keeps_home_open: bool,
}

impl NewJob {
    pub fn new(kind: JobKind, title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            id: None,
            id_of_call: false,
            kind,
            subject: None,
            title,
            claims: Vec::new(),
            held: false,
            parked: false,
            keeps_home_open: false,
        }
    }

    /// The id that the caller of a command chose, so that it can be followed and cancelled from the first moment.
    pub fn id_of_call(self, id: Option<String>) -> Self {
        Self { id_of_call: id.is_some(), id, ..self }
    }

    /// An id by which others find the job.
    pub fn id(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    pub fn on(self, kind: ItemKind, id: &str) -> Self {
        Self { subject: Some(ItemRef { kind, id: id.into() }), ..self }
    }

    pub fn claims(mut self, claim: Claim) -> Self {
        self.claims.push(claim);
        self
    }

    pub fn keeps_home_open(self) -> Self {
        Self { keeps_home_open: true, ..self }
    }
}

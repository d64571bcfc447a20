//! Follows a run to its end, wherever it is trained, and prints it: as JSON events, or as people follow it.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tunesmith_protocol::{
    Api, ErrorCode, Event, EventBody, Plan, RunRecord, RunState, Subscription, Topic, TopicEnded, WireError,
};
use tunesmith_sentence::say;
use tunesmith_studio::Losses;

use crate::interrupt::Interrupt;
use crate::show::Show;
use crate::{Ended, Out};

/// How quickly Ctrl-C is noticed.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Without anyone to press a button, a paused run tries again by itself.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// A topic this quiet has told all it has so far.
const QUIET: Duration = Duration::from_millis(400);
/// How long a busy machine may take to read the first records.
const FIRST: Duration = Duration::from_secs(30);

/// Prints the records of one run.
pub(crate) struct Printer<'a> {
    out: &'a Out,
    show: Show<'a>,
}

impl<'a> Printer<'a> {
    /// Of a run that has these losses from before, if it goes on.
    pub(crate) fn new(out: &'a Out, earlier: Losses) -> Self {
        Self { out, show: Show::new(out, earlier) }
    }

    /// Prints one record. How the run failed is left to the caller, who ends with that error.
    pub(crate) fn record(&mut self, record: &RunRecord) {
        match record {
            RunRecord::Plan { plan } => self.out.json(&flat(plan)),
            RunRecord::Step(_)
            | RunRecord::Eval { .. }
            | RunRecord::Checkpoint { .. }
            | RunRecord::Done { .. }
            | RunRecord::Stopped { .. } => self.out.json(record),
            RunRecord::Status { .. }
            | RunRecord::Preparing { .. }
            | RunRecord::Rewind { .. }
            | RunRecord::Error { .. } => {}
        }
        self.show.record(record);
    }
}

/// Follows the run `id` from `records` to its end; Ctrl-C stops the run, wherever it is trained. `earlier` are the losses that
/// were told before.
pub(crate) fn follow(
    api: &dyn Api,
    id: &str,
    (records, earlier): (&Subscription, Losses),
    interrupt: &Interrupt,
    out: &Out,
) -> anyhow::Result<Ended> {
    let mut printer = Printer::new(out, earlier);
    let (mut asked, mut paused) = (false, None::<Instant>);
    loop {
        if interrupt.asked() && !asked {
            asked = true;
            // A run that has just ended cannot be stopped; its records tell how it ended.
            if let Err(error) = api.stop_run(id.to_owned()) {
                out.note(error.message);
            }
        }
        if paused.is_some_and(|since| since.elapsed() >= RETRY_AFTER) {
            paused = Some(Instant::now());
            // Someone may have been quicker in the window; the records tell whether it goes on.
            if let Err(error) = api.resume_run(id.to_owned()) {
                out.note(error.message);
            }
        }
        let group = match records.next_within(LOOK_EVERY) {
            Ok(group) => group.unwrap_or_default(),
            Err(TopicEnded) => return Err(lost(id).into()),
        };
        for event in group {
            let EventBody::Run { record } = event.body else { continue };
            printer.record(&record);
            match record {
                RunRecord::Done { .. } => return Ok(Ended::Done),
                RunRecord::Stopped { .. } => return Ok(if asked { Ended::Interrupted } else { Ended::Done }),
                RunRecord::Status { status: RunState::Paused { .. } } => paused = Some(Instant::now()),
                RunRecord::Status { status: RunState::Running } => paused = None,
                // Stopped before its first step: there is no other last word then.
                RunRecord::Status { status: RunState::Stopped } => return Err(stopped_early(id).into()),
                RunRecord::Status { status: RunState::Interrupted } => return Err(lost(id).into()),
                RunRecord::Error { code, message, hint } => return Err(WireError { code, message, hint }.into()),
                _ => {}
            }
        }
    }
}

/// The records of a run from now on, and the losses that it has told so far.
pub(crate) fn from_now_on(api: &dyn Api, id: &str) -> Result<(Subscription, Losses), WireError> {
    let records = api.subscribe(Topic::Run(id.to_owned()), 0)?;
    let mut losses = Losses::default();
    let mut take = |group: Vec<Event>| {
        for event in group {
            if let EventBody::Run { record } = event.body {
                losses.add(&record);
            }
        }
    };
    // A run that can go on has records: wait for the first, however busy the machine is. The topic may end at once when
    // the run's folder is going; the follower will notice.
    let mut wait = FIRST;
    while let Ok(Some(group)) = records.next_within(wait) {
        take(group);
        wait = QUIET;
    }
    Ok((records, losses))
}

/// The plan as one flat object: the settings, then what the plan adds or resolves.
fn flat(plan: &Plan) -> Value {
    let mut event = Map::from_iter([("type".to_owned(), json!("plan"))]);
    if let Ok(Value::Object(mut plan)) = serde_json::to_value(plan) {
        if let Some(Value::Object(settings)) = plan.shift_remove("training") {
            event.extend(settings);
        }
        event.extend(plan);
    }
    Value::Object(event)
}

fn stopped_early(id: &str) -> WireError {
    WireError::new(
        ErrorCode::Cancelled,
        say!("shell-run-stopped-early", "The run was stopped before its first step"),
        say!("shell-run-stopped-early-hint", "Start it again: tunesmith runs resume {id}", id),
    )
}

fn lost(id: &str) -> WireError {
    WireError::new(
        ErrorCode::Internal,
        say!("shell-run-lost", "The process that trains this run has gone"),
        say!("shell-run-lost-hint", "Go on from its newest checkpoint: tunesmith runs resume {id}", id),
    )
}

//! Follows a run to its end, wherever it is trained, and prints it: as JSON events, or as people follow it.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tunesmith_protocol::{
    Api, ErrorCode, Event, EventBody, Plan, Run, RunRecord, RunState, Subscription, Topic, WireError,
};
use tunesmith_sentence::say;
use tunesmith_studio::Losses;

use crate::home::Home;
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
            | RunRecord::Working { .. }
            | RunRecord::Rewind { .. }
            | RunRecord::Error { .. } => {}
        }
        self.show.record(record);
    }
}

/// Follows the run `id` from `records` to its end; Ctrl-C stops the run, wherever it is trained. Where the program leaves that
/// was to train it, it is trained by whoever has the home next, which may be this process. `earlier` are the losses that were
/// told before.
pub(crate) fn follow(
    home: &Home,
    id: &str,
    (mut records, earlier): (Subscription, Losses),
    interrupt: &Interrupt,
    out: &Out,
) -> anyhow::Result<Ended> {
    crate::out::work_on();
    let mut follower = Follower {
        home,
        id,
        out,
        printer: Printer::new(out, earlier),
        owners_left: home.owners_left(),
        left_unread: false,
        seen: 0,
        asked: false,
        paused: None,
    };
    loop {
        let last = follower.read(&records, interrupt);
        if follower.goes_on_elsewhere(&last)? {
            records = home.api.subscribe(Topic::Run(id.to_owned()), follower.seen)?;
            continue;
        }
        return match last {
            Last::Done => Ok(Ended::Done),
            Last::Stopped if follower.asked => Ok(Ended::Interrupted),
            Last::Stopped => Ok(Ended::Done),
            Last::StoppedEarly => Err(stopped_early(id).into()),
            Last::Failed(error) => Err(error.into()),
            Last::Interrupted | Last::OutOfReach => Err(lost(id).into()),
        };
    }
}

/// What was told of a run last.
enum Last {
    Done,
    Stopped,
    /// Before its first step.
    StoppedEarly,
    Interrupted,
    Failed(WireError),
    /// Nothing: whoever told its records has left, or its folder is gone.
    OutOfReach,
}

/// Who follows a run to its end.
struct Follower<'a> {
    home: &'a Home,
    id: &'a str,
    out: &'a Out,
    printer: Printer<'a>,
    /// How often a program had left that had the home, and so the queue in which the run is.
    owners_left: usize,
    /// The last one has left before its last records were read here.
    left_unread: bool,
    /// The number of the last record.
    seen: u64,
    /// It was asked to stop.
    asked: bool,
    paused: Option<Instant>,
}

impl Follower<'_> {
    /// Prints records up to the last one.
    fn read(&mut self, records: &Subscription, interrupt: &Interrupt) -> Last {
        loop {
            self.ask(interrupt);
            let Ok(group) = records.next_within(LOOK_EVERY) else { return Last::OutOfReach };
            for Event { seq, body } in group.unwrap_or_default() {
                self.seen = seq;
                let EventBody::Run { record } = body else { continue };
                self.printer.record(&record);
                match record {
                    RunRecord::Done { .. } => return Last::Done,
                    RunRecord::Stopped { .. } => return Last::Stopped,
                    RunRecord::Status { status: RunState::Paused { .. } } => self.paused = Some(Instant::now()),
                    RunRecord::Status { status: RunState::Running } => self.paused = None,
                    // Stopped before its first step: there is no other last word then.
                    RunRecord::Status { status: RunState::Stopped } => return Last::StoppedEarly,
                    RunRecord::Status { status: RunState::Interrupted } => return Last::Interrupted,
                    RunRecord::Error { code, message, hint } => return Last::Failed(WireError { code, message, hint }),
                    _ => {}
                }
            }
        }
    }

    /// Asks the run to stop where the user wants that, and to try again where it has waited for a while.
    fn ask(&mut self, interrupt: &Interrupt) {
        if interrupt.asked() && !self.asked {
            self.asked = true;
            // A run that has just ended cannot be stopped; its records tell how it ended.
            if let Err(error) = self.home.api.stop_run(self.id.to_owned()) {
                self.out.note(error.message);
            }
        }
        if self.paused.is_some_and(|since| since.elapsed() >= RETRY_AFTER) {
            self.paused = Some(Instant::now());
            // Someone may have been quicker in the window; the records tell whether it goes on.
            if let Err(error) = self.home.api.resume_run(self.id.to_owned()) {
                self.out.note(error.message);
            }
        }
    }

    /// Whether the program has left that was to train the run, and there is more to come from whoever has the home now. A run
    /// that waited in its queue, or that it stopped as it left, is let go on there.
    fn goes_on_elsewhere(&mut self, last: &Last) -> Result<bool, WireError> {
        let stopped = matches!(last, Last::Stopped | Last::StoppedEarly);
        if !(stopped && !self.asked || matches!(last, Last::OutOfReach)) {
            return Ok(false);
        }
        // A program that is leaving does not answer: this is asked of whoever has the home next.
        let run = match self.home.api.get_run(self.id.to_owned()) {
            Ok(run) => run,
            Err(error) if error.code == ErrorCode::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let before = std::mem::replace(&mut self.owners_left, self.home.owners_left());
        if self.owners_left == before && !std::mem::take(&mut self.left_unread) {
            return Ok(false);
        }
        let waits = matches!(run.status, RunState::Queued { .. });
        let was_cut_off = stopped && run.status == RunState::Stopped;
        if (waits || was_cut_off) && !self.asked {
            self.let_go_on()?;
        }
        self.left_unread = run.status == RunState::Stopped && !stopped;
        // Where it goes on it is to be asked to stop again.
        self.asked = false;
        Ok(true)
    }

    /// Lets the run go on where the home is owned now.
    fn let_go_on(&self) -> Result<(), WireError> {
        if let Err(error) = self.home.api.resume_run(self.id.to_owned()) {
            // Whoever has the home may have been quicker.
            let status = self.home.api.get_run(self.id.to_owned())?.status;
            if !matches!(status, RunState::Queued { .. } | RunState::Preparing | RunState::Running) {
                return Err(error);
            }
        }
        self.home.set_last_run(self.id);
        if self.home.is_owner() {
            self.out.note(say!("shell-run-taken-over", "The run is trained here now: the program before it has left"));
        }
        Ok(())
    }
}

/// The records of a run from now on, and the losses that it has told so far.
pub(crate) fn from_now_on(api: &dyn Api, run: &Run) -> Result<(Subscription, Losses), WireError> {
    let records = api.subscribe(Topic::Run(run.id.clone()), 0)?;
    let mut losses = Losses::default();
    let mut take = |group: Vec<Event>| {
        for event in group {
            if let EventBody::Run { record } = event.body {
                losses.add(&record);
            }
        }
    };
    // A run that has begun has records: wait for the first, however busy the machine is. The topic may end at once when
    // the run's folder is going; the follower will notice.
    let never_began = matches!(run.status, RunState::Queued { .. }) && run.plan.is_none();
    let mut wait = if never_began { QUIET } else { FIRST };
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

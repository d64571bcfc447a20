//! A command of the home that takes time: carried out with a bar, and cancelled by Ctrl-C.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tunesmith_protocol::{Api, EventBody, Topic, TopicEnded, WireError};
use tunesmith_sentence::say;

use crate::interrupt::Interrupt;
use crate::language::translate;
use crate::show;

/// How quickly Ctrl-C is noticed.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Carries out a command that takes the id of its job, and shows how far it is.
pub(crate) fn with_bar<T: Send>(
    api: &dyn Api,
    interrupt: &Interrupt,
    command: impl FnOnce(String) -> Result<T, WireError> + Send,
) -> Result<T, WireError> {
    let id = job_id();
    let events = api.subscribe(Topic::Job(id.clone()), 0)?;
    let bar = show::bar(1000, "{msg} {wide_bar} {percent} %");
    let ended = std::thread::scope(|scope| {
        let own = id.clone();
        let working = scope.spawn(move || command(own));
        let mut cancelled = false;
        while !working.is_finished() {
            if interrupt.asked() && !cancelled {
                cancelled = true;
                api.cancel_job(id.clone())?;
            }
            let group = events.next_within(LOOK_EVERY).unwrap_or_else(|TopicEnded| {
                // The job is over; its reply is on the way.
                std::thread::sleep(LOOK_EVERY);
                None
            });
            for event in group.unwrap_or_default() {
                if let EventBody::Job { job } = event.body {
                    bar.set_position((job.progress.fraction().unwrap_or(0.0) * 1000.0) as u64);
                    bar.set_message(translate(&job.progress.note));
                }
            }
        }
        working.join().unwrap_or_else(|_| Err(WireError::internal(say!("shell-broke-off", "this ended unexpectedly"))))
    });
    bar.finish_and_clear();
    ended
}

fn job_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map(|now| now.as_nanos()).unwrap_or_default();
    format!("shell-{}-{now}", std::process::id())
}

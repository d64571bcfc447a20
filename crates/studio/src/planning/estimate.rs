//! How long a run will take, as people say it, and how fast this machine was found to be. Measuring is left to `train`.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use parking_lot::Mutex;
use tunesmith_protocol::{DiskNeed, RunTime, TimePart};
use tunesmith_sentence::{Sentence, say};
use tunesmith_train::{Estimate, Speed, SpeedKey, TrainError, TrainPlan};

use crate::format::byte_size;

/// Speeds of so many kinds of runs are remembered; then all are measured anew.
const REMEMBERED: usize = 256;
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The speeds measured since the program began.
#[derive(Default)]
pub(crate) struct SpeedCache(Mutex<HashMap<SpeedKey, Speed>>);

impl SpeedCache {
    /// The speed for this plan, if one was measured.
    pub fn known(&self, plan: &TrainPlan) -> Option<Speed> {
        self.0.lock().get(&plan.speed_key()).copied()
    }

    /// The same, measured now where none was. `go_on` hears how far that is, and can cancel.
    pub fn get(&self, plan: &TrainPlan, go_on: &mut dyn FnMut(f64) -> ControlFlow<()>) -> Result<Speed, TrainError> {
        if let Some(speed) = self.known(plan) {
            return Ok(speed);
        }
        let speed = Speed::measure(plan, go_on)?;
        let mut speeds = self.0.lock();
        if speeds.len() >= REMEMBERED {
            speeds.clear();
        }
        speeds.insert(plan.speed_key(), speed);
        Ok(speed)
    }
}

/// The time of a run, and where it goes.
pub fn run_time(estimate: &Estimate) -> RunTime {
    let parts = [
        (say!("run-time-training", "Training"), estimate.training),
        (say!("run-time-evaluation", "Validation"), estimate.evaluation),
        (say!("run-time-files", "Loading and saving"), estimate.files),
    ];
    let part = |(what, time): (Sentence, Duration)| TimePart { what, ms: milliseconds(time), about: length(time) };
    let mut parts: Vec<TimePart> = parts.into_iter().filter(|(_, time)| !time.is_zero()).map(part).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.ms));
    let total = estimate.total();
    let time = length(total);
    let about = match estimate.at_most {
        true => say!("run-time-at-most", "at most {time}", time),
        false if total < SHORT => time,
        false => say!("run-time-about", "about {time}", time),
    };
    RunTime { ms: milliseconds(total), about, parts }
}

/// How long a run takes and where the time goes, in one sentence. `busy` where another run is at work.
pub fn time_told(time: &RunTime, busy: bool) -> Sentence {
    let part = |TimePart { what, about, .. }: &TimePart| say!("run-time-part", "{what} {about}", what, about);
    let (about, parts) = (&time.about, Sentence::listed(time.parts.iter().map(part)));
    match busy {
        true => say!("run-takes-alone", "Takes {about} when no other run is at work ({parts})", about, parts),
        false => say!("run-takes", "Takes {about} ({parts})", about, parts),
    }
}

/// How much of the disk a run needs, in one sentence.
pub fn disk_told(disk: &DiskNeed) -> Sentence {
    let needed = byte_size(disk.checkpoint_bytes + disk.result_bytes);
    match disk.available_bytes.map(byte_size) {
        Some(free) => say!("run-disk", "Needs {needed} on the disk, and {free} are free", needed, free),
        None => say!("run-disk-alone", "Needs {needed} on the disk", needed),
    }
}

/// What is shorter is not told in numbers.
const SHORT: Duration = Duration::from_secs(5);

/// A length of time, no more exactly than it is known: to ten seconds, half minutes, minutes, half hours, days.
fn length(time: Duration) -> Sentence {
    let seconds = time.as_secs_f64();
    let rounded = |unit: u64| (seconds / unit as f64).round().max(1.0) as u64 * unit;
    match seconds as u64 {
        _ if time < SHORT => say!("time-few-seconds", "a few seconds"),
        0..55 => of_seconds(rounded(10)),
        55..150 => halves(rounded(MINUTE / 2), MINUTE)
            .map_or_else(of_minutes, |minutes| say!("time-half-minutes", "{minutes}½ minutes", minutes)),
        150..1170 => of_minutes(rounded(MINUTE) / MINUTE),
        1170..5250 => of_minutes(rounded(5 * MINUTE) / MINUTE),
        5250..34_200 => halves(rounded(HOUR / 2), HOUR)
            .map_or_else(of_hours, |hours| say!("time-half-hours", "{hours}½ hours", hours)),
        34_200..171_000 => of_hours(rounded(HOUR) / HOUR),
        _ => of_days(rounded(DAY) / DAY),
    }
}

/// The whole units of a time in halves: as an error where nothing is left over.
fn halves(seconds: u64, unit: u64) -> Result<u64, u64> {
    let whole = seconds / unit;
    if seconds.is_multiple_of(unit) { Err(whole) } else { Ok(whole) }
}

fn of_seconds(seconds: u64) -> Sentence {
    say!("time-seconds", seconds; "1 second", "{seconds} seconds", seconds)
}

fn of_minutes(minutes: u64) -> Sentence {
    say!("time-minutes", minutes; "1 minute", "{minutes} minutes", minutes)
}

fn of_hours(hours: u64) -> Sentence {
    say!("time-hours", hours; "1 hour", "{hours} hours", hours)
}

fn of_days(days: u64) -> Sentence {
    say!("time-days", days; "1 day", "{days} days", days)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

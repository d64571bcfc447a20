//! A stand-in for the studio: it echoes what it is asked and has a run with three records.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tunesmith_protocol::{
    ErrorCode, Event, EventBody, Feed, Remote, RunRecord, RunState, Subscription, Topic, Wire, WireError,
};
use tunesmith_sentence::{NOTHING, say};

pub struct StandIn;

pub fn stand_in() -> Remote<StandIn> {
    Remote(StandIn)
}

impl Wire for StandIn {
    fn call(&self, name: &str, args: Value) -> Result<Value, WireError> {
        match name {
            "list_runs" => Ok(RUNS.lock().unwrap().clone().into()),
            "rename" => Ok(Value::Null),
            "show_window" => Ok(json!(false)),
            "start_run" => Err(WireError::new(
                ErrorCode::Busy,
                say!("run-going", "A run is going"),
                say!("run-going-hint", "Stop it first"),
            )),
            "list_models" => panic!("a bug in the studio"),
            "check_dataset" => {
                CHECKS.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_secs(60));
                Err(WireError::not_found(say!("checked-for-long", "this was checked for long")))
            }
            // Answers until it is cancelled, and goes on when the command has been answered.
            "send_message" => {
                JOBS.lock().unwrap().push(answering(args["chat"].as_str().unwrap()));
                Ok(Value::Null)
            }
            // Works until it is cancelled, as long as its caller waits.
            "evaluate" => {
                let id = args["job"].as_str().unwrap().to_owned();
                JOBS.lock().unwrap().push(json!({ "id": id, "kind": "evaluate" }));
                while JOBS.lock().unwrap().iter().any(|job| job["id"] == id) {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(WireError::new(ErrorCode::Cancelled, say!("job-cancelled", "It was cancelled"), NOTHING))
            }
            "list_jobs" => {
                let jobs = JOBS.lock().unwrap();
                Ok(jobs.iter().filter(|job| job["kind"] == "answer").cloned().collect::<Vec<_>>().into())
            }
            "cancel_job" => {
                JOBS.lock().unwrap().retain(|job| job["id"] != args);
                Ok(Value::Null)
            }
            // Writes nothing: the test has made the file that it names as the dataset.
            "export_dataset" => {
                Ok(json!({ "path": args["dataset"], "rows": 1, "left_out": [], "notes": [], "bytes": 1 }))
            }
            // Tells which file would be imported; the text of the error reaches the test.
            "import_dataset" => {
                let path = args["paths"][0].to_string();
                Err(WireError::invalid(say!("would-import", "would import {path}", path), NOTHING))
            }
            // The test has made the file that it names.
            "keep_rows" => Ok(args["text"].clone()),
            "add_model" => {
                let path = args["path"].to_string();
                Err(WireError::invalid(say!("would-add", "would add {path}", path), NOTHING))
            }
            _ => Err(WireError::not_found(say!("not-in-stand-in", "{name} is not in the stand-in", name))),
        }
    }

    fn subscribe(&self, topic: Topic, after_seq: u64) -> Result<Subscription, WireError> {
        if topic == Topic::Run("ticking".into()) {
            return Ok(ticking(1, Duration::from_millis(20)));
        }
        if topic == Topic::Run("flooding".into()) {
            return Ok(ticking(1000, Duration::ZERO));
        }
        if matches!(topic, Topic::Chat(_)) || topic == Topic::Job("quiet".into()) {
            return Ok(quiet());
        }
        let count = match topic {
            Topic::Run(id) if id == "three" => 3,
            Topic::Run(id) if id == "many" => 5000,
            Topic::Library => 0,
            other => {
                let topic = format!("{other:?}");
                return Err(WireError::not_found(say!("no-topic", "There is no {topic}", topic)));
            }
        };
        let stays_open = count == 0;
        let (sender, subscription) = Subscription::new();
        std::thread::spawn(move || {
            let records: Vec<Event> = (after_seq + 1..=count).map(record).collect();
            if !records.is_empty() {
                let _ = sender.send(records);
            }
            while stays_open && sender.send(Vec::new()).is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Ok(subscription)
    }
}

/// What runs there are.
pub static RUNS: Mutex<Vec<Value>> = Mutex::new(Vec::new());
/// What goes on in the background.
pub static JOBS: Mutex<Vec<Value>> = Mutex::new(Vec::new());
/// How many checks have begun.
pub static CHECKS: AtomicUsize = AtomicUsize::new(0);

fn answering(chat: &str) -> Value {
    json!({
        "id": format!("answer-{chat}"),
        "kind": "answer",
        "subject": { "kind": "chat", "id": chat },
        "title": "",
        "state": { "state": "running" },
        "progress": { "note": say!("answering", "Answering"), "done": 0, "total": 0, "unit": "parts", "rows": 0 },
    })
}

/// A topic on which nothing happens.
fn quiet() -> Subscription {
    static KEPT: Mutex<Vec<Feed>> = Mutex::new(Vec::new());
    let (feed, subscription) = Subscription::new();
    KEPT.lock().unwrap().push(feed);
    subscription
}

/// How many listen to the ticking now.
pub static LISTENERS: AtomicUsize = AtomicUsize::new(0);

/// A topic without an end, until nobody listens.
fn ticking(at_once: u64, pause: Duration) -> Subscription {
    let (sender, subscription) = Subscription::new();
    LISTENERS.fetch_add(1, Ordering::SeqCst);
    std::thread::spawn(move || {
        for group in 0.. {
            let records = (group * at_once + 1..=(group + 1) * at_once).map(record).collect();
            if sender.send(records).is_err() {
                break;
            }
            std::thread::sleep(pause);
        }
        LISTENERS.fetch_sub(1, Ordering::SeqCst);
    });
    subscription
}

fn record(seq: u64) -> Event {
    // A line break in the text must not break the stream's framing.
    let reason = say!("forged", "number {seq}\n\ndata: forged", seq);
    let status = RunState::Paused { reason, stopping: false };
    Event { seq, body: EventBody::Run { record: RunRecord::Status { status } } }
}

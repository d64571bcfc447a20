//! A stand-in for the studio: it echoes what it is asked and has a run with three records.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tunesmith_protocol::{
    ErrorCode, Event, EventBody, Remote, RunRecord, RunState, Subscription, Topic, Wire, WireError,
};
use tunesmith_sentence::{NOTHING, say};

pub struct StandIn;

pub fn stand_in() -> Remote<StandIn> {
    Remote(StandIn)
}

impl Wire for StandIn {
    fn call(&self, name: &str, args: Value) -> Result<Value, WireError> {
        match name {
            "list_runs" => Ok(json!([])),
            "rename" => Ok(Value::Null),
            "show_window" => Ok(json!(false)),
            "start_run" => Err(WireError::new(
                ErrorCode::Busy,
                say!("run-going", "A run is going"),
                say!("run-going-hint", "Stop it first"),
            )),
            "list_models" => panic!("a bug in the studio"),
            // Writes nothing: the test has made the file that it names as the dataset.
            "export_dataset" => {
                Ok(json!({ "path": args["dataset"], "rows": 1, "left_out": [], "notes": [], "bytes": 1 }))
            }
            // Tells which file would be imported; the text of the error reaches the test.
            "import_dataset" => {
                let path = args["paths"][0].to_string();
                Err(WireError::invalid(say!("would-import", "would import {path}", path), NOTHING))
            }
            "add_model" => {
                let path = args["path"].to_string();
                Err(WireError::invalid(say!("would-add", "would add {path}", path), NOTHING))
            }
            _ => Err(WireError::not_found(say!("not-in-stand-in", "{name} is not in the stand-in", name))),
        }
    }

    fn subscribe(&self, topic: Topic, after_seq: u64) -> Result<Subscription, WireError> {
        if topic == Topic::Run("ticking".into()) {
            return Ok(ticking());
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
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        });
        Ok(subscription)
    }
}

/// How many listen to the ticking now.
pub static LISTENERS: AtomicUsize = AtomicUsize::new(0);

/// A topic without an end, until nobody listens.
fn ticking() -> Subscription {
    let (sender, subscription) = Subscription::new();
    LISTENERS.fetch_add(1, Ordering::SeqCst);
    std::thread::spawn(move || {
        for seq in 1.. {
            if sender.send(vec![record(seq)]).is_err() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
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

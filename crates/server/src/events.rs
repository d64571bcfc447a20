//! `GET /api/events?topic=run&id=…&after=N`: the records of a topic as server-sent events. Each event carries a JSON
//! list of records and, as its id, the `seq` of the last one, so that a browser that reconnects goes on from there.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tunesmith_protocol::{ErrorCode, Event, Subscription, Topic, WireError};

use crate::calls::refusal;

/// Most records in one event: a long history comes in parts that a browser can draw as they arrive.
const RECORDS_PER_EVENT: usize = 2000;
/// Events that wait for a slow reader; then the reading of the topic waits.
const EVENTS_WAITING: usize = 4;
/// How often a quiet topic checks whether its reader has gone.
const CHECK_EVERY: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
pub(crate) struct Follow {
    topic: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    after: u64,
}

pub(crate) async fn events(
    State(state): State<crate::State>,
    headers: HeaderMap,
    Query(follow): Query<Follow>,
) -> Response {
    let topic = match topic(&follow) {
        Ok(topic) => topic,
        Err(error) => return refusal(&error),
    };
    let after = last_event_id(&headers).unwrap_or(follow.after);
    match tokio::task::spawn_blocking(move || state.api.subscribe(topic, after)).await {
        Ok(Ok(subscription)) => stream(subscription),
        Ok(Err(error)) => refusal(&error),
        Err(_) => refusal(&WireError::new(
            ErrorCode::Internal,
            "The topic cannot be followed",
            "Try again; the log says more",
        )),
    }
}

fn topic(follow: &Follow) -> Result<Topic, WireError> {
    let id = follow.id.clone();
    match (follow.topic.as_str(), id.is_empty()) {
        ("library", _) => Ok(Topic::Library),
        ("run", false) => Ok(Topic::Run(id)),
        ("chat", false) => Ok(Topic::Chat(id)),
        ("task", false) => Ok(Topic::Task(id)),
        (topic @ ("run" | "chat" | "task"), true) => {
            Err(WireError::invalid(format!("The topic {topic} needs an id"), ""))
        }
        (topic, _) => Err(WireError::not_found(format!("There is no topic {topic}"))),
    }
}

/// A browser that reconnects asks the old address again and says in this header how far it came.
fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.trim().parse().ok()
}

fn stream(subscription: Subscription) -> Response {
    let (sender, receiver) = mpsc::channel(EVENTS_WAITING);
    tokio::task::spawn_blocking(move || forward(&subscription, &sender));
    let mut response =
        Sse::new(received(receiver)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn received(receiver: mpsc::Receiver<sse::Event>) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    use tokio_stream::StreamExt;
    ReceiverStream::new(receiver).map(Ok)
}

/// Ends when the topic ends, which an `end` event tells, or when the reader goes.
fn forward(subscription: &Subscription, sender: &mpsc::Sender<sse::Event>) {
    while !sender.is_closed() {
        match subscription.next_within(CHECK_EVERY) {
            // An empty group is a sign of life, and `chunks` makes no event of it: its id would send a reader back.
            Ok(Some(records)) => {
                if records.chunks(RECORDS_PER_EVENT).any(|part| sender.blocking_send(message(part)).is_err()) {
                    return;
                }
            }
            Ok(None) => {}
            Err(_) => {
                // Nothing is left to do when the reader has gone meanwhile.
                let _ = sender.blocking_send(sse::Event::default().event("end").data("[]"));
                return;
            }
        }
    }
}

fn message(records: &[Event]) -> sse::Event {
    let last = records.last().map(|record| record.seq).unwrap_or_default();
    // JSON escapes line breaks, so the data is always one line.
    let data = serde_json::to_string(records).unwrap_or_else(|_| "[]".into());
    sse::Event::default().id(last.to_string()).data(data)
}

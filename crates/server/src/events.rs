//! The event stream of a page. A browser keeps only six connections to one host for all its tabs, so a page opens one
//! stream, `GET /api/events`, and says by commands which topics come over it:
//!
//! - the stream begins with an event `stream`, whose data is the stream's number;
//! - `POST /api/events/follow {stream, follow, topic, after}` adds a topic under a number that the page chose;
//! - each message is `{follow, events}`, a group of that topic's records, or `{follow, ended}`: it will tell nothing more;
//! - `POST /api/events/unfollow {stream, follow}` takes it away.
//!
//! A page that reconnects gets another stream, and says again what it follows and how far it came.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tunesmith_protocol::{ErrorCode, Event, Subscription, Topic, WireError};
use tunesmith_sentence::{NOTHING, say};

use crate::calls::{arguments, refusal, try_again};

/// Most records in one message: a long history comes in parts that a browser can draw as they arrive.
const RECORDS_PER_MESSAGE: usize = 2000;
/// Messages that wait for a slow reader; then the reading of the topics waits.
const MESSAGES_WAITING: usize = 4;
/// How often a quiet topic checks whether it is still wanted.
const CHECK_EVERY: Duration = Duration::from_millis(500);

/// The streams that pages have open now.
#[derive(Default)]
pub(crate) struct Streams {
    open: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    last: u64,
    streams: HashMap<u64, Page>,
}

/// One page's stream: where its messages go, and which of its topics are still wanted.
struct Page {
    messages: mpsc::Sender<sse::Event>,
    followed: HashMap<u64, Arc<AtomicBool>>,
}

#[derive(Deserialize)]
struct Follow {
    #[serde(flatten)]
    topic_on_stream: Followed,
    topic: Topic,
    after: u64,
}

/// A topic on a stream.
#[derive(Deserialize, Clone, Copy)]
struct Followed {
    stream: u64,
    follow: u64,
}

#[derive(Serialize)]
struct Message<'a> {
    follow: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<&'a [Event]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<bool>,
}

/// `GET /api/events`.
pub(crate) async fn open(State(state): State<crate::State>) -> Response {
    let (messages, waiting) = mpsc::channel(MESSAGES_WAITING);
    let open = OpenStream::new(state.streams, messages);
    let number = sse::Event::default().event("stream").data(open.number.to_string());
    // The stream is gone from the list as soon as the browser has closed it.
    let told = ReceiverStream::new(waiting).map(move |message| {
        let _open = &open;
        Ok::<_, Infallible>(message)
    });
    let all = tokio_stream::once(Ok(number)).chain(told);
    let mut response = Sse::new(all).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `POST /api/events/follow`.
pub(crate) async fn follow(State(state): State<crate::State>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Follow = match request(&headers, &body) {
        Ok(request) => request,
        Err(error) => return refusal(&error),
    };
    let (followed, streams) = (request.topic_on_stream, Arc::clone(&state.streams));
    let Some((messages, wanted)) = streams.add(followed) else {
        return refusal(&WireError::not_found(say!("topic-stream-closed", "This event stream was closed")));
    };
    let subscribed = tokio::task::spawn_blocking(move || state.api.subscribe(request.topic, request.after)).await;
    let error = match subscribed {
        Ok(Ok(subscription)) => {
            tokio::task::spawn_blocking(move || {
                forward(&subscription, followed.follow, &messages, &wanted);
                streams.end(followed);
            });
            return Json(Value::Null).into_response();
        }
        Ok(Err(error)) => error,
        Err(_) => {
            WireError::new(ErrorCode::Internal, say!("topic-not-followed", "The topic cannot be followed"), try_again())
        }
    };
    streams.end(followed);
    refusal(&error)
}

/// `POST /api/events/unfollow`. What is not followed any more needs no complaint.
pub(crate) async fn unfollow(State(state): State<crate::State>, headers: HeaderMap, body: Bytes) -> Response {
    match request::<Followed>(&headers, &body) {
        Ok(followed) => {
            state.streams.end(followed);
            Json(Value::Null).into_response()
        }
        Err(error) => refusal(&error),
    }
}

fn request<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, WireError> {
    let request = serde_json::from_value(arguments(headers, body)?);
    request.map_err(|error| {
        let error = error.to_string();
        WireError::invalid(say!("topic-request-wrong", "This cannot be followed: {error}", error), NOTHING)
    })
}

/// Passes a topic's records on until it ends, which a message tells, or nobody wants them any more.
fn forward(subscription: &Subscription, follow: u64, messages: &mpsc::Sender<sse::Event>, wanted: &AtomicBool) {
    let send = |message: &Message<'_>| messages.blocking_send(event(message)).is_ok();
    while wanted.load(Ordering::Relaxed) && !messages.is_closed() {
        match subscription.next_within(CHECK_EVERY) {
            // An empty group is a sign of life, and `chunks` makes no message of it.
            Ok(Some(records)) => {
                let mut parts = records.chunks(RECORDS_PER_MESSAGE);
                if !parts.all(|part| send(&Message { follow, events: Some(part), ended: None })) {
                    return;
                }
            }
            Ok(None) => {}
            Err(_) => {
                // Nothing is left to do when the reader has gone meanwhile.
                send(&Message { follow, events: None, ended: Some(true) });
                return;
            }
        }
    }
}

fn event(message: &Message<'_>) -> sse::Event {
    // JSON escapes line breaks, so the data is always one line. The protocol's types have nothing that JSON lacks.
    sse::Event::default().data(serde_json::to_string(message).unwrap_or_default())
}

impl Streams {
    /// Adds a topic to an open stream: where its messages go, and whether it is still wanted.
    fn add(&self, followed: Followed) -> Option<(mpsc::Sender<sse::Event>, Arc<AtomicBool>)> {
        let mut pages = self.lock();
        let page = pages.streams.get_mut(&followed.stream)?;
        let wanted = Arc::new(AtomicBool::new(true));
        if let Some(before) = page.followed.insert(followed.follow, Arc::clone(&wanted)) {
            before.store(false, Ordering::Relaxed);
        }
        Some((page.messages.clone(), wanted))
    }

    fn end(&self, followed: Followed) {
        let ended =
            self.lock().streams.get_mut(&followed.stream).and_then(|page| page.followed.remove(&followed.follow));
        if let Some(wanted) = ended {
            wanted.store(false, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        // No code panics while it holds the list, and the list is whole at every moment.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream in the list, for as long as its response lives.
struct OpenStream {
    number: u64,
    streams: Arc<Streams>,
}

impl OpenStream {
    fn new(streams: Arc<Streams>, messages: mpsc::Sender<sse::Event>) -> Self {
        let mut pages = streams.lock();
        pages.last += 1;
        let number = pages.last;
        pages.streams.insert(number, Page { messages, followed: HashMap::new() });
        drop(pages);
        Self { number, streams }
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let page = self.streams.lock().streams.remove(&self.number);
        for wanted in page.iter().flat_map(|page| page.followed.values()) {
            wanted.store(false, Ordering::Relaxed);
        }
    }
}

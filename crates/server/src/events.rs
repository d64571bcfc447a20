//! The event stream of a page. A browser keeps only six connections to one host for all its tabs, so a page opens one
//! stream, `GET /api/events`, and says by commands which topics come over it:
//!
//! - the stream begins with an event `stream`, whose data is the stream's number;
//! - `POST /api/events/follow {stream, follow, topic, after}` adds a topic under a number that the page chose;
//! - each message is `{follow, events}`, a group of that topic's records, or `{follow, ended}`: it will tell nothing more;
//! - `POST /api/events/unfollow {stream, follow}` takes it away;
//! - `POST /api/events/hide {stream}` says of a stream that is closed that its page is still there, and only hidden.
//!
//! A page that reconnects gets another stream, and says again what it follows and how far it came.

use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tunesmith_protocol::{ErrorCode, Event, Subscription, Topic, WireError};
use tunesmith_sentence::say;

use crate::answers::left;
use crate::arguments::Arguments;
use crate::calls::{refusal, try_again};
use crate::commands::FOLLOW;

/// Most records in one message: a long history comes in parts that a browser can draw as they arrive.
const RECORDS_PER_MESSAGE: usize = 2000;
/// Messages that wait for a slow reader; then the reading of the topics waits.
const MESSAGES_WAITING: usize = 4;
/// Hidden pages that are remembered, until what to do about their streams is decided.
const HIDDEN: usize = 64;

/// The streams that pages have open now.
#[derive(Default)]
pub(crate) struct Streams {
    open: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    /// The last number that was given to a stream or to a topic on one.
    last: u64,
    streams: HashMap<u64, Page>,
    /// The streams of pages that were hidden last.
    hidden: VecDeque<u64>,
}

/// One page's stream: where its messages go, and its topics by the numbers that the page chose.
struct Page {
    messages: mpsc::Sender<sse::Event>,
    followed: HashMap<u64, Forwarding>,
    /// The chats that it has followed at any time.
    chats: HashSet<String>,
}

/// A topic on its way to a page. Dropping it ends that.
struct Forwarding {
    /// A page may use a number again: this one is given once.
    serial: u64,
    /// None until the topic is followed.
    task: Option<AbortHandle>,
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.task.iter().for_each(AbortHandle::abort);
    }
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
    let open = match OpenStream::new(state, messages) {
        Ok(open) => open,
        Err(error) => return refusal(&error),
    };
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
pub(crate) async fn follow(State(state): State<crate::State>, arguments: Arguments) -> Response {
    match begin(&state, &arguments).await {
        Ok(()) => Json(Value::Null).into_response(),
        Err(error) => refusal(&error),
    }
}

async fn begin(state: &crate::State, arguments: &Arguments) -> Result<(), WireError> {
    let Follow { topic_on_stream: followed, topic, after } = arguments.request()?;
    let place = Place::take(&state.streams, followed, &topic, state.limits.topics)?;
    let api = Arc::clone(&state.api);
    let subscribed = state.commands.work(FOLLOW, move || api.subscribe(topic, after)).await;
    let subscription = subscribed.map_err(|_| {
        WireError::new(ErrorCode::Internal, say!("topic-not-followed", "The topic cannot be followed"), try_again())
    })??;
    place.fill(subscription);
    Ok(())
}

/// `POST /api/events/unfollow`. What is not followed any more needs no complaint.
pub(crate) async fn unfollow(State(state): State<crate::State>, arguments: Arguments) -> Response {
    match arguments.request::<Followed>() {
        Ok(followed) => {
            state.streams.end(followed, |_| true);
            Json(Value::Null).into_response()
        }
        Err(error) => refusal(&error),
    }
}

#[derive(Deserialize)]
struct Hidden {
    stream: u64,
}

/// `POST /api/events/hide`.
pub(crate) async fn hide(State(state): State<crate::State>, arguments: Arguments) -> Response {
    match arguments.request::<Hidden>() {
        Ok(Hidden { stream }) => {
            let mut pages = state.streams.lock();
            pages.hidden.push_back(stream);
            if pages.hidden.len() > HIDDEN {
                pages.hidden.pop_front();
            }
            Json(Value::Null).into_response()
        }
        Err(error) => refusal(&error),
    }
}

/// Passes a topic's records on until it ends, which a message tells, or the stream has closed.
async fn forward(subscription: &Subscription, follow: u64, messages: &mpsc::Sender<sse::Event>) {
    while let Some(records) = subscription.next_group().await {
        // An empty group is a sign of life, and `chunks` makes no message of it.
        for part in records.chunks(RECORDS_PER_MESSAGE) {
            if messages.send(event(&Message { follow, events: Some(part), ended: None })).await.is_err() {
                return;
            }
        }
    }
    // Nothing is left to do when the reader has gone meanwhile.
    let _ = messages.send(event(&Message { follow, events: None, ended: Some(true) })).await;
}

fn event(message: &Message<'_>) -> sse::Event {
    // JSON escapes line breaks, so the data is always one line. The protocol's types have nothing that JSON lacks.
    sse::Event::default().data(serde_json::to_string(message).unwrap_or_default())
}

impl Streams {
    /// Whether an open stream follows this chat, or has.
    pub(crate) fn reads(&self, chat: &str) -> bool {
        self.lock().streams.values().any(|page| page.chats.contains(chat))
    }

    /// Whether the page of a closed stream is still there. Asked once.
    pub(crate) fn is_hidden(&self, stream: u64) -> bool {
        let mut pages = self.lock();
        let place = pages.hidden.iter().position(|hidden| *hidden == stream);
        place.is_some_and(|place| pages.hidden.remove(place).is_some())
    }

    /// Takes a topic off its stream, if it is the one that is meant.
    fn end(&self, followed: Followed, is_meant: impl Fn(&Forwarding) -> bool) {
        let mut pages = self.lock();
        let Some(page) = pages.streams.get_mut(&followed.stream) else { return };
        if page.followed.get(&followed.follow).is_some_and(is_meant) {
            page.followed.remove(&followed.follow);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        // No code panics while it holds the list, and the list is whole at every moment.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A topic's place on its stream, until it is filled; a request that is left before gives it back.
struct Place {
    streams: Arc<Streams>,
    followed: Followed,
    serial: u64,
    /// The chat that is followed.
    chat: Option<String>,
    filled: bool,
}

impl Place {
    fn take(streams: &Arc<Streams>, followed: Followed, topic: &Topic, most: usize) -> Result<Self, WireError> {
        let mut pages = streams.lock();
        let serial = pages.last + 1;
        let Some(page) = pages.streams.get_mut(&followed.stream) else {
            return Err(WireError::not_found(say!("topic-stream-closed", "This event stream was closed")));
        };
        if page.followed.len() >= most && !page.followed.contains_key(&followed.follow) {
            return Err(too_many_topics(most));
        }
        page.followed.insert(followed.follow, Forwarding { serial, task: None });
        pages.last = serial;
        drop(pages);
        let chat = match topic {
            Topic::Chat(chat) => Some(chat.clone()),
            Topic::Library | Topic::Run(_) | Topic::Job(_) => None,
        };
        Ok(Self { streams: Arc::clone(streams), followed, serial, chat, filled: false })
    }

    /// Passes the topic's records on from now, unless the page has changed its mind meanwhile.
    fn fill(mut self, subscription: Subscription) {
        let Followed { stream, follow } = self.followed;
        let (streams, followed, serial) = (Arc::clone(&self.streams), self.followed, self.serial);
        let mut pages = self.streams.lock();
        let Some(page) = pages.streams.get_mut(&stream) else { return };
        let messages = page.messages.clone();
        page.chats.extend(self.chat.take());
        if let Some(place) = page.followed.get_mut(&follow).filter(|place| place.serial == serial) {
            let forwarding = tokio::spawn(async move {
                forward(&subscription, follow, &messages).await;
                streams.end(followed, |place| place.serial == serial);
            });
            place.task = Some(forwarding.abort_handle());
            self.filled = true;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.filled {
            self.streams.end(self.followed, |place| place.serial == self.serial);
        }
    }
}

fn too_many_topics(most: usize) -> WireError {
    WireError::new(
        ErrorCode::Busy,
        say!("topic-too-many", "This page follows {most} things already, the most that it can", most),
        say!("topic-too-many-hint", "Reload the page"),
    )
}

fn too_many_streams(most: usize) -> WireError {
    WireError::new(
        ErrorCode::Busy,
        say!("topic-streams-too-many", "The studio is open in {most} pages already, the most that it serves", most),
        say!("topic-streams-too-many-hint", "Close some of them, then reload this one"),
    )
}

/// A stream in the list, for as long as its response lives.
struct OpenStream {
    number: u64,
    state: crate::State,
}

impl OpenStream {
    fn new(state: crate::State, messages: mpsc::Sender<sse::Event>) -> Result<Self, WireError> {
        let mut pages = state.streams.lock();
        if pages.streams.len() >= state.limits.streams {
            return Err(too_many_streams(state.limits.streams));
        }
        pages.last += 1;
        let number = pages.last;
        pages.streams.insert(number, Page { messages, followed: HashMap::new(), chats: HashSet::new() });
        drop(pages);
        Ok(Self { number, state })
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let page = self.state.streams.lock().streams.remove(&self.number);
        let chats = page.into_iter().flat_map(|page| page.chats).collect();
        left(self.state.clone(), Some(self.number), chats);
    }
}

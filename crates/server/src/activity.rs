//! What goes on over a connection: whether it has shown the key, and whether its request has come whole. One that sends
//! nothing more of its request keeps nobody else waiting.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;

/// What a connection knows of its other side.
#[derive(Debug, Clone)]
pub(crate) struct Activity(Arc<Mutex<Kept>>);

#[derive(Debug)]
struct Kept {
    /// It stays so.
    signed_in: bool,
    /// A request has come whole and is being answered.
    answering: bool,
    /// When something came last, or the last answer was sent.
    since: Instant,
}

impl Activity {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Kept { signed_in: false, answering: false, since: Instant::now() })))
    }

    pub(crate) fn sign_in(&self) {
        self.0.lock().signed_in = true;
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        self.0.lock().signed_in
    }

    /// Whether it only waits for the other side, and has done so for this long.
    pub(crate) fn has_paused(&self, pause: Duration) -> bool {
        let kept = self.0.lock();
        !kept.answering && kept.since.elapsed() >= pause
    }

    fn note(&self, answering: bool) {
        let mut kept = self.0.lock();
        (kept.answering, kept.since) = (answering, Instant::now());
    }
}

/// Watches a request come and its answer go.
pub(crate) async fn watch(State(activity): State<Activity>, request: Request, next: Next) -> Response {
    activity.note(request.body().is_end_stream());
    let watched = |side| {
        let activity = activity.clone();
        move |body| Body::new(Watched { body, activity, side })
    };
    let response = next.run(request.map(watched(Side::Request))).await;
    activity.note(true);
    response.map(watched(Side::Answer))
}

/// A body that is on its way.
struct Watched {
    body: Body,
    activity: Activity,
    side: Side,
}

#[derive(PartialEq)]
enum Side {
    /// Of a request. Each part that comes is noted.
    Request,
    /// Of an answer. It goes when all of it is sent, which is noted.
    Answer,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(_))) if self.side == Side::Request => self.activity.note(self.body.is_end_stream()),
            Poll::Ready(None) if self.side == Side::Request => self.activity.note(true),
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.side == Side::Answer {
            self.activity.note(false);
        }
    }
}

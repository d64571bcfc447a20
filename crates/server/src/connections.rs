//! Connections: how many are open at once, and how long each may keep the server waiting. What is said over them is
//! `axum`'s business.
//!
//! Each open connection takes one of the files that this process may have open, and a training in it needs some, too. So
//! no stranger may take more than a part of them, or keep one that it does not use.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router, middleware};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;

use crate::activity::watch;
use crate::strangers::{Strangers, Visitor};

/// How long to wait before the next try to accept a connection when the system has refused one.
const AFTER_REFUSAL: Duration = Duration::from_millis(200);

/// How often a connection that waits for a place looks for one that can be closed.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// What one server takes on, and how long it waits for others.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections that are open at once. For a further one the oldest that has not signed in is closed, or the oldest whose
    /// request does not go on; where all are at work, it waits.
    pub connections: usize,
    /// How long the head of a request may take, and how long a connection without a request is kept.
    pub head: Duration,
    /// How long a connection may send nothing of its request while others wait for its place.
    pub pause: Duration,
    /// How long the arguments of a command may take to come.
    pub arguments: Duration,
    /// How long an upload may send nothing.
    pub upload_pause: Duration,
    /// How long the other side may read nothing of what is sent to it. A browser that holds a download back reads nothing.
    pub unread: Duration,
    /// Commands of one name that are at work at once; more wait without a thread, and hold up no command of another name.
    pub commands: usize,
    /// Event streams that are open at once.
    pub streams: usize,
    /// Topics that one event stream carries.
    pub topics: usize,
    /// How long an answer is written on for a page that has left: one that is loaded again comes back sooner.
    pub absence: Duration,
}

impl Default for Limits {
    /// More than browsers of one user need, and a quarter of the 1,024 files that a process may usually have open.
    fn default() -> Self {
        Self {
            connections: 256,
            head: Duration::from_secs(20),
            pause: Duration::from_secs(2),
            arguments: Duration::from_secs(30),
            upload_pause: Duration::from_secs(60),
            unread: Duration::from_secs(300),
            commands: 16,
            streams: 32,
            topics: 64,
            absence: Duration::from_secs(10),
        }
    }
}

/// Answers connections for good.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: &Limits) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let strangers = Arc::new(Strangers::default());
    let mut http = http1::Builder::new();
    // hyper starts this clock anew for each request, and also while none has begun.
    http.timer(TokioTimer::new()).header_read_timeout(limits.head);
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                wait_after(&error).await;
                continue;
            }
        };
        // Nobody closes the semaphore.
        let Some(place) = place(&places, &strangers, limits.pause).await else { return };
        let (http, router, unread, strangers) = (http.clone(), router.clone(), limits.unread, Arc::clone(&strangers));
        let visitor = strangers.enter();
        tokio::spawn(async move {
            answer(http, stream, router, unread, &visitor).await;
            strangers.leave(&visitor);
            drop(place);
        });
    }
}

/// A place for one more connection, once there is one.
async fn place(places: &Arc<Semaphore>, strangers: &Strangers, pause: Duration) -> Option<OwnedSemaphorePermit> {
    loop {
        if places.available_permits() == 0 {
            strangers.make_room(pause);
        }
        match tokio::time::timeout(BETWEEN_LOOKS, Arc::clone(places).acquire_owned()).await {
            Ok(place) => return place.ok(),
            Err(_) => tracing::debug!("a connection waits for a place"),
        }
    }
}

async fn answer(http: http1::Builder, stream: TcpStream, router: Router, unread: Duration, visitor: &Visitor) {
    // Events are small and must not wait to be gathered into larger packets.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("a connection gathers its packets: {error}");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(unread));
    let activity = &visitor.activity;
    let router = router.layer(middleware::from_fn_with_state(activity.clone(), watch));
    let service = TowerToHyperService::new(router.layer(Extension(activity.clone())));
    tokio::select! {
        ended = http.serve_connection(TokioIo::new(Box::pin(stream)), service) => {
            if let Err(error) = ended {
                tracing::debug!("a connection ended early: {error}");
            }
        }
        () = visitor.closed() => tracing::debug!("a connection was closed to make room"),
    }
}

/// The other side may have left before it was accepted. Anything else, too many open files say, lasts a while.
async fn wait_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!("a connection could not be accepted: {error}");
        tokio::time::sleep(AFTER_REFUSAL).await;
    }
}

//! The owner's end: guests and what they ask. Each has a thread of its own while it is connected.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use interprocess::TryClone;
use interprocess::local_socket::{Listener as LocalListener, Stream, prelude::*};
use parking_lot::{Condvar, Mutex};
use serde_json::Value;
use tunesmith_protocol::{AnyPath, Api, ItemRef, JobKind, Subscription, WireError, dispatch};

use super::wire::{set_receive_timeout, set_timeouts};
use super::{ASKS_A_CHAT, Asked, PATIENCE, Reply, Request, write_line};
use crate::home::holder::{VERSION, other_version};

/// Guests at once; more wait until they are let in, as each takes a file and a thread.
const MOST: usize = 256;
/// How long to wait when the system has refused a connection, for too many open files say.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);
/// How long a guest may leave a reply unread.
const UNREAD: Duration = Duration::from_secs(300);
/// How soon it is noticed that a guest has gone.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Who is connected, and whether anything more is taken.
#[derive(Default)]
pub(crate) struct Guests {
    present: Mutex<Present>,
    changed: Condvar,
}

#[derive(Default)]
struct Present {
    connected: usize,
    /// Commands at work.
    calls: usize,
    closed: bool,
}

impl Guests {
    /// Takes nothing more, so that guests turn to whoever has the home next, and waits a while for what was taken.
    pub fn close(&self, patience: Duration) {
        let mut present = self.present.lock();
        present.closed = true;
        self.changed.wait_while_for(&mut present, |present| present.calls > 0, patience);
    }

    /// Counts one more where `count` says, as long as that lives.
    fn count(self: &Arc<Self>, count: fn(&mut Present) -> &mut usize) -> Counted {
        *count(&mut self.present.lock()) += 1;
        Counted { guests: self.clone(), count }
    }

    /// A command is taken; none once it is closed.
    fn take(self: &Arc<Self>) -> Option<Counted> {
        let mut present = self.present.lock();
        if present.closed {
            return None;
        }
        present.calls += 1;
        drop(present);
        Some(Counted { guests: self.clone(), count: |present| &mut present.calls })
    }

    fn wait_for_room(&self) {
        self.changed.wait_while(&mut self.present.lock(), |present| present.connected >= MOST);
    }
}

struct Counted {
    guests: Arc<Guests>,
    count: fn(&mut Present) -> &mut usize,
}

impl Drop for Counted {
    fn drop(&mut self) {
        *(self.count)(&mut self.guests.present.lock()) -= 1;
        self.guests.changed.notify_all();
    }
}

/// Answers requests, each in a thread of its own, as long as the owner of the commands lives.
pub(crate) fn answer(listener: LocalListener, api: Weak<dyn Api>, guests: Arc<Guests>) {
    std::thread::spawn(move || {
        loop {
            guests.wait_for_room();
            let stream = listener.accept();
            if api.strong_count() == 0 {
                return;
            }
            let started = stream.and_then(|stream| {
                let (api, guests) = (api.clone(), guests.clone());
                let connected = guests.count(|present| &mut present.connected);
                std::thread::Builder::new().name("guest".into()).spawn(move || {
                    let _connected = connected;
                    serve(stream, &api, &guests);
                })
            });
            if let Err(error) = started {
                tracing::warn!("a connection to the home failed: {error}");
                std::thread::sleep(AFTER_REFUSAL);
            }
        }
    });
}

fn serve(stream: Stream, api: &Weak<dyn Api>, guests: &Arc<Guests>) {
    let asked = stream.try_clone().and_then(|reading| {
        let mut reader = BufReader::new(reading);
        let line = first_line(&mut reader, Instant::now() + PATIENCE)?;
        let asked: Option<Asked> = if line.is_empty() { None } else { Some(serde_json::from_slice(&line)?) };
        // A guest that was stopped for good holds no thread for good.
        set_timeouts(&stream, Some(UNREAD))?;
        Ok(asked.map(|asked| (asked, reader)))
    });
    let (Asked { version, request }, reader) = match asked {
        Ok(Some(asked)) => asked,
        // Who opens a home tries first whether somebody listens.
        Ok(None) => return,
        Err(error) => return tracing::debug!("a guest has asked nothing: {error}"),
    };
    let mut stream = stream;
    // A write fails when the guest has left; there is no one to tell then.
    let _gone = match version == VERSION {
        false => write_line(&mut stream, &Reply::Error(other_version(&version))),
        true => carry_out(&mut stream, reader, request, api, guests),
    };
}

/// The line with which a guest begins; nothing where it leaves before. However slowly it speaks, it has until the deadline.
fn first_line(reader: &mut BufReader<Stream>, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        set_timeouts(reader.get_ref(), Some(left))?;
        let some = reader.fill_buf()?;
        let end = some.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(some.len(), |end| end + 1);
        line.extend_from_slice(&some[..taken]);
        reader.consume(taken);
        if taken == 0 || end.is_some() {
            return Ok(line);
        }
    }
}

fn carry_out(
    stream: &mut Stream,
    reader: BufReader<Stream>,
    request: Request,
    api: &Weak<dyn Api>,
    guests: &Arc<Guests>,
) -> io::Result<()> {
    // Not taken: the guest finds the connection closed.
    let (Some(taken), Some(owner)) = (guests.take(), api.upgrade()) else { return Ok(()) };
    write_line(stream, &Reply::Taken(VERSION.into()))?;
    match request {
        Request::Call { call, args } if call == ASKS_A_CHAT => {
            let chat = args["chat"].as_str().unwrap_or_default().to_owned();
            let result = dispatch(owner.as_ref(), &call, args, &AnyPath);
            let answer = answer_in(owner.as_ref(), &chat).filter(|_| result.is_ok());
            drop(owner);
            write_line(stream, &reply(result))?;
            drop(taken);
            answer.map_or(Ok(()), |job| stop_with_its_guest(reader, api, &job))
        }
        Request::Call { call, args } => {
            let watched = args["job"].as_str().map(|job| Watched::start(reader, api.clone(), job.to_owned()));
            let result = dispatch(owner.as_ref(), &call, args, &AnyPath);
            drop(watched);
            drop(owner);
            write_line(stream, &reply(result))
        }
        Request::Subscribe { subscribe, after } => {
            let subscribed = owner.subscribe(subscribe, after);
            drop((owner, taken));
            // Whoever is held up in a terminal reads on when it is let go.
            set_timeouts(stream, None)?;
            match subscribed {
                Ok(subscription) => forward(stream, &subscription),
                Err(error) => write_line(stream, &Reply::Error(error)),
            }
        }
    }
}

fn reply(result: Result<Value, WireError>) -> Reply {
    match result {
        Ok(value) => Reply::Ok(value),
        Err(error) => Reply::Error(error),
    }
}

fn forward(stream: &mut Stream, subscription: &Subscription) -> io::Result<()> {
    write_line(stream, &Reply::Ok(Value::Null))?;
    while let Some(group) = subscription.next() {
        write_line(stream, &Reply::Events(group))?;
    }
    Ok(())
}

/// The job that answers in a chat, where it is not done yet.
fn answer_in(api: &dyn Api, chat: &str) -> Option<String> {
    let jobs = api.list_jobs(()).inspect_err(|error| tracing::warn!("an answer is not watched: {error}")).ok()?;
    let answers =
        |kind, subject: Option<&ItemRef>| kind == JobKind::Answer && subject.is_some_and(|subject| subject.id == chat);
    jobs.into_iter().find(|job| answers(job.kind, job.subject.as_ref())).map(|job| job.id)
}

/// Waits until an answer is written, and stops it if the guest that asked for it goes away before.
fn stop_with_its_guest(reader: BufReader<Stream>, api: &Weak<dyn Api>, job: &str) -> io::Result<()> {
    let is_going = || {
        let jobs = api.upgrade().and_then(|api| api.list_jobs(()).ok());
        jobs.is_some_and(|jobs| jobs.iter().any(|known| known.id == job))
    };
    wait_for_end(reader, || !is_going())?;
    if is_going()
        && let Some(api) = api.upgrade()
        && let Err(error) = api.cancel_job(job.to_owned())
    {
        tracing::warn!("an answer goes on though nobody reads it: {error}");
    }
    Ok(())
}

/// Looks whether the guest still waits for its job; dropped when the job has ended.
struct Watched {
    ended: Arc<AtomicBool>,
}

impl Watched {
    /// Cancels the job if the guest goes away before it has ended: nobody would read its result.
    fn start(reader: BufReader<Stream>, api: Weak<dyn Api>, job: String) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let over = ended.clone();
        let watch = move || {
            if let Err(error) = wait_for_end(reader, || over.load(Ordering::Relaxed)) {
                return tracing::debug!("a guest cannot be watched: {error}");
            }
            let Some(api) = api.upgrade().filter(|_| !over.load(Ordering::Relaxed)) else { return };
            if let Err(error) = api.cancel_job(job) {
                tracing::warn!("a job goes on though nobody waits for it: {error}");
            }
        };
        if let Err(error) = std::thread::Builder::new().name("watch".into()).spawn(watch) {
            tracing::debug!("a guest is not watched: {error}");
        }
        Self { ended }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// Waits until the guest has gone or what it waits for is over. A guest says nothing more after its request.
fn wait_for_end(mut reader: BufReader<Stream>, is_over: impl Fn() -> bool) -> io::Result<()> {
    set_receive_timeout(reader.get_ref(), Some(LOOK_EVERY))?;
    while !is_over() {
        match reader.read(&mut [0; 1]) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            // It was killed.
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

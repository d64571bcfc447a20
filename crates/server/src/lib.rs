//! The studio in a browser: the commands and events of `protocol` over HTTP on this computer's loopback, and the
//! screen itself. What a command does, the studio decides; who may call one is decided in `guard`.

mod activity;
mod answers;
mod arguments;
mod calls;
mod commands;
mod connections;
mod downloads;
mod events;
mod guard;
mod pages;
mod paths;
mod strangers;
mod uploads;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use anyhow::Context;
use axum::{Router, extract::DefaultBodyLimit, middleware, routing};
use tokio::sync::oneshot;
use tunesmith_protocol::{Api, WireError};
use tunesmith_sentence::say;

pub use connections::Limits;

use answers::Answers;
use commands::Commands;
use downloads::Downloads;
use events::Streams;
use guard::Guard;
use uploads::Uploads;

/// Longest JSON of a command. Files go through uploads.
const LONGEST_CALL_BYTES: usize = 8 << 20;

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Whether to open the link in the desktop's browser.
    pub open: bool,
    /// Folders below which a page may name models to add; elsewhere it may not.
    pub model_folders: Vec<PathBuf>,
    /// Where uploads are kept while it runs; without it in the system's temporary folder.
    pub uploads: Option<PathBuf>,
    /// How long a link works that nobody has opened.
    pub link_lifetime: Duration,
    /// What it takes on, and how long it waits for others.
    pub limits: Limits,
}

impl Default for Options {
    /// A free port, no browser, no model folders, links for ten minutes, and the usual limits.
    fn default() -> Self {
        Self {
            port: 0,
            open: false,
            model_folders: Vec::new(),
            uploads: None,
            link_lifetime: Duration::from_secs(600),
            limits: Limits::default(),
        }
    }
}

/// A server that runs in a background thread until it is stopped or dropped.
pub struct Server {
    guard: Arc<Guard>,
    state: State,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds the port and starts answering.
    pub fn start(api: Arc<dyn Api>, options: Options) -> anyhow::Result<Self> {
        let listener = bind(options.port)?;
        let guard = Arc::new(Guard::new(listener.local_addr()?.port(), options.link_lifetime)?);
        let limits = Arc::new(options.limits);
        let state = State {
            api,
            uploads: Arc::new(Uploads::new(options.uploads.as_deref())?),
            model_folders: options.model_folders.into(),
            downloads: Arc::default(),
            streams: Arc::default(),
            answers: Arc::default(),
            commands: Arc::new(Commands::new(limits.commands)),
            limits,
        };
        let router = router(state.clone(), Arc::clone(&guard));
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(Commands::most_threads(state.limits.commands))
            .enable_all()
            .build()?;
        let limits = Arc::clone(&state.limits);
        let thread = std::thread::Builder::new().name("server".into()).spawn(move || {
            runtime.block_on(run(listener, router, &limits, stopped));
            // Commands may be at work; they must not hold up the end.
            runtime.shutdown_background();
        })?;
        let server = Self { guard, state, stop: Some(stop), thread: Some(thread) };
        if options.open {
            open_in_browser(&server.state.uploads, &server.new_link());
        }
        Ok(server)
    }

    /// A fresh link that opens the studio once.
    pub fn new_link(&self) -> String {
        self.guard.new_link()
    }

    /// What makes links, for a thread of its own.
    pub fn links(&self) -> Links {
        Links(Arc::clone(&self.guard))
    }

    /// The port it answers on.
    pub fn port(&self) -> u16 {
        self.guard.port()
    }

    /// Stops answering and removes what was uploaded.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The receiver is gone only when the server has already ended.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
            // A connection that is still closing may hold on to them.
            self.state.uploads.remove();
            self.state.answers.stop_all(self.state.api.as_ref());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Makes links to a server, for as long as it answers.
#[derive(Clone)]
pub struct Links(Arc<Guard>);

impl Links {
    /// A fresh link that opens the studio once.
    pub fn new_link(&self) -> String {
        self.0.new_link()
    }
}

fn router(state: State, guard: Arc<Guard>) -> Router {
    Router::new()
        .route("/api/call/{name}", routing::post(calls::call))
        .route("/api/events/follow", routing::post(events::follow))
        .route("/api/events/unfollow", routing::post(events::unfollow))
        .route("/api/events/hide", routing::post(events::hide))
        .layer(DefaultBodyLimit::max(LONGEST_CALL_BYTES))
        .route("/api/events", routing::get(events::open))
        .route("/api/upload", routing::post(uploads::upload))
        .route("/api/exports/{name}", routing::get(downloads::download))
        .fallback(pages::page)
        .with_state(state)
        .layer(middleware::from_fn_with_state(guard, guard::check))
}

/// What the handlers share.
#[derive(Clone)]
struct State {
    api: Arc<dyn Api>,
    uploads: Arc<Uploads>,
    model_folders: Arc<[PathBuf]>,
    downloads: Arc<Downloads>,
    streams: Arc<Streams>,
    answers: Arc<Answers>,
    commands: Arc<Commands>,
    limits: Arc<Limits>,
}

fn bind(port: u16) -> anyhow::Result<std::net::TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = std::net::TcpListener::bind(address).map_err(|error| no_port(port, &error))?;
    listener.set_nonblocking(true).context(say!("server-blocks", "Cannot listen without blocking"))?;
    Ok(listener)
}

fn no_port(port: u16, error: &std::io::Error) -> WireError {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => WireError::invalid(
            say!(
                "server-port-taken",
                "Port {port} is taken by another program, perhaps by another Tunesmith",
                port = port.to_string()
            ),
            say!(
                "server-port-taken-hint",
                "Choose another one, e.g. {option}",
                option = format!("--port {}", port.checked_add(1).unwrap_or(7860))
            ),
        ),
        std::io::ErrorKind::PermissionDenied => WireError::invalid(
            say!("server-port-reserved", "Port {port} is reserved for the system", port = port.to_string()),
            say!("server-port-reserved-hint", "Choose one above 1023, e.g. --port 7860"),
        ),
        _ => {
            let port = port.to_string();
            WireError::internal(say!("server-no-port", "Cannot listen on port {port}: {error}", port, error))
        }
    }
}

async fn run(listener: std::net::TcpListener, router: Router, limits: &Limits, stopped: oneshot::Receiver<()>) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!("the server cannot listen: {error}"),
    };
    tokio::select! {
        () = connections::serve(listener, router, limits) => tracing::error!("the server ended"),
        _ = stopped => {}
    }
}

/// Every user of this computer sees what programs are started with, so the link goes by a file that only this user can read.
fn open_in_browser(uploads: &Uploads, link: &str) {
    use std::process::{Command, Stdio};
    let page =
        format!("<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0; url={link}\">\n");
    let page = match uploads.write_private("open.html", &page) {
        Ok(path) => path,
        Err(error) => return tracing::warn!("no browser was opened, as the link could not be handed over: {error}"),
    };
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opened =
        Command::new(program).arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if let Err(error) = opened {
        tracing::warn!("no browser could be opened with {program}: {error}");
    }
}

//! Ctrl-C: the first asks to stop and save, the second leaves at once. SIGTERM and a closed terminal count as the first.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tunesmith_sentence::{Sentence, say};

use crate::language::translate;

/// How often the user asked to stop.
#[derive(Clone)]
pub(crate) struct Interrupt {
    asked: Arc<AtomicU32>,
}

impl Interrupt {
    /// Listens from now on. `told` is what the first Ctrl-C prints.
    pub(crate) fn listen(told: Sentence) -> anyhow::Result<Self> {
        let interrupt = Self { asked: Arc::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // Registered before this returns: a Ctrl-C right after must not kill the process.
        let mut signals = {
            let _inside = runtime.enter();
            Signals::register()?
        };
        let asked = Arc::clone(&interrupt.asked);
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            runtime.block_on(async {
                while signals.next().await {
                    if asked.fetch_add(1, Ordering::SeqCst) > 0 {
                        std::process::exit(130);
                    }
                    if !told.is_empty() {
                        // The terminal may be gone; that is no reason to end without saving.
                        let _ = writeln!(std::io::stderr(), "\n{}", translate(&told));
                    }
                }
            });
        })?;
        Ok(interrupt)
    }

    /// Whether the user asked to stop.
    pub(crate) fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst) > 0
    }

    /// Forgets that the user asked: what was to be stopped has stopped.
    pub(crate) fn forget(&self) {
        self.asked.store(0, Ordering::SeqCst);
    }
}

/// What the first Ctrl-C prints where what goes on ends soon.
pub(crate) fn stopping() -> Sentence {
    say!("shell-stopping", "Stopping")
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// None under `nohup`, which wants the program to outlive its terminal.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn register() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = if hangup_is_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())?, hangup })
    }

    async fn next(&mut self) -> bool {
        tokio::select! {
            signal = self.interrupt.recv() => signal.is_some(),
            signal = self.terminate.recv() => signal.is_some(),
            signal = recv(&mut self.hangup) => signal.is_some(),
        }
    }
}

#[cfg(unix)]
async fn recv(signal: &mut Option<tokio::signal::unix::Signal>) -> Option<()> {
    match signal {
        Some(signal) => signal.recv().await,
        None => std::future::pending().await,
    }
}

/// Whether this program was started with SIGHUP ignored, as `nohup` does. Only Linux tells.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn register() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}

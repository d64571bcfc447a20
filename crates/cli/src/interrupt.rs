//! Ctrl-C: the first asks to stop and save, the second leaves at once. SIGTERM counts as the first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How often the user asked to stop.
#[derive(Clone)]
pub(crate) struct Interrupt {
    asked: Arc<AtomicU32>,
}

impl Interrupt {
    /// Listens from now on. `told` is what the first Ctrl-C prints.
    pub(crate) fn listen(told: &'static str) -> anyhow::Result<Self> {
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
                        eprintln!("\n{told}");
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

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn register() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> bool {
        tokio::select! {
            signal = self.interrupt.recv() => signal.is_some(),
            signal = self.terminate.recv() => signal.is_some(),
        }
    }
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

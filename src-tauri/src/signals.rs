//! Ctrl-C and a friendly kill end the program as its menu would: after a checkpoint. A second one ends it at once.

use tauri::{AppHandle, Runtime};

/// Waits for signals beside the window's own loop.
#[cfg(unix)]
pub fn quit_on_signals<R: Runtime>(app: AppHandle<R>) {
    use tokio::signal::unix::{SignalKind, signal};

    use crate::window;

    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            let Ok(mut signals) = signal(kind) else { return };
            if signals.recv().await.is_some() {
                window::quit(&app);
            }
            if signals.recv().await.is_some() {
                std::process::exit(130);
            }
        });
    }
}

/// Elsewhere the system has no such signals.
#[cfg(not(unix))]
pub fn quit_on_signals<R: Runtime>(_app: AppHandle<R>) {}

//! The window's coming and going: forward, hidden, closed. A run outlives the window only if the user says so.

use std::time::Duration;

use tauri::{AppHandle, Emitter, Manager, Runtime, WebviewWindow, Window, WindowEvent};

use crate::Desk;

const MAIN: &str = "main";

/// How often a hidden window looks whether there is still a run to stay for.
const LOOK_UP: Duration = Duration::from_secs(2);

/// A closed window ends the program, unless a run is going: then the page asks what should become of it.
pub fn on_event<R: Runtime>(window: &Window<R>, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    if window.state::<Desk>().studio.running() {
        api.prevent_close();
        // The question must be seen to be answered, also when the close came from a task bar.
        let _ = window.unminimize();
        if let Err(error) = window.emit("close-requested", ()) {
            tracing::error!("the page could not be asked whether to close: {error}");
        }
    }
}

/// Brings the window before the user, wherever it was.
pub fn come_forward<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = main(app) else { return };
    for step in [WebviewWindow::show, WebviewWindow::unminimize, WebviewWindow::set_focus] {
        if let Err(error) = step(&window) {
            tracing::warn!("the window did not come forward: {error}");
        }
    }
}

/// Hides the window and trains on. When nothing is running any more the program ends: what it made is on the disk.
pub fn hide<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = main(app) else { return };
    if let Err(error) = window.hide() {
        tracing::warn!("the window could not be hidden: {error}");
        return;
    }
    let app = app.clone();
    std::thread::spawn(move || {
        while app.state::<Desk>().studio.running() {
            std::thread::sleep(LOOK_UP);
        }
        if main(&app).is_some_and(|window| matches!(window.is_visible(), Ok(false))) {
            app.exit(0);
        }
    });
}

/// Writes a checkpoint of what runs, stops it and ends the program. The window stays to say so.
pub fn quit<R: Runtime>(app: &AppHandle<R>) {
    let app = app.clone();
    std::thread::spawn(move || {
        app.state::<Desk>().studio.shutdown();
        app.exit(0);
    });
}

fn main<R: Runtime>(app: &AppHandle<R>) -> Option<WebviewWindow<R>> {
    app.get_webview_window(MAIN)
}

//! The window's coming and going: forward, hidden, closed. A run outlives the window only if the user says so, or when
//! the page that would ask has crashed or hangs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tauri::{AppHandle, Emitter, Manager, Runtime, Theme, WebviewWindow, Window, WindowEvent};

use crate::{OwnedStudio, ipc};

const MAIN: &str = "main";

/// How often a hidden window looks whether there is still a run to stay for.
const LOOK_UP: Duration = Duration::from_secs(2);

/// How long the page may take until the question whether to close is on the screen.
const PATIENCE: Duration = Duration::from_secs(3);

/// How small and how large a page may be drawn.
const LEAST_ZOOM: f64 = 0.5;
const MOST_ZOOM: f64 = 3.0;

/// What is known of the page: whether it still asks what it is told to ask.
#[derive(Default)]
pub struct Page {
    /// How often it was to ask whether to close.
    told: AtomicU64,
    /// Of these, the last that it has put on the screen.
    asks: AtomicU64,
    /// It did not answer, so its process was ended; it must be loaded again before it is shown.
    lost: AtomicBool,
    /// It holds something typed that is not saved.
    unsaved: AtomicBool,
}

/// A closed window ends the program, unless a run is going or something is not saved: then the page asks what should
/// become of it.
pub fn on_event<R: Runtime>(window: &Window<R>, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    let running = window.state::<OwnedStudio>().studio.running();
    if running || window.state::<Page>().unsaved.load(Ordering::Relaxed) {
        api.prevent_close();
        // The question must be seen to be answered, also when the close came from a task bar.
        let _ = window.unminimize();
        let question = window.state::<Page>().told.fetch_add(1, Ordering::Relaxed) + 1;
        if let Err(error) = window.emit("close-requested", running) {
            tracing::error!("the page could not be asked whether to close: {error}");
        }
        let app = window.app_handle().clone();
        std::thread::spawn(move || {
            std::thread::sleep(PATIENCE);
            if app.state::<Page>().asks.load(Ordering::Relaxed) < question {
                // Nothing can be saved from a page that hangs, but a run can be.
                if running { hide_lost(&app) } else { app.exit(0) }
            }
        });
    }
}

/// The page shows the question whether to close; from here on it is the user who takes time.
pub fn page_asks<R: Runtime>(app: &AppHandle<R>) {
    let page = app.state::<Page>();
    page.asks.store(page.told.load(Ordering::Relaxed), Ordering::Relaxed);
}

/// The page tells whether it holds something that is not saved.
pub fn page_holds<R: Runtime>(app: &AppHandle<R>, unsaved: bool) {
    app.state::<Page>().unsaved.store(unsaved, Ordering::Relaxed);
}

/// Lets the desktop draw what the page cannot, such as the list of a select, as light or dark as the page.
pub fn set_theme<R: Runtime>(app: &AppHandle<R>, wanted: &Value) {
    let theme = match wanted.as_str() {
        Some("light") => Some(Theme::Light),
        Some("dark") => Some(Theme::Dark),
        _ => None,
    };
    if let Some(window) = main(app)
        && let Err(error) = window.set_theme(theme)
    {
        tracing::warn!("the desktop's part of the window keeps its theme: {error}");
    }
}

/// Draws the page that many times as large.
pub fn set_zoom<R: Runtime>(app: &AppHandle<R>, wanted: &Value) {
    let factor = wanted.as_f64().filter(|factor| (LEAST_ZOOM..=MOST_ZOOM).contains(factor)).unwrap_or(1.0);
    if let Some(window) = main(app)
        && let Err(error) = window.set_zoom(factor)
    {
        tracing::warn!("the page keeps its size: {error}");
    }
}

/// Hides a window whose page has crashed or hangs, as its user cannot; nothing is lost by training on. A page that hangs
/// would go on computing beside the run, so its process ends.
fn hide_lost<R: Runtime>(app: &AppHandle<R>) {
    if app.state::<Page>().lost.swap(true, Ordering::Relaxed) {
        return;
    }
    tracing::error!("the page does not answer; the window is hidden, and the run goes on");
    app.state::<ipc::Subscriptions>().end_all();
    page_holds(app, false);
    if let Some(window) = main(app) {
        end_page(&window);
    }
    hide(app);
}

#[cfg(target_os = "linux")]
fn end_page<R: Runtime>(window: &WebviewWindow<R>) {
    use webkit2gtk::WebViewExt;

    if let Err(error) = window.with_webview(|page| page.inner().terminate_web_process()) {
        tracing::warn!("the page that does not answer could not be ended: {error}");
    }
}

/// Elsewhere it is left alone until it is loaded again.
#[cfg(not(target_os = "linux"))]
fn end_page<R: Runtime>(_window: &WebviewWindow<R>) {}

/// Whether the user has the window before them.
pub fn is_seen<R: Runtime>(app: &AppHandle<R>) -> bool {
    main(app).is_some_and(|window| window.is_focused().unwrap_or(false) && window.is_visible().unwrap_or(false))
}

/// Brings the window before the user, wherever it was.
pub fn come_forward<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = main(app) else { return };
    if app.state::<Page>().lost.swap(false, Ordering::Relaxed)
        && let Err(error) = window.reload()
    {
        tracing::error!("the page could not be loaded again: {error}");
    }
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
        while app.state::<OwnedStudio>().studio.running() {
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
        // Without a studio there is only the question what to do about that.
        if let Some(owned) = app.try_state::<OwnedStudio>() {
            owned.studio.shutdown();
        }
        app.exit(0);
    });
}

fn main<R: Runtime>(app: &AppHandle<R>) -> Option<WebviewWindow<R>> {
    app.get_webview_window(MAIN)
}

//! `tunesmith-desktop`: the window. It opens the home, shows the screens and carries calls between them and the
//! studio; what the calls mean is the studio's business.

mod ipc;
mod signals;
mod window;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use tauri::{Manager, RunEvent, webview::PageLoadEvent};
use tunesmith_protocol::Api;
use tunesmith_studio::{Opened, Studio};

/// The studio that this process owns.
struct Desk {
    studio: Arc<Studio>,
}

fn main() -> ExitCode {
    tunesmith_studio::share_heaps();
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tunesmith-desktop: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<()> {
    let home = tunesmith_studio::default_home();
    match tunesmith_studio::open(&home)? {
        Opened::Owner(studio) => show(studio),
        Opened::Guest(first) => match first.show_window(())? {
            true => {
                println!("Tunesmith is already open: its window has come forward");
                Ok(())
            }
            false => bail!(
                "another Tunesmith without a window is using {} (`tunesmith studio`, or a run in a shell). \
                 Go on there, or end it and start this again",
                home.display()
            ),
        },
    }
}

/// Runs the window until it is closed.
fn show(studio: Arc<Studio>) -> anyhow::Result<()> {
    if cfg!(target_os = "linux") && !["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| is_set(name)) {
        bail!("there is no display to open a window on. Run `tunesmith studio` to use Tunesmith in a browser");
    }
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .manage(Desk { studio })
        .manage(ipc::Subscriptions::default())
        .manage(window::Page::default())
        .invoke_handler(tauri::generate_handler![ipc::call, ipc::subscribe, ipc::unsubscribe])
        .on_page_load(|page, load| {
            // A page that was reloaded follows its topics anew; nobody listens to the old channels any more.
            if load.event() == PageLoadEvent::Started {
                page.state::<ipc::Subscriptions>().end_all();
            }
        })
        .on_window_event(window::on_event)
        .setup(|app| {
            let handle = app.handle().clone();
            app.state::<Desk>().studio.on_show_window(move || window::come_forward(&handle));
            signals::quit_on_signals(app.handle().clone());
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("the window could not be opened")?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            app.state::<Desk>().studio.shutdown();
        }
    });
    Ok(())
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

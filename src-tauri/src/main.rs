//! `tunesmith-desktop`: the window. It opens the home, shows the screens and carries calls between them and the
//! studio; what the calls mean is the studio's business.

mod ipc;
mod notify;
mod opening;
mod signals;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use opening::Opening;
use tauri::{Manager, RunEvent, webview::PageLoadEvent};
use tunesmith_sentence::say;
use tunesmith_studio::Studio;

/// The studio that this process owns.
struct OwnedStudio {
    studio: Arc<Studio>,
}

fn main() -> ExitCode {
    tunesmith_studio::share_heaps();
    tunesmith_studio::survive_large_files();
    tunesmith_studio::raise_open_files();
    // Not this program: its libraries alone take more memory than a worker may.
    if let Ok(program) = std::env::current_exe() {
        tunesmith_studio::render_with(program.with_file_name(format!("tunesmith{}", std::env::consts::EXE_SUFFIX)));
    }
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
    match opening::open(&home) {
        Opening::CameForward => {
            println!("{}", opening::came_forward());
            Ok(())
        }
        Opening::Trouble(trouble) if !has_display() => bail!("{trouble}"),
        Opening::Ours(_) if !has_display() => {
            bail!(say!(
                "window-no-display",
                "there is no display to open a window on. Run `tunesmith studio` to use Tunesmith in a browser"
            ))
        }
        opening => show(home, opening),
    }
}

/// Runs the window until it is closed.
fn show(home: PathBuf, opening: Opening) -> anyhow::Result<()> {
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
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
            signals::quit_on_signals(app.handle().clone());
            opening::go_on(app.handle(), home, opening);
            Ok(())
        })
        .build(tauri::generate_context!())
        .context(opening::not_opened())?;
    app.run(|app, event| {
        if let RunEvent::Exit = event
            && let Some(owned) = app.try_state::<OwnedStudio>()
        {
            owned.studio.shutdown();
        }
    });
    Ok(())
}

fn has_display() -> bool {
    !cfg!(target_os = "linux") || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| is_set(name))
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

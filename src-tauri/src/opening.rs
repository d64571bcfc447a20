//! Opening the home, and what to do when that does not work: say why, and try again when the user wants to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tauri::{AppHandle, Manager, Runtime, WebviewWindowBuilder};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};
use tunesmith_protocol::{Api, WireError};
use tunesmith_sentence::{Sentence, say};
use tunesmith_studio::{Opened, Studio};

use crate::{OwnedStudio, notify, window};

/// What came of opening the home.
pub enum Opening {
    /// It is this process's own.
    Ours(Arc<Studio>),
    /// Another window has it, and has come forward.
    CameForward,
    /// It cannot be opened now.
    Trouble(Trouble),
}

/// Why the home cannot be opened.
pub struct Trouble {
    title: Sentence,
    text: Sentence,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.title, self.text)
    }
}

/// Opens the home, or brings forward the window that has it.
pub fn open(home: &Path) -> Opening {
    let tried = match tunesmith_studio::open(home) {
        Ok(Opened::Owner(studio)) => return Opening::Ours(studio),
        Ok(Opened::Guest(first)) => first.show_window(()),
        Err(error) => Err(error),
    };
    match tried {
        Ok(true) => Opening::CameForward,
        Ok(false) => Opening::Trouble(held(home)),
        Err(error) => Opening::Trouble(broken(&error)),
    }
}

/// Goes on with what came of it: with the window, with the end, or with a question.
pub fn go_on<R: Runtime>(app: &AppHandle<R>, home: PathBuf, opening: Opening) {
    match opening {
        Opening::Ours(studio) => {
            if let Err(error) = enter(app, studio) {
                eprintln!("tunesmith-desktop: {}: {error}", not_opened());
                app.exit(1);
            }
        }
        Opening::CameForward => {
            println!("{}", came_forward());
            app.exit(0);
        }
        Opening::Trouble(trouble) => ask(app, home, &trouble),
    }
}

/// What the terminal says when another window has come forward.
pub fn came_forward() -> Sentence {
    say!("window-came-forward", "Tunesmith is already open: its window has come forward")
}

/// What the terminal says when there is no window.
pub fn not_opened() -> Sentence {
    say!("window-not-opened", "the window could not be opened")
}

fn enter<R: Runtime>(app: &AppHandle<R>, studio: Arc<Studio>) -> tauri::Result<()> {
    let handle = app.clone();
    if let Err(error) = studio.start_queue() {
        tracing::error!("the queued runs do not go on: {error}");
    }
    studio.on_show_window(move || window::come_forward(&handle));
    notify::follow_runs(app, Arc::clone(&studio));
    app.manage(OwnedStudio { studio });
    for config in &app.config().app.windows {
        WebviewWindowBuilder::from_config(app, config)?.build()?;
    }
    Ok(())
}

/// Says what is wrong, in the terminal and in a dialog.
fn ask<R: Runtime>(app: &AppHandle<R>, home: PathBuf, trouble: &Trouble) {
    eprintln!("tunesmith-desktop: {trouble}");
    let dialog = app.dialog().message(&*trouble.text).title(&*trouble.title).kind(MessageDialogKind::Warning);
    let (again, quit) = (say!("window-try-again", "Try again"), say!("window-quit", "Quit"));
    let buttons = MessageDialogButtons::OkCancelCustom(again.text, quit.text);
    let app = app.clone();
    dialog.buttons(buttons).show(move |again| {
        if !again {
            return app.exit(1);
        }
        let opening = open(&home);
        let handle = app.clone();
        // Windows and dialogs are made where the desktop's events are read.
        if let Err(error) = app.run_on_main_thread(move || go_on(&handle, home, opening)) {
            eprintln!("tunesmith-desktop: {error}");
        }
    });
}

fn held(home: &Path) -> Trouble {
    let next = say!(
        "window-home-held-hint",
        "Go on there, or end it: Ctrl-C in its terminal, which saves a run first. Then try again"
    );
    let text = match tunesmith_studio::holder(home) {
        Some(holder) => say!(
            "window-home-held",
            "Another Tunesmith without a window ({holder}) is using {home}.\n\n{next}",
            holder = holder.sentence(),
            home,
            next
        ),
        None => {
            say!("window-home-was-held", "Another Tunesmith without a window was using {home}.\n\n{next}", home, next)
        }
    };
    Trouble { title: say!("window-home-held-title", "Tunesmith is in use"), text }
}

fn broken(error: &WireError) -> Trouble {
    let text = error.clone().sentence();
    Trouble { title: say!("window-home-broken-title", "Tunesmith cannot open"), text }
}

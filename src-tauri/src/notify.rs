//! Notifications of the desktop: a run has ended while the user was looking elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use notify_rust::Notification;
use tauri::{AppHandle, Runtime};
use tunesmith_protocol::{Api, EventBody, Run, RunState, Topic};
use tunesmith_sentence::{Sentence, say};
use tunesmith_studio::Studio;

use crate::window;

/// Follows the runs for as long as the program lives.
pub fn follow_runs<R: Runtime>(app: &AppHandle<R>, studio: Arc<Studio>) {
    let app = app.clone();
    std::thread::spawn(move || {
        let news = match studio.subscribe(Topic::Library, 0) {
            Ok(news) => news,
            Err(error) => return tracing::warn!("ends of runs are not notified: {error}"),
        };
        let mut at_work = BTreeSet::new();
        while let Some(group) = news.next() {
            for event in group {
                if let EventBody::RunChanged { run } = event.body
                    && is_at_work(&run.status)
                {
                    at_work.insert(run.id);
                }
            }
            at_work.retain(|id| match studio.get_run(id.clone()) {
                Ok(run) if is_at_work(&run.status) => true,
                Ok(run) => {
                    tell(&app, &run);
                    false
                }
                // It was deleted.
                Err(_) => false,
            });
        }
    });
}

fn is_at_work(status: &RunState) -> bool {
    matches!(status, RunState::Preparing | RunState::Running | RunState::Paused { .. })
}

/// Tells how a run ended, unless the user is looking at the window or ended it.
fn tell<R: Runtime>(app: &AppHandle<R>, run: &Run) {
    let Some((title, text)) = said(run).filter(|_| !window::is_seen(app)) else { return };
    let shown = Notification::new().appname("Tunesmith").icon("tunesmith").summary(&title).body(&text).show();
    if let Err(error) = shown {
        tracing::info!("the desktop shows no notifications: {error}");
    }
}

fn said(run: &Run) -> Option<(Sentence, Sentence)> {
    let name = &run.name;
    match &run.status {
        RunState::Done => {
            let text = match (run.first_eval_loss, run.best_eval_loss) {
                (Some(before), Some(after)) => say!(
                    "notify-run-losses",
                    "Validation loss before {before}, after {after}",
                    before = format!("{before:.3}"),
                    after = format!("{after:.3}")
                ),
                _ => say!("notify-run-done-text", "Training has ended"),
            };
            Some((say!("notify-run-done", "“{name}” is done", name), text))
        }
        RunState::Failed { message, .. } => {
            Some((say!("notify-run-failed", "“{name}” has failed", name), message.clone()))
        }
        _ => None,
    }
}

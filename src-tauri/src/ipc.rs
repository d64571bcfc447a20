//! The three commands of the page: `call`, `subscribe`, `unsubscribe`. They carry JSON and know no command but those
//! that concern the window itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tauri::{AppHandle, Manager, Runtime, async_runtime::spawn_blocking, ipc::Channel};
use tunesmith_protocol::{AnyPath, Api, Event, Subscription, Topic, WireError, dispatch};
use tunesmith_sentence::say;

use crate::{OwnedStudio, window};

/// How often a quiet subscription looks whether it is still wanted.
const LOOK_UP: Duration = Duration::from_millis(250);

/// Calls a command of the studio, or one of the window, whose names begin with `window_`.
#[tauri::command]
pub async fn call<R: Runtime>(app: AppHandle<R>, name: String, args: Value) -> Result<Value, WireError> {
    match name.as_str() {
        "window_asks" => window::page_asks(&app),
        "window_holds" => window::page_holds(&app, args.as_bool().unwrap_or(false)),
        "window_theme" => window::set_theme(&app, &args),
        "window_zoom" => window::set_zoom(&app, &args),
        "window_hide" => window::hide(&app),
        "window_quit" => window::quit(&app),
        _ => {
            let studio = app.state::<OwnedStudio>().studio.clone();
            return blocking(move || dispatch(&*studio, &name, args, &AnyPath)).await;
        }
    }
    Ok(Value::Null)
}

/// Follows a topic from the record after `after`; groups of events arrive on `channel`. Returns the id that ends it.
#[tauri::command]
pub async fn subscribe<R: Runtime>(
    app: AppHandle<R>,
    topic: Topic,
    after: u64,
    channel: Channel<Vec<Event>>,
) -> Result<u32, WireError> {
    let studio = app.state::<OwnedStudio>().studio.clone();
    let subscription = blocking(move || studio.subscribe(topic, after)).await?;
    let (id, wanted) = app.state::<Subscriptions>().add();
    std::thread::spawn(move || {
        follow(&subscription, &channel, &wanted);
        app.state::<Subscriptions>().end(id);
    });
    Ok(id)
}

/// Ends a subscription.
#[tauri::command]
pub fn unsubscribe<R: Runtime>(app: AppHandle<R>, id: u32) {
    app.state::<Subscriptions>().end(id);
}

/// The topics that the page follows now.
#[derive(Default)]
pub struct Subscriptions {
    next: AtomicU32,
    wanted: Mutex<HashMap<u32, Arc<AtomicBool>>>,
}

impl Subscriptions {
    fn add(&self) -> (u32, Arc<AtomicBool>) {
        let (id, wanted) = (self.next.fetch_add(1, Ordering::Relaxed), Arc::new(AtomicBool::new(true)));
        self.lock().insert(id, wanted.clone());
        (id, wanted)
    }

    fn end(&self, id: u32) {
        if let Some(wanted) = self.lock().remove(&id) {
            wanted.store(false, Ordering::Relaxed);
        }
    }

    /// Ends all of them: the page that followed is gone.
    pub fn end_all(&self) {
        for (_, wanted) in self.lock().drain() {
            wanted.store(false, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Arc<AtomicBool>>> {
        // No code panics while it holds the map, and a map is whole at every moment.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes events on until the topic ends, the page stops listening or the window goes away.
fn follow(subscription: &Subscription, channel: &Channel<Vec<Event>>, wanted: &AtomicBool) {
    while wanted.load(Ordering::Relaxed) {
        match subscription.next_within(LOOK_UP) {
            Ok(Some(events)) => {
                if channel.send(events).is_err() {
                    return;
                }
            }
            Ok(None) => {}
            Err(_) => return,
        }
    }
}

/// Does work that waits on a thread that may wait; a panic in it is an error of this call and nothing more.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WireError> + Send + 'static,
) -> Result<T, WireError> {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => {
            let error = error.to_string();
            Err(WireError::internal(say!("window-command-broke-off", "the command ended unexpectedly: {error}", error)))
        }
    }
}

//! `POST /api/call/{name}`: one command, JSON in and out.

use std::cell::Cell;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tunesmith_protocol::{ErrorCode, WireError, dispatch};
use tunesmith_sentence::{Sentence, say};

use crate::answers::{Asked, Waiting};
use crate::arguments::Arguments;
use crate::paths::{PagePaths, preview_without_adapter};

pub(crate) async fn call(
    State(state): State<crate::State>,
    Path(name): Path<String>,
    arguments: Arguments,
) -> Response {
    let mut args = match arguments.json() {
        Ok(args) => args,
        Err(error) => return refusal(&error),
    };
    let asked = Asked::by(&name, &mut args);
    let mut waiting = Waiting { state: state.clone(), asked: asked.clone(), answered: false };
    let commands = state.commands.clone();
    let command = name.clone();
    let answered = commands.work(&command, move || carry_out(&state, &name, args, &asked)).await;
    waiting.answered = true;
    match answered {
        Ok(Ok(reply)) => ([(header::CACHE_CONTROL, "no-store")], Json(reply)).into_response(),
        Ok(Err(error)) => refusal(&error),
        Err(_) => {
            let message = say!("command-broke-off", "The command ended unexpectedly");
            refusal(&WireError::new(ErrorCode::Internal, message, try_again()))
        }
    }
}

fn carry_out(state: &crate::State, name: &str, args: Value, asked: &Asked) -> Result<Value, WireError> {
    let api = state.api.as_ref();
    let paths = PagePaths {
        uploads: &state.uploads,
        model_folders: &state.model_folders,
        api,
        refused_adapter: Cell::default(),
    };
    let reply = match dispatch(api, name, args, &paths) {
        Err(error) if name == "preview_run" && paths.refused_adapter.get() => {
            serde_json::to_value(preview_without_adapter(&error)).unwrap_or_default()
        }
        other => other.map_err(|error| state.uploads.without_folder(error))?,
    };
    state.downloads.offer(name, &reply);
    state.uploads.note(name, &reply);
    state.answers.note(api, asked);
    Ok(reply)
}

/// What to do about a panic.
pub(crate) fn try_again() -> Sentence {
    say!("command-broke-off-hint", "Try again; the log says more")
}

/// The error as JSON, under the status that fits its code.
pub(crate) fn refusal(error: &WireError) -> Response {
    let status = match error.code {
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::Busy | ErrorCode::Cancelled => StatusCode::CONFLICT,
        ErrorCode::TooBig => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    };
    failure(status, error)
}

/// The error as JSON, under `status`.
pub(crate) fn failure(status: StatusCode, error: &WireError) -> Response {
    let mut response = (status, Json(error)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

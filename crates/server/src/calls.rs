//! `POST /api/call/{name}`: one command, JSON in and out.

use std::cell::Cell;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tunesmith_protocol::{ErrorCode, WireError, dispatch};
use tunesmith_sentence::{NOTHING, Sentence, say};

use crate::paths::{PagePaths, preview_without_adapter};

pub(crate) async fn call(
    State(state): State<crate::State>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let args = match arguments(&headers, &body) {
        Ok(args) => args,
        Err(error) => return refusal(&error),
    };
    // Commands block: they read files and wait for a database.
    let answered = tokio::task::spawn_blocking(move || {
        let api = state.api.as_ref();
        let paths = PagePaths {
            uploads: &state.uploads,
            model_folders: &state.model_folders,
            api,
            refused_adapter: Cell::default(),
        };
        let reply = match dispatch(api, &name, args, &paths) {
            Err(error) if name == "preview_run" && paths.refused_adapter.get() => {
                serde_json::to_value(preview_without_adapter(&error)).unwrap_or_default()
            }
            other => other.map_err(|error| state.uploads.without_folder(error))?,
        };
        state.downloads.offer(&name, &reply);
        Ok(reply)
    });
    match answered.await {
        Ok(Ok(reply)) => ([(header::CACHE_CONTROL, "no-store")], Json(reply)).into_response(),
        Ok(Err(error)) => refusal(&error),
        Err(_) => {
            let message = say!("command-broke-off", "The command broke off");
            refusal(&WireError::new(ErrorCode::Internal, message, try_again()))
        }
    }
}

/// What to do about a panic.
pub(crate) fn try_again() -> Sentence {
    say!("command-broke-off-hint", "Try again; the log says more")
}

/// The JSON of a request.
pub(crate) fn arguments(headers: &HeaderMap, body: &[u8]) -> Result<Value, WireError> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // A plain form of another site can send text, but not JSON.
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        let message = say!("command-arguments-other-type", "Arguments must be sent as application/json");
        return Err(WireError::invalid(message, NOTHING));
    }
    serde_json::from_slice(body).map_err(|error| {
        let error = error.to_string();
        WireError::invalid(say!("command-arguments-not-json", "The arguments are not JSON: {error}", error), NOTHING)
    })
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

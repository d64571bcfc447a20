//! The body of a command: its JSON, which has to come whole within a time.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::{NOTHING, say};

use crate::{LONGEST_CALL_BYTES, State, calls::failure};

/// What was sent with a command.
pub(crate) struct Arguments {
    headers: HeaderMap,
    body: Bytes,
}

impl FromRequest<State> for Arguments {
    type Rejection = Response;

    async fn from_request(request: Request, state: &State) -> Result<Self, Response> {
        let headers = request.headers().clone();
        match tokio::time::timeout(state.limits.arguments, Bytes::from_request(request, state)).await {
            Ok(Ok(body)) => Ok(Self { headers, body }),
            Ok(Err(rejection)) => Err(incomplete(rejection.into_response().status())),
            Err(_) => Err(failure(StatusCode::REQUEST_TIMEOUT, &too_slow())),
        }
    }
}

impl Arguments {
    /// The JSON that was sent.
    pub(crate) fn json(&self) -> Result<Value, WireError> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // A plain form of another site can send text, but not JSON.
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            let message = say!("command-arguments-other-type", "Arguments must be sent as application/json");
            return Err(WireError::invalid(message, NOTHING));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let error = error.to_string();
            WireError::invalid(
                say!("command-arguments-not-json", "The arguments are not JSON: {error}", error),
                NOTHING,
            )
        })
    }

    /// A request to follow a topic, or to follow it no longer.
    pub(crate) fn request<T: DeserializeOwned>(&self) -> Result<T, WireError> {
        serde_json::from_value(self.json()?).map_err(|error| {
            let error = error.to_string();
            WireError::invalid(say!("topic-request-wrong", "This cannot be followed: {error}", error), NOTHING)
        })
    }
}

/// Why a body was not read whole.
fn incomplete(status: StatusCode) -> Response {
    let error = match status {
        StatusCode::PAYLOAD_TOO_LARGE => WireError::new(
            ErrorCode::TooBig,
            say!(
                "command-arguments-too-long",
                "The request is longer than {megabytes} MB",
                megabytes = LONGEST_CALL_BYTES >> 20
            ),
            say!("command-arguments-too-long-hint", "Send files as uploads"),
        ),
        _ => WireError::invalid(
            say!("command-arguments-broken-off", "The request broke off"),
            say!("command-arguments-late-hint", "Try again"),
        ),
    };
    failure(status, &error)
}

fn too_slow() -> WireError {
    WireError::new(
        ErrorCode::Cancelled,
        say!("command-arguments-late", "The request did not come whole in time"),
        say!("command-arguments-late-hint", "Try again"),
    )
}

//! The screen: the files of `ui/dist`, which are part of this program, and the headers every answer carries.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use tunesmith_sentence::say;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
struct Screen;

const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
                      font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Files, and the screen itself for every address within it, so that a reload stays where it was.
pub(crate) async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let is_file = path.starts_with("api/") || path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    match (Screen::get(path), is_file) {
        (Some(file), _) => answer(path, &file, &headers),
        (None, true) => StatusCode::NOT_FOUND.into_response(),
        (None, false) => match Screen::get("index.html") {
            Some(file) => answer("index.html", &file, &headers),
            None => {
                let message = say!("page-not-built", "The screen is not built: run make ui");
                (StatusCode::NOT_FOUND, format!("{message}\n")).into_response()
            }
        },
    }
}

fn answer(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag: String = file.metadata.sha256_hash()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    // The build puts a hash into the names of all but the page itself.
    let caching = if path.starts_with("assets/") { "private, max-age=31536000, immutable" } else { "no-cache" };
    let seen = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let caching = [(header::ETAG, tag.as_str()), (header::CACHE_CONTROL, caching)];
    if seen.is_some_and(|seen| seen.split(',').any(|seen| seen.trim().trim_start_matches("W/") == tag)) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let kind = file.metadata.mimetype();
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    (caching, [(header::CONTENT_TYPE, kind)], Body::from(file.data.to_vec())).into_response()
}

/// Adds what keeps foreign content from running and our pages from being framed or leaked.
pub(crate) fn with_security_headers(mut response: Response) -> Response {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

//! What a browser gets that opens the one-time link, and one that has not opened it.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use tunesmith_protocol::WireError;
use tunesmith_sentence::{Sentence, say};

use super::Guard;
use crate::calls::failure;

/// Gives the cookie and the key, which the page's script keeps before it goes to an address without a secret in it.
pub(super) fn welcome(guard: &Guard) -> Response {
    let cookie = format!("{}={}; HttpOnly; SameSite=Strict; Path=/", guard.cookie_name(), guard.session);
    let mut response = Html(WELCOME_PAGE.replace("<!-- key -->", &guard.page_key)).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What to do for a browser that has not opened the link: as a page, or as an error where none is asked for.
pub(super) fn unknown(request: &Request) -> Response {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !header("accept").contains("text/html") {
        let message = say!("page-link-not-opened", "This browser has not opened the studio's link");
        let error = WireError::invalid(message, open_the_link());
        return failure(StatusCode::UNAUTHORIZED, &error);
    }
    // Where the link was clicked on another site (a terminal in a web page), a strict cookie is not sent along the
    // redirect. Coming back from our own page it is.
    let again = match header("sec-fetch-site") {
        "cross-site" => r#"<meta http-equiv="refresh" content="0; url=/">"#,
        _ => "",
    };
    (StatusCode::UNAUTHORIZED, [(header::CACHE_CONTROL, "no-store")], Html(unknown_page(again))).into_response()
}

fn open_the_link() -> Sentence {
    say!("page-link-not-opened-hint", "Open the link that tunesmith printed")
}

/// What a browser shows that has not opened the link.
fn unknown_page(again: &str) -> String {
    let once = say!(
        "page-link-works-once",
        "The link that {command} printed in the terminal works once, so that nobody else on this computer can use the studio",
        command = "<code>tunesmith studio</code>"
    );
    let next =
        say!("page-new-link", "Is it used up or older than ten minutes? Press Enter in that terminal for a new one");
    let texts: [(&str, &str); 5] = [
        ("<!-- again -->", again),
        ("<!-- heading -->", &open_the_link().text),
        ("<!-- why -->", &say!("page-signed-out", "This browser is not signed in to the studio").text),
        ("<!-- once -->", &once.text),
        ("<!-- next -->", &next.text),
    ];
    texts.iter().fold(UNKNOWN_PAGE.to_owned(), |page, (place, text)| page.replace(place, text))
}

const WELCOME_PAGE: &str = r#"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Tunesmith</title></head>
<body data-key="<!-- key -->"><script src="/keep-key.js"></script></body>
</html>
"#;

const UNKNOWN_PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><!-- again -->
<title>Tunesmith</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 34rem; margin: 18vh auto 0; padding: 0 1.5rem; }
  h1 { font-size: 1.4rem; }
  code { font: 0.95em ui-monospace, monospace; }
</style>
</head>
<body>
<h1><!-- heading --></h1>
<p><!-- why -->. <!-- once -->.</p>
<p><!-- next -->.</p>
</body>
</html>
"#;

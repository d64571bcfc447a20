//! Who may talk to the server: requests that name this computer, come from the studio's own pages, and carry the
//! cookie that the one-time link gave; those that do something carry the page's key, too. Checked before anything else
//! looks at a request.
//!
//! A browser sends a cookie to every port of this computer, so another server here could replay it. The key is kept where
//! only pages of this very port can read it, and is never sent by itself.
//!
//! Loopback alone is no boundary: any page in the browser can send requests to it (DNS rebinding, plain forms), and
//! any user of this computer can connect.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use tunesmith_protocol::WireError;

use crate::{calls::failure, pages::with_security_headers};

const LINK_PATH: &str = "/open/";
const KEY_HEADER: &str = "x-tunesmith-key";

/// The secrets of one server. They live in memory only and are never logged.
pub(crate) struct Guard {
    port: u16,
    session: String,
    /// What a page sends with everything that does something.
    page_key: String,
    /// Links that were handed out and not opened yet, and when they expire.
    links: Mutex<Vec<(String, Instant)>>,
    link_lifetime: Duration,
}

impl Guard {
    pub(crate) fn new(port: u16, link_lifetime: Duration) -> anyhow::Result<Self> {
        let (session, page_key) = (random_token()?, random_token()?);
        Ok(Self { port, session, page_key, links: Mutex::default(), link_lifetime })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A link that opens the studio once. Empty randomness never happens after `new` succeeded; if it did, the link
    /// would open nothing.
    pub(crate) fn new_link(&self) -> String {
        let token = random_token().unwrap_or_default();
        let link = format!("http://127.0.0.1:{}{LINK_PATH}{token}", self.port);
        if !token.is_empty() {
            self.links
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((token, Instant::now() + self.link_lifetime));
        }
        link
    }

    /// Takes the link away, so that it works no second time.
    fn redeem(&self, token: &str) -> bool {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|(_, expires)| Instant::now() < *expires);
        let before = links.len();
        links.retain(|(link, _)| !equal(link, token));
        links.len() < before
    }

    /// Cookies do not know ports: two studios on one computer need two names.
    fn cookie_name(&self) -> String {
        format!("tunesmith-{}", self.port)
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let name = self.cookie_name();
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(key, value)| key == name && equal(value, &self.session))
    }

    /// The Host header, when it is the only one and names this server on loopback.
    fn host<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (host, other) = (hosts.next()?.to_str().ok()?, hosts.next());
        let named = ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .any(|name| host.eq_ignore_ascii_case(&format!("{name}:{}", self.port)));
        (named && other.is_none()).then_some(host)
    }

    /// Whether the request carries the page's key: in a header, or in its address where a browser lets a page send none.
    fn has_key(&self, query: Option<&str>, headers: &HeaderMap) -> bool {
        let header = headers.get(KEY_HEADER).and_then(|value| value.to_str().ok());
        let address = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("key="));
        header.or(address).is_some_and(|key| equal(key, &self.page_key))
    }

    fn decide(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Decision {
        let path = uri.path();
        let Some(host) = self.host(headers) else { return Decision::WrongHost };
        // A page of another site cannot leave this header out of a POST or a preflight, nor change it.
        let own = format!("http://{host}");
        if headers.get_all(header::ORIGIN).iter().any(|origin| !origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()))
        {
            return Decision::WrongOrigin;
        }
        let known = self.knows(headers);
        match path.strip_prefix(LINK_PATH) {
            // Only a visit counts: a preview that asks for the headers must not use the link up.
            Some(token) if method == Method::GET && self.redeem(token) => Decision::Open,
            // Whoever has only the cookie does not get the key.
            Some(_) if method == Method::GET && known => Decision::Home,
            _ if known && path.starts_with("/api/") && !self.has_key(uri.query(), headers) => Decision::WithoutKey,
            _ if known => Decision::Pass,
            _ => Decision::Unknown,
        }
    }
}

enum Decision {
    Pass,
    Open,
    Home,
    WithoutKey,
    Unknown,
    WrongHost,
    WrongOrigin,
}

/// The middleware around every route.
pub(crate) async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let decision = guard.decide(request.method(), request.uri(), request.headers());
    let response = match decision {
        Decision::Pass => next.run(request).await,
        Decision::Open => welcome(&guard),
        Decision::Home => (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response(),
        Decision::WithoutKey => failure(
            StatusCode::UNAUTHORIZED,
            &WireError::invalid(
                "This page has lost its key to the studio",
                "Open a new link: press Enter where tunesmith runs",
            ),
        ),
        Decision::Unknown => unknown(&request),
        Decision::WrongHost => {
            let message =
                format!("This address is not the studio's. It answers on http://127.0.0.1:{} only", guard.port);
            failure(
                StatusCode::FORBIDDEN,
                &WireError::invalid(message, "Through ssh -L, use the same port on both sides"),
            )
        }
        Decision::WrongOrigin => failure(
            StatusCode::FORBIDDEN,
            &WireError::invalid("The request comes from another site", "Use the studio from its own page"),
        ),
    };
    with_security_headers(response)
}

/// Gives the cookie and the key, which the page's script keeps before it goes to an address without a secret in it.
fn welcome(guard: &Guard) -> Response {
    let cookie = format!("{}={}; HttpOnly; SameSite=Strict; Path=/", guard.cookie_name(), guard.session);
    let mut response = Html(WELCOME_PAGE.replace("<!-- key -->", &guard.page_key)).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn unknown(request: &Request) -> Response {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !header("accept").contains("text/html") {
        let error =
            WireError::invalid("This browser has not opened the studio's link", "Open the link that tunesmith printed");
        return failure(StatusCode::UNAUTHORIZED, &error);
    }
    // Where the link was clicked on another site (a terminal in a web page), a strict cookie is not sent along the
    // redirect. Coming back from our own page it is.
    let again = match header("sec-fetch-site") {
        "cross-site" => r#"<meta http-equiv="refresh" content="0; url=/">"#,
        _ => "",
    };
    let page = UNKNOWN_PAGE.replace("<!-- again -->", again);
    (StatusCode::UNAUTHORIZED, [(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
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
<h1>Open the link that tunesmith printed</h1>
<p>This browser is not signed in to the studio. The link that <code>tunesmith studio</code> printed in the terminal works once,
so that nobody else on this computer can use the studio.</p>
<p>Is it used up or older than ten minutes? Press Enter in that terminal for a new one.</p>
</body>
</html>
"#;

/// 256 random bits in hexadecimal.
fn random_token() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("This system gives no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Compares without telling by the time taken how much agrees. The length is no secret.
fn equal(left: &str, right: &str) -> bool {
    let differing = left.bytes().zip(right.bytes()).fold(0, |sum, (left, right)| sum | (left ^ right));
    left.len() == right.len() && std::hint::black_box(differing) == 0
}

//! Who may talk to the server: requests that name this computer, come from the studio's own pages, and carry the
//! cookie that the one-time link gave; those that do something carry the page's key, too. Checked before anything else
//! looks at a request.
//!
//! A browser sends a cookie to every port of this computer, so another server here could replay it. The key is kept where
//! only pages of this very port can read it, and is never sent by itself.
//!
//! Loopback alone is no boundary: any page in the browser can send requests to it (DNS rebinding, plain forms), and
//! any user of this computer can connect.

mod sign_in;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tunesmith_protocol::WireError;
use tunesmith_sentence::say;

use crate::{activity::Activity, calls::failure, pages::with_security_headers};

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
        Decision::Pass => {
            if let Some(connection) = request.extensions().get::<Activity>() {
                connection.sign_in();
            }
            next.run(request).await
        }
        Decision::Open => sign_in::welcome(&guard),
        Decision::Home => (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response(),
        Decision::WithoutKey => failure(
            StatusCode::UNAUTHORIZED,
            &WireError::invalid(
                say!("page-without-key", "This page has lost its key to the studio"),
                say!("page-without-key-hint", "Open a new link: press Enter where tunesmith runs"),
            ),
        ),
        Decision::Unknown => sign_in::unknown(&request),
        Decision::WrongHost => failure(StatusCode::FORBIDDEN, &wrong_host(guard.port)),
        Decision::WrongOrigin => failure(
            StatusCode::FORBIDDEN,
            &WireError::invalid(
                say!("page-other-site", "The request comes from another site"),
                say!("page-other-site-hint", "Use the studio from its own page"),
            ),
        ),
    };
    with_security_headers(response)
}

fn wrong_host(port: u16) -> WireError {
    WireError::invalid(
        say!(
            "page-other-address",
            "This address is not the studio's. It answers on {address} only",
            address = format!("http://127.0.0.1:{port}")
        ),
        say!("page-other-address-hint", "Through ssh -L, use the same port on both sides"),
    )
}

/// 256 random bits in hexadecimal.
fn random_token() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        let error = error.to_string();
        WireError::internal(say!("server-no-random-numbers", "This system gives no random numbers: {error}", error))
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Compares without telling by the time taken how much agrees. The length is no secret.
fn equal(left: &str, right: &str) -> bool {
    let differing = left.bytes().zip(right.bytes()).fold(0, |sum, (left, right)| sum | (left ^ right));
    left.len() == right.len() && std::hint::black_box(differing) == 0
}

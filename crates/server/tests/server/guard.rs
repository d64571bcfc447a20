//! Who gets in.

use tunesmith_server::{Options, Server};

use crate::{
    client::{Browser, key_in, path_of},
    studio::stand_in,
};

#[test]
fn the_link_sets_a_strict_cookie_and_hands_the_key_to_its_page() {
    let browser = Browser::stranger();
    let answer = browser.get(path_of(&browser.server.new_link()));
    assert_eq!(answer.status, 200);
    assert_eq!(key_in(&answer.text()).len(), 64, "the script of this page keeps it and goes on");
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict") && cookie.contains("; Path=/"),
        "{cookie}"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[test]
fn a_link_works_once() {
    let browser = Browser::stranger();
    let link = browser.server.new_link();
    assert_eq!(browser.get(path_of(&link)).status, 200);
    assert_eq!(browser.get(path_of(&link)).status, 401, "a second visit without the cookie gets nothing");
}

#[test]
fn of_many_who_open_a_link_at_once_one_gets_in() {
    let browser = Browser::stranger();
    let link = browser.server.new_link();
    let start = std::sync::Barrier::new(32);
    let opened = std::thread::scope(|scope| {
        let open = || {
            start.wait();
            browser.get(path_of(&link)).status
        };
        let visits: Vec<_> = (0..32).map(|_| scope.spawn(open)).collect();
        visits.into_iter().map(|visit| visit.join().unwrap()).filter(|status| *status == 200).count()
    });
    assert_eq!(opened, 1);
}

#[test]
fn the_cookie_is_not_the_link() {
    let mut browser = Browser::stranger();
    let link = browser.server.new_link();
    let token = path_of(&link).trim_start_matches("/open/").to_owned();
    let cookie = browser.get(path_of(&link)).header("set-cookie").to_owned();
    assert!(!cookie.contains(&token));
    browser.cookie = Some(format!("tunesmith-{}={token}", browser.server.port()));
    assert_eq!(browser.get("/").status, 401);
}

#[test]
fn an_opened_link_leads_a_signed_in_browser_home() {
    let browser = Browser::signed_in();
    let again = browser.get("/open/0123");
    assert_eq!((again.status, again.header("location")), (303, "/"), "going back in the history is no dead end");
}

#[test]
fn asking_for_the_headers_only_does_not_use_a_link_up() {
    let browser = Browser::stranger();
    let link = browser.server.new_link();
    assert_eq!(browser.send("HEAD", path_of(&link), &[("host", &browser.host())], b"").status, 401);
    assert_eq!(browser.get(path_of(&link)).status, 200);
}

#[test]
fn every_link_and_every_server_has_its_own_secret() {
    let (one, two) = (Browser::stranger(), Browser::stranger());
    let tokens: std::collections::BTreeSet<String> =
        [&one, &one, &two].iter().map(|browser| path_of(&browser.server.new_link()).to_owned()).collect();
    assert_eq!(tokens.len(), 3);
    assert!(tokens.iter().all(|token| token.len() == "/open/".len() + 64), "256 bits each");
    assert_eq!(one.get(path_of(&two.server.new_link())).status, 401, "a link opens its own server only");
}

#[test]
fn without_the_cookie_nothing_is_answered() {
    let mut browser = Browser::stranger();
    let wrong = format!("tunesmith-{}={}", browser.server.port(), "0".repeat(64));
    for cookie in [None, Some(wrong), Some(format!("tunesmith-{}=", browser.server.port()))] {
        browser.cookie = cookie;
        for path in ["/", "/index.html", "/api/events?topic=library", "/open/", "/open/x", "/nothing"] {
            assert_eq!(browser.get(path).status, 401, "{path}");
        }
        assert_eq!(browser.post("/api/call/list_runs", "null").status, 401);
        assert_eq!(browser.post("/api/upload?name=a.csv", "a").status, 401);
    }
}

#[test]
fn a_stranger_reads_what_to_do() {
    let browser = Browser::stranger();
    let page = browser.get_with("/", &[("accept", "text/html,*/*")]);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text().contains("Open the link that tunesmith printed"), "{}", page.text());
    assert!(page.text().contains("<code>tunesmith studio</code>") && page.text().contains("Press Enter"));
    assert!(!page.text().contains("<!--") && !page.text().contains("http-equiv"), "{}", page.text());
    let coming_from_another_site = browser.get_with("/", &[("accept", "text/html"), ("sec-fetch-site", "cross-site")]);
    assert!(coming_from_another_site.text().contains("http-equiv=\"refresh\""), "one more try, now from our own page");
    assert_eq!(browser.get("/").json()["hint"]["text"], "Open the link that tunesmith printed");
}

#[test]
fn only_names_of_this_computer_are_served() {
    let browser = Browser::signed_in();
    let port = browser.server.port();
    for host in
        [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("LocalHost:{port}"), format!("[::1]:{port}")]
    {
        assert_eq!(browser.send("GET", "/", &[("host", &host)], b"").status, 200, "{host}");
    }
    let foreign = [
        "evil.com".into(),
        format!("evil.com:{port}"),
        format!("localhost.evil.com:{port}"),
        format!("localhost.:{port}"),
        format!("evil.localhost:{port}"),
        "localhost".into(),
        "127.0.0.1".into(),
        "127.0.0.1:1".into(),
        format!("127.0.0.1:{port}.evil.com"),
        format!("127.0.0.1:{port}@evil.com"),
        format!("127.0.0.2:{port}"),
        format!("0.0.0.0:{port}"),
        format!("[::]:{port}"),
        String::new(),
    ];
    for host in &foreign {
        assert_eq!(browser.send("GET", "/", &[("host", host)], b"").status, 403, "{host}");
        assert_eq!(browser.send("POST", "/api/call/list_runs", &[("host", host)], b"").status, 403, "{host}");
    }
    let twice = [("host", foreign[1].as_str()), ("host", &browser.host())];
    assert_ne!(browser.send("GET", "/", &twice, b"").status, 200, "two names are one too many");
}

#[test]
fn a_wrong_host_does_not_use_a_link_up() {
    let browser = Browser::stranger();
    let link = browser.server.new_link();
    assert_eq!(browser.send("GET", path_of(&link), &[("host", "evil.com")], b"").status, 403);
    assert_eq!(browser.get(path_of(&link)).status, 200);
}

#[test]
fn other_origins_are_refused_for_every_method() {
    let browser = Browser::signed_in();
    let (host, port) = (browser.host(), browser.server.port());
    let foreign = [
        "null".into(),
        "http://evil.com".into(),
        format!("http://localhost.evil.com:{port}"),
        format!("http://localhost:{port}"), // another origin than 127.0.0.1
        format!("https://127.0.0.1:{port}"),
        "http://127.0.0.1".into(),
        "http://127.0.0.1:1".into(),
        format!("http://127.0.0.1:{port}.evil.com"),
        format!("http://127.0.0.1:{port}/"),
        "file://".into(),
        String::new(),
    ];
    for origin in &foreign {
        for method in ["POST", "GET", "OPTIONS", "PUT", "DELETE"] {
            let headers = [("host", host.as_str()), ("origin", origin), ("content-type", "application/json")];
            assert_eq!(
                browser.send(method, "/api/call/list_runs", &headers, b"null").status,
                403,
                "{method} from {origin:?}"
            );
        }
    }
    let preflight =
        [("host", host.as_str()), ("origin", "http://evil.com"), ("access-control-request-private-network", "true")];
    let answer = browser.send("OPTIONS", "/api/call/list_runs", &preflight, b"");
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("access-control")), "no CORS header ever");
}

#[test]
fn our_own_origin_passes() {
    let browser = Browser::signed_in();
    assert_eq!(browser.post("/api/call/list_runs", "null").status, 200);
    let host = format!("localhost:{}", browser.server.port());
    let headers =
        [("host", host.as_str()), ("origin", &format!("http://{host}")), ("content-type", "application/json")];
    assert_eq!(browser.send("POST", "/api/call/list_runs", &headers, b"null").status, 200);
}

#[test]
fn every_answer_forbids_foreign_content() {
    let (inside, outside) = (Browser::signed_in(), Browser::stranger());
    for answer in
        [inside.get("/"), inside.get("/nothing.png"), outside.get("/"), inside.post("/api/call/list_runs", "null")]
    {
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe-eval") && !policy.contains("script-src 'self' 'unsafe-inline'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
}

#[test]
fn a_taken_port_is_a_clear_error() {
    let first = Browser::stranger();
    let options = Options { port: first.server.port(), ..Options::default() };
    let error = Server::start(std::sync::Arc::new(stand_in()), options).err().expect("the port is taken");
    let error = error.downcast_ref::<tunesmith_protocol::WireError>().expect("a sentence and a hint");
    assert!(error.message.contains("is taken") && error.hint.contains("--port"), "{error}");
}

#[test]
fn a_stopped_server_frees_its_port() {
    let browser = Browser::signed_in();
    let options = Options { port: browser.server.port(), ..Options::default() };
    browser.server.stop();
    assert!(Server::start(std::sync::Arc::new(stand_in()), options).is_ok());
}

#[test]
fn the_cookie_alone_does_nothing_as_a_browser_sends_it_to_every_port() {
    let mut browser = Browser::signed_in();
    let key = browser.key.take().unwrap();
    assert_eq!(browser.get("/").status, 200, "the screens themselves hold no secret");
    let refused = browser.post("/api/call/list_runs", "null");
    assert_eq!(refused.status, 401);
    assert!(refused.json()["hint"]["text"].as_str().unwrap().contains("link"));
    for path in
        ["/api/events", "/api/exports/x", "/api/events?key=", "/api/events?key=0", &format!("/api/events?other={key}")]
    {
        assert_eq!(browser.get(path).status, 401, "{path}");
    }
    for path in ["/api/upload?name=x.csv", "/api/events/follow", "/api/events/unfollow"] {
        assert_eq!(browser.post(path, "null").status, 401, "{path}");
    }
    let page = browser.get("/open/0123").text();
    assert!(!page.contains(&key), "it is not given to whoever has the cookie only");
    assert_eq!(browser.get(&format!("/api/exports/x?key={key}")).status, 404, "an address can carry it");
    let other = Browser::signed_in();
    browser.key = other.key.clone();
    assert_eq!(browser.post("/api/call/list_runs", "null").status, 401, "another studio has another");
}

#[test]
fn a_link_that_nobody_opened_expires() {
    let options = Options { link_lifetime: std::time::Duration::from_millis(50), ..Options::default() };
    let mut browser = Browser::stranger();
    browser.server = Server::start(std::sync::Arc::new(stand_in()), options).unwrap();
    let link = browser.server.new_link();
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(browser.get(path_of(&link)).status, 401);
}

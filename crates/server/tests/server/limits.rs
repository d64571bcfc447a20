//! How long the server waits for others, and how much of it they may take.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tunesmith_server::Limits;

use crate::client::{Browser, Page};
use crate::studio::{CHECKS, LISTENERS};

const SOON: Duration = Duration::from_millis(300);

/// Waits for others as shortly as a test can.
fn impatient() -> Limits {
    Limits { head: SOON, arguments: SOON, upload_pause: SOON, unread: SOON, ..Limits::default() }
}

/// Forty connections over which a request has begun and does not go on.
fn half_open(browser: &Browser) -> Vec<TcpStream> {
    let begin = |_| {
        let mut stream = browser.connect();
        stream.write_all(b"POST /api/call/list_runs HT").unwrap();
        stream
    };
    (0..40).map(begin).collect()
}

/// Waits until the server has closed it; what is sent before is read.
fn is_closed(mut stream: TcpStream) -> bool {
    match stream.read_to_end(&mut Vec::new()) {
        Ok(_) => true,
        // It was closed with something unread.
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn connections_without_a_key_make_room_for_others_and_close_none_that_has_one() {
    let endless = Duration::from_secs(600);
    let browser = Browser::within(Limits { connections: 8, head: endless, arguments: endless, ..Limits::default() });
    let mut page = Page::open(&browser);
    let half_open = half_open(&browser);
    assert_eq!(browser.post("/api/call/list_runs", "null").status, 200);
    page.follow(1, &json!({ "topic": "job", "id": "quiet" }), 0);
    assert!(half_open.into_iter().take(30).all(is_closed), "the oldest are");
    page.unfollow(1);
}

#[test]
fn requests_that_never_end_are_given_up_and_hold_up_nobody() {
    let browser = Browser::within(Limits { connections: 8, ..impatient() });
    let half_open = half_open(&browser);
    assert_eq!(browser.post("/api/call/list_runs", "null").status, 200, "its turn comes");
    assert!(half_open.into_iter().all(is_closed));
}

#[test]
fn requests_with_the_key_that_do_not_go_on_keep_nobody_waiting() {
    let endless = Duration::from_secs(600);
    let limits = Limits {
        connections: 8,
        head: endless,
        arguments: endless,
        upload_pause: endless,
        pause: SOON,
        ..Limits::default()
    };
    let browser = Browser::within(limits);
    let mut page = Page::open(&browser);
    let call = |_| browser.begin("/api/call/rename", "{\"item\":", 1000);
    let upload = |_| browser.begin("/api/upload?name=half.csv", "a,b", 1000);
    let unfinished: Vec<TcpStream> = (0..20).map(call).chain((0..20).map(upload)).collect();
    let asked = Instant::now();
    assert_eq!(browser.post("/api/call/list_runs", "null").status, 200);
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    page.follow(1, &json!({ "topic": "job", "id": "quiet" }), 0);
    page.unfollow(1);
    drop(unfinished);
}

#[test]
#[cfg(target_os = "linux")]
fn only_so_many_connections_take_a_file() {
    let browser = Browser::within(Limits { connections: 8, head: Duration::from_secs(600), ..Limits::default() });
    let files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = files();
    let mut half_open: Vec<TcpStream> = (0..100).map(|_| browser.connect()).collect();
    std::thread::sleep(SOON);
    assert!(files() <= before + 100 + 8 + 4, "100 are ours, 8 the server's");
    half_open.clear();
    assert_eq!(browser.post("/api/call/list_runs", "null").status, 200, "they are free again");
}

#[test]
fn a_connection_without_a_request_is_closed() {
    let browser = Browser::within(impatient());
    let mut stream = browser.connect();
    write!(stream, "GET / HTTP/1.1\r\nhost: {}\r\n\r\n", browser.host()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
    let answered = Instant::now();
    assert!(is_closed(stream));
    assert!(answered.elapsed() < Duration::from_secs(10));
}

#[test]
fn arguments_that_stop_midway_are_refused() {
    let browser = Browser::within(impatient());
    let answer = Browser::rest(browser.begin("/api/call/rename", "{\"item\":", 1000));
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("did not come whole"), "{answer}");
    let answer = Browser::rest(browser.begin("/api/events/follow", "{", 1000));
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[test]
fn an_upload_that_stops_midway_is_refused_and_leaves_nothing_behind() {
    let browser = Browser::within(impatient());
    let (host, origin) = (browser.host(), browser.origin());
    let headers = [("host", host.as_str()), ("origin", &origin)];
    let whole = browser.send("POST", "/api/upload?name=whole.csv", &headers, b"x").json();
    let uploads = std::path::Path::new(whole["path"].as_str().unwrap()).parent().unwrap().parent().unwrap().to_owned();
    let answer = Browser::rest(browser.begin("/api/upload?name=half.csv", "a,b", 1000));
    assert!(answer.starts_with("HTTP/1.1 409") && answer.contains("Nothing more of the file came"), "{answer}");
    assert_eq!(std::fs::read_dir(uploads).unwrap().count(), 1, "the whole one is still there");
}

#[test]
fn an_event_stream_lives_on_while_nothing_happens() {
    let browser = Browser::within(impatient());
    let mut page = Page::open(&browser);
    std::thread::sleep(4 * SOON);
    page.follow(1, &json!({ "topic": "run", "id": "three" }), 0);
    assert_eq!(page.until_ended(1), [1, 2, 3]);
}

#[test]
fn a_page_that_reads_nothing_is_let_go() {
    let browser = Browser::within(impatient());
    let mut page = Page::open(&browser);
    page.follow(1, &json!({ "topic": "run", "id": "flooding" }), 0);
    let started = Instant::now();
    while LISTENERS.load(Ordering::SeqCst) > 0 {
        assert!(started.elapsed() < Duration::from_secs(20), "it is still waited for");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_page_that_follows_too_much_is_told_so() {
    let browser = Browser::within(Limits { topics: 2, streams: 2, ..Limits::default() });
    let quiet = json!({ "topic": "job", "id": "quiet" });
    let mut page = Page::open(&browser);
    page.follow(1, &quiet, 0);
    page.follow(2, &quiet, 0);
    let refused = page.try_follow(3, &quiet, 0);
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("busy")));
    assert!(refused.text().contains("2 things already"), "{}", refused.text());
    page.follow(2, &quiet, 0);
    page.unfollow(1);
    page.follow(3, &quiet, 0);
    page.follow(2, &json!({ "topic": "run", "id": "three" }), 0);
    page.until_ended(2);
    page.follow(4, &quiet, 0);

    let other = Page::open(&browser);
    let refused = browser.get("/api/events");
    assert!(refused.status == 409 && refused.text().contains("in 2 pages already"), "{}", refused.text());
    drop(other);
    let closed = Instant::now();
    while browser.follow("/api/events", &[]).0 != 200 {
        assert!(closed.elapsed() < Duration::from_secs(10), "its place is free again");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn many_followed_topics_hold_up_no_command() {
    let browser = Browser::signed_in();
    let mut pages: Vec<Page<'_>> = (0..10).map(|_| Page::open(&browser)).collect();
    for page in &mut pages {
        for follow in 1..=60 {
            page.follow(follow, &json!({ "topic": "job", "id": "quiet" }), 0);
        }
    }
    assert_eq!(browser.post("/api/call/list_runs", "null").json(), json!([]));
}

#[test]
fn many_commands_of_one_name_hold_up_no_other() {
    let browser = Browser::signed_in();
    let check = Value::from("d").to_string();
    for _ in 0..600 {
        // Nobody waits for the answer.
        drop(browser.begin("/api/call/check_dataset", &check, check.len()));
    }
    assert_eq!(browser.post("/api/call/list_runs", "null").json(), json!([]));
    assert!(CHECKS.load(Ordering::SeqCst) <= Limits::default().commands);
}

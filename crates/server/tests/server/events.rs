//! Topics over the event stream of a page.

use std::io::BufRead;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Answer, Browser, Page};
use crate::studio::LISTENERS;

fn run(id: &str) -> Value {
    json!({ "topic": "run", "id": id })
}

#[test]
fn a_topic_is_told_from_its_first_record_and_ends() {
    let browser = Browser::signed_in();
    let mut page = Page::open(&browser);
    page.follow(1, &run("three"), 0);
    let told = page.until_ended(1);
    assert_eq!(told, [1, 2, 3]);
    assert!(!page.text.contains("\ndata: forged"), "text cannot forge records: {}", page.text);
}

#[test]
fn one_stream_carries_every_topic_of_a_page() {
    let browser = Browser::signed_in();
    let mut page = Page::open(&browser);
    page.follow(1, &json!({ "topic": "library" }), 0);
    page.follow(2, &run("many"), 0);
    page.follow(3, &run("three"), 1);
    assert_eq!(page.until_ended(3), [2, 3], "a long history of another topic does not hold it up for good");
    assert_eq!(page.until_ended(2), (1..=5000).collect::<Vec<u64>>(), "none lost, none twice");
}

#[test]
fn a_page_that_reconnects_goes_on_after_the_last_record_it_saw() {
    let browser = Browser::signed_in();
    let mut first = Page::open(&browser);
    first.follow(1, &run("three"), 0);
    first.until_ended(1);
    let mut second = Page::open(&browser);
    assert_ne!(second.number, first.number, "the numbers of one stream mean nothing to another");
    second.follow(1, &run("three"), 2);
    assert_eq!(second.until_ended(1), [3]);
    second.follow(2, &run("three"), 3);
    assert_eq!(second.until_ended(2), [0_u64; 0]);
}

#[test]
fn a_long_history_comes_in_parts() {
    let browser = Browser::signed_in();
    let mut page = Page::open(&browser);
    page.follow(1, &run("many"), 0);
    page.until_ended(1);
    let parts = page.text.lines().filter(|line| line.contains("events")).count();
    assert_eq!(parts, 3, "at most 2000 records each");
}

#[test]
fn what_cannot_be_followed_is_an_error() {
    let browser = Browser::signed_in();
    let page = Page::open(&browser);
    let follow = |wish: Value| browser.post("/api/events/follow", &wish.to_string());
    let of = |topic: Value| follow(json!({ "stream": page.number, "follow": 1, "topic": topic, "after": 0 }));
    assert_eq!(of(run("gone")).json()["code"], "not_found");
    assert_eq!(of(json!({ "topic": "weather" })).status, 422);
    assert_eq!(of(json!({ "topic": "run" })).status, 422);
    assert_eq!(follow(json!({})).status, 422);
    let after = json!({ "stream": page.number, "follow": 1, "topic": { "topic": "library" }, "after": -1 });
    assert_eq!(follow(after).status, 422);
    let closed = json!({ "stream": page.number + 7, "follow": 1, "topic": run("three"), "after": 0 });
    assert_eq!(follow(closed).json()["code"], "not_found", "nobody would read it");
}

#[test]
fn only_the_studios_own_pages_open_a_stream_or_follow() {
    let stranger = Browser::stranger();
    assert_eq!(stranger.get("/api/events").status, 401);
    let browser = Browser::signed_in();
    let page = Page::open(&browser);
    let wish = json!({ "stream": page.number, "follow": 1, "topic": run("three"), "after": 0 }).to_string();
    let send = |origin: &str, kind: &str| -> Answer {
        let host = browser.host();
        let headers = [("host", host.as_str()), ("origin", origin), ("content-type", kind)];
        browser.send("POST", "/api/events/follow", &headers, wish.as_bytes())
    };
    assert_eq!(send("http://evil.com", "application/json").status, 403);
    assert_eq!(send(&browser.origin(), "text/plain").status, 422, "a plain form cannot follow");
    let foreign = [("host", "evil.com"), ("accept", "text/event-stream")];
    assert_eq!(browser.send("GET", "/api/events", &foreign, b"").status, 403);
    assert_eq!(send(&browser.origin(), "application/json").status, 200);
}

#[test]
fn a_topic_that_is_unfollowed_is_let_go() {
    let browser = Browser::signed_in();
    let mut page = Page::open(&browser);
    page.follow(1, &run("ticking"), 0);
    page.message(1);
    assert_eq!(LISTENERS.load(Ordering::SeqCst), 1);
    page.unfollow(1);
    wait_until_let_go();
    page.follow(2, &run("three"), 0);
    assert_eq!(page.until_ended(2), [1, 2, 3], "the stream itself goes on");
}

#[test]
fn a_page_that_goes_away_lets_go_of_all_its_topics() {
    let browser = Browser::signed_in();
    let mut page = Page::open(&browser);
    for follow in 1..=3 {
        page.follow(follow, &run("ticking"), 0);
        page.message(follow);
    }
    drop(page);
    wait_until_let_go();
}

fn wait_until_let_go() {
    let asked = Instant::now();
    while LISTENERS.load(Ordering::SeqCst) > 0 {
        assert!(asked.elapsed() < Duration::from_secs(20), "someone still listens");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn many_readers_may_come_and_go() {
    let browser = Browser::signed_in();
    for _ in 0..40 {
        Page::open(&browser).follow(1, &json!({ "topic": "library" }), 0);
    }
    assert_eq!(browser.post("/api/call/list_runs", "null").status, 200);
    let mut open = Page::open(&browser);
    open.follow(1, &json!({ "topic": "library" }), 0);
    let left = Instant::now();
    browser.server.stop();
    assert!(left.elapsed().as_secs() < 5, "an open stream does not hold up the end");
}

#[test]
fn a_sign_of_life_is_no_message() {
    let browser = Browser::signed_in();
    let mut page = Page::open(&browser);
    page.follow(1, &json!({ "topic": "library" }), 7);
    page.reader.get_ref().set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    // The stand-in's library sends nothing but empty groups.
    let mut told = String::new();
    while page.reader.read_line(&mut told).is_ok_and(|read| read > 0) {}
    assert!(!told.contains("data:"), "{told:?}");
}

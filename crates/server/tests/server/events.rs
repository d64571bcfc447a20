//! Topics as event streams.

use std::io::Read;

use crate::client::Browser;

fn all_of(browser: &Browser, path: &str, headers: &[(&str, &str)]) -> String {
    let (status, mut stream) = browser.follow(path, headers);
    assert_eq!(status, 200);
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn sequence(text: &str) -> Vec<u64> {
    let groups = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = groups.flat_map(|data| {
        serde_json::from_str::<Vec<serde_json::Value>>(data).unwrap_or_else(|error| panic!("{error} in {data}"))
    });
    events.map(|event| event["seq"].as_u64().unwrap()).collect()
}

#[test]
fn a_topic_is_told_from_its_first_record_and_ends() {
    let browser = Browser::signed_in();
    let text = all_of(&browser, "/api/events?topic=run&id=three", &[]);
    assert_eq!(sequence(&text), [1, 2, 3]);
    assert!(text.contains("id: 3"), "the browser learns how far it came: {text}");
    assert!(text.contains("event: end"), "the browser learns not to come back: {text}");
    assert!(!text.contains("\ndata: forged"), "text cannot forge records: {text}");
}

#[test]
fn a_reconnect_goes_on_after_the_last_record_seen() {
    let browser = Browser::signed_in();
    assert_eq!(sequence(&all_of(&browser, "/api/events?topic=run&id=three&after=1", &[])), [2, 3]);
    let reconnected = all_of(&browser, "/api/events?topic=run&id=three&after=0", &[("last-event-id", "2")]);
    assert_eq!(sequence(&reconnected), [3], "the header is newer than the address");
    assert_eq!(sequence(&all_of(&browser, "/api/events?topic=run&id=three&after=3", &[])), [0_u64; 0]);
}

#[test]
fn a_long_history_comes_whole_and_in_parts() {
    let browser = Browser::signed_in();
    let text = all_of(&browser, "/api/events?topic=run&id=many", &[]);
    assert_eq!(sequence(&text), (1..=5000).collect::<Vec<u64>>());
    assert!(text.contains("id: 2000") && text.contains("id: 4000") && text.contains("id: 5000"));
}

#[test]
fn a_topic_that_does_not_exist_is_an_error() {
    let browser = Browser::signed_in();
    assert_eq!(browser.get("/api/events?topic=run&id=gone").json()["code"], "not_found");
    assert_eq!(browser.get("/api/events?topic=weather").status, 404);
    assert_eq!(browser.get("/api/events?topic=run").status, 422);
    assert_eq!(browser.get("/api/events").status, 400);
    assert_eq!(browser.get("/api/events?topic=library&after=-1").status, 400);
}

#[test]
fn many_readers_may_come_and_go() {
    let browser = Browser::signed_in();
    for _ in 0..40 {
        let (status, stream) = browser.follow("/api/events?topic=library", &[]);
        assert_eq!(status, 200);
        drop(stream);
    }
    assert_eq!(browser.post("/api/call/list_runs", "null").status, 200);
    let left = std::time::Instant::now();
    browser.server.stop();
    assert!(left.elapsed().as_secs() < 5, "an open stream does not hold up the end");
}

#[test]
fn a_sign_of_life_does_not_send_a_reader_back() {
    let browser = Browser::signed_in();
    let (_, stream) = browser.follow("/api/events?topic=library&after=7", &[]);
    stream.get_ref().set_read_timeout(Some(std::time::Duration::from_millis(300))).unwrap();
    // The stand-in's library sends nothing but empty groups: an event made of one would carry the id 0.
    let mut told = Vec::new();
    let _ = stream.take(1000).read_to_end(&mut told);
    assert!(!String::from_utf8_lossy(&told).contains("id:"), "{told:?}");
}

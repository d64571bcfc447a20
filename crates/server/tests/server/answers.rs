//! What happens to an answer whose page has left.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tunesmith_server::Limits;

use crate::client::{Browser, Page};
use crate::studio::JOBS;

fn browser() -> Browser {
    Browser::within(Limits { absence: Duration::from_millis(200), ..Limits::default() })
}

fn chat(id: &str) -> Value {
    json!({ "topic": "chat", "id": id })
}

fn ask(browser: &Browser, chat: &str) {
    let message = json!({ "chat": chat, "text": "Hello" }).to_string();
    assert_eq!(browser.post("/api/call/send_message", &message).status, 200);
    assert!(is_answering(chat));
}

fn is_answering(chat: &str) -> bool {
    JOBS.lock().unwrap().iter().any(|job| job["id"] == format!("answer-{chat}"))
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_answer_stops_when_the_page_that_reads_it_has_left() {
    let browser = browser();
    let mut page = Page::open(&browser);
    page.follow(1, &chat("left"), 0);
    ask(&browser, "left");
    let mut other = Page::open(&browser);
    other.follow(1, &chat("stays"), 0);
    ask(&browser, "stays");
    // To look at something else is not to leave.
    page.unfollow(1);
    drop(page);
    wait_until("nobody reads it", || !is_answering("left"));
    assert!(is_answering("stays"));
}

#[test]
fn a_page_that_is_loaded_again_finds_its_answer_going_on() {
    let browser = browser();
    let mut page = Page::open(&browser);
    page.follow(1, &chat("again"), 0);
    ask(&browser, "again");
    drop(page);
    let mut again = Page::open(&browser);
    again.follow(1, &chat("again"), 0);
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_answering("again"));
}

#[test]
fn a_page_that_is_only_hidden_finds_its_answer_going_on() {
    let browser = browser();
    let mut page = Page::open(&browser);
    page.follow(1, &chat("hidden"), 0);
    ask(&browser, "hidden");
    let stream = page.number;
    drop(page);
    assert_eq!(browser.post("/api/events/hide", &json!({ "stream": stream }).to_string()).status, 200);
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_answering("hidden"));
}

#[test]
fn what_another_program_asks_in_the_same_chat_goes_on() {
    let browser = browser();
    let mut page = Page::open(&browser);
    page.follow(1, &chat("shared"), 0);
    ask(&browser, "shared");
    // The window has it answered again, by a job of its own.
    let mut jobs = JOBS.lock().unwrap();
    jobs[0]["id"] = json!("of-the-window");
    drop(jobs);
    drop(page);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(JOBS.lock().unwrap().len(), 1);
}

#[test]
fn an_evaluation_stops_when_nobody_waits_for_its_result() {
    let browser = browser();
    for job in [json!("mine"), Value::Null] {
        let wish = json!({
            "run": null, "model": "m", "folder": null, "adapter": null, "data": [], "format": "auto", "loss": true,
            "answers": true, "max_new_tokens": 9, "job": job,
        });
        let wish = wish.to_string();
        let waiting = browser.begin("/api/call/evaluate", &wish, wish.len());
        wait_until("it works", || JOBS.lock().unwrap().len() == 1);
        drop(waiting);
        wait_until("it stops", || JOBS.lock().unwrap().is_empty());
    }
}

#[test]
fn answers_end_with_the_server() {
    let browser = browser();
    let mut page = Page::open(&browser);
    page.follow(1, &chat("open"), 0);
    ask(&browser, "open");
    drop(page);
    browser.server.stop();
    assert!(!is_answering("open"));
}

//! Commands and pages.

use crate::client::Browser;

#[test]
fn a_command_answers_with_json() {
    let browser = Browser::signed_in();
    let answer = browser.post("/api/call/list_runs", "null");
    assert_eq!((answer.status, answer.text().as_str()), (200, "[]"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(browser.post("/api/call/show_window", "").text(), "false", "no body stands for no arguments");
}

#[test]
fn an_error_carries_code_message_and_hint() {
    let browser = Browser::signed_in();
    let run = r#"{"name":null,"model":"m","dataset":"d","training":{}}"#;
    let answer = browser.post("/api/call/start_run", run);
    assert_eq!(answer.status, 409);
    let said = |key: &str, text: &str| serde_json::json!({"key": key, "args": {}, "text": text});
    let (message, hint) = (said("run-going", "A run is going"), said("run-going-hint", "Stop it first"));
    assert_eq!(answer.json(), serde_json::json!({"code": "busy", "message": message, "hint": hint}));
}

#[test]
fn unknown_commands_and_bad_arguments_are_told_apart() {
    let browser = Browser::signed_in();
    assert_eq!(browser.post("/api/call/format_disk", "null").status, 404);
    assert_eq!(browser.post("/api/call/get_run", "7").status, 422);
    assert_eq!(browser.post("/api/call/get_run", "{not json").json()["code"], "invalid");
    assert_eq!(browser.post("/api/call/..%2F..%2Fetc", "null").status, 404);
    assert_eq!(browser.post("/api/nothing", "null").status, 405);
}

#[test]
fn a_panic_in_a_command_is_an_error_and_the_server_lives_on() {
    let browser = Browser::signed_in();
    let answer = browser.post("/api/call/list_models", "null");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (500, Some("internal")));
    assert_eq!(browser.post("/api/call/list_runs", "null").status, 200);
}

#[test]
fn a_plain_form_cannot_call() {
    let browser = Browser::signed_in();
    let (host, origin) = (browser.host(), browser.origin());
    for kind in ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json", ""] {
        let headers = [("host", host.as_str()), ("origin", &origin), ("content-type", kind)];
        assert_eq!(browser.send("POST", "/api/call/list_runs", &headers, b"null").status, 422, "{kind}");
    }
}

#[test]
fn an_endless_body_is_refused() {
    let browser = Browser::signed_in();
    let body = " ".repeat(9 << 20);
    let refused = browser.post("/api/call/list_runs", &body);
    assert_eq!((refused.status, refused.json()["code"].as_str()), (413, Some("too_big")));
    assert_eq!(refused.json()["message"]["text"], "The request is longer than 8 MB");
}

#[test]
fn deep_json_is_an_error() {
    let browser = Browser::signed_in();
    assert_eq!(browser.post("/api/call/list_runs", &"[".repeat(100_000)).status, 422);
}

#[test]
fn every_address_of_the_screen_is_the_screen() {
    let browser = Browser::signed_in();
    let page = browser.get("/");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(browser.get("/runs/abc").body, page.body);
    assert_eq!(browser.get("/missing.js").status, 404, "a missing file is not the screen");
    assert_eq!(browser.get("/../Cargo.toml").status, 404);
    assert_eq!(browser.get("/%2e%2e/%2e%2e/Cargo.toml").status, 404);
    assert_eq!(browser.get("/api/nothing").status, 404);
}

#[test]
fn an_unchanged_page_is_not_sent_again() {
    let browser = Browser::signed_in();
    let tag = browser.get("/").header("etag").to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    let again = browser.get_with("/", &[("if-none-match", &tag)]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(browser.get_with("/", &[("if-none-match", "\"other\"")]).status, 200);
}

//! What can be said of the window without a display: whom it lets in, what it may do, what it says when it cannot open.

#![expect(clippy::expect_used, reason = "a test ends by panicking")]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tunesmith_studio::{Opened, open};

fn start(home: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tunesmith-desktop"))
        .env("TUNESMITH_HOME", home)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program under test was built with this test")
}

fn owner(home: &Path) -> Arc<tunesmith_studio::Studio> {
    match open(home).expect("a fresh home opens") {
        Opened::Owner(studio) => studio,
        Opened::Guest(_) => panic!("nobody else knows this home"),
    }
}

#[test]
fn a_second_start_brings_the_first_window_forward_and_ends_well() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let first = owner(home.path());
    let came_forward = Arc::new(AtomicUsize::new(0));
    let count = came_forward.clone();
    first.on_show_window(move || {
        count.fetch_add(1, Ordering::SeqCst);
    });

    let second = start(home.path());

    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    assert_eq!(came_forward.load(Ordering::SeqCst), 1);
    assert!(String::from_utf8_lossy(&second.stdout).contains("already open"));
}

#[test]
fn a_home_in_use_without_a_window_is_named() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let _shell = owner(home.path());

    let second = start(home.path());

    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success());
    assert!(said.contains(&home.path().display().to_string()), "{said}");
    assert!(said.contains(&format!("process {}", std::process::id())), "who holds it: {said}");
    let test = std::env::args().next().expect("a program has a name");
    let program = Path::new(&test).file_name().expect("a program is a file").to_string_lossy();
    assert!(said.contains(&*program), "how it was started: {said}");
    assert!(said.contains("less than a minute") && said.contains("try again"), "{said}");
}

#[test]
fn without_a_display_the_way_to_a_browser_is_named() {
    let home = tempfile::tempdir().expect("a temporary folder");

    let alone = start(home.path());

    let said = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert!(!alone.status.success());
    assert!(said.contains("tunesmith studio"), "{said}");
}

#[test]
fn the_page_may_do_only_what_it_needs() {
    let capability: Value = serde_json::from_str(include_str!("../capabilities/main.json")).expect("JSON");
    let config: Value = serde_json::from_str(include_str!("../tauri.conf.json")).expect("JSON");

    assert_eq!(
        capability["permissions"],
        serde_json::json!([
            "core:event:allow-listen",
            "core:event:allow-unlisten",
            "dialog:allow-open",
            "dialog:allow-save",
            "opener:allow-reveal-item-in-dir"
        ])
    );
    assert!(capability.get("remote").is_none(), "no page from the net may call us");
    assert_eq!(config["app"]["security"]["capabilities"], serde_json::json!(["main"]));
    assert_eq!(config["app"]["security"]["csp"]["script-src"], "'self'");
}

//! `tunesmith studio`.

use std::io::{Read, Write};

use crate::shell::Shell;

#[test]
fn the_studio_prints_a_link_answers_on_it_and_ends_with_ctrl_c() {
    let shell = Shell::new();
    let mut studio = shell.start(&["studio", "--port", "0", "--json"]);
    let ready = studio.until("ready");
    let link = ready["link"].as_str().unwrap();
    let (host, path) = link.trim_start_matches("http://").split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("HttpOnly") && answer.contains("data-key"),
        "{answer}"
    );
    // It owns the home; other commands go through it.
    assert_eq!(shell.run(&["models", "add", "model"]).code, 0);
    studio.interrupt();
    assert_eq!(studio.end().code(), Some(0));
    let log = std::fs::read_to_string(shell.path("home/logs/tunesmith.log")).unwrap_or_default();
    let token = path.rsplit('/').next().unwrap();
    assert!(!log.contains(token), "the link's secret is in no log");
}

#[test]
fn a_taken_port_is_an_error_that_names_another() {
    let shell = Shell::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = shell.run(&["studio", "--port", &port]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains(&port) && ran.stderr.contains("--port"), "{}", ran.stderr);
}

#[test]
#[cfg(target_os = "linux")]
fn the_browser_gets_the_link_by_a_private_file_and_not_by_the_list_of_processes() {
    use std::os::unix::fs::PermissionsExt;
    let shell = Shell::new();
    std::fs::create_dir(shell.path("programs")).unwrap();
    let told = shell.path("told.txt");
    let script = format!("#!/bin/sh\nprintf %s \"$*\" > '{0}.tmp' && mv '{0}.tmp' '{0}'\n", told.display());
    let program = shell.write("programs/xdg-open", &script);
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut studio = shell.start_with_programs("programs", &["studio", "--port", "0", "--open", "--json"]);
    studio.until("ready");
    let started = std::time::Instant::now();
    while !told.is_file() {
        assert!(started.elapsed() < std::time::Duration::from_secs(60), "a browser is opened");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let page = std::fs::read_to_string(&told).unwrap();
    assert!(!page.contains("http"), "{page}");
    assert!(std::fs::read_to_string(&page).unwrap().contains("/open/"));
    let folder = std::path::Path::new(&page).parent().unwrap().metadata().unwrap();
    assert_eq!(folder.permissions().mode() & 0o077, 0, "nobody else looks into its folder");
    studio.interrupt();
    assert_eq!(studio.end().code(), Some(0));
    assert!(!std::path::Path::new(&page).exists(), "it goes with the studio");
}

#[test]
#[cfg(target_os = "linux")]
fn half_open_requests_stop_neither_the_studio_nor_a_training() {
    let shell = Shell::new();
    // What may be open cannot be raised here, so that fewer than the usual 1,100 do.
    let mut studio = shell.start_with_files(128, &["studio", "--port", "0", "--json"]);
    let port = studio.until("ready")["port"].as_u64().unwrap();
    let half_open: Vec<std::net::TcpStream> = (0..150)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(("127.0.0.1", port as u16)).unwrap();
            stream.write_all(b"GET /api/events HTTP/1.1\r\nhost:").unwrap();
            stream
        })
        .collect();
    let run = &shell.run(&["runs", "start", "run.yaml", "--json"]).lines()[0];
    let id = run["id"].as_str().unwrap();
    let state = || shell.run(&["runs", "show", id, "--json"]).lines()[0]["status"]["state"].clone();
    let started = std::time::Instant::now();
    while state() != "done" {
        assert!(state() != "failed" && state() != "paused", "{:?}", shell.run(&["runs", "show", id]).stdout);
        assert!(started.elapsed() < std::time::Duration::from_secs(60), "it is trained");
    }
    drop(half_open);
    studio.interrupt();
    assert_eq!(studio.end().code(), Some(0));
}

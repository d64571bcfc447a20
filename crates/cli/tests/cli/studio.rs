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
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("HttpOnly"), "{answer}");
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

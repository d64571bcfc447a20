//! A browser of sorts: one request per connection, written out by hand so that every header can be wrong.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
    time::Duration,
};

use serde_json::Value;
use tunesmith_server::{Limits, Options, Server};

use crate::studio::stand_in;

/// The folder below which pages may name models.
pub static MODELS: LazyLock<PathBuf> = LazyLock::new(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("server-models"));

/// A running server and a browser that has not opened its link yet.
pub struct Browser {
    pub server: Server,
    pub cookie: Option<String>,
    /// The key that the page behind the link keeps.
    pub key: Option<String>,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }
}

impl Browser {
    /// Without the cookie.
    pub fn stranger() -> Self {
        Self::stranger_within(Limits::default())
    }

    fn stranger_within(limits: Limits) -> Self {
        let options = Options { model_folders: vec![MODELS.clone()], limits, ..Options::default() };
        let server = Server::start(Arc::new(stand_in()), options).unwrap();
        Self { server, cookie: None, key: None }
    }

    /// With the cookie that the link gave.
    pub fn signed_in() -> Self {
        Self::within(Limits::default())
    }

    /// The same, of a server with other limits.
    pub fn within(limits: Limits) -> Self {
        let mut browser = Self::stranger_within(limits);
        let link = browser.server.new_link();
        let answer = browser.get(path_of(&link));
        assert_eq!(answer.status, 200, "the link opens");
        browser.cookie = Some(answer.header("set-cookie").split(';').next().unwrap().to_owned());
        browser.key = Some(key_in(&answer.text()));
        browser
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.server.port())
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[("host", &self.host())], b"")
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let host = self.host();
        let mut all = vec![("host", host.as_str())];
        all.extend_from_slice(headers);
        self.send("GET", path, &all, b"")
    }

    pub fn post(&self, path: &str, body: &str) -> Answer {
        let (host, origin) = (self.host(), self.origin());
        let headers = [("host", host.as_str()), ("origin", &origin), ("content-type", "application/json")];
        self.send("POST", path, &headers, body.as_bytes())
    }

    /// Sends exactly these headers, the cookie and the body's length.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        self.write_head(&mut stream, method, path, headers, body.len());
        // A server that refuses need not read the body, and may close while we still write.
        let _ = stream.write_all(body);
        let mut reader = BufReader::new(stream);
        let (status, headers) = read_head(&mut reader);
        let mut body = Vec::new();
        let _ = reader.read_to_end(&mut body);
        Answer { status, headers, body }
    }

    /// Opens an event stream and leaves it open.
    pub fn follow(&self, path: &str, headers: &[(&str, &str)]) -> (u16, BufReader<TcpStream>) {
        let host = self.host();
        let mut all = vec![("host", host.as_str()), ("accept", "text/event-stream")];
        all.extend_from_slice(headers);
        let mut stream = self.connect();
        self.write_head(&mut stream, "GET", path, &all, 0);
        let mut reader = BufReader::new(stream);
        let (status, _) = read_head(&mut reader);
        (status, reader)
    }

    /// Begins to post to a path and sends this much of the body, however long it says that the body is.
    pub fn begin(&self, path: &str, body: &str, length: usize) -> TcpStream {
        let (host, origin) = (self.host(), self.origin());
        let headers = [("host", host.as_str()), ("origin", &origin), ("content-type", "application/json")];
        let mut stream = self.connect();
        self.write_head(&mut stream, "POST", path, &headers, length);
        stream.write_all(body.as_bytes()).unwrap();
        stream
    }

    /// What comes on a connection until it is closed.
    pub fn rest(mut stream: TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    fn write_head(&self, stream: &mut TcpStream, method: &str, path: &str, headers: &[(&str, &str)], length: usize) {
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if let Some(cookie) = &self.cookie {
            head += &format!("cookie: other=1; {cookie}\r\n");
        }
        if let Some(key) = &self.key {
            head += &format!("x-tunesmith-key: {key}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    }
}

/// The key in the page behind a link.
pub fn key_in(page: &str) -> String {
    page.split("data-key=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a key").to_owned()
}

/// A page with its event stream.
pub struct Page<'a> {
    browser: &'a Browser,
    pub reader: BufReader<TcpStream>,
    /// The stream's number.
    pub number: u64,
    /// What came over the stream so far.
    pub text: String,
    messages: Vec<Value>,
}

impl<'a> Page<'a> {
    pub fn open(browser: &'a Browser) -> Self {
        let (status, reader) = browser.follow("/api/events", &[]);
        assert_eq!(status, 200);
        let mut page = Self { browser, reader, number: 0, text: String::new(), messages: Vec::new() };
        page.number = page.data().as_u64().expect("the stream begins with its number");
        assert!(page.text.contains("event: stream"), "{}", page.text);
        page
    }

    pub fn follow(&mut self, follow: u64, topic: &Value, after: u64) {
        let answer = self.try_follow(follow, topic, after);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    pub fn try_follow(&self, follow: u64, topic: &Value, after: u64) -> Answer {
        let wish = serde_json::json!({ "stream": self.number, "follow": follow, "topic": topic, "after": after });
        self.browser.post("/api/events/follow", &wish.to_string())
    }

    pub fn unfollow(&mut self, follow: u64) {
        let wish = serde_json::json!({ "stream": self.number, "follow": follow });
        assert_eq!(self.browser.post("/api/events/unfollow", &wish.to_string()).status, 200);
    }

    /// The next message about what is followed under this number.
    pub fn message(&mut self, follow: u64) -> Value {
        loop {
            if let Some(index) = self.messages.iter().position(|message| message["follow"] == follow) {
                return self.messages.remove(index);
            }
            let message = self.data();
            self.messages.push(message);
        }
    }

    /// The numbers of all records under this number, until the topic ends.
    pub fn until_ended(&mut self, follow: u64) -> Vec<u64> {
        let mut told = Vec::new();
        loop {
            let message = self.message(follow);
            match message["events"].as_array() {
                Some(events) => told.extend(events.iter().map(|event| event["seq"].as_u64().unwrap())),
                None => {
                    assert_eq!(message["ended"], true, "{message}");
                    return told;
                }
            }
        }
    }

    /// The data of the next event.
    fn data(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.reader.read_line(&mut line).unwrap() > 0, "the stream goes on after {}", self.text);
            self.text += &line;
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap_or_else(|error| panic!("{error} in {data}"));
            }
        }
    }
}

/// The path of a link.
pub fn path_of(link: &str) -> &str {
    &link[link.find("/open/").expect("links lead to /open/")..]
}

fn read_head(reader: &mut BufReader<TcpStream>) -> (u16, Vec<(String, String)>) {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("a status in {line:?}")).parse().unwrap();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
            None => return (status, headers),
        }
    }
}

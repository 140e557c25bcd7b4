//! A server that does exactly what a test wrote down, byte by byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longest wait for something that a test expects to happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One thing that the server does on a connection.
pub enum Act {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Tells the test that it has come this far.
    Say(Sender<()>),
    /// Waits until the test says go on.
    Wait(Receiver<()>),
    /// Sends the same bytes again and again until the other side closes.
    Flood(Vec<u8>),
    /// Stays silent until the other side closes, then says so.
    Hold(Sender<()>),
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// The server. Each connection meets the next script.
pub struct Stub {
    pub address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Stub {
    pub fn new(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let for_thread = Arc::clone(&seen);
        std::thread::spawn(move || {
            for script in scripts {
                let (stream, _) = listener.accept().unwrap();
                let seen = Arc::clone(&for_thread);
                std::thread::spawn(move || serve(stream, script, &seen));
            }
        });
        Self { address, seen }
    }

    /// A server that answers every request as a function says.
    pub fn answering(answer: impl Fn(&Seen) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let for_thread = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(request) = read_request(&mut BufReader::new(stream.try_clone().unwrap())) else { continue };
                let bytes = answer(&request);
                for_thread.lock().unwrap().push(request);
                // Whoever has gone does not need it.
                let _ = stream.write_all(&bytes);
            }
        });
        Self { address, seen }
    }

    /// A server that answers with these bodies in turn, each as an event stream.
    pub fn streams(bodies: &[&str]) -> Self {
        Self::new(bodies.iter().map(|body| vec![Act::Send(event_stream(body))]).collect())
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// Head and body of an event stream that ends with its connection.
pub fn event_stream(body: &str) -> Vec<u8> {
    format!("{STREAM_HEAD}{body}").into_bytes()
}

/// Head of an event stream that ends with its connection.
pub const STREAM_HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n";

/// A whole answer.
pub fn answer(status: u16, content_type: &str, more: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} x\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n{body}")
        .into_bytes()
}

/// What a real server sent, as it was written down: the head with bare line feeds, and the body, framed in chunks if the head says so.
pub fn recorded(dialect: &str, scene: &str) -> Vec<u8> {
    frames(dialect, scene).concat()
}

/// The same, frame by frame; the first is the head.
pub fn frames(dialect: &str, scene: &str) -> Vec<Vec<u8>> {
    let file = format!("{}/tests/recorded/{dialect}/{scene}.http", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut frames = vec![format!("{}\r\n\r\n", head.replace('\n', "\r\n")).into_bytes()];
    if !head.contains("Transfer-Encoding: chunked") {
        frames.push(body.as_bytes().to_vec());
        return frames;
    }
    for line in body.split_inclusive('\n') {
        frames.push([format!("{:x}\r\n", line.len()).as_bytes(), line.as_bytes(), b"\r\n"].concat());
    }
    frames.push(b"0\r\n\r\n".to_vec());
    frames
}

/// The event of one piece of text.
pub fn piece(text: &str) -> String {
    format!("data: {}\n\n", serde_json::json!({"choices": [{"index": 0, "delta": {"content": text}}]}))
}

/// The event of a finish reason.
pub fn finish(reason: &str) -> String {
    format!("data: {}\n\n", serde_json::json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

/// A signal with both ends.
pub fn signal() -> (Sender<()>, Receiver<()>) {
    channel()
}

fn serve(stream: TcpStream, script: Vec<Act>, seen: &Mutex<Vec<Seen>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let Some(request) = read_request(&mut reader) else { return };
    seen.lock().unwrap().push(request);
    let mut stream = stream;
    stream.set_nodelay(true).unwrap();
    for act in script {
        match act {
            Act::Send(bytes) => {
                if stream.write_all(&bytes).is_err() {
                    return;
                }
            }
            Act::Say(here) => {
                // The test may not care.
                let _ = here.send(());
            }
            Act::Wait(go) => {
                if go.recv_timeout(PATIENCE).is_err() {
                    return;
                }
            }
            Act::Flood(bytes) => while stream.write_all(&bytes).is_ok() {},
            Act::Hold(closed) => {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let gone = match stream.read(&mut [0; 16]) {
                    Ok(length) => length == 0,
                    Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
                };
                if gone {
                    // The test may not care.
                    let _ = closed.send(());
                }
            }
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None => break,
        }
    }
    let seen = Seen { line: line.trim_end().to_owned(), headers, body: Vec::new() };
    let length: usize = seen.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { body, ..seen })
}

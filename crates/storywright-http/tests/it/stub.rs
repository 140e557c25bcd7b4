//! A server on loopback that plays a script: one step per request, and every request is kept.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// What happens to the connection after the bytes of a step are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It waits for the next request.
    Keep,
    /// It is closed.
    Close,
    /// It stays open in silence until the client closes it.
    Hang,
}

/// One step of the script.
#[derive(Debug, Clone)]
pub struct Step {
    pub bytes: Vec<u8>,
    pub then: Then,
}

impl Step {
    /// A whole answer; the connection stays usable.
    pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut head = format!("HTTP/1.1 {status} Words\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let bytes = [head.as_bytes(), b"\r\n", body].concat();
        Self { bytes, then: Then::Keep }
    }

    /// A JSON answer.
    pub fn json(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self::answer(status, &[("Content-Type", "application/json")], body)
    }

    /// Bytes as they are.
    pub fn raw(bytes: impl AsRef<[u8]>, then: Then) -> Self {
        Self { bytes: bytes.as_ref().to_vec(), then }
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `GET /path?query`.
    pub line: String,
    /// Head in full.
    pub head: String,
    /// Body.
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    }
}

trait Duplex: Read + Write + Send {}
impl<T: Read + Write + Send> Duplex for T {}

/// Turns an accepted connection into TLS, or leaves it.
type Wrap = Arc<dyn Fn(TcpStream) -> Box<dyn Duplex> + Send + Sync>;

pub struct Stub {
    pub address: SocketAddr,
    script: Arc<Mutex<VecDeque<Step>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    arrived: Receiver<()>,
    closed: Receiver<()>,
}

impl Stub {
    pub fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::listen(steps, Arc::new(|stream| Box::new(stream)))
    }

    /// With TLS in front.
    pub fn start_tls(steps: impl IntoIterator<Item = Step>, config: Arc<rustls::ServerConfig>) -> Self {
        let wrap = move |stream| -> Box<dyn Duplex> {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).expect("server connection");
            Box::new(rustls::StreamOwned::new(connection, stream))
        };
        Self::listen(steps, Arc::new(wrap))
    }

    fn listen(steps: impl IntoIterator<Item = Step>, wrap: Wrap) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let script = Arc::new(Mutex::new(steps.into_iter().collect::<VecDeque<_>>()));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (tell_arrived, arrived) = channel();
        let (tell_closed, closed) = channel();
        let (for_script, for_seen) = (Arc::clone(&script), Arc::clone(&seen));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let (script, seen, wrap) = (Arc::clone(&for_script), Arc::clone(&for_seen), Arc::clone(&wrap));
                let (tell_arrived, tell_closed) = (tell_arrived.clone(), tell_closed.clone());
                std::thread::spawn(move || {
                    // Broken connections are what many tests are about.
                    let _ = play(wrap(stream), &script, &seen, &tell_arrived);
                    let _ = tell_closed.send(());
                });
            }
        });
        Self { address, script, seen, arrived, closed }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn push(&self, step: Step) {
        self.script.lock().expect("script").push_back(step);
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("seen").clone()
    }

    /// Waits until a request has arrived in full and its step has been played.
    pub fn wait_for_request(&self) {
        self.arrived.recv().expect("the stub lives");
    }

    /// Waits until a connection has been closed.
    pub fn wait_for_close(&self) {
        self.closed.recv().expect("the stub lives");
    }
}

fn play(
    mut stream: Box<dyn Duplex>,
    script: &Mutex<VecDeque<Step>>,
    seen: &Mutex<Vec<Seen>>,
    arrived: &Sender<()>,
) -> io::Result<()> {
    while let Some(request) = read_request(&mut stream)? {
        seen.lock().expect("seen").push(request);
        let step = script.lock().expect("script").pop_front();
        let step = step.unwrap_or_else(|| Step::answer(599, &[], "the script is over"));
        stream.write_all(&step.bytes)?;
        stream.flush()?;
        let _ = arrived.send(());
        match step.then {
            Then::Keep => {}
            Then::Close => return Ok(()),
            Then::Hang => {
                while stream.read(&mut [0; 64])? > 0 {}
                return Ok(());
            }
        }
    }
    Ok(())
}

fn read_request(stream: &mut dyn Duplex) -> io::Result<Option<Seen>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
    let mut seen = Seen { line, head, body: String::new() };
    let length = seen.header("content-length").and_then(|raw| raw.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    seen.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(seen))
}

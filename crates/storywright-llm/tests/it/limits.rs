//! Retries, waits, and how much may go on at once.

use crate::stub::{Act, PATIENCE, STREAM_HEAD, Stub, answer, event_stream, finish, piece, signal};
use crate::support::{Bench, Calling, Counting, Still, access, request};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ChatError, ChatModel};
use storywright_http::{EgressOptions, Lookup};

fn stub(answers: Vec<Vec<u8>>) -> Stub {
    Stub::new(answers.into_iter().map(|bytes| vec![Act::Send(bytes)]).collect())
}

fn good() -> Vec<u8> {
    event_stream(&format!("{}{}", piece("{}"), finish("stop")))
}

#[test]
fn a_busy_service_is_asked_again_twice_at_most() {
    let busy = || answer(503, "application/json", "", r#"{"error":{"code":503,"message":"Loading model"}}"#);
    let patient = stub(vec![busy(), busy(), good()]);
    assert_eq!(Bench::new(&patient.url()).draft().0.unwrap().text, "{}");
    let hopeless = stub(vec![busy(), busy(), busy(), good()]);
    let error = Bench::new(&hopeless.url()).draft().0.unwrap_err();
    assert_eq!(error, ChatError::Unavailable { detail: "status 503: Loading model".to_owned() });
    assert_eq!(hopeless.seen().len(), 3);
}

#[test]
fn an_error_object_that_says_busy_counts_as_busy() {
    let busy = event_stream("data: {\"error\":{\"message\":\"overloaded\",\"type\":\"overloaded_error\"}}\n\n");
    let stub = stub(vec![busy, good()]);
    assert_eq!(Bench::new(&stub.url()).draft().0.unwrap().text, "{}");
}

#[test]
fn a_wait_that_is_too_long_is_the_caller_s() {
    let stub = stub(vec![answer(429, "application/json", "Retry-After: 90\r\n", "{}"), good()]);
    assert_eq!(Bench::new(&stub.url()).draft().0, Err(ChatError::RateLimited { retry_after_ms: 90_000 }));
    assert_eq!(stub.seen().len(), 1);
}

#[test]
fn a_short_wait_is_kept() {
    let stub = stub(vec![answer(429, "application/json", "Retry-After: 0\r\n", "{}"), good()]);
    assert_eq!(Bench::new(&stub.url()).draft().0.unwrap().text, "{}");
}

/// Sends every name to one address and counts.
struct Counted {
    to: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Lookup for Counted {
    fn lookup(&self, _host: &str, _port: u16) -> std::io::Result<Vec<SocketAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(vec![self.to])
    }
}

#[test]
fn a_connection_that_does_not_come_about_is_tried_again() {
    // Bound and dropped: nobody listens there.
    let to = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let mut options = EgressOptions::new("test", Arc::new(Still), Arc::new(Counting::default()));
    options.lookup = Some(Arc::new(Counted { to, asked: Arc::clone(&asked) }));
    let bench = Bench::over(options, &format!("http://llm.test:{}", to.port()), |_| {});
    assert_eq!(bench.draft().0.unwrap_err().code(), "llm_unavailable");
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[test]
fn only_so_many_streams_are_open_at_once() {
    let (closed, _closed) = signal();
    let stub = Stub::new(vec![
        vec![Act::Send(format!("{STREAM_HEAD}{}", piece("{")).into_bytes()), Act::Hold(closed)],
        vec![Act::Send(good())],
    ]);
    let bench = Bench::with(&stub.url(), |llm| llm["max_streams"] = 1.into());
    let cancellation = Cancellation::new();
    let (came, piece_came) = signal();
    let mut sink = Calling(move |_: &str| came.send(()).unwrap());
    std::thread::scope(|scope| {
        let running = scope.spawn(|| bench.chat.converse(&access(), &request(), &mut sink, &cancellation));
        piece_came.recv_timeout(PATIENCE).unwrap();
        assert_eq!(bench.draft().0, Err(ChatError::RateLimited { retry_after_ms: 5_000 }));
        cancellation.cancel();
        running.join().unwrap().unwrap_err();
    });
    assert_eq!(bench.draft().0.unwrap().text, "{}", "the place is free again");
}

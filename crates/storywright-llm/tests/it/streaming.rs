//! Pieces as they come, and streams that are stopped or fall silent.

use crate::stub::{Act, PATIENCE, STREAM_HEAD, Stub, finish, piece, signal};
use crate::support::{Bench, Calling, access, request};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ChatError, ChatModel};

#[test]
fn each_piece_goes_on_before_the_next_is_sent() {
    // The server sends a piece only when the sink has had the one before: anything that collects would stand still.
    let (first_seen, first_go) = signal();
    let (second_seen, second_go) = signal();
    let stub = Stub::new(vec![vec![
        Act::Send(format!("{STREAM_HEAD}{}", piece("{\"a\"")).into_bytes()),
        Act::Wait(first_go),
        Act::Send(piece(":1}").into_bytes()),
        Act::Wait(second_go),
        Act::Send(format!("{}data: [DONE]\n\n", finish("stop")).into_bytes()),
    ]]);
    let mut signals = vec![second_seen, first_seen];
    let mut sink = Calling(move |_: &str| signals.pop().unwrap().send(()).unwrap());
    let bench = Bench::new(&stub.url());
    let answer = bench.chat.converse(&access(), &request(), &mut sink, &Cancellation::new());
    assert_eq!(answer.unwrap().text, "{\"a\":1}");
}

#[test]
fn pieces_in_http_chunks_go_on_too() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len()).into_bytes();
    let (seen, go) = signal();
    let stub = Stub::new(vec![vec![
        Act::Send(head.as_bytes().to_vec()),
        Act::Send(chunk(&piece("{"))),
        Act::Wait(go),
        Act::Send(chunk(&piece("}"))),
        Act::Send(chunk(&finish("stop"))),
        Act::Send(chunk("")),
    ]]);
    let mut seen = Some(seen);
    let mut sink = Calling(move |_: &str| {
        if let Some(seen) = seen.take() {
            seen.send(()).unwrap();
        }
    });
    let bench = Bench::new(&stub.url());
    assert_eq!(bench.chat.converse(&access(), &request(), &mut sink, &Cancellation::new()).unwrap().text, "{}");
}

#[test]
fn a_stop_closes_the_connection_at_once_while_nothing_arrives() {
    let (closed, is_closed) = signal();
    let stub = Stub::new(vec![vec![Act::Send(format!("{STREAM_HEAD}{}", piece("{")).into_bytes()), Act::Hold(closed)]]);
    let bench = Bench::new(&stub.url());
    let cancellation = Cancellation::new();
    let (came, piece_came) = signal();
    let mut sink = Calling(move |_: &str| came.send(()).unwrap());
    std::thread::scope(|scope| {
        let running = scope.spawn(|| bench.chat.converse(&access(), &request(), &mut sink, &cancellation));
        piece_came.recv_timeout(PATIENCE).unwrap();
        assert_eq!(bench.chat.open_streams(), 1);
        cancellation.cancel();
        is_closed.recv_timeout(PATIENCE).expect("the service sees the end");
        assert_eq!(running.join().unwrap(), Err(ChatError::Cancelled));
    });
    assert_eq!(bench.chat.open_streams(), 0);
}

#[test]
fn a_stop_works_before_the_answer_and_between_tries() {
    // While the head of the answer is awaited.
    let (closed, is_closed) = signal();
    let stub = Stub::new(vec![vec![Act::Hold(closed)]]);
    let bench = Bench::new(&stub.url());
    let cancellation = Cancellation::new();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            let mut sink = Calling(|_: &str| {});
            bench.chat.converse(&access(), &request(), &mut sink, &cancellation)
        });
        while stub.seen().is_empty() {
            std::thread::yield_now();
        }
        cancellation.cancel();
        assert_eq!(running.join().unwrap(), Err(ChatError::Cancelled));
    });
    is_closed.recv_timeout(PATIENCE).unwrap();
    // In the pause that the service asked for.
    let busy = crate::stub::answer(503, "text/plain", "Retry-After: 15\r\n", "later");
    let stub = Stub::new(vec![vec![Act::Send(busy)]]);
    let bench = Bench::new(&stub.url());
    let cancellation = Cancellation::new();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            let mut sink = Calling(|_: &str| {});
            bench.chat.converse(&access(), &request(), &mut sink, &cancellation)
        });
        while stub.seen().is_empty() {
            std::thread::yield_now();
        }
        cancellation.cancel();
        assert_eq!(running.join().unwrap(), Err(ChatError::Cancelled));
    });
    // Before anything began.
    let bench = Bench::new("http://127.0.0.1:9");
    let mut sink = Calling(|_: &str| {});
    assert_eq!(bench.chat.converse(&access(), &request(), &mut sink, &cancellation), Err(ChatError::Cancelled));
}

fn timeouts(key: &'static str, ms: u64) -> impl FnOnce(&mut serde_json::Value) {
    move |llm| llm["services"][0]["timeouts"] = serde_json::json!({key: ms, "retry_ms": 0})
}

#[test]
fn silence_ends_a_stream() {
    let held = || {
        let (closed, _) = signal();
        Act::Hold(closed)
    };
    let begun = || Act::Send(format!("{STREAM_HEAD}{}", piece("{")).into_bytes());
    let stub = Stub::new(vec![vec![begun(), held()]]);
    let (outcome, pieces) = Bench::with(&stub.url(), timeouts("idle_ms", 150)).draft();
    assert_eq!(outcome.unwrap_err().code(), "llm_broke_off");
    assert_eq!(pieces, ["{"]);
    // Before any text.
    let stub = Stub::new(vec![vec![Act::Send(STREAM_HEAD.as_bytes().to_vec()), held()]]);
    assert_eq!(Bench::with(&stub.url(), timeouts("idle_ms", 150)).draft().0.unwrap_err().code(), "llm_unavailable");
    // Before the head of the answer.
    let stub = Stub::new(vec![vec![held()]]);
    let (outcome, _) = Bench::with(&stub.url(), timeouts("first_byte_ms", 150)).draft();
    assert_eq!(outcome.unwrap_err().code(), "llm_unavailable");
    // After the reason to stop: the answer is there.
    let stub = Stub::new(vec![vec![begun(), Act::Send(finish("stop").into_bytes()), held()]]);
    assert_eq!(Bench::with(&stub.url(), timeouts("idle_ms", 150)).draft().0.unwrap().text, "{");
}

#[test]
fn a_stream_that_never_ends_does() {
    let stub = Stub::new(vec![vec![
        Act::Send(format!("{STREAM_HEAD}{}", piece("{")).into_bytes()),
        Act::Flood(b": still here\n\n".to_vec()),
    ]]);
    let (outcome, _) = Bench::with(&stub.url(), timeouts("total_ms", 300)).draft();
    let error = outcome.unwrap_err();
    assert!(error.code() == "llm_broke_off" && error.to_string().contains("time"), "{error}");
}

#[test]
fn a_connection_that_breaks_after_text_is_not_tried_again() {
    let broken = || {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        let event = piece("{");
        vec![Act::Send(format!("{head}{:x}\r\n{event}\r\n", event.len()).into_bytes())]
    };
    let stub = Stub::new(vec![broken(), broken()]);
    let (outcome, pieces) = Bench::new(&stub.url()).draft();
    assert_eq!(outcome.unwrap_err().code(), "llm_broke_off");
    assert_eq!(pieces, ["{"]);
    assert_eq!(stub.seen().len(), 1);
}

#[test]
fn a_stream_runs_on_a_small_stack() {
    let stub = Stub::streams(&[&format!("{}{}", piece("{}"), finish("stop"))]);
    let bench = Bench::new(&stub.url());
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    let running = thread.spawn(move || bench.draft().0).unwrap();
    assert_eq!(running.join().unwrap().unwrap().text, "{}");
}

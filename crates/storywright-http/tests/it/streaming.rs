//! Answers that arrive bit by bit.

use crate::stub::{Step, Stub, Then};
use crate::support::{World, call, egress_to};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use storywright_domain::cancel::Cancellation;
use storywright_http::{HttpError, Method, Request};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

fn stream(stub: &Stub) -> Request {
    let world = Arc::new(World::default());
    call(&egress_to(&stub.url(), &world), Method::Post, &stub.url(), "/chat").json("{}")
}

fn inner(error: &std::io::Error) -> HttpError {
    error.get_ref().and_then(|inner| inner.downcast_ref::<HttpError>()).expect("an error of ours").clone()
}

#[test]
fn pieces_arrive_while_the_stream_is_open() {
    let stub = Stub::start([Step::raw(format!("{HEAD}5\r\nhello\r\n"), Then::Hang)]);
    let mut answer = stream(&stub).stream(&Cancellation::new()).unwrap();
    assert_eq!((answer.status, answer.headers.media_type().as_str()), (200, "text/event-stream"));
    let mut piece = [0; 5];
    answer.reader.read_exact(&mut piece).unwrap();
    assert_eq!(&piece, b"hello");
    assert_eq!(stub.seen()[0].header("accept-encoding"), None, "compression would hold pieces back");
    drop(answer);
    stub.wait_for_close();
}

#[test]
fn a_whole_stream_ends_and_a_cut_one_fails() {
    let whole = Stub::start([Step::raw(format!("{HEAD}2\r\nhi\r\n0\r\n\r\n"), Then::Close)]);
    let mut text = String::new();
    stream(&whole).stream(&Cancellation::new()).unwrap().reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hi");
    let cut = Stub::start([Step::raw(format!("{HEAD}2\r\nhi\r\n"), Then::Close)]);
    let error = stream(&cut).stream(&Cancellation::new()).unwrap().reader.read_to_string(&mut text).unwrap_err();
    assert!(matches!(inner(&error), HttpError::Broken { .. }), "{error}");
}

#[test]
fn silence_longer_than_the_limit_ends_it() {
    let stub = Stub::start([Step::raw(format!("{HEAD}2\r\nhi\r\n"), Then::Hang)]);
    let request = stream(&stub).idle_timeout(Duration::from_millis(150));
    let mut answer = request.stream(&Cancellation::new()).unwrap();
    let error = answer.reader.read_to_string(&mut String::new()).unwrap_err();
    assert!(matches!(inner(&error), HttpError::Timeout { .. }), "{error}");
}

#[test]
fn the_wait_for_the_head_has_a_limit_of_its_own() {
    let stub = Stub::start([Step::raw("", Then::Hang)]);
    let request = stream(&stub).first_byte_timeout(Duration::from_millis(150)).idle_timeout(Duration::from_secs(60));
    assert!(matches!(request.stream(&Cancellation::new()), Err(HttpError::Timeout { .. })));
    stub.wait_for_close();
}

#[test]
fn stopping_closes_the_connection_while_nothing_arrives() {
    let stub = Stub::start([Step::raw(format!("{HEAD}2\r\nhi\r\n"), Then::Hang)]);
    let cancellation = Cancellation::new();
    let mut answer = stream(&stub).stream(&cancellation).unwrap();
    answer.reader.read_exact(&mut [0; 2]).unwrap();
    let reader = std::thread::spawn(move || answer.reader.read(&mut [0; 8]).unwrap_err());
    cancellation.cancel();
    stub.wait_for_close();
    assert_eq!(inner(&reader.join().unwrap()), HttpError::Cancelled);
}

#[test]
fn stopping_works_before_the_head_has_come_and_before_anything_is_sent() {
    let stub = Stub::start([Step::raw("", Then::Hang)]);
    let cancellation = Cancellation::new();
    let waiting = {
        let (request, cancellation) = (stream(&stub), cancellation.clone());
        std::thread::spawn(move || request.stream(&cancellation).err())
    };
    stub.wait_for_request();
    cancellation.cancel();
    assert_eq!(waiting.join().unwrap(), Some(HttpError::Cancelled));
    assert_eq!(stream(&stub).stream(&cancellation).err(), Some(HttpError::Cancelled));
    assert_eq!(stub.seen().len(), 1);
}

#[test]
fn a_body_that_only_ends_by_closing_does_not_look_whole_when_stopped() {
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi";
    let stub = Stub::start([Step::raw(head, Then::Hang)]);
    let mut answer = stream(&stub).stream(&Cancellation::new()).unwrap();
    answer.reader.read_exact(&mut [0; 2]).unwrap();
    answer.shutdown.close();
    assert_eq!(inner(&answer.reader.read_to_string(&mut String::new()).unwrap_err()), HttpError::Cancelled);
}

#[test]
fn an_error_status_is_an_answer() {
    let stub = Stub::start([Step::json(401, r#"{"error":"x"}"#)]);
    let mut answer = stream(&stub).stream(&Cancellation::new()).unwrap();
    let mut text = String::new();
    answer.reader.read_to_string(&mut text).unwrap();
    assert_eq!((answer.status, text.as_str()), (401, r#"{"error":"x"}"#));
}

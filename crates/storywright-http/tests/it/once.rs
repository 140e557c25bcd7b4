//! Calls that must not be repeated: what can be sent again, and what nobody can know.

use crate::stub::{Step, Stub, Then};
use crate::support::{World, call, egress_to, get, options, origin, post};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use storywright_http::{Egress, HttpError, Method, OriginRules, SendOnceError};

fn once(stub: &Stub) -> Result<storywright_http::Answer, SendOnceError> {
    post(stub, &Arc::default()).send_once()
}

#[track_caller]
fn unknown(result: Result<storywright_http::Answer, SendOnceError>, expected: Option<u16>, word: &str) {
    match result {
        Err(SendOnceError::Unknown { status, error }) => {
            assert_eq!((status, error.word()), (expected, word), "{error}");
        }
        other => panic!("not unknown: {other:?}"),
    }
}

#[track_caller]
fn not_sent(result: Result<storywright_http::Answer, SendOnceError>, word: &str) {
    match result {
        Err(SendOnceError::NotSent { error }) => assert_eq!(error.word(), word, "{error}"),
        other => panic!("was sent: {other:?}"),
    }
}

#[test]
fn a_refused_connection_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let world = Arc::default();
    not_sent(call(&egress_to(&base, &world), Method::Post, &base, "/x").json("{}").send_once(), "unreachable");
}

#[test]
fn an_unknown_host_was_not_sent() {
    let base = "http://storywright.invalid";
    let world = Arc::default();
    not_sent(call(&egress_to(base, &world), Method::Post, base, "/x").json("{}").send_once(), "unreachable");
}

#[test]
fn a_tls_handshake_that_never_ends_was_not_sent() {
    // Accepted by the system, answered by nobody.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://{}", silent.local_addr().unwrap());
    let mut options = options(&Arc::new(World::default()));
    options.limits.connect = Duration::from_millis(150);
    let rules = OriginRules { allow_loopback: true, ..OriginRules::default() };
    let egress = Egress::new(vec![origin(&base, rules)], options);
    not_sent(call(&egress, Method::Post, &base, "/x").json("{}").send_once(), "unreachable");
}

#[test]
fn a_connection_that_closes_before_the_head_is_unknown() {
    let stub = Stub::start([Step::raw("", Then::Close)]);
    unknown(once(&stub), None, "broken");
    assert_eq!(stub.seen().len(), 1, "one try");
    assert_eq!(stub.seen()[0].body, r#"{"fields":{}}"#);
}

#[test]
fn an_answer_that_never_comes_is_unknown() {
    let stub = Stub::start([Step::raw("", Then::Hang)]);
    unknown(post(&stub, &Arc::default()).timeout(Duration::from_millis(200)).send_once(), None, "timeout");
    stub.wait_for_close();
    assert_eq!(stub.seen().len(), 1);
}

#[test]
fn a_head_with_a_broken_body_is_unknown_and_tells_the_status() {
    let cut = "HTTP/1.1 201 Created\r\nContent-Length: 40\r\n\r\n{\"id\":";
    unknown(once(&Stub::start([Step::raw(cut, Then::Close)])), Some(201), "broken");
}

#[test]
fn a_slow_body_is_unknown_and_tells_the_status() {
    let cut = "HTTP/1.1 201 Created\r\nContent-Length: 40\r\n\r\n{\"id\":";
    let stub = Stub::start([Step::raw(cut, Then::Hang)]);
    unknown(post(&stub, &Arc::default()).timeout(Duration::from_millis(1_000)).send_once(), Some(201), "timeout");
}

#[test]
fn an_answer_that_is_too_long_is_unknown_and_tells_the_status() {
    let stub = Stub::start([Step::answer(201, &[], "x".repeat(5_000))]);
    unknown(post(&stub, &Arc::default()).body_limit(4_999).send_once(), Some(201), "too_large");
    let stub = Stub::start([Step::answer(201, &[], "x".repeat(5_000))]);
    assert!(post(&stub, &Arc::default()).body_limit(5_000).send_once().is_ok());
}

#[test]
fn what_is_no_http_is_unknown() {
    unknown(once(&Stub::start([Step::raw("SSH-2.0-OpenSSH_9.2\r\n\r\n", Then::Close)])), None, "broken");
}

#[test]
fn every_status_is_an_answer_and_nothing_is_repeated_or_followed() {
    let elsewhere = Stub::start([Step::json(200, "{}")]);
    for status in [200, 201, 302, 307, 400, 401, 403, 404, 408, 429, 500, 502, 503, 504] {
        let location = format!("{}/elsewhere", elsewhere.url());
        let stub = Stub::start([Step::answer(status, &[("Location", &location), ("Retry-After", "1")], "words")]);
        let answer = once(&stub).unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (status, "words"));
        assert_eq!(stub.seen().len(), 1, "{status} was repeated");
    }
    assert!(elsewhere.seen().is_empty(), "a redirect was followed");
}

#[test]
fn each_call_has_a_connection_of_its_own() {
    let stub = Stub::start([Step::json(200, "{}"), Step::json(201, "{}"), Step::json(201, "{}")]);
    let world = Arc::default();
    let egress = egress_to(&stub.url(), &world);
    call(&egress, Method::Get, &stub.url(), "/pooled").send().unwrap();
    for _ in 0..2 {
        call(&egress, Method::Post, &stub.url(), "/x").json("{}").send_once().unwrap();
        // Closed as soon as it is over, while the pooled one stays open.
        stub.wait_for_close();
    }
}

#[test]
fn a_compressed_body_is_measured_unpacked() {
    // 20,000 zeros, packed by gzip.
    let packed: Vec<u8> = include_str!("zeros.gz.hex")
        .trim()
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    assert!(packed.len() < 200);
    let headers = [("Content-Encoding", "gzip")];
    let stub = Stub::start([Step::answer(200, &headers, &packed), Step::answer(200, &headers, &packed)]);
    let world = Arc::default();
    assert_eq!(get(&stub, &world).send().unwrap().body.len(), 20_000);
    assert_eq!(get(&stub, &world).body_limit(10_000).send().err(), Some(HttpError::TooLarge { limit: 10_000 }));
}

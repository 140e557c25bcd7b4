//! Credentials that are no good, requests that are refused, and what is asked of a service after that.

use crate::stub::{Act, Stub, answer, event_stream, finish, piece};
use crate::support::{Bench, access};
use storywright_domain::ports::{ChatError, ChatIdentity, ChatModel};

const PAGE: &str = "<!DOCTYPE html>\n<html><title>Sign in</title></html>\n";

fn good() -> Vec<u8> {
    event_stream(&format!("{}{}data: [DONE]\n\n", piece("{}"), finish("stop")))
}

fn stub(answers: Vec<Vec<u8>>) -> Stub {
    Stub::new(answers.into_iter().map(|bytes| vec![Act::Send(bytes)]).collect())
}

#[test]
fn a_credential_that_is_not_accepted() {
    for bytes in [
        answer(401, "application/json", "", r#"{"error":{"message":"expired"}}"#),
        answer(403, "text/html", "", PAGE),
        answer(302, "text/html", "Location: https://sso.corp.example/\r\n", ""),
        answer(200, "text/html; charset=utf-8", "", PAGE),
        answer(200, "text/plain", "", PAGE),
        event_stream(PAGE),
    ] {
        let words = String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned();
        let stub = stub(vec![bytes, good()]);
        let error = Bench::new(&stub.url()).draft().0.unwrap_err();
        assert_eq!(error.code(), "llm_credential_refused", "{words}: {error}");
        assert_eq!(stub.seen().len(), 1, "no storm of retries");
    }
}

#[test]
fn a_cookie_that_expires_in_mid_stream() {
    let stub = stub(vec![event_stream(&format!("{}{PAGE}", piece("{\"stories\":")))]);
    let (outcome, pieces) = Bench::new(&stub.url()).draft();
    assert_eq!(outcome.unwrap_err().code(), "llm_credential_refused");
    assert_eq!(pieces, ["{\"stories\":"], "what came stays");
}

#[test]
fn whose_a_credential_is() {
    let identity = |body: &str| {
        let stub = stub(vec![answer(200, "application/json", "", body)]);
        let bench = Bench::new(&stub.url());
        let found = bench.chat.identify(&access());
        let seen = stub.seen().remove(0);
        assert_eq!(seen.line, "GET /api/me HTTP/1.1");
        assert_eq!(seen.header("cookie"), Some("session=cookie-canary-4711"));
        found
    };
    let alice = ChatIdentity { employee_id: "E10234".to_owned(), name: "Alice".to_owned() };
    assert_eq!(identity(r#"{"user":{"employee_id":" E10234 ","name":"Alice"}}"#), Ok(alice));
    let number = ChatIdentity { employee_id: "10234".to_owned(), name: String::new() };
    assert_eq!(identity(r#"{"user":{"employee_id":10234}}"#), Ok(number));
    for nobody in
        [r#"{"user":null}"#, r#"{"user":{"employee_id":""}}"#, r#"{"user":{"employee_id":"Anonymous"}}"#, PAGE]
    {
        let expected = if nobody == PAGE { "llm_malformed" } else { "llm_credential_refused" };
        assert_eq!(identity(nobody).unwrap_err().code(), expected, "{nobody}");
    }
    let error = identity(r#"{"id":"E1"}"#).unwrap_err();
    assert!(error.to_string().contains("/user/employee_id"), "{error}");
    let page = stub(vec![answer(200, "text/html", "", PAGE)]);
    assert_eq!(Bench::new(&page.url()).chat.identify(&access()).unwrap_err().code(), "llm_credential_refused");
}

#[test]
fn an_unknown_service_is_named() {
    let bench = Bench::new("http://127.0.0.1:9");
    let other = storywright_domain::ports::ChatAccess { service: "gone".to_owned(), ..access() };
    assert_eq!(bench.chat.identify(&other), Err(ChatError::NoSuchService { name: "gone".to_owned() }));
    assert_eq!(bench.chat.services(), ["corp"]);
}

#[test]
fn a_name_copied_along_with_the_cookie_is_no_part_of_it() {
    let stub = stub(vec![answer(200, "application/json", "", r#"{"user":{"employee_id":"E1"}}"#)]);
    let credential = storywright_domain::Secret::new("Cookie: session=abc".to_owned());
    Bench::new(&stub.url()).chat.identify(&storywright_domain::ports::ChatAccess { credential, ..access() }).unwrap();
    assert_eq!(stub.seen()[0].header("cookie"), Some("session=abc"));
}

#[test]
fn a_service_without_schemas_is_asked_for_less_and_remembered() {
    let no_schema =
        r#"{"error":{"message":"response_format type json_schema is not supported","code":"invalid_value"}}"#;
    let no_json = r#"{"detail":"unknown parameter: response_format"}"#;
    let stub = stub(vec![
        answer(400, "application/json", "", no_schema),
        answer(422, "application/json", "", no_json),
        good(),
        good(),
    ]);
    let bench = Bench::new(&stub.url());
    assert_eq!(bench.draft().0.unwrap().text, "{}");
    assert_eq!(bench.draft().0.unwrap().text, "{}");
    let bodies: Vec<serde_json::Value> = stub.seen().iter().map(|seen| seen.json()).collect();
    let kinds: Vec<_> = bodies.iter().map(|body| body["response_format"]["type"].as_str()).collect();
    assert_eq!(kinds, [Some("json_schema"), Some("json_object"), None, None]);
    let told = |body: &serde_json::Value| {
        body["messages"][0]["content"].as_str().unwrap().contains("\"additionalProperties\":false")
    };
    assert_eq!(bodies.iter().map(told).collect::<Vec<_>>(), [false, true, true, true]);
}

#[test]
fn an_optional_key_that_is_refused_is_left_out() {
    let refused = r#"{"error":{"message":"Unrecognized request argument supplied: stream_options"}}"#;
    let stub = stub(vec![answer(400, "application/json", "", refused), good()]);
    assert_eq!(Bench::new(&stub.url()).draft().0.unwrap().text, "{}");
    let bodies: Vec<serde_json::Value> = stub.seen().iter().map(|seen| seen.json()).collect();
    assert!(bodies[0].get("stream_options").is_some() && bodies[1].get("stream_options").is_none());
    assert_eq!(bodies[1]["response_format"]["type"], "json_schema", "the schema stays");
}

#[test]
fn another_refusal_is_not_tried_again() {
    let stub = stub(vec![answer(400, "application/json", "", r#"{"error":{"message":"bad seed"}}"#), good()]);
    let error = Bench::new(&stub.url()).draft().0.unwrap_err();
    assert_eq!(error, ChatError::Rejected { detail: "status 400: bad seed".to_owned() });
    assert_eq!(stub.seen().len(), 1);
}

//! The scenes of the conversation.

use super::speakers::{Declines, Speaker};
use crate::stub::{Act, PATIENCE, Stub, frames, recorded, signal};
use crate::support::{Bench, Calling, Pieces, access, request, schema};
use serde_json::{Value, json};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{
    ChatAnswer, ChatCall, ChatError, ChatModel, ChatRequest, ChatTool, ChatTurn, Finish, ToolOutcome, ToolUse, Usage,
};
use storywright_domain::tool::ToolClass;

/// What every speaker writes.
pub const TEXT: &str = r#"{"stories":[{"summary":"Refund within 30 days – grün"}],"clarify":null}"#;
/// What has come of it where it is cut.
const CUT: &str = r#"{"stories":[{"summary":"Refund within 30 days – gr"#;

/// Serves recordings in turn, one a connection.
pub fn serves(speaker: &Speaker, scenes: &[&str]) -> Stub {
    Stub::new(scenes.iter().map(|scene| vec![Act::Send(recorded(speaker.name, scene))]).collect())
}

pub fn bench(speaker: &Speaker, stub: &Stub) -> Bench {
    // The example's own path below the host stays.
    let below = if speaker.name == "openai" { "/openai" } else { "" };
    Bench::example(speaker.name, &format!("{}{below}", stub.url()), |_| {})
}

fn with_timeouts(speaker: &Speaker, stub: &Stub, timeouts: Value) -> Bench {
    Bench::example(speaker.name, &stub.url(), |service| service["timeouts"] = timeouts)
}

pub fn ask(bench: &Bench, request: &ChatRequest) -> Result<ChatAnswer, ChatError> {
    bench.chat.converse(&access(), request, &mut Pieces::default(), &Cancellation::new())
}

pub fn at<'a>(body: &'a Value, pointer: &str) -> &'a Value {
    body.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer} of {body:#}"))
}

pub fn text_at<'a>(body: &'a Value, pointer: &str) -> &'a str {
    at(body, pointer).as_str().unwrap()
}

pub fn gather(turns: Vec<ChatTurn>) -> ChatRequest {
    let parameters = r#"{"type":"object","properties":{"query":{"type":"string"}},"required":["query"]}"#;
    let tool =
        ChatTool::reading(ToolClass::Read, "wiki.search".to_owned(), "Finds pages.".to_owned(), parameters.to_owned());
    ChatRequest {
        tools: vec![tool.unwrap()],
        turns,
        ..ChatRequest::plain(ChatCall::Gather, vec![("requirements", "Refunds".to_owned())], Some(schema()))
    }
}

pub fn streams_and_counts(speaker: &Speaker) {
    let stub = serves(speaker, &["stream"]);
    let (answer, pieces) = bench(speaker, &stub).draft();
    let expected = ChatAnswer { text: TEXT.to_owned(), calls: Vec::new(), finish: Finish::Stop, usage: speaker.usage };
    assert_eq!(answer, Ok(expected));
    assert_eq!((pieces.concat().as_str(), pieces.len()), (TEXT, if speaker.streams { 4 } else { 1 }));
    let seen = stub.seen().remove(0);
    assert_eq!(seen.line, speaker.line);
    assert_eq!(seen.header(speaker.credential.0), Some(speaker.credential.1));
    assert!(!String::from_utf8_lossy(&seen.body).contains("cookie-canary"), "the credential travels in headers alone");
    if let Some((pointer, model)) = speaker.model {
        assert_eq!(at(&seen.json(), pointer), model);
    }
}

pub fn holds_the_answer_to_a_schema(speaker: &Speaker) {
    let stub = serves(speaker, &["stream"]);
    bench(speaker, &stub).draft().0.unwrap();
    let body = stub.seen().remove(0).json();
    let wanted = json!({"type": "object", "additionalProperties": false});
    let told = text_at(&body, speaker.system).contains(&schema().text);
    match speaker.schema {
        Some(pointer) => assert_eq!((at(&body, pointer), told), (&wanted, false)),
        None => assert!(told, "the prompt must do"),
    }
    assert!(text_at(&body, speaker.system).starts_with("Call: draft\n"));
    assert!(text_at(&body, speaker.user).contains("<requirements id="));
}

pub fn calls_a_tool_and_takes_its_result(speaker: &Speaker) {
    let stub = serves(speaker, &["tool", "stream"]);
    let bench = bench(speaker, &stub);
    let answer = ask(&bench, &gather(Vec::new())).unwrap();
    let [call] = answer.calls.as_slice() else { panic!("{answer:?}") };
    assert_eq!(
        (call.name.as_str(), call.arguments.replace(' ', "").as_str()),
        ("wiki.search", r#"{"query":"refunds"}"#)
    );
    assert!(answer.text.is_empty() && answer.finish == Finish::Stop && !call.id.is_empty(), "{answer:?}");

    let outcome = ToolOutcome { id: call.id.clone(), text: "Refunds take 30 days.".to_owned() };
    let turn = ChatTurn { calls: vec![ToolUse { ..call.clone() }], outcomes: vec![outcome] };
    let answer = ask(&bench, &gather(vec![turn])).unwrap();
    assert_eq!((answer.text.as_str(), answer.calls.len()), (TEXT, 0));
    let seen = stub.seen();
    assert_eq!(at(&seen[0].json(), speaker.tool), "wiki_search");
    let second = seen[1].json();
    let result = text_at(&second, speaker.result);
    assert!(result.starts_with("<result id=") && result.contains("Refunds take 30 days."), "{result}");
    assert!(second.to_string().contains("refunds"), "the call is told back with its arguments");
}

pub fn declines(speaker: &Speaker) {
    let stub = serves(speaker, &["refusal"]);
    let (answer, pieces) = bench(speaker, &stub).draft();
    let answer = answer.unwrap();
    let (finish, text, shown) = match speaker.declines {
        Declines::Refuses(words) => (Finish::Refused, words, ""),
        Declines::Filters => (Finish::Filtered, "", ""),
        Declines::Writes(words) => (Finish::Stop, words, words),
    };
    assert_eq!((answer.finish, answer.text.as_str(), pieces.concat().as_str()), (finish, text, shown));
    assert_eq!(stub.seen().len(), 1, "whoever declines is not asked again by itself");
}

/// In a field of its own, in `<think>`, or kept to itself: what counts is what it costs and that none of it is shown.
pub fn reasons_aside(speaker: &Speaker) {
    let stub = serves(speaker, &["think"]);
    let (answer, pieces) = bench(speaker, &stub).draft();
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish, answer.usage), (TEXT, Finish::Stop, speaker.usage));
    assert_eq!(pieces.concat(), TEXT, "not a word of the reasoning is shown");
}

pub fn goes_on_after_a_cut(speaker: &Speaker) {
    let stub = serves(speaker, &["cut", "rest"]);
    let (answer, pieces) = bench(speaker, &stub).draft();
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), (TEXT, Finish::Stop));
    assert_eq!(pieces.concat(), TEXT);
    let Usage { input, output } = speaker.usage;
    assert_eq!(answer.usage, Usage { input: 2 * input, output: 2 * output }, "both are counted");
    let bodies: Vec<Value> = stub.seen().iter().map(|seen| seen.json()).collect();
    assert_eq!(text_at(&bodies[1], speaker.system), text_at(&bodies[0], speaker.system), "caches stay warm");
    let messages = bodies[1]["messages"].as_array().unwrap();
    let [.., before, last] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!((before["role"].as_str(), before["content"].as_str()), (Some("assistant"), Some(CUT)));
    assert!(last["role"] == "user" && last["content"].as_str().unwrap().contains("Go on"), "{last}");
    if let Some(pointer) = speaker.schema {
        assert_eq!(bodies[1].pointer(pointer), None, "held to the schema it could only begin anew");
    }
}

pub fn says_when_it_stays_cut(speaker: &Speaker) {
    let scenes = ["cut"; 4];
    let stub = serves(speaker, &scenes);
    let (answer, _) = bench(speaker, &stub).draft();
    assert_eq!(answer.unwrap().finish, Finish::Length, "never a whole answer, whatever it looks like");
    assert!(stub.seen().len() <= 4);
    let stub = serves(speaker, &["cut", "too-long"]);
    let (answer, pieces) = bench(speaker, &stub).draft();
    let answer = answer.unwrap();
    assert_eq!((answer.finish, answer.text.as_str(), pieces.concat().as_str()), (Finish::Length, CUT, CUT));
}

pub fn asks_for_a_new_credential(speaker: &Speaker) {
    let stub = serves(speaker, &["expired", "stream"]);
    let (outcome, pieces) = bench(speaker, &stub).draft();
    let error = outcome.unwrap_err();
    assert_eq!(error.code(), "llm_credential_refused", "{error}");
    assert!(pieces.is_empty() && stub.seen().len() == 1, "no storm of retries");
    assert!(!error.to_string().contains("cookie-canary"), "{error}");
    if speaker.name == "cookie-gateway" {
        let stub = serves(speaker, &["expired-in-stream"]);
        assert_eq!(bench(speaker, &stub).draft().0.unwrap_err().code(), "llm_credential_refused");
    }
}

pub fn says_when_the_input_is_too_long(speaker: &Speaker) {
    let stub = serves(speaker, &["too-long", "stream"]);
    let error = bench(speaker, &stub).draft().0.unwrap_err();
    assert_eq!((error.code(), stub.seen().len()), ("llm_input_too_long", 1), "{error}");
}

pub fn is_asked_once_more_with_the_errors(speaker: &Speaker) {
    let stub = serves(speaker, &["stream"]);
    let values =
        [request().values, vec![("previous", "{}".to_owned()), ("errors", "`stories` is missing".to_owned())]].concat();
    let repair = ChatRequest { values, call: ChatCall::Repair, ..request() };
    assert_eq!(ask(&bench(speaker, &stub), &repair).unwrap().text, TEXT);
    let body = stub.seen().remove(0).json();
    assert!(text_at(&body, speaker.system).starts_with("Call: repair\n"));
    let user = text_at(&body, speaker.user);
    assert!(user.contains("<errors id=") && user.contains("`stories` is missing"), "{user}");
}

/// The recording as far as its first two pieces of text; of one that does not stream, the head.
fn half(speaker: &Speaker) -> Vec<u8> {
    let all = frames(speaker.name, "stream");
    let holds = |piece: &str| {
        let escaped = json!(piece).to_string();
        let escaped = escaped.trim_matches('"').to_owned();
        all.iter().position(|frame| String::from_utf8_lossy(frame).contains(&escaped)).unwrap() + 2
    };
    let length = if speaker.streams { holds("thin 30 days – gr") } else { 1 };
    all[..length].concat()
}

pub fn sees_the_connection_close_when_it_is_stopped(speaker: &Speaker) {
    let (closed, is_closed) = signal();
    let (sent, is_sent) = signal();
    let stub = Stub::new(vec![vec![Act::Send(half(speaker)), Act::Say(sent), Act::Hold(closed)]]);
    let bench = bench(speaker, &stub);
    let cancellation = Cancellation::new();
    let (came, piece_came) = signal();
    let mut sink = Calling(move |_: &str| came.send(()).unwrap());
    std::thread::scope(|scope| {
        let running = scope.spawn(|| bench.chat.converse(&access(), &request(), &mut sink, &cancellation));
        is_sent.recv_timeout(PATIENCE).unwrap();
        if speaker.streams {
            piece_came.recv_timeout(PATIENCE).unwrap();
        }
        cancellation.cancel();
        assert!(is_closed.recv_timeout(PATIENCE).is_ok(), "the service sees the end");
        assert_eq!(running.join().unwrap(), Err(ChatError::Cancelled));
    });
}

pub fn may_not_be_silent_or_endless(speaker: &Speaker) {
    let expected = if speaker.streams { "llm_broke_off" } else { "llm_unavailable" };
    let (closed, is_closed) = signal();
    let stub = Stub::new(vec![vec![Act::Send(half(speaker)), Act::Hold(closed)]]);
    let bench = with_timeouts(speaker, &stub, json!({"idle_ms": 150, "retry_ms": 0}));
    assert_eq!(bench.draft().0.unwrap_err().code(), expected);
    assert!(is_closed.recv_timeout(PATIENCE).is_ok(), "the service sees the end");
    // Something comes all the time, and none of it is an answer.
    let noise = if speaker.name == "plain" || speaker.name == "ndjson" { "1\r\n\n\r\n" } else { "2\r\n:\n\r\n" };
    let stub = Stub::new(vec![vec![Act::Send(half(speaker)), Act::Flood(noise.as_bytes().to_vec())]]);
    let bench = with_timeouts(speaker, &stub, json!({"total_ms": 300, "retry_ms": 0}));
    let error = bench.draft().0.unwrap_err();
    assert!(error.code() == expected && error.to_string().contains("time"), "{error}");
}

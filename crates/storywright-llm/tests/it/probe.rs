//! What a service can do, found by asking it; and the file that says so in use.

use crate::stub::{Seen, Stub, answer, event_stream, finish, piece};
use crate::support::{Bench, access, config, request};
use serde_json::{Value, json};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::ChatModel;
use storywright_llm::{Observation, Probe, Verdict};

/// What a service does not do.
#[derive(Debug, Clone, Copy, Default)]
struct Poor {
    no_schema: bool,
    ignores_schema: bool,
    no_tools: bool,
    no_system: bool,
    ignores_system: bool,
    no_usage: bool,
    no_stream: bool,
    no_options: bool,
    no_json: bool,
}

const IDENTITY: &str = r#"{"user":{"employee_id":"E10234","name":"Alice Meyer"}}"#;

/// A model that understands the questions of a probe, behind a service that is poor in some ways.
fn service(poor: Poor) -> Stub {
    Stub::answering(move |seen| {
        if seen.line.starts_with("GET") {
            return answer(200, "application/json", "", IDENTITY);
        }
        let body = seen.json();
        match refusal(poor, &body) {
            Some(message) => {
                answer(400, "application/json", "", &json!({"error": {"message": message, "code": 400}}).to_string())
            }
            None => spoken(poor, &body),
        }
    })
}

fn refusal(poor: Poor, body: &Value) -> Option<&'static str> {
    if poor.no_options && body.get("stream_options").is_some() {
        return Some("Unrecognized request argument supplied: stream_options");
    }
    if poor.no_system && body["messages"][0]["role"] == "system" {
        return Some("System role not supported");
    }
    if poor.no_tools && body.get("tools").is_some() {
        return Some("m-1 does not support tools");
    }
    (poor.no_schema && body["response_format"]["type"] == "json_schema")
        .then_some("response_format type json_schema is not supported")
}

fn spoken(poor: Poor, body: &Value) -> Vec<u8> {
    let all = body["messages"].to_string();
    let asked = |words: &str| all.contains(words);
    let kind = body["response_format"]["type"].as_str().unwrap_or_default();
    let schema_in_prompt = asked("one_colour") || asked("colour\\\\\\\":");
    let text = if asked("Which day of the week") {
        let told = body["messages"].as_array().unwrap().iter().any(|message| {
            let by = message["role"].as_str().unwrap();
            message["content"].as_str().unwrap().contains("sesame") && !(poor.ignores_system && by == "system")
        });
        if told { "Sesame." } else { "Tuesday." }.to_owned()
    } else if asked("Name a colour") {
        let held = (kind == "json_schema" && !poor.ignores_schema) || kind == "json_object" || schema_in_prompt;
        if held && !poor.no_json { r#"{"colour":"green"}"#.to_owned() } else { "I like green.".to_owned() }
    } else if asked("Look up the wiki page") {
        let result = asked("opening hours");
        let call = json!({"name": "get_wiki_page", "arguments": r#"{"title":"sesame"}"#});
        if body.get("tools").is_some() && !result {
            let calls = json!([{"index": 0, "id": "c1", "type": "function", "function": call}]);
            let event = json!({"choices": [{"delta": {"tool_calls": calls}}]});
            return event_stream(&format!("data: {event}\n\n{}", finish("tool_calls")));
        }
        let step = match (asked("call_tool"), result) {
            (true, false) => {
                json!({"action": "call_tool", "tool": "get_wiki_page", "arguments": "{\"title\":\"sesame\"}"})
            }
            (true, true) => json!({"action": "answer", "answer": "It is about opening hours."}),
            _ => json!("It is about opening hours."),
        };
        step.to_string()
    } else {
        "one, two, three, four, five".to_owned()
    };
    let usage = if poor.no_usage { Value::Null } else { json!({"prompt_tokens": 9, "completion_tokens": 5}) };
    if poor.no_stream {
        let whole = json!({"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": usage});
        return answer(200, "application/json", "", &whole.to_string());
    }
    let pieces: String = text.split_inclusive(' ').map(piece).collect();
    event_stream(&format!(
        "{pieces}{}data: {}\n\ndata: [DONE]\n\n",
        finish("stop"),
        json!({"choices": [], "usage": usage})
    ))
}

fn probed(stub: &Stub) -> (Bench, Probe, Vec<Observation>) {
    let bench = Bench::new(&stub.url());
    let mut told = Vec::new();
    let probe = bench.chat.probe(&access(), &mut |observation| told.push(observation), &Cancellation::new()).unwrap();
    (bench, probe, told)
}

/// What was found, with its verdict.
#[track_caller]
fn check(poor: Poor, usable: bool, expected: &[(&str, Verdict, &str)]) {
    let stub = service(poor);
    let (_, probe, told) = probed(&stub);
    let seen: Vec<String> = told.iter().map(|o| format!("{} {:?} {}", o.what, o.verdict, o.saw)).collect();
    for (what, verdict, saw) in expected {
        let wanted = format!("{what} {verdict:?} {saw}");
        assert!(seen.iter().any(|line| line.starts_with(&wanted)), "{wanted} is not in {seen:#?}");
    }
    let worse = told.iter().filter(|o| o.verdict != Verdict::Good).count();
    assert_eq!(worse, expected.iter().filter(|(_, verdict, _)| *verdict != Verdict::Good).count(), "{seen:#?}");
    assert!(told.iter().all(|o| o.verdict != Verdict::Wrong || !o.cure.is_empty()), "{told:#?}");
    assert_eq!(probe.is_usable, usable);
}

use Verdict::{Good, Lesser, Wrong};

#[test]
fn a_service_that_can_everything() {
    check(
        Poor::default(),
        true,
        &[
            ("identity", Good, "E10234 (Alice Meyer)"),
            ("stream", Good, "5 pieces"),
            ("first text", Good, "after "),
            ("usage", Good, "9 tokens in, 5 out"),
            ("system prompt", Good, "followed in its own place"),
            ("schema", Good, "kept"),
            ("tools", Good, "called, and the result taken"),
        ],
    );
}

#[test]
fn what_is_missing_is_named_one_by_one() {
    let poor = Poor::default();
    check(Poor { no_stream: true, ..poor }, true, &[("stream", Lesser, "the answer came in one piece")]);
    check(Poor { no_usage: true, ..poor }, true, &[("usage", Lesser, "it counts no tokens")]);
    let before = ("system prompt", Lesser, "followed before the user's message; the model has no role for it");
    check(Poor { no_system: true, ..poor }, true, &[before]);
    let only = ("system prompt", Lesser, "followed only before the user's message");
    check(Poor { ignores_system: true, ..poor }, true, &[only]);
    let object = "a JSON object with the schema in the prompt works";
    check(Poor { no_schema: true, ..poor }, true, &[("schema", Lesser, &format!("not taken; {object}"))]);
    let ignored = format!("taken without a word and not kept; {object}");
    check(Poor { ignores_schema: true, ..poor }, true, &[("schema", Lesser, &ignored)]);
    check(Poor { no_tools: true, ..poor }, true, &[("tools", Lesser, "asked for as JSON steps")]);
    let left = ("parameters", Lesser, "left out, since it refuses them: stream_options");
    check(Poor { no_options: true, ..poor }, true, &[left]);
    check(Poor { no_json: true, ..poor }, false, &[("schema", Wrong, "the model writes no JSON")]);
}

#[test]
fn a_dead_credential_ends_it_at_once() {
    let stub = Stub::answering(|_: &Seen| answer(200, "text/html", "", "<!doctype html><title>Sign in</title>"));
    let (_, probe, told) = probed(&stub);
    let [only] = told.as_slice() else { panic!("{told:#?}") };
    assert_eq!((only.what, only.verdict), ("identity", Wrong));
    assert!(only.cure.contains("paste a new cookie") && !probe.is_usable, "{only:?}");
    assert_eq!(stub.seen().len(), 1);
}

#[test]
fn a_service_of_another_shape_is_told_where_to_look() {
    let stub = Stub::answering(|seen: &Seen| {
        let body =
            if seen.line.starts_with("GET") { IDENTITY } else { r#"{"output":{"text":"one, two"},"stop":"end"}"# };
        answer(200, "application/json", "", body)
    });
    let (_, probe, told) = probed(&stub);
    let last = told.last().unwrap();
    assert_eq!((last.what, last.verdict, probe.is_usable), ("answer", Wrong, false));
    assert!(!last.cure.is_empty(), "{last:?}");
}

#[test]
fn the_profile_is_used_by_the_next_start_and_nothing_is_learned_again() {
    let poor = Poor { no_schema: true, no_tools: true, no_system: true, no_options: true, ..Poor::default() };
    let stub = service(poor);
    let (bench, probe, _) = probed(&stub);
    let file = probe.file.clone();
    assert_eq!(file, bench.folder.path().join("dialects/corp.json"));
    let profile = probe.profile("2026-11-25T10:00:00Z");
    let json: Value = serde_json::from_str(&profile).unwrap();
    assert_eq!(
        json["dialect"],
        json!({"structured": "json_object", "tools": "json", "system": "in_user", "left_out": ["stream_options"]})
    );
    assert_eq!((&json["seen"]["streams"], &json["probed_at"]), (&json!(true), &json!("2026-11-25T10:00:00Z")));
    assert!(!profile.contains("cookie-canary"), "no credential in a file");

    // The running server takes it at its next call.
    let other = Bench::new(&stub.url());
    std::fs::create_dir(other.folder.path().join("dialects")).unwrap();
    std::fs::write(other.folder.path().join("dialects/corp.json"), &profile).unwrap();
    let before = stub.seen().len();
    other.draft().0.unwrap();
    assert_eq!(stub.seen().len(), before + 1, "not one refusal");
    let sent = stub.seen().pop().unwrap().json();
    assert_eq!(
        (&sent["response_format"]["type"], sent["messages"].as_array().unwrap().len()),
        (&json!("json_object"), 1)
    );

    // Of another model it says nothing.
    let changed = config(&stub.url(), |llm| llm["services"][0]["model"] = "m-2".into());
    std::fs::write(other.folder.path().join("config.json"), changed.to_string()).unwrap();
    let before = stub.seen().len();
    other.draft().0.unwrap();
    assert!(stub.seen().len() > before + 1, "it is learned anew");

    // A broken one is refused like every other file.
    std::fs::write(other.folder.path().join("dialects/corp.json"), "{\n\"service\": 1}").unwrap();
    let error = other.chat.reload().unwrap_err();
    assert_eq!((error.file.file_name().unwrap().to_str(), error.line), (Some("corp.json"), Some(2)), "{error}");
    let asked = request();
    other.chat.converse(&access(), &asked, &mut crate::support::Pieces::default(), &Cancellation::new()).unwrap();
}

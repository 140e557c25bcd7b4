//! What services refuse, in their own words, and what is asked of them from then on.

use super::scenes::{TEXT, ask, at, bench, gather, serves, text_at};
use super::speakers::{self, Speaker};
use crate::support::request;
use serde_json::Value;

/// What was sent when the first request was refused: the second try, and the next call.
fn after_a_refusal(speaker: &Speaker) -> [Value; 3] {
    let stub = serves(speaker, &["refused-key", "stream", "stream"]);
    let bench = bench(speaker, &stub);
    for _ in 0..2 {
        assert_eq!(ask(&bench, &request()).unwrap().text, TEXT);
    }
    let bodies: Vec<Value> = stub.seen().iter().map(|seen| seen.json()).collect();
    bodies.try_into().unwrap()
}

#[test]
fn a_parameter_that_the_model_does_not_take() {
    let [first, second, next] = after_a_refusal(&speakers::openai());
    assert_eq!(first["temperature"], 0.2);
    assert!(second.get("temperature").is_none() && next.get("temperature").is_none(), "{next:#}");
    assert_eq!(second["max_completion_tokens"], first["max_completion_tokens"], "nothing else is given up");
    assert_eq!(second["response_format"], first["response_format"]);
}

#[test]
fn a_model_without_a_system_role() {
    let [first, second, next] = after_a_refusal(&speakers::vllm());
    let prompts = format!("{}\n\n", text_at(&first, "/messages/0/content"));
    for body in [&second, &next] {
        assert_eq!(body["messages"].as_array().unwrap().len(), 1, "{body:#}");
        assert_eq!(at(body, "/messages/0/role"), "user");
        let content = text_at(body, "/messages/0/content");
        assert!(content.starts_with(&prompts) && content.contains("<requirements id="), "{content}");
    }
}

#[test]
fn a_gateway_that_cannot_hold_to_a_schema() {
    let [first, second, next] = after_a_refusal(&speakers::anthropic());
    assert!(first.get("output_config").is_some());
    for body in [&second, &next] {
        assert!(body.get("output_config").is_none(), "{body:#}");
        assert!(text_at(body, "/system").contains("\"additionalProperties\":false"), "the prompt must do");
    }
}

#[test]
fn a_model_without_tools() {
    let speaker = speakers::ollama();
    let stub = serves(&speaker, &["refused-key", "stream"]);
    assert_eq!(ask(&bench(&speaker, &stub), &gather(Vec::new())).unwrap().text, TEXT);
    let second = stub.seen().remove(1).json();
    assert!(second.get("tools").is_none());
    assert!(text_at(&second, speaker.system).contains("- wiki_search: Finds pages."));
}

#[test]
fn a_service_that_is_busy_or_still_loading() {
    for speaker in [speakers::llama_cpp(), speakers::litellm(), speakers::anthropic()] {
        let stub = serves(&speaker, &["loading", "loading", "stream"]);
        assert_eq!(ask(&bench(&speaker, &stub), &request()).unwrap().text, TEXT, "{}", speaker.name);
        let stub = serves(&speaker, &["loading"; 4]);
        ask(&bench(&speaker, &stub), &request()).unwrap_err();
        assert_eq!(stub.seen().len(), 3, "{}", speaker.name);
    }
}

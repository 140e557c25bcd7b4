//! What servers say when they fail, and what becomes of it.

use super::*;
use crate::config::LlmConfig;
use std::path::Path;

fn pointers() -> Pointers {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    LlmConfig::load(&folder).unwrap().services[0].payload.answer.clone()
}

#[track_caller]
fn check(status: u16, body: &str, code: &str) {
    let error = Failure::of_body(status, None, body.as_bytes(), &pointers()).into_error(false);
    assert_eq!(error.code(), code, "{status} {body}: {error}");
}

#[test]
fn too_long_is_recognized_in_every_server_s_words() {
    let too_long = "llm_input_too_long";
    // OpenAI, vLLM, llama.cpp, LiteLLM, a proxy's limit.
    check(
        400,
        r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
        too_long,
    );
    check(
        400,
        r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 9000 tokens","type":"BadRequestError","param":null,"code":400}"#,
        too_long,
    );
    check(
        400,
        r#"{"error":{"code":400,"message":"the request exceeds the available context size. try increasing the context size","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":4096}}"#,
        too_long,
    );
    check(
        400,
        r#"{"error":{"message":"litellm.ContextWindowExceededError: prompt too big","type":null,"param":null,"code":"400"}}"#,
        too_long,
    );
    check(413, "<html><body>413 Request Entity Too Large</body></html>", too_long);
}

#[test]
fn credentials_rates_refusals_and_outages_are_told_apart() {
    check(401, "", "llm_credential_refused");
    check(403, r#"{"detail":"not for you"}"#, "llm_credential_refused");
    check(302, "", "llm_credential_refused");
    check(400, r#"{"error":{"message":"no","type":"authentication_error","code":null}}"#, "llm_credential_refused");
    check(429, r#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#, "llm_rate_limited");
    check(429, r#"{"error":{"message":"pay","code":"insufficient_quota"}}"#, "llm_rejected");
    check(400, r#"{"error":{"message":"bad temperature","code":"invalid_value"}}"#, "llm_rejected");
    check(404, r#"{"error":{"message":"model `x` not found","type":"not_found_error"}}"#, "llm_rejected");
    check(408, "", "llm_unavailable");
    check(500, "oops", "llm_unavailable");
    check(503, r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#, "llm_unavailable");
}

#[test]
fn an_error_object_under_a_good_status_is_sorted_by_its_code() {
    let error = |json: &str, text_came: bool| {
        Failure::of_json(&serde_json::from_str(json).unwrap(), &pointers()).into_error(text_came).code()
    };
    assert_eq!(error(r#"{"error":{"message":"x","code":401}}"#, false), "llm_credential_refused");
    assert_eq!(error(r#"{"error":{"message":"x","type":"rate_limit_error"}}"#, false), "llm_rate_limited");
    assert_eq!(error(r#"{"error":{"message":"x","code":"500"}}"#, false), "llm_unavailable");
    assert_eq!(error(r#"{"error":"upstream gone"}"#, false), "llm_unavailable");
    assert_eq!(error(r#"{"error":"upstream gone"}"#, true), "llm_broke_off");
    assert_eq!(error(r#"{"error":{"message":"session","code":"session_expired"}}"#, true), "llm_credential_refused");
}

#[test]
fn words_are_cut_and_cannot_break_a_line() {
    let body = format!("{{\"error\":{{\"message\":\"a\\nb\\u001b[31m{}\"}}}}", "x".repeat(1_000));
    let failure = Failure::of_body(400, None, body.as_bytes(), &pointers());
    assert!(failure.words.starts_with("a b [31mx") && failure.words.chars().count() <= 301, "{}", failure.words);
}

#[test]
fn a_page_is_no_words() {
    let error = Failure::of_body(502, None, b"<html><title>Bad gateway</title></html>", &pointers()).into_error(false);
    assert_eq!(error, ChatError::Unavailable { detail: "status 502".to_owned() });
}

#[test]
fn a_service_that_repeats_the_credential_does_not_spread_it() {
    let credential = Secret::new("session=abcdefgh12345678; theme=dark".to_owned());
    let error = ChatError::Rejected {
        detail: "bad cookie abcdefgh12345678 in session=abcdefgh12345678; theme=dark".to_owned(),
    };
    assert_eq!(
        without_secret(error, &credential),
        ChatError::Rejected { detail: "bad cookie [credential] in [credential]".to_owned() }
    );
}

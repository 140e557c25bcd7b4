//! What the servers that are around send, and what is made of it.

use crate::stub::{Act, Stub, answer, event_stream, finish, piece};
use crate::support::Bench;
use storywright_domain::ports::{ChatAnswer, ChatError, Finish, Usage};

#[track_caller]
fn outcome(body: &str) -> Result<ChatAnswer, ChatError> {
    let stub = Stub::streams(&[body]);
    // What a single answer is; conversation.rs has what is asked after a cut.
    Bench::with(&stub.url(), |llm| llm["services"][0]["continuations"] = 0.into()).draft().0
}

#[track_caller]
fn check(body: &str, text: &str, finish: Finish, usage: (u64, u64)) {
    let expected = ChatAnswer {
        text: text.to_owned(),
        calls: Vec::new(),
        finish,
        usage: Usage { input: usage.0, output: usage.1 },
    };
    assert_eq!(outcome(body), Ok(expected));
}

#[test]
fn openai_with_usage_at_the_end() {
    check(
        concat!(
            "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,",
            "\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"finish_reason\":null}],\"usage\":null}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"{\\\"a\\\"\"},\"finish_reason\":null}],\"usage\":null}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\":1}\"},\"finish_reason\":null}],\"usage\":null}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18}}\n\n",
            "data: [DONE]\n\n"
        ),
        "{\"a\":1}",
        Finish::Stop,
        (11, 7),
    );
}

#[test]
fn vllm_with_null_choices_and_reasoning_of_its_own() {
    check(
        concat!(
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"{}\"}}]}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":null},\"finish_reason\":\"stop\",\"stop_reason\":null}]}\n\n",
            "data: {\"choices\":null,\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n",
            "data: [DONE]\n\n"
        ),
        "{}",
        Finish::Stop,
        (3, 2),
    );
}

#[test]
fn ollama_with_bare_line_feeds_and_no_usage() {
    check(
        concat!(
            "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"{}\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}\n\n",
            "data: [DONE]\n\n"
        ),
        "{}",
        Finish::Stop,
        (0, 0),
    );
}

#[test]
fn llama_cpp_with_carriage_returns_comments_and_timings() {
    check(
        concat!(
            ": waiting for a slot\r\n\r\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"{}\"},\"finish_reason\":null}]}\r\n\r\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}],\"timings\":{\"prompt_n\":1}}\r\n\r\n",
            "data: [DONE]\r\n\r\n"
        ),
        "{}",
        Finish::Length,
        (0, 0),
    );
}

#[test]
fn azure_begins_with_the_filter_s_verdict() {
    check(
        &format!(
            "data: {{\"choices\":[],\"prompt_filter_results\":[{{\"prompt_index\":0}}]}}\n\n{}{}",
            piece("{}"),
            finish("stop")
        ),
        "{}",
        Finish::Stop,
        (0, 0),
    );
}

#[test]
fn the_end_mark_may_lack_when_the_reason_came_and_not_otherwise() {
    check(&format!("{}{}", piece("{}"), finish("stop")), "{}", Finish::Stop, (0, 0));
    assert_eq!(outcome(&piece("{}")).unwrap_err().code(), "llm_broke_off");
    assert_eq!(outcome("").unwrap_err().code(), "llm_unavailable");
}

#[test]
fn events_without_blank_lines_between_them() {
    let body = format!("{}{}data: [DONE]\n", piece("{}").trim_end(), "\n").replace("\n\n", "\n");
    let body = format!("{body}{}", finish("stop").trim_end());
    check(&body, "{}", Finish::Stop, (0, 0));
}

#[test]
fn text_as_a_list_of_parts() {
    let body = "data: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"{}\"}]},\"finish_reason\":\"stop\"}]}\n\n";
    check(body, "{}", Finish::Stop, (0, 0));
}

#[test]
fn reasoning_in_the_text_is_taken_off_across_pieces() {
    let body = ["<th", "ink>so {", "\"x\"} </thi", "nk>", "\n\n{\"a\"", ":1}"].map(piece).concat();
    let stub = Stub::streams(&[&format!("{body}{}data: [DONE]\n\n", finish("stop"))]);
    let (answer, pieces) = Bench::new(&stub.url()).draft();
    assert_eq!(answer.unwrap().text, "{\"a\":1}");
    assert_eq!(pieces, ["{\"a\"", ":1}"]);
}

#[test]
fn every_reason_to_stop_has_its_meaning() {
    for (reason, expected) in [
        ("stop", Finish::Stop),
        ("eos_token", Finish::Stop),
        ("END_TURN", Finish::Stop),
        ("length", Finish::Length),
        ("content_filter", Finish::Filtered),
        ("refusal", Finish::Refused),
        ("tool_calls", Finish::Stop),
    ] {
        check(&format!("{}{}", piece("{}"), finish(reason)), "{}", expected, (0, 0));
    }
    let unknown = outcome(&format!("{}{}", piece("{}"), finish("abort"))).unwrap_err();
    assert!(unknown.to_string().contains("`abort`") && unknown.code() == "llm_broke_off", "{unknown}");
}

#[test]
fn a_refusal_brings_its_words_and_sends_none_to_the_sink() {
    let body = concat!(
        "data: {\"choices\":[{\"delta\":{\"refusal\":\"I cannot \"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"refusal\":\"do that.\"},\"finish_reason\":\"stop\"}]}\n\n",
        "data: [DONE]\n\n"
    );
    let stub = Stub::streams(&[body]);
    let (answer, pieces) = Bench::new(&stub.url()).draft();
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("I cannot do that.", Finish::Refused));
    assert!(pieces.is_empty());
}

#[test]
fn nothing_at_all_is_no_answer() {
    assert_eq!(outcome(&finish("stop")).unwrap_err().code(), "llm_malformed");
    // A full context: 200, no text, `length`.
    assert_eq!(outcome(&finish("length")).unwrap_err().code(), "llm_input_too_long");
    // The model spent its tokens on reasoning: that is another matter.
    let reasoned = format!("{}{}", piece("<think>and so on"), finish("length"));
    check(&reasoned, "", Finish::Length, (0, 0));
    let tool = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\"}]},\"finish_reason\":\"tool_calls\"}]}\n\n";
    let error = outcome(tool).unwrap_err();
    assert!(error.to_string().contains("tool") && error.code() == "llm_malformed", "{error}");
}

#[test]
fn a_service_that_does_not_stream() {
    let whole = r#"{"choices":[{"message":{"role":"assistant","content":"{}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1}}"#;
    let stub = Stub::new(vec![vec![Act::Send(answer(200, "application/json", "", whole))]]);
    let (found, pieces) = Bench::new(&stub.url()).draft();
    let expected = ChatAnswer {
        text: "{}".to_owned(),
        calls: Vec::new(),
        finish: Finish::Stop,
        usage: Usage { input: 5, output: 1 },
    };
    assert_eq!(found, Ok(expected));
    assert_eq!(pieces, ["{}"]);
}

#[test]
fn a_whole_answer_that_breaks_off_or_is_no_json() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"choices\":[{\"mess"
        .to_vec();
    let stub = Stub::new(vec![vec![Act::Send(cut)]]);
    assert_eq!(Bench::new(&stub.url()).draft().0.unwrap_err().code(), "llm_unavailable");
    let stub = Stub::new(vec![vec![Act::Send(answer(200, "application/json", "", "{\"choices\":[}"))]]);
    assert_eq!(Bench::new(&stub.url()).draft().0.unwrap_err().code(), "llm_malformed");
    assert_eq!(outcome("data: {broken\n\n").unwrap_err().code(), "llm_malformed");
}

#[test]
fn an_error_object_within_the_stream() {
    let error = "data: {\"error\":{\"message\":\"upstream timed out\",\"type\":\"server_error\",\"code\":500}}\n\n";
    let before = outcome(error).unwrap_err();
    assert_eq!(before, ChatError::Unavailable { detail: "upstream timed out".to_owned() });
    let after = outcome(&format!("{}{error}", piece("{\"a\""))).unwrap_err();
    assert_eq!(after, ChatError::BrokenOff { detail: "upstream timed out".to_owned() });
    // As a named event, and as a bare line.
    let named = format!("{}event: error\ndata: {{\"message\":\"gone\"}}\n\n", piece("{"));
    assert_eq!(outcome(&named).unwrap_err(), ChatError::BrokenOff { detail: "gone".to_owned() });
    let bare = format!("{}{{\"error\":{{\"message\":\"gone\"}}}}\n", piece("{"));
    assert_eq!(outcome(&bare).unwrap_err(), ChatError::BrokenOff { detail: "gone".to_owned() });
}

#[test]
fn an_event_stream_under_another_name() {
    let body = format!("{}{}", piece("{}"), finish("stop"));
    let stub = Stub::new(vec![vec![Act::Send(answer(200, "text/plain", "", &body))]]);
    assert_eq!(Bench::new(&stub.url()).draft().0.unwrap().text, "{}");
}

#[test]
fn text_cut_within_a_character() {
    let body = event_stream(&format!("{}{}", piece("Grüße 👩‍💻 ok"), finish("stop")));
    // serde_json writes characters as they are, so the stream holds their bytes: cut at every one of them.
    let acts = body.chunks(1).map(|byte| Act::Send(byte.to_vec())).collect();
    let stub = Stub::new(vec![acts]);
    assert_eq!(Bench::new(&stub.url()).draft().0.unwrap().text, "Grüße 👩‍💻 ok");
}

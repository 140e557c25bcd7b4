//! The LLM service over real sockets: cookie, streams, structured output, tools, misbehavior, readers that go away.
#![expect(clippy::unwrap_used, reason = "test support")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};
use storywright_sandbox::{FaultRule, Options, Running, Sandbox};

const REQUIREMENTS: &str = "<requirements id=\"r1\">\nSupport agents must be able to refund a card payment from the order page. \
The refund amount must not exceed the captured amount.\n</requirements id=\"r1\">";

struct Company {
    sandbox: Running,
    cookie: String,
    agent: ureq::Agent,
}

fn company() -> Company {
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let cookie = sandbox.person("alice").unwrap().llm.credential;
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
    let company = Company { sandbox, cookie, agent: config.into() };
    company.control("__pace", &json!({"first_ms": 0, "chunk_ms": 0}));
    company
}

impl Company {
    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.sandbox.llm_url())
    }

    fn control(&self, path: &str, body: &Value) {
        let answer = self.agent.post(self.url(path)).send_json(body).unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    fn stats(&self) -> Value {
        self.agent.get(self.url("__stats")).call().unwrap().body_mut().read_json().unwrap()
    }

    fn ask(&self, request: &Value) -> (u16, Value) {
        let mut answer =
            self.agent.post(self.url("v1/chat/completions")).header("Cookie", &self.cookie).send_json(request).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_json().unwrap_or(Value::Null))
    }

    /// The lines after `data: ` of a stream, to its end.
    fn events(&self, request: &Value) -> Vec<String> {
        let mut answer =
            self.agent.post(self.url("v1/chat/completions")).header("Cookie", &self.cookie).send_json(request).unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
        let text = answer.body_mut().read_to_string().unwrap();
        text.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect()
    }
}

fn request(user: &str) -> Value {
    json!({"model": "company-writer", "messages": [
        {"role": "system", "content": "Call type: draft\nFormat: classic\nMax story points: 3"},
        {"role": "user", "content": user}]})
}

fn with(mut request: Value, key: &str, value: Value) -> Value {
    request[key] = value;
    request
}

fn story_schema() -> Value {
    let strict = |properties: Value| {
        let required: Vec<String> = properties.as_object().unwrap().keys().cloned().collect();
        json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
    };
    let text = || json!({"type": "string"});
    let texts = || json!({"type": "array", "items": {"type": "string"}});
    let story = strict(json!({
        "summary": text(), "acceptance_criteria": texts(), "story_points": {"type": ["number", "null"]},
        "narrative": {"anyOf": [strict(json!({"role": text(), "goal": text(), "benefit": text()})), {"type": "null"}]},
        "subtasks": {"type": "array", "items": strict(json!({"summary": text(), "description": text()}))}}));
    let schema = strict(json!({"clarify": {"type": ["string", "null"]}, "stories": {"type": "array", "items": story}}));
    json!({"type": "json_schema", "json_schema": {"name": "story_draft", "strict": true, "schema": schema}})
}

fn content(events: &[String]) -> String {
    let chunks = events.iter().filter(|e| *e != "[DONE]").map(|e| serde_json::from_str::<Value>(e).unwrap());
    chunks.filter_map(|c| c["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect()
}

#[test]
fn the_cookie_says_who_it_is_and_nothing_else_is_let_in() {
    let company = company();
    let me = |cookie: &str| company.agent.get(company.url("me")).header("Cookie", cookie).call().unwrap();
    let mut answer = me(&format!("theme=dark; {}", company.cookie));
    let body: Value = answer.body_mut().read_json().unwrap();
    assert_eq!(body["user"]["id"], "E10234");
    assert_eq!(body["user"]["name"], "Alice Meyer");
    let erin = company.sandbox.person("erin").unwrap().llm.credential;
    assert_eq!(me(&erin).body_mut().read_json::<Value>().unwrap()["user"]["id"], "E20998");

    for refused in ["llm_session=wrong", &company.sandbox.person("carol").unwrap().llm.credential] {
        let answer = me(refused);
        assert_eq!(answer.status(), 302);
        assert_eq!(answer.headers()["location"], "/llm/login?reason=session");
    }
    company.control("__login", &json!({"mode": "page"}));
    let mut page = me("llm_session=wrong");
    assert_eq!(page.status(), 200);
    assert!(page.body_mut().read_to_string().unwrap().contains("<form"));
    company.control("__login", &json!({"mode": "json"}));
    let mut json = me("llm_session=wrong");
    assert_eq!(json.status(), 401);
    assert_eq!(json.body_mut().read_json::<Value>().unwrap()["error"]["code"], "session_expired");
}

#[test]
fn a_draft_fills_exactly_the_schema() {
    let company = company();
    let (status, answer) = company.ask(&with(request(REQUIREMENTS), "response_format", story_schema()));
    assert_eq!(status, 200);
    assert_eq!(answer["object"], "chat.completion");
    let choice = &answer["choices"][0];
    assert_eq!(choice["finish_reason"], "stop");
    let document: Value = serde_json::from_str(choice["message"]["content"].as_str().unwrap()).unwrap();
    let story = &document["stories"][0];
    let keys: Vec<&String> = story.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["summary", "acceptance_criteria", "story_points", "narrative", "subtasks"]);
    assert_eq!(story["summary"], "Refund a card payment from the order page");
    assert_eq!(story["narrative"]["role"], "support agent");
    let usage = &answer["usage"];
    assert_eq!(
        usage["total_tokens"].as_u64().unwrap(),
        usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap()
    );
}

#[test]
fn a_stream_has_the_right_chunks_and_the_same_text() {
    let company = company();
    let plain = with(request(REQUIREMENTS), "response_format", story_schema());
    let streamed = with(with(plain.clone(), "stream", json!(true)), "stream_options", json!({"include_usage": true}));
    let events = company.events(&streamed);
    assert_eq!(events.last().unwrap(), "[DONE]");
    let chunks: Vec<Value> = events[..events.len() - 1].iter().map(|e| serde_json::from_str(e).unwrap()).collect();
    assert!(chunks.len() > 50, "{}", chunks.len());
    assert_eq!(chunks[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    assert!(chunks.iter().all(|c| c["object"] == "chat.completion.chunk" && c["id"] == chunks[0]["id"]));
    let (usage, rest) = chunks.split_last().unwrap();
    assert_eq!(usage["choices"], json!([]));
    assert!(usage["usage"]["completion_tokens"].as_u64().unwrap() > 50);
    let (finish, texts) = rest.split_last().unwrap();
    assert_eq!(finish["choices"][0]["finish_reason"], "stop");
    assert!(texts.iter().all(|c| c["choices"][0]["finish_reason"].is_null() && c["usage"].is_null()));
    let (_, whole) = company.ask(&plain);
    assert_eq!(content(&events), whole["choices"][0]["message"]["content"].as_str().unwrap());
    let stats = company.stats();
    assert_eq!((&stats["started"], &stats["completed"], &stats["aborted"]), (&json!(1), &json!(1), &json!(0)));
}

#[test]
fn json_object_fenced_text_and_small_talk() {
    let company = company();
    let (_, answer) = company.ask(&with(request(REQUIREMENTS), "response_format", json!({"type": "json_object"})));
    let document: Value = serde_json::from_str(answer["choices"][0]["message"]["content"].as_str().unwrap()).unwrap();
    assert_eq!(document["stories"][0]["labels"][0], "card-payment");
    let (_, answer) = company.ask(&request(REQUIREMENTS));
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    let fenced = text.split("```json").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(serde_json::from_str::<Value>(fenced).unwrap(), document);
    let (_, answer) =
        company.ask(&json!({"model": "m", "messages": [{"role": "user", "content": "Reply with: pong"}]}));
    assert_eq!(answer["choices"][0]["message"]["content"], "pong");
}

#[test]
fn offered_tools_are_called_and_their_results_are_used() {
    let company = company();
    let tool = json!({"type": "function", "function": {"name": "confluence_search", "description": "Search pages",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}}});
    let mut asked =
        request("Search Confluence for \"refund rules\" first. Support agents must be able to refund a card payment.");
    asked["tools"] = json!([tool]);
    let (_, answer) = company.ask(&asked);
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
    let call = answer["choices"][0]["message"]["tool_calls"][0].clone();
    assert_eq!(call["function"]["name"], "confluence_search");
    assert_eq!(call["function"]["arguments"], "{\"query\":\"refund rules\"}");

    let events = company.events(&with(asked.clone(), "stream", json!(true)));
    let chunks: Vec<Value> =
        events.iter().filter(|e| *e != "[DONE]").map(|e| serde_json::from_str(e).unwrap()).collect();
    let fragments = chunks.iter().map(|c| &c["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]);
    let arguments: String = fragments.filter_map(Value::as_str).collect();
    assert_eq!(arguments, "{\"query\":\"refund rules\"}");
    assert_eq!(chunks[0]["choices"][0]["delta"]["tool_calls"][0]["function"]["name"], "confluence_search");

    let messages = asked["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
    messages.push(json!({"role": "tool", "tool_call_id": "x", "content": "{\"results\":[{\"id\":\"77\",\"title\":\"Refund rules 2026\"}]}"}));
    let (_, answer) = company.ask(&with(asked, "response_format", json!({"type": "json_object"})));
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.contains("77 Refund rules 2026"), "{text}");
}

#[test]
fn wrong_requests_are_refused_as_openai_does() {
    let company = company();
    let refused = |request: Value| {
        let (status, body) = company.ask(&request);
        (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let loose = json!({"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}});
    assert_eq!(refused(json!({"messages": []})), (400, "missing_required_parameter".to_owned()));
    assert_eq!(refused(json!({"model": "m", "messages": []})), (400, "missing_required_parameter".to_owned()));
    assert_eq!(refused(with(request("x"), "model", json!("no-such-model"))), (404, "model_not_found".to_owned()));
    assert_eq!(refused(with(request("x"), "response_format", loose)), (400, "invalid_json_schema".to_owned()));
    assert_eq!(refused(request(&"long ".repeat(200_000))), (400, "context_length_exceeded".to_owned()));
    let mut models = company.agent.get(company.url("v1/models")).header("Cookie", &company.cookie).call().unwrap();
    assert_eq!(models.body_mut().read_json::<Value>().unwrap()["data"][0]["id"], "company-writer");
}

#[test]
fn each_misbehavior_does_what_it_says_once() {
    let company = company();
    let json_request = with(request(REQUIREMENTS), "response_format", json!({"type": "json_object"}));
    let streamed = with(json_request.clone(), "stream", json!(true));
    let stream_with = |kind: &str| {
        company.control("__behave", &json!({"kind": kind, "n": 4}));
        company.events(&streamed)
    };
    let finish = |events: &[String]| {
        let chunk: Value = serde_json::from_str(&events[events.len() - 2]).unwrap();
        chunk["choices"][0]["finish_reason"].as_str().unwrap().to_owned()
    };

    let good = company.events(&streamed);
    let good_text = content(&good);
    let events = stream_with("length_empty");
    assert_eq!((content(&events).as_str(), finish(&events).as_str()), ("", "length"));
    let events = stream_with("length_cut");
    assert!(good_text.starts_with(&content(&events)) && !content(&events).is_empty());
    assert_eq!(finish(&events), "length");
    let events = stream_with("error_in_stream");
    assert!(events.last().unwrap().starts_with("{\"error\""), "{events:?}");
    assert_eq!(content(&events[..events.len() - 1]).len(), good_text.len().min(content(&good[..5]).len()));
    assert!(content(&stream_with("fenced_json")).contains("```json"));
    assert!(content(&stream_with("trailing_prose")).ends_with("anything!"));
    assert!(content(&stream_with("think_block")).starts_with("<think>"));
    assert_ne!(stream_with("no_done").last().unwrap(), "[DONE]");
    assert_eq!(content(&stream_with("sse_dialect")), good_text);
    assert_eq!(content(&stream_with("bare_chunks")), good_text);
    let refusal: Value = serde_json::from_str(&stream_with("refuse")[0]).unwrap();
    assert!(refusal["choices"][0]["delta"]["refusal"].is_string());
    let broken: Value = serde_json::from_str(&content(&stream_with("bad_schema_once"))).unwrap();
    assert_eq!(broken["stories"][0]["story_points"], "two");
    assert_eq!(content(&company.events(&streamed)), good_text, "the next call is well again");

    company.control("__behave", &json!({"kind": "length_empty", "contains": "another draft"}));
    assert_eq!(content(&company.events(&streamed)), good_text, "the behavior waits for its own call");
}

#[test]
fn a_cookie_can_run_out_in_mid_stream_and_be_renewed() {
    let company = company();
    company.control("__behave", &json!({"kind": "expire_cookie_after_chunks", "n": 3}));
    let events = company.events(&with(request(REQUIREMENTS), "stream", json!(true)));
    assert_eq!(events.len(), 1 + 3 + 1, "{events:?}");
    assert!(events.last().unwrap().contains("session_expired"));
    assert_eq!(company.ask(&request(REQUIREMENTS)).0, 302);
    company.control("__renew", &json!({"who": "alice"}));
    assert_eq!(company.ask(&request(REQUIREMENTS)).0, 200);
}

#[test]
fn a_dropped_or_truncated_stream_breaks_off() {
    let company = company();
    let streamed = with(request(REQUIREMENTS), "stream", json!(true));
    company.control("__behave", &json!({"kind": "drop_after_chunks", "n": 3}));
    let send = || {
        company
            .agent
            .post(company.url("v1/chat/completions"))
            .header("Cookie", &company.cookie)
            .send_json(&streamed)
            .unwrap()
    };
    assert!(send().body_mut().read_to_string().is_err());
    let rule = json!({"service": "llm", "kind": "truncate", "after_bytes": 300});
    company.sandbox.add_fault(FaultRule::from_json(&rule).unwrap()).unwrap();
    let mut part = Vec::new();
    let outcome = send().body_mut().as_reader().read_to_end(&mut part);
    assert!(outcome.is_err() && part.len() <= 300, "{outcome:?}");
    assert!(send().body_mut().read_to_string().unwrap().ends_with("data: [DONE]\n\n"));
}

#[test]
fn a_reader_that_goes_away_is_noticed_also_in_silence() {
    let company = company();
    company.control("__behave", &json!({"kind": "stall_after_chunks", "n": 2}));
    let body = with(request(REQUIREMENTS), "stream", json!(true)).to_string();
    let mut socket = TcpStream::connect(company.sandbox.address()).unwrap();
    write!(
        socket,
        "POST /llm/v1/chat/completions HTTP/1.1\r\nHost: sandbox\r\nCookie: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        company.cookie,
        body.len()
    )
    .unwrap();
    let mut lines = BufReader::new(socket.try_clone().unwrap()).lines();
    let seen = lines.by_ref().filter(|l| l.as_ref().unwrap().starts_with("data: ")).take(3).count();
    assert_eq!(seen, 3);
    assert_eq!(company.stats()["open_streams"], 1);
    socket.shutdown(std::net::Shutdown::Both).unwrap();
    drop((lines, socket));
    // Each look takes a round trip; the server needs a few of them to see the end of the connection.
    let gone = (0..5_000).any(|_| company.stats()["aborted"] == 1);
    assert!(gone, "{}", company.stats());
    assert_eq!(company.stats()["open_streams"], 0);
}

#[test]
fn the_benchmark_sends_numbered_and_timed_chunks() {
    let company = company();
    let request = json!({"model": "echo-bench", "stream": true, "metadata": {"n": 20, "ms": 5},
        "messages": [{"role": "user", "content": REQUIREMENTS}]});
    let before = micros();
    let events = company.events(&request);
    let texts: Vec<Value> =
        events.iter().filter(|e| *e != "[DONE]").map(|e| serde_json::from_str(e).unwrap()).collect();
    assert_eq!(texts.iter().filter(|c| c["choices"][0]["delta"]["content"].is_string()).count(), 20);
    let document: Value = serde_json::from_str(&content(&events)).unwrap();
    let notes = document["stories"][0]["stlc_notes"].as_str().unwrap();
    let stamps: Vec<(usize, u64)> = notes
        .trim_matches(['[', ']'])
        .split("][")
        .map(|piece| piece.split_once(':').unwrap())
        .map(|(sequence, micros)| (sequence.parse().unwrap(), micros.parse().unwrap()))
        .collect();
    assert!(stamps.iter().enumerate().all(|(at, (sequence, _))| at == *sequence), "{stamps:?}");
    // A late chunk does not delay the ones after it: they are due at fixed times from the start.
    assert!(stamps[19].1 >= before + 19 * 5_000, "19 gaps of 5 ms took {} us", stamps[19].1 - before);
}

fn micros() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "compared with the time stamps of the benchmark")]
    let now = std::time::SystemTime::now();
    u64::try_from(now.duration_since(std::time::UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

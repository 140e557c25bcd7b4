//! `POST /llm/v1/chat/completions` and `GET /llm/v1/models`.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{self, Bytes, Data, Query},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Pace,
    answer::{self, Answer},
    behave::{Behavior, Kind, REFUSAL, spoil},
    identity, pieces,
    stream::{self, Plan},
};
use crate::{people::Person, state::Shared};

/// Longest prompt, in characters; more than that is a context overflow.
const CONTEXT_LIMIT: usize = 600_000;

/// Longest wait before an answer that is not streamed, in milliseconds.
const LONGEST_THOUGHT_MS: u64 = 1_500;

/// Pace for one call, in the query.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct OwnPace {
    first_ms: Option<u64>,
    chunk_ms: Option<u64>,
}

/// `GET /llm/v1/models`
pub(crate) async fn models(req: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    if let Err(refusal) = identity::owner(&req, &shared) {
        return *refusal;
    }
    let model = |id: &str| json!({"id": id, "object": "model", "created": 1_767_225_600, "owned_by": "example-corp"});
    HttpResponse::Ok().json(json!({"object": "list", "data": [model("company-writer"), model("echo-bench")]}))
}

/// `POST /llm/v1/chat/completions`
pub(crate) async fn completions(
    req: HttpRequest,
    shared: Data<Shared>,
    pace: Query<OwnPace>,
    body: Bytes,
) -> HttpResponse {
    let person = match identity::owner(&req, &shared) {
        Ok(person) => person,
        Err(refusal) => return *refusal,
    };
    let text = String::from_utf8_lossy(&body);
    let request = match checked(&text) {
        Ok(request) => request,
        Err(refusal) => return *refusal,
    };
    let (behavior, pace, id, rest) = {
        let mut store = shared.llm();
        store.stats.calls += 1;
        let default = store.pace;
        let pace = Pace {
            first_ms: pace.first_ms.unwrap_or(default.first_ms),
            chunk_ms: pace.chunk_ms.unwrap_or(default.chunk_ms),
        };
        (store.take_behavior(&text), pace, store.stats.calls, store.cut.rest(&request))
    };
    let call = Call {
        id: format!("chatcmpl-{id:016x}"),
        created: shared.clock.now() / 1_000,
        model: request["model"].as_str().unwrap_or_default().to_owned(),
        prompt_tokens: prompt_tokens(&request),
        include_usage: request["stream_options"]["include_usage"] == true,
        bare: behavior.as_ref().is_some_and(|b| b.kind == Kind::BareChunks),
    };
    // A long text takes its time; the worker's other streams must not wait for it.
    let stream = request["stream"] == true;
    let limit = token_limit(&request);
    let goes_on = rest.is_some();
    let said = web::block(move || rest.map_or_else(|| answer::to(&request), Answer::Text)).await;
    let Ok(answer) = said else {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", None, "internal_error", "The model failed.");
    };
    let whole_text = match &answer {
        Answer::Text(text) if !goes_on => Some(text.clone()),
        _ => None,
    };
    let plan = Plan::new(&call, answer, behavior.as_ref(), limit);
    if plan.finish_reason == "length"
        && let Some(text) = whole_text
    {
        shared.llm().cut.keep(text);
    }
    if stream {
        return stream::respond(shared, person, call, plan, behavior, pace);
    }
    whole(&shared, &person, &call, plan, behavior, pace).await
}

/// What every chunk of one call repeats.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// `chatcmpl-…`
    pub(crate) id: String,
    /// Seconds since the epoch.
    pub(crate) created: i64,
    /// As it was asked for.
    pub(crate) model: String,
    /// Tokens of the prompt, by rule of thumb.
    pub(crate) prompt_tokens: usize,
    /// One more chunk with the usage was asked for.
    pub(crate) include_usage: bool,
    /// Chunks without id, role and object.
    pub(crate) bare: bool,
}

impl Call {
    /// The usage object.
    pub(crate) fn usage(&self, completion_tokens: usize) -> Value {
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": self.prompt_tokens + completion_tokens,
        })
    }
}

/// The answer as one document.
async fn whole(
    shared: &Shared,
    person: &Person,
    call: &Call,
    plan: Plan,
    behavior: Option<Behavior>,
    pace: Pace,
) -> HttpResponse {
    let thought = pace
        .first_ms
        .saturating_add(pace.chunk_ms.saturating_mul(plan.pieces.len() as u64))
        .min(LONGEST_THOUGHT_MS.max(pace.first_ms));
    match behavior.map(|b| b.kind) {
        Some(Kind::StallAfterChunks) => std::future::pending::<()>().await,
        Some(Kind::ErrorInStream) => {
            return error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                None,
                "internal_error",
                "The model is overloaded.",
            );
        }
        Some(Kind::ExpireCookieAfterChunks) => {
            shared.llm().expired.insert(person.llm.credential.clone());
            return error(
                StatusCode::UNAUTHORIZED,
                "authentication_error",
                None,
                "session_expired",
                "Your session has expired.",
            );
        }
        _ => {}
    }
    if thought > 0 {
        tokio::time::sleep(Duration::from_millis(thought)).await;
    }
    let tool_calls = plan.tool.as_ref().map(|tool| {
        json!([{"id": stream::call_id(call), "type": "function", "function": {"name": tool.name, "arguments": tool.arguments}}])
    });
    let text: String = plan.pieces.concat();
    let mut message = json!({
        "role": "assistant",
        "content": if plan.tool.is_some() || plan.refused { Value::Null } else { json!(text) },
        "refusal": plan.refused.then_some(REFUSAL),
    });
    if let Some(calls) = tool_calls {
        message["tool_calls"] = calls;
    }
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(json!({
        "id": call.id,
        "object": "chat.completion",
        "created": call.created,
        "model": call.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": plan.finish_reason}],
        "usage": call.usage(plan.pieces.len()),
        "system_fingerprint": "sandbox",
    }))
}

impl Plan {
    /// The pieces to send, after limits and misbehavior.
    fn new(call: &Call, answer: Answer, behavior: Option<&Behavior>, limit: Option<usize>) -> Self {
        let mut plan = match answer {
            Answer::Text(text) => {
                let text = behavior.and_then(|b| spoil(b.kind, &text)).unwrap_or(text);
                Self { pieces: pieces::cut(&text), ..Self::default() }
            }
            Answer::Tool(tool) => Self {
                pieces: pieces::cut(&tool.arguments),
                tool: Some(tool),
                finish_reason: "tool_calls",
                ..Self::default()
            },
            Answer::Bench(bench) => {
                let micros = stream::micros();
                Self {
                    pieces: (0..bench.n).map(|at| bench.piece(at, micros)).collect(),
                    bench: Some(bench),
                    ..Self::default()
                }
            }
        };
        if let Some(limit) = limit.filter(|n| *n < plan.pieces.len() && plan.bench.is_none()) {
            plan.pieces.truncate(limit);
            plan.finish_reason = "length";
        }
        match behavior {
            Some(Behavior { kind: Kind::LengthEmpty, .. }) => plan.finish_reason = "length",
            Some(Behavior { kind: Kind::LengthCut, n, .. }) => {
                plan.pieces.truncate(*n);
                plan.finish_reason = "length";
            }
            Some(Behavior { kind: Kind::Refuse, .. }) => plan.refused = true,
            _ => {}
        }
        plan.completion_tokens = plan.pieces.len().max(usize::from(call.prompt_tokens == 0));
        plan
    }
}

fn token_limit(request: &Value) -> Option<usize> {
    let limit = ["max_completion_tokens", "max_tokens"].iter().find_map(|key| request[*key].as_u64());
    limit.and_then(|n| usize::try_from(n).ok())
}

fn checked(text: &str) -> Result<Value, Box<HttpResponse>> {
    let invalid = |param: Option<&str>, code: &str, message: &str| {
        Err(Box::new(error(StatusCode::BAD_REQUEST, "invalid_request_error", param, code, message)))
    };
    let Ok(request) = serde_json::from_str::<Value>(text) else {
        return invalid(None, "invalid_json", "We could not parse the JSON body of your request.");
    };
    let Some(model) = request["model"].as_str().filter(|m| !m.is_empty()) else {
        return invalid(Some("model"), "missing_required_parameter", "you must provide a model parameter");
    };
    if model.starts_with("no-such") {
        let message = format!("The model `{model}` does not exist or you do not have access to it.");
        return Err(Box::new(error(StatusCode::NOT_FOUND, "invalid_request_error", None, "model_not_found", &message)));
    }
    let Some(messages) = request["messages"].as_array().filter(|m| !m.is_empty()) else {
        return invalid(Some("messages"), "missing_required_parameter", "Missing required parameter: 'messages'.");
    };
    for (at, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if !["system", "developer", "user", "assistant", "tool", "function"].contains(&role) {
            let param = format!("messages[{at}].role");
            return invalid(
                Some(&param),
                "invalid_value",
                &format!(
                    "Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'tool', and 'developer'."
                ),
            );
        }
    }
    let format = &request["response_format"];
    if format["type"] == "json_schema" {
        let name = format["json_schema"]["name"].as_str().unwrap_or_default();
        let name_ok =
            (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !name_ok {
            return invalid(
                Some("response_format.json_schema.name"),
                "invalid_value",
                "Invalid 'response_format.json_schema.name': expected 1 to 64 letters, digits, underscores or hyphens.",
            );
        }
        if !format["json_schema"]["schema"].is_object() {
            return invalid(
                Some("response_format.json_schema.schema"),
                "missing_required_parameter",
                "Missing required parameter: 'response_format.json_schema.schema'.",
            );
        }
        if format["json_schema"]["strict"] == true
            && let Some(path) = loose_object(&format["json_schema"]["schema"], "")
        {
            let message = format!(
                "Invalid schema for response_format '{name}': In context=({path}), 'additionalProperties' is required to be supplied and to be false, and 'required' must name every key in properties."
            );
            return invalid(Some("response_format"), "invalid_json_schema", &message);
        }
    }
    if text.chars().count() > CONTEXT_LIMIT {
        return invalid(
            Some("messages"),
            "context_length_exceeded",
            "This model's maximum context length is 150000 tokens. Please reduce the length of the messages.",
        );
    }
    Ok(request)
}

/// Where a strict schema is not strict: an object without `additionalProperties: false`, or with optional keys.
fn loose_object(schema: &Value, path: &str) -> Option<String> {
    if let Some(properties) = schema["properties"].as_object() {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if schema["additionalProperties"] != false || properties.keys().any(|key| !required.contains(&key.as_str())) {
            return Some(if path.is_empty() { "root".to_owned() } else { path.to_owned() });
        }
        for (key, part) in properties {
            if let Some(found) = loose_object(part, &format!("{path}.{key}")) {
                return Some(found);
            }
        }
    }
    if schema["items"].is_object()
        && let Some(found) = loose_object(&schema["items"], &format!("{path}[]"))
    {
        return Some(found);
    }
    let branches = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema[*key].as_array()).flatten();
    let defined = schema["$defs"].as_object().into_iter().flat_map(|d| d.values());
    branches.chain(defined).find_map(|part| loose_object(part, &format!("{path}|")))
}

fn prompt_tokens(request: &Value) -> usize {
    let messages = request["messages"].as_array().into_iter().flatten();
    messages.map(|m| pieces::count(&super::writer::prompt::content_text(&m["content"])) + 4).sum()
}

/// An error as OpenAI writes it.
fn error(status: StatusCode, kind: &str, param: Option<&str>, code: &str, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({"error": {"message": message, "type": kind, "param": param, "code": code}}))
}

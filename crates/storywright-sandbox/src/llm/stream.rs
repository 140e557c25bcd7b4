//! Sends an answer as server-sent events, token by token, and notices when the reader has gone.

use std::time::{Duration, UNIX_EPOCH};

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::{
    Pace,
    behave::{Behavior, Kind, REFUSAL},
    bench::Bench,
    chat::Call,
    tools::ToolCall,
};
use crate::{people::Person, state::Shared};

/// What is sent.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Text, or the arguments of the tool call, in token-sized pieces.
    pub(crate) pieces: Vec<String>,
    /// The tool that is called.
    pub(crate) tool: Option<ToolCall>,
    /// Pieces get the time of their sending.
    pub(crate) bench: Option<Bench>,
    /// `stop`, `length` or `tool_calls`.
    pub(crate) finish_reason: &'static str,
    /// A refusal in place of text.
    pub(crate) refused: bool,
    /// For the usage.
    pub(crate) completion_tokens: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            pieces: Vec::new(),
            tool: None,
            bench: None,
            finish_reason: "stop",
            refused: false,
            completion_tokens: 0,
        }
    }
}

/// The connection broke on order.
#[derive(Debug, thiserror::Error)]
#[error("connection broken by a behavior")]
struct Broken;

/// Answers with the stream.
pub(crate) fn respond(
    shared: Data<Shared>,
    person: Person,
    call: Call,
    plan: Plan,
    behavior: Option<Behavior>,
    pace: Pace,
) -> HttpResponse {
    let open = OpenStream::new(shared);
    let state = Sending {
        open,
        person,
        call,
        plan,
        behavior,
        pace,
        next: Next::Opening,
        due: Instant::now() + Duration::from_millis(pace.first_ms),
    };
    let body = stream::unfold(state, |mut state| async move {
        let sent = state.step().await?;
        Some((sent, state))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body)
}

/// Where the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Opening,
    Piece(usize),
    Finish,
    Usage,
    Done,
    Break,
    End,
}

struct Sending {
    open: OpenStream,
    person: Person,
    call: Call,
    plan: Plan,
    behavior: Option<Behavior>,
    pace: Pace,
    next: Next,
    due: Instant,
}

impl Sending {
    /// The next bytes; `None` at the end.
    async fn step(&mut self) -> Option<Result<Bytes, Broken>> {
        if let Next::Piece(at) = self.next
            && let Some(answer) = self.misbehave(at).await
        {
            return answer;
        }
        match self.next {
            Next::Opening => {
                self.next = if self.plan.pieces.is_empty() { Next::Finish } else { Next::Piece(0) };
                // The benchmark's first chunk carries the role itself, so that the number of chunks is the number of texts.
                if self.plan.bench.is_some() {
                    return Some(Ok(Bytes::from_static(b": benchmark\n\n")));
                }
                let opening = self.opening();
                Some(Ok(self.event(&self.chunk(opening, None))))
            }
            Next::Piece(at) => {
                self.wait().await;
                self.next = if at + 1 < self.plan.pieces.len() { Next::Piece(at + 1) } else { Next::Finish };
                let delta = self.delta(at);
                Some(Ok(self.event(&self.chunk(delta, None))))
            }
            Next::Finish => {
                self.next = if self.call.include_usage { Next::Usage } else { Next::Done };
                Some(Ok(self.event(&self.chunk(json!({}), Some(self.plan.finish_reason)))))
            }
            Next::Usage => {
                self.next = Next::Done;
                let mut chunk = self.chunk(json!({}), None);
                chunk["choices"] = if self.call.bare { Value::Null } else { json!([]) };
                chunk["usage"] = self.call.usage(self.plan.completion_tokens);
                Some(Ok(self.event(&chunk)))
            }
            Next::Done => {
                self.next = Next::End;
                if self.is(Kind::NoDone) { self.finished() } else { Some(Ok(self.lines("data: [DONE]"))) }
            }
            Next::Break => Some(Err(Broken)),
            Next::End => self.finished(),
        }
    }

    /// What the ordered misbehavior does before piece `at`; outer `None` when it does nothing.
    async fn misbehave(&mut self, at: usize) -> Option<Option<Result<Bytes, Broken>>> {
        let behavior = self.behavior.as_ref()?;
        if at != behavior.n.min(self.plan.pieces.len().saturating_sub(1)) {
            return None;
        }
        let error = |kind: &str, code: &str, message: &str| json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
        match behavior.kind {
            Kind::StallAfterChunks => std::future::pending().await,
            Kind::ErrorInStream => {
                self.next = Next::End;
                Some(Some(Ok(self.event(&error("server_error", "internal_error", "The model is overloaded.")))))
            }
            Kind::ExpireCookieAfterChunks => {
                self.open.shared.llm().expired.insert(self.person.llm.credential.clone());
                self.next = Next::End;
                Some(Some(Ok(self.event(&error(
                    "authentication_error",
                    "session_expired",
                    "Your session has expired. Sign in again.",
                )))))
            }
            Kind::DropAfterChunks => {
                self.next = Next::Break;
                // Once around the loop, so that what was sent so far leaves before the connection breaks.
                tokio::task::yield_now().await;
                Some(Some(Ok(Bytes::from_static(b": \n\n"))))
            }
            _ => None,
        }
    }

    fn finished(&mut self) -> Option<Result<Bytes, Broken>> {
        self.open.done = true;
        None
    }

    async fn wait(&mut self) {
        let step = self.plan.bench.map_or(self.pace.chunk_ms, |bench| bench.ms);
        if step > 0 || self.due > Instant::now() {
            sleep_until(self.due).await;
        }
        self.due += Duration::from_millis(step);
    }

    fn opening(&self) -> Value {
        match (&self.plan.tool, self.plan.refused) {
            (Some(tool), _) => json!({"role": "assistant", "content": null, "tool_calls": [{
                "index": 0, "id": call_id(&self.call), "type": "function", "function": {"name": tool.name, "arguments": ""}}]}),
            (None, true) => json!({"role": "assistant", "refusal": REFUSAL}),
            (None, false) => json!({"role": "assistant", "content": ""}),
        }
    }

    fn delta(&self, at: usize) -> Value {
        if let Some(bench) = self.plan.bench {
            let text = bench.piece(at, micros());
            return if at == 0 { json!({"role": "assistant", "content": text}) } else { json!({"content": text}) };
        }
        let piece = self.plan.pieces.get(at).map_or("", String::as_str);
        if self.plan.tool.is_some() {
            return json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]});
        }
        json!({"content": piece})
    }

    fn chunk(&self, delta: Value, finish_reason: Option<&str>) -> Value {
        if self.call.bare {
            return json!({"choices": [{"delta": delta, "finish_reason": finish_reason}]});
        }
        let mut chunk = json!({
            "id": self.call.id,
            "object": "chat.completion.chunk",
            "created": self.call.created,
            "model": self.call.model,
            "system_fingerprint": "sandbox",
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason}],
        });
        if self.call.include_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    }

    fn event(&self, chunk: &Value) -> Bytes {
        self.lines(&format!("data: {chunk}"))
    }

    fn lines(&self, line: &str) -> Bytes {
        Bytes::from(if self.is(Kind::SseDialect) {
            format!(": keep-alive\r\n{line}\r\n\r\n")
        } else {
            format!("{line}\n\n")
        })
    }

    fn is(&self, kind: Kind) -> bool {
        self.behavior.as_ref().is_some_and(|b| b.kind == kind)
    }
}

/// Id of the one tool call.
pub(crate) fn call_id(call: &Call) -> String {
    call.id.replace("chatcmpl-", "call_")
}

/// Microseconds since the epoch by the system's clock; latency is measured with it, so the sandbox's movable clock will not do.
pub(crate) fn micros() -> u128 {
    #[expect(clippy::disallowed_methods, reason = "token latency is measured against the system's clock")]
    let now = std::time::SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros()
}

/// Counts a stream while it lives, and how it ended.
struct OpenStream {
    shared: Data<Shared>,
    done: bool,
}

impl OpenStream {
    fn new(shared: Data<Shared>) -> Self {
        {
            let mut store = shared.llm();
            store.stats.open_streams += 1;
            store.stats.started += 1;
        }
        Self { shared, done: false }
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut store = self.shared.llm();
        // A reset in between has set the figure back.
        store.stats.open_streams = store.stats.open_streams.saturating_sub(1);
        if self.done {
            store.stats.completed += 1;
        } else {
            store.stats.aborted += 1;
        }
    }
}

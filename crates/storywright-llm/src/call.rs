//! One try of one call: the request, and reading what comes back as it comes.

use crate::config::{Prompts, ReadyService, Structured, Tools};
use crate::live::Dialect;
use crate::tools::{self, Aliases, Marks};
use crate::wire::{AnswerReader, Failure, Item, SseDecoder, Stop, page};
use serde_json::Value;
use std::io::Read;
use std::time::Duration;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatError, ChatRequest, ChatSink, Finish, JsonSchema, ToolUse,
};
use storywright_domain::remote::TlsTrust;
use storywright_http::{Egress, HttpError, Method, Purpose, Request, StreamAnswer};

/// Read at a time. A read gives what has arrived; it never waits until this is full.
const BUFFER: usize = 8 * 1024;
/// Longest body that is read as a whole.
const WHOLE: usize = 4 * 1024 * 1024;
/// Longest body of an error that is looked at.
const ERROR_BODY: usize = 64 * 1024;

/// Why a try gave no answer.
pub(crate) enum Miss {
    /// No connection came about: nothing was sent.
    NotConnected(HttpError),
    /// The service said that it failed; nothing has gone to the sink.
    Failed(Failure),
    /// For the caller as it is.
    Error(ChatError),
}

/// One call, ready to be tried.
pub(crate) struct Call<'a> {
    pub(crate) egress: &'a Egress,
    pub(crate) ready: &'a ReadyService,
    pub(crate) access: &'a ChatAccess,
    pub(crate) request: &'a ChatRequest,
    pub(crate) prompts: &'a Prompts,
    pub(crate) aliases: Aliases,
    pub(crate) marks: Marks<'a>,
    pub(crate) user: String,
}

impl Call<'_> {
    /// How tools are offered in this call: [`Tools::None`] when there are none to offer.
    pub(crate) fn tools(&self, dialect: &Dialect) -> Tools {
        match dialect.tools {
            _ if self.request.tools.is_empty() => Tools::None,
            Tools::Native if !self.ready.payload.takes_tools(self.request.call) => Tools::Json,
            tools => tools,
        }
    }

    /// What the answer is held to: a service that is offered tools of its own kind is not held to anything besides, since many cannot.
    fn schema(&self, tools: Tools) -> Option<JsonSchema> {
        match tools {
            Tools::Json => Some(tools::action_schema(self.request.schema.as_ref(), &self.aliases)),
            Tools::Native | Tools::None => self.request.schema.clone(),
        }
    }

    /// The request body as it goes out.
    pub(crate) fn body(&self, dialect: &Dialect) -> Vec<u8> {
        let tools = self.tools(dialect);
        let schema = self.schema(tools);
        let structured = if tools == Tools::Native { Structured::None } else { dialect.structured };
        let mut system = vec![self.prompts.of(self.request.call).system.clone()];
        let mut user = self.user.clone();
        if tools == Tools::Json {
            system.push(tools::in_words(self.prompts, &self.request.tools, &self.aliases));
            user.push_str(&tools::told(&self.request.turns, &self.aliases, self.marks));
        }
        if self.marks.words && !self.request.tools.is_empty() {
            system.push(self.prompts.marked_in_prompt.clone());
        }
        if structured != Structured::JsonSchema
            && let Some(schema) = &schema
        {
            system.push(self.prompts.schema_in_prompt.render(|_| &schema.text));
        }
        let system = system.join("\n\n");
        let native = self.ready.payload.tools.as_ref().filter(|_| tools == Tools::Native);
        let value = |name: &str| -> Option<Value> {
            Some(match name {
                "model" => self.ready.service.model.clone().into(),
                "service" => self.ready.service.name.clone().into(),
                "request_id" => self.access.request_id.as_str().into(),
                "system" => system.clone().into(),
                "user" => user.clone().into(),
                "schema" => serde_json::from_str(&schema.as_ref()?.text).ok()?,
                "schema_name" => schema.as_ref()?.name.into(),
                "tools" => tools::offered(native?, &self.request.tools, &self.aliases),
                "turns" => tools::messages(native?, &self.request.turns, &self.aliases, self.marks).into(),
                _ => return None,
            })
        };
        let structured = schema.as_ref().map(|_| structured);
        let parameters = &self.ready.service.parameters;
        let body = self.ready.payload.body(
            self.request.call,
            structured,
            native.is_some(),
            parameters,
            &dialect.left_out,
            &value,
        );
        body.to_string().into_bytes()
    }

    /// The answer in the caller's terms.
    fn understood(&self, tools: Tools, answer: ChatAnswer) -> ChatAnswer {
        let answer = match tools {
            Tools::Json if answer.finish == Finish::Stop => tools::read_action(answer, self.id_prefix() + "0"),
            _ => answer,
        };
        let ours = |call: ToolUse| ToolUse { name: self.aliases.ours(&call.name), ..call };
        ChatAnswer { calls: answer.calls.into_iter().map(ours).collect(), ..answer }
    }

    /// Begins the ids of calls that come without one.
    fn id_prefix(&self) -> String {
        format!("call_{}_", self.request.turns.len() + 1)
    }

    /// Sends the request and reads the answer. `left` is what is left of the time for everything together; `late` says
    /// whether it is over.
    pub(crate) fn attempt(
        &self,
        dialect: &Dialect,
        left: Duration,
        late: &dyn Fn() -> bool,
        sink: &mut dyn ChatSink,
        cancellation: &Cancellation,
    ) -> Result<ChatAnswer, Miss> {
        let timeouts = &self.ready.service.timeouts;
        let request = request(self.egress, self.ready, self.access, Method::Post, &self.ready.service.chat.path)
            .json(self.body(dialect))
            .connect_timeout(timeouts.connect().min(left))
            .first_byte_timeout(timeouts.first_byte().min(left))
            .idle_timeout(timeouts.idle());
        let answer = request.stream(cancellation).map_err(|error| match error {
            HttpError::Unreachable { .. } => Miss::NotConnected(error),
            other => Miss::Error(told(other)),
        })?;
        let mut incoming = Incoming { answer, late };
        let status = incoming.answer.status;
        if !(200..300).contains(&status) {
            return Err(incoming.failure(self, status));
        }
        if incoming.answer.headers.media_type().contains("html") {
            return Err(Miss::Error(page(status)));
        }
        let tools = self.tools(dialect);
        self.read(tools, &mut incoming, sink).map(|answer| self.understood(tools, answer))
    }

    fn read(&self, tools: Tools, incoming: &mut Incoming<'_>, sink: &mut dyn ChatSink) -> Result<ChatAnswer, Miss> {
        let offered = (tools == Tools::Native).then(|| self.id_prefix());
        let mut reader = AnswerReader::new(&self.ready.payload.answer, offered);
        let mut decoder = SseDecoder::new();
        let mut buffer = vec![0; BUFFER];
        let mut begun = false;
        while !reader.ended() {
            let length = match incoming.read(&mut buffer) {
                Ok(length) => length,
                // The model had finished; what is missing is politeness.
                Err(_) if reader.is_complete() => break,
                Err(HttpError::Cancelled) => return Err(Miss::Error(ChatError::Cancelled)),
                Err(error) => return Err(Miss::Error(reader.broken(error.to_string()))),
            };
            let bytes = &buffer[..length];
            if !begun && let Some(first) = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                begun = true;
                match first {
                    b'<' => return Err(Miss::Error(page(incoming.answer.status))),
                    b'{' | b'[' => {
                        let bytes = bytes.to_vec();
                        return self.whole(bytes, incoming, reader, sink);
                    }
                    _ => {}
                }
            }
            let mut take = |item: Item<'_>| reader.item(item, sink);
            let outcome = if length == 0 { decoder.finish(&mut take) } else { decoder.push(bytes, &mut take) };
            outcome.map_err(|stop| missed(stop, &reader))?;
            if length == 0 {
                break;
            }
        }
        reader.finish(sink).map_err(Miss::Error)
    }

    /// A body that is JSON from its first byte: the answer of a service that does not stream, or an error.
    fn whole(
        &self,
        mut body: Vec<u8>,
        incoming: &mut Incoming<'_>,
        mut reader: AnswerReader<'_>,
        sink: &mut dyn ChatSink,
    ) -> Result<ChatAnswer, Miss> {
        let cut = incoming.read_rest(&mut body, WHOLE).err();
        if let Some(HttpError::Cancelled) = cut {
            return Err(Miss::Error(ChatError::Cancelled));
        }
        // One document, or one a line.
        for document in serde_json::Deserializer::from_slice(&body).into_iter::<Value>() {
            match document {
                Ok(json) => reader.document(&json, sink).map_err(|stop| missed(stop, &reader))?,
                Err(_) if cut.is_none() && !reader.text_came() => {
                    let detail = "the answer is neither an event stream nor JSON".to_owned();
                    return Err(Miss::Error(ChatError::Malformed { detail }));
                }
                Err(_) => break,
            }
        }
        match cut {
            Some(error) if !reader.is_complete() => Err(Miss::Error(reader.broken(error.to_string()))),
            _ => reader.finish(sink).map_err(Miss::Error),
        }
    }
}

fn missed(stop: Stop, reader: &AnswerReader<'_>) -> Miss {
    match stop {
        Stop::Error(error) => Miss::Error(error),
        Stop::Failed(failure) if reader.text_came() => Miss::Error(failure.into_error(true)),
        Stop::Failed(failure) => Miss::Failed(failure),
    }
}

/// A request to a service with its headers.
pub(crate) fn request(
    egress: &Egress,
    ready: &ReadyService,
    access: &ChatAccess,
    method: Method,
    path: &str,
) -> Request {
    let service = &ready.service;
    let tls = TlsTrust { verify: true, ca_pem: service.ca_pem.clone() };
    let mut request = egress.request(Purpose::Llm, method, &service.base_url, path, &tls, &access.request_id);
    let value = |name: &str| match name {
        "cookie" => cookie(access.credential.reveal()),
        "model" => service.model.as_str(),
        "request_id" => access.request_id.as_str(),
        "service" => service.name.as_str(),
        _ => "",
    };
    for (name, secret) in ready.headers.render(value) {
        request = request.secret_header(name, &secret);
    }
    request
}

/// The credential without the header name that people copy along with it.
fn cookie(pasted: &str) -> &str {
    let name = "cookie:";
    match pasted.get(..name.len()) {
        Some(head) if head.eq_ignore_ascii_case(name) => pasted[name.len()..].trim_start(),
        _ => pasted,
    }
}

/// What an error of the connection means for the caller, while no text has come.
pub(crate) fn told(error: HttpError) -> ChatError {
    let detail = error.to_string();
    match error {
        HttpError::Cancelled => ChatError::Cancelled,
        HttpError::TooLarge { .. } => ChatError::Malformed { detail },
        HttpError::NotAllowed { .. }
        | HttpError::CircuitOpen { .. }
        | HttpError::RateLimited { .. }
        | HttpError::Certificate { .. }
        | HttpError::Unreachable { .. }
        | HttpError::Timeout { .. }
        | HttpError::Broken { .. } => ChatError::Unavailable { detail },
    }
}

/// An answer on its way in.
struct Incoming<'a> {
    answer: StreamAnswer,
    late: &'a dyn Fn() -> bool,
}

impl Incoming<'_> {
    /// The next bytes as soon as there are any; 0 at the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, HttpError> {
        loop {
            if (self.late)() {
                self.answer.shutdown.close();
                return Err(HttpError::Timeout { detail: "the time for the whole answer is over".to_owned() });
            }
            match self.answer.reader.read(buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(inner(&error)),
                Ok(length) => return Ok(length),
            }
        }
    }

    fn read_rest(&mut self, body: &mut Vec<u8>, limit: usize) -> Result<(), HttpError> {
        let mut buffer = vec![0; BUFFER];
        loop {
            match self.read(&mut buffer)? {
                0 => return Ok(()),
                length if body.len() + length > limit => return Err(HttpError::TooLarge { limit: limit as u64 }),
                length => body.extend_from_slice(&buffer[..length]),
            }
        }
    }

    fn failure(&mut self, call: &Call<'_>, status: u16) -> Miss {
        let mut body = Vec::new();
        // A cut or endless body leaves the status, and that is enough.
        if let Err(HttpError::Cancelled) = self.read_rest(&mut body, ERROR_BODY) {
            return Miss::Error(ChatError::Cancelled);
        }
        let retry_after_ms = self.answer.headers.retry_after_ms();
        Miss::Failed(Failure::of_body(status, retry_after_ms, &body, &call.ready.payload.answer))
    }
}

fn inner(error: &std::io::Error) -> HttpError {
    let known = error.get_ref().and_then(|inner| inner.downcast_ref::<HttpError>());
    known.cloned().unwrap_or_else(|| HttpError::Broken { detail: error.kind().to_string() })
}

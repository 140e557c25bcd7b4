//! One try of one call: the request, and reading what comes back as it comes.

use crate::config::{BodyParts, Dialect, Prompts, ReadyService, Structured, Tools};
use crate::incoming::{BUFFER, Frames, Incoming};
use crate::tools::{self, Aliases, Marks};
use crate::wire::{AnswerReader, Documents, Failure, SseDecoder, Stop, page};
use serde_json::Value;
use std::time::Duration;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatError, ChatRequest, ChatSink, Finish, JsonSchema, ToolUse,
};
use storywright_domain::remote::TlsTrust;
use storywright_http::{Egress, HttpError, Method, Purpose, Request};

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
    /// What the model had written when it ran into its length limit: it is asked to go on behind it.
    pub(crate) cut: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// The same call, going on behind what has come.
    pub(crate) fn going_on<'b>(&'b self, text: &'b str) -> Call<'b>
    where
        'a: 'b,
    {
        Call { aliases: self.aliases.clone(), user: self.user.clone(), cut: Some(text), ..*self }
    }

    /// Whether the model can be asked to go on.
    pub(crate) fn can_go_on(&self) -> bool {
        self.request.tools.is_empty() && self.ready.payload.takes_continuation(self.request.call)
    }

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
        let turns = || -> Value {
            let of_tools = native.map(|native| tools::messages(native, &self.request.turns, &self.aliases, self.marks));
            let go_on = self.cut.map(|text| self.ready.payload.continuation(text, &self.prompts.go_on));
            [of_tools, go_on].into_iter().flatten().flatten().collect()
        };
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
                "turns" => turns(),
                _ => return None,
            })
        };
        let parts = BodyParts {
            call: self.request.call,
            // Held to the schema, the model could only begin anew.
            structured: schema.as_ref().filter(|_| self.cut.is_none()).map(|_| structured),
            with_tools: native.is_some(),
            system: dialect.system,
            left_out: &dialect.left_out,
        };
        self.ready.payload.body(&parts, &self.ready.service.parameters, &value).to_string().into_bytes()
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
        let path = self.ready.service.chat.path(&self.ready.service.model);
        let request = request(self.egress, self.ready, self.access, Method::Post, &path)
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
            return Err(failure(&mut incoming, self, status));
        }
        if incoming.answer.headers.media_type().contains("html") {
            return Err(Miss::Error(page(status)));
        }
        let tools = self.tools(dialect);
        self.read(tools, &mut incoming, sink).map(|answer| self.understood(tools, answer))
    }

    fn read(&self, tools: Tools, incoming: &mut Incoming<'_>, sink: &mut dyn ChatSink) -> Result<ChatAnswer, Miss> {
        let pointers = &self.ready.payload.answer;
        let mut reader = match self.cut {
            Some(_) => AnswerReader::of_rest(pointers),
            None => AnswerReader::new(pointers, (tools == Tools::Native).then(|| self.id_prefix())),
        };
        let mut frames: Option<Frames> = None;
        let mut buffer = vec![0; BUFFER];
        while !reader.ended() {
            let (length, broken) = match incoming.read(&mut buffer) {
                Ok(length) => (length, None),
                Err(HttpError::Cancelled) => return Err(Miss::Error(ChatError::Cancelled)),
                Err(error) => (0, Some(error)),
            };
            let bytes = &buffer[..length];
            if frames.is_none() {
                match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                    Some(b'<') => return Err(Miss::Error(page(incoming.answer.status))),
                    Some(b'{' | b'[') => frames = Some(Frames::Documents(Documents::default())),
                    Some(_) => frames = Some(Frames::Events(SseDecoder::new())),
                    None if length > 0 => continue,
                    None => {}
                }
            }
            if let Some(frames) = &mut frames {
                let taken =
                    if length > 0 { frames.push(bytes, &mut reader, sink) } else { frames.finish(&mut reader, sink) };
                match (taken, &broken) {
                    (Ok(()), _) => {}
                    // What is left of a broken body need not be whole.
                    (Err(Stop::Error(ChatError::Malformed { .. } | ChatError::BrokenOff { .. })), Some(_)) => {}
                    (Err(stop), _) => return Err(missed(stop, &reader)),
                }
            }
            match broken {
                // The model had finished; what is missing is politeness.
                Some(error) if !reader.is_complete() => return Err(Miss::Error(reader.broken(error.to_string()))),
                None if length > 0 => {}
                _ => break,
            }
        }
        reader.finish(sink).map_err(Miss::Error)
    }
}

fn failure(incoming: &mut Incoming<'_>, call: &Call<'_>, status: u16) -> Miss {
    let mut body = Vec::new();
    // A cut or endless body leaves the status, and that is enough.
    if let Err(HttpError::Cancelled) = incoming.read_rest(&mut body, ERROR_BODY) {
        return Miss::Error(ChatError::Cancelled);
    }
    let retry_after_ms = incoming.answer.headers.retry_after_ms();
    Miss::Failed(Failure::of_body(status, retry_after_ms, &body, &call.ready.payload.answer))
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

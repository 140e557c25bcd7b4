//! The port: whose a credential is, and answers as they are written.

use crate::call::{Call, Miss, request, told};
use crate::config::{ConfigError, LlmConfig, ReadyService, Timeouts};
use crate::dialect::lesser;
use crate::joining::Joining;
use crate::live::{Live, Loaded};
use crate::slots::Slots;
use crate::tools::{Aliases, Marks};
use crate::wire::{Failure, first, page, without_secret};
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatCall, ChatError, ChatIdentity, ChatModel, ChatRequest, ChatSetup, ChatSink, Finish,
    IdSource, Usage,
};
use storywright_domain::prompt::PromptWords;
use storywright_http::{Egress, Method, Purpose};

/// Tries after the first, of a call that has given no text yet.
const RETRIES: u32 = 2;
/// Longest wait for the answer to whose a credential is.
const IDENTIFY: Duration = Duration::from_secs(20);
/// Longest such answer.
const IDENTIFY_BYTES: u64 = 256 * 1024;
/// Wait that is advised when all streams are taken.
const FULL_WAIT_MS: i64 = 5_000;

/// The company LLM as the configuration folder describes it.
pub struct ConfiguredChat {
    live: Live,
    egress: Egress,
    ids: Arc<dyn IdSource>,
    slots: Slots,
}

impl ConfiguredChat {
    /// Reads the folder and lists its services with `egress`, in place of those that were listed before.
    ///
    /// # Errors
    /// [`ConfigError`]: file, line, reason and cure.
    pub fn load(folder: &Path, egress: Egress, ids: Arc<dyn IdSource>) -> Result<Self, ConfigError> {
        let live = Live::load(folder.to_owned())?;
        egress.replace(Purpose::Llm, live.last().config.origins());
        Ok(Self { live, egress, ids, slots: Slots::default() })
    }

    /// Reads the folder again now. Every call looks by itself whether the files have changed; this is for whoever wants to
    /// know what is wrong with them.
    ///
    /// # Errors
    /// [`ConfigError`]; the last good configuration goes on.
    pub fn reload(&self) -> Result<(), ConfigError> {
        self.live.reload(|config| self.list(config))
    }

    /// How many streams are open.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.slots.taken()
    }

    pub(crate) fn loaded(&self) -> Arc<Loaded> {
        self.live.now(|config| self.list(config))
    }

    fn list(&self, config: &LlmConfig) {
        self.egress.replace(Purpose::Llm, config.origins());
    }

    /// 64 random bits as text.
    pub(crate) fn boundary(&self) -> String {
        let [a, b, c, d, e, f, g, h, ..] = self.ids.secret();
        format!("{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// Pause before the next try: what the service asks for, or about half a second growing.
    fn pause(&self, asked_ms: Option<i64>, tries: u32) -> Duration {
        if let Some(asked) = asked_ms.and_then(|ms| u64::try_from(ms).ok()) {
            return Duration::from_millis(asked);
        }
        let [a, b, ..] = self.ids.secret();
        let half = 250_u64 << tries.min(6);
        Duration::from_millis(half + u64::from(u16::from_le_bytes([a, b])) % half)
    }
}

/// What is left of the time for a call.
pub(crate) struct Budget {
    began: Instant,
    total: Duration,
    pauses: Duration,
}

impl Budget {
    #[expect(clippy::disallowed_methods, reason = "this adapter measures how long a stream takes")]
    fn now() -> Instant {
        Instant::now()
    }

    /// The time of a call; `within` shortens it.
    pub(crate) fn of(timeouts: &Timeouts, within: Option<Duration>) -> Self {
        let total = within.map_or(timeouts.total(), |within| within.min(timeouts.total()));
        Self { began: Self::now(), total, pauses: timeouts.retry() }
    }

    /// How much is over.
    pub(crate) fn taken(&self) -> Duration {
        Self::now().duration_since(self.began)
    }

    fn left(&self) -> Duration {
        self.total.saturating_sub(self.taken())
    }

    /// Waits, unless that is longer than what may be waited; `false` when it is, or when somebody stops it.
    fn wait(&mut self, pause: Duration, cancellation: &Cancellation) -> bool {
        if pause > self.pauses || pause >= self.left() {
            return false;
        }
        self.pauses -= pause;
        let (stopped, wait) = mpsc::channel();
        cancellation.on_cancel(move || {
            // Nobody waits any more when the pause is over.
            let _ = stopped.send(());
        });
        wait.recv_timeout(pause) == Err(mpsc::RecvTimeoutError::Timeout)
    }
}

impl ChatModel for ConfiguredChat {
    fn services(&self) -> Vec<String> {
        self.loaded().config.service_names()
    }

    fn setup(&self, service: &str, call: ChatCall) -> Option<ChatSetup> {
        let loaded = self.loaded();
        let ready = loaded.service(service)?;
        let prompt = loaded.config.prompts.of(call).whole.clone();
        Some(ChatSetup { model: ready.service.model.clone(), prompt })
    }

    fn library(&self) -> Vec<PromptWords> {
        self.loaded().config.prompts.library.clone()
    }

    fn identify(&self, access: &ChatAccess) -> Result<ChatIdentity, ChatError> {
        let loaded = self.loaded();
        let ready = find(&loaded, access)?;
        self.whose(ready, access)
    }

    fn converse(
        &self,
        access: &ChatAccess,
        request: &ChatRequest,
        sink: &mut dyn ChatSink,
        cancellation: &Cancellation,
    ) -> Result<ChatAnswer, ChatError> {
        let loaded = self.loaded();
        let ready = find(&loaded, access)?;
        let Some(_slot) = self.slots.take(loaded.config.max_streams) else {
            return Err(ChatError::RateLimited { retry_after_ms: FULL_WAIT_MS });
        };
        let prompts = &loaded.config.prompts;
        let boundary = self.boundary();
        let call = Call {
            egress: &self.egress,
            ready,
            access,
            request,
            prompts,
            aliases: Aliases::of(&request.tools),
            marks: Marks { boundary: &boundary, words: loaded.config.datamarking },
            user: prompts.of(request.call).user_message(&request.values, &boundary),
            cut: None,
        };
        let outcome = self.whole(&loaded, &call, sink, cancellation);
        let outcome = outcome.map_err(|error| without_secret(error, &access.credential));
        let word = outcome.as_ref().map_or_else(ChatError::code, |_| "ok");
        log::info!(
            service = ready.service.name.as_str(), outcome = word, request_id = access.request_id.as_str();
            "a chat has ended"
        );
        outcome
    }
}

impl ConfiguredChat {
    /// The answer, and as long as it runs into the length limit, what the model writes when it is asked to go on.
    fn whole(
        &self,
        loaded: &Loaded,
        call: &Call<'_>,
        sink: &mut dyn ChatSink,
        cancellation: &Cancellation,
    ) -> Result<ChatAnswer, ChatError> {
        let within = call.request.within.map(|span| Duration::from_millis(u64::try_from(span.0).unwrap_or(0)));
        let mut budget = Budget::of(&call.ready.service.timeouts, within);
        let mut answer = self.tries(loaded, call, &mut budget, sink, cancellation)?;
        for _ in 0..call.ready.service.continuations {
            if answer.finish != Finish::Length || answer.text.trim().is_empty() || !call.can_go_on() {
                break;
            }
            log::info!(service = call.ready.service.name.as_str(); "the answer ran into the length limit: the model is asked to go on");
            let mut joining = Joining::new(&answer.text, sink);
            let next = match self.tries(loaded, &call.going_on(&answer.text), &mut budget, &mut joining, cancellation) {
                Ok(next) => next,
                // The service does not go on: what there is stays what it was, incomplete.
                Err(ChatError::TooLong { .. } | ChatError::Rejected { .. } | ChatError::Malformed { .. }) => break,
                Err(ChatError::Unavailable { detail }) => return Err(ChatError::BrokenOff { detail }),
                Err(ChatError::RateLimited { .. }) => {
                    let detail = "the service asks to wait before it goes on".to_owned();
                    return Err(ChatError::BrokenOff { detail });
                }
                Err(error) => return Err(error),
            };
            answer.usage = answer.usage.plus(next.usage);
            match joining.finish() {
                Some(rest) if !rest.is_empty() || next.finish != Finish::Length => {
                    answer.text.push_str(&rest);
                    answer.finish = next.finish;
                }
                _ => break,
            }
        }
        Ok(answer)
    }

    /// Tries until there is an answer, text has come, or trying again makes no sense.
    pub(crate) fn tries(
        &self,
        loaded: &Loaded,
        call: &Call<'_>,
        budget: &mut Budget,
        sink: &mut dyn ChatSink,
        cancellation: &Cancellation,
    ) -> Result<ChatAnswer, ChatError> {
        let mut tries = 0;
        loop {
            if cancellation.is_cancelled() {
                return Err(ChatError::Cancelled);
            }
            let dialect = loaded.dialect(call.ready);
            let late = || budget.left().is_zero();
            let miss = match call.attempt(&dialect, budget.left(), &late, sink, cancellation) {
                Ok(answer) => return Ok(answer),
                Err(Miss::Error(_)) if cancellation.is_cancelled() => return Err(ChatError::Cancelled),
                Err(Miss::Error(error)) => return Err(error),
                Err(miss) => miss,
            };
            if let Miss::Failed(failure) = &miss
                && failure.is_filtered(&call.ready.payload.answer.finish_words)
            {
                let (text, calls) = Default::default();
                return Ok(ChatAnswer { text, calls, finish: Finish::Filtered, usage: Usage::default() });
            }
            if let Miss::Failed(failure) = &miss
                && let Some(lesser) = lesser(call, &dialect, failure)
            {
                loaded.learn(&call.ready.service.name, lesser);
                continue;
            }
            let (asked_ms, passing) = match &miss {
                Miss::Failed(failure) => (failure.retry_after_ms(), failure.is_passing()),
                Miss::NotConnected(_) => (None, true),
                Miss::Error(_) => (None, false),
            };
            let again = passing && tries < RETRIES && budget.wait(self.pause(asked_ms, tries), cancellation);
            if !again {
                return Err(match miss {
                    _ if cancellation.is_cancelled() => ChatError::Cancelled,
                    Miss::Failed(failure) => failure.into_error(false),
                    Miss::NotConnected(error) => told(error),
                    Miss::Error(error) => error,
                });
            }
            tries += 1;
        }
    }

    /// Whose a credential is, without the credential in the words of an error.
    pub(crate) fn whose(&self, ready: &ReadyService, access: &ChatAccess) -> Result<ChatIdentity, ChatError> {
        self.ask_identity(ready, access).map_err(|error| without_secret(error, &access.credential))
    }

    /// The way out.
    pub(crate) fn egress(&self) -> &Egress {
        &self.egress
    }

    fn ask_identity(&self, ready: &ReadyService, access: &ChatAccess) -> Result<ChatIdentity, ChatError> {
        let identity = &ready.service.identity;
        let answer = request(&self.egress, ready, access, Method::Get, &identity.path)
            .timeout(IDENTIFY)
            .body_limit(IDENTIFY_BYTES)
            .tries(RETRIES)
            .send()
            .map_err(told)?;
        if !(200..300).contains(&answer.status) {
            let retry_after_ms = answer.headers.retry_after_ms();
            let pointers = &ready.payload.answer;
            return Err(Failure::of_body(answer.status, retry_after_ms, &answer.body, pointers).into_error(false));
        }
        if answer.is_html() {
            return Err(page(answer.status));
        }
        let Ok(json) = serde_json::from_slice::<Value>(&answer.body) else {
            return Err(ChatError::Malformed { detail: format!("`{}` does not answer with JSON", identity.path) });
        };
        let nobody = || ChatError::Unauthorized { detail: "the service takes the credential for nobody's".to_owned() };
        let employee_id = match json.pointer(&identity.user_pointer) {
            Some(Value::String(id)) if !id.trim().is_empty() && !id.trim().eq_ignore_ascii_case("anonymous") => {
                id.trim().to_owned()
            }
            Some(Value::Number(id)) => id.to_string(),
            Some(Value::String(_) | Value::Null | Value::Bool(false)) => return Err(nobody()),
            None if leads_to_nothing(&json, &identity.user_pointer) => return Err(nobody()),
            _ => {
                let detail = format!(
                    "`{}` of config.json leads to no employee ID in the answer of `{}`",
                    identity.user_pointer, identity.path
                );
                return Err(ChatError::Malformed { detail });
            }
        };
        let name_pointer: Vec<String> = identity.name_pointer.iter().cloned().collect();
        let name = first(&json, &name_pointer).and_then(Value::as_str).unwrap_or_default();
        Ok(ChatIdentity { employee_id, name: name.trim().chars().take(200).collect() })
    }
}

/// Whether the path to the person ends at a null, as in `{"user": null}`: nobody is signed in.
fn leads_to_nothing(json: &Value, pointer: &str) -> bool {
    let mut ends = pointer.match_indices('/').map(|(at, _)| &pointer[..at]);
    ends.any(|part| json.pointer(part).is_some_and(Value::is_null))
}

fn find<'a>(loaded: &'a Loaded, access: &ChatAccess) -> Result<&'a ReadyService, ChatError> {
    loaded.service(&access.service).ok_or_else(|| ChatError::NoSuchService { name: access.service.clone() })
}

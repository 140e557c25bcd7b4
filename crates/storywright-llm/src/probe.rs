//! What a service can do, found by asking it: the work of `storywright doctor llm`.

mod asking;

use crate::chat::ConfiguredChat;
use crate::config::{Dialect, DialectFile, ReadyService, Seen, Structured, System, Tools};
use asking::{Asking, PROBE_TOOL, SESAME};
use std::path::PathBuf;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{ChatAccess, ChatError, Finish};

/// How good what was seen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, with less than could be.
    Lesser,
    /// It does not work.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Which, in a word or two.
    pub what: &'static str,
    /// How good it is.
    pub verdict: Verdict,
    /// What was seen, lower case.
    pub saw: String,
    /// What to do, lower case; empty when nothing needs doing.
    pub cure: String,
}

/// What came of asking a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    service: String,
    base_url: String,
    model: String,
    dialect: Dialect,
    seen: Seen,
    /// The file that the profile belongs into.
    pub file: PathBuf,
    /// Whether stories can be written with it.
    pub is_usable: bool,
}

impl Probe {
    /// The dialect file as JSON. `at` says when the service was asked.
    #[must_use]
    pub fn profile(self, at: &str) -> String {
        let file = DialectFile::new((self.service, self.base_url, self.model), at.to_owned(), self.dialect, self.seen);
        // Nothing in it can fail to be written.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }
}

impl ConfiguredChat {
    /// Asks a service what it can do and tells each finding as it comes: whose the credential is, streams, tokens, system prompt,
    /// schema, tools. A dialect file that is there already is not believed.
    ///
    /// # Errors
    /// [`ChatError::NoSuchService`]. What else goes wrong is an observation.
    pub fn probe(
        &self,
        access: &ChatAccess,
        tell: &mut dyn FnMut(Observation),
        cancellation: &Cancellation,
    ) -> Result<Probe, ChatError> {
        let loaded = self.loaded();
        let ready =
            loaded.service(&access.service).ok_or_else(|| ChatError::NoSuchService { name: access.service.clone() })?;
        let mut asking = Asking::new(self, &loaded, ready, access, cancellation);
        let mut probe = Probe {
            service: ready.service.name.clone(),
            base_url: ready.service.base_url.clone(),
            model: ready.service.model.clone(),
            dialect: Dialect::configured(&ready.service),
            seen: Seen::default(),
            file: loaded.config.dialect_path(&ready.service.name),
            is_usable: false,
        };
        if !whose(self, ready, access, tell) {
            return Ok(probe);
        }
        asking.speak(probe.dialect.clone());
        match streams(&mut asking, tell) {
            Some(seen) => probe.seen = seen,
            None => return Ok(probe),
        }
        system(&mut asking, tell);
        let writes_json = schema(&mut asking, tell);
        tools(&mut asking, tell);
        probe.dialect = asking.dialect();
        probe.is_usable = writes_json;
        left_out(&probe.dialect, tell);
        Ok(probe)
    }
}

fn good(what: &'static str, saw: impl Into<String>) -> Observation {
    Observation { what, verdict: Verdict::Good, saw: saw.into(), cure: String::new() }
}

fn lesser(what: &'static str, saw: impl Into<String>, cure: &str) -> Observation {
    Observation { what, verdict: Verdict::Lesser, saw: saw.into(), cure: cure.to_owned() }
}

fn wrong(what: &'static str, error: &ChatError) -> Observation {
    let cure = match error {
        ChatError::Unauthorized { .. } => "paste a new cookie or token; if it is new, look at how header.json sends it",
        ChatError::NoSuchService { .. } => "name a service of config.json",
        ChatError::RateLimited { .. } => "wait, then ask again",
        ChatError::TooLong { .. } => "raise the model's context: it is too small for a sentence",
        ChatError::Rejected { .. } => {
            "compare payload.json with what the service takes; config/examples holds one for each kind of service"
        }
        ChatError::Unavailable { .. } => "check `base_url`, `chat.path` and the service itself",
        ChatError::BrokenOff { .. } => {
            "ask again; if it stays, raise the timeouts or look at the gateway before the service"
        }
        ChatError::Malformed { .. } => {
            "compare `answer` of payload.json with what the service sends; config/examples holds one for each kind of service"
        }
        ChatError::Cancelled => "ask again",
    };
    Observation { what, verdict: Verdict::Wrong, saw: error.to_string(), cure: cure.to_owned() }
}

/// Whose the credential is; `false` when it is nobody's.
fn whose(chat: &ConfiguredChat, ready: &ReadyService, access: &ChatAccess, tell: &mut dyn FnMut(Observation)) -> bool {
    match chat.whose(ready, access) {
        Ok(identity) if identity.name.is_empty() => tell(good("identity", identity.employee_id)),
        Ok(identity) => tell(good("identity", format!("{} ({})", identity.employee_id, identity.name))),
        Err(error) => {
            let goes_on = matches!(error, ChatError::Malformed { .. } | ChatError::Rejected { .. });
            let mut told = wrong("identity", &error);
            if goes_on {
                "correct `identity` of the service in config.json: without it nobody can connect"
                    .clone_into(&mut told.cure);
            }
            tell(told);
            return goes_on;
        }
    }
    true
}

fn streams(asking: &mut Asking<'_>, tell: &mut dyn FnMut(Observation)) -> Option<Seen> {
    let answer = match asking.counting() {
        Ok(answer) => answer,
        Err(error) => {
            tell(wrong("answer", &error));
            return None;
        }
    };
    let first_text_ms = u64::try_from(answer.first_text.as_millis()).unwrap_or(u64::MAX);
    let seen = Seen {
        streams: answer.pieces > 1,
        counts_tokens: answer.answer.usage.input > 0 && answer.answer.usage.output > 0,
        first_text_ms,
    };
    tell(if seen.streams {
        good("stream", format!("{} pieces", answer.pieces))
    } else {
        let cure = "nothing must be done: texts appear when they are whole. If the service can stream, ask for it in payload.json";
        lesser("stream", "the answer came in one piece", cure)
    });
    tell(good("first text", format!("after {first_text_ms} ms")));
    tell(if seen.counts_tokens {
        good("usage", format!("{} tokens in, {} out", answer.answer.usage.input, answer.answer.usage.output))
    } else {
        lesser(
            "usage",
            "it counts no tokens",
            "nothing must be done: the meters estimate. If it can count, see `input_tokens` of payload.json",
        )
    });
    if answer.answer.finish != Finish::Stop {
        tell(lesser(
            "end",
            format!("the answer ended as {:?}", answer.answer.finish),
            "raise the limit of tokens in `parameters`",
        ));
    }
    Some(seen)
}

fn system(asking: &mut Asking<'_>, tell: &mut dyn FnMut(Observation)) {
    let follows = |asking: &mut Asking<'_>| -> Result<bool, ChatError> {
        Ok(asking.password()?.text.to_lowercase().contains(SESAME))
    };
    let first = follows(asking);
    match (&first, asking.dialect().system) {
        (Ok(true), System::Own) => return tell(good("system prompt", "followed in its own place")),
        (Ok(true), System::InUser) => {
            return tell(lesser(
                "system prompt",
                "followed before the user's message; the model has no role for it",
                "",
            ));
        }
        _ => {}
    }
    if asking.dialect().system == System::Own && asking.takes_system_in_user() {
        let before = asking.dialect();
        asking.speak(Dialect { system: System::InUser, ..before.clone() });
        if let Ok(true) = follows(asking) {
            return tell(lesser("system prompt", "followed only before the user's message", ""));
        }
        asking.speak(before);
    }
    match first {
        Ok(_) => tell(lesser(
            "system prompt",
            "not followed",
            "choose a model that follows instructions, or expect drafts that do not fit",
        )),
        Err(error) => tell(wrong("system prompt", &error)),
    }
}

/// How far the service can be held to a schema; `false` when not even words make it write JSON.
fn schema(asking: &mut Asking<'_>, tell: &mut dyn FnMut(Observation)) -> bool {
    let mut level = Some(Structured::JsonSchema);
    let mut ignored = false;
    while let Some(structured) = level {
        if !asking.holds_to(structured) {
            level = structured.less();
            continue;
        }
        asking.speak(Dialect { structured, ..asking.dialect() });
        let answer = match asking.colour() {
            Ok(answer) => answer,
            Err(ChatError::Rejected { .. } | ChatError::Malformed { .. }) if structured.less().is_some() => {
                level = structured.less();
                continue;
            }
            Err(error) => {
                tell(wrong("schema", &error));
                return false;
            }
        };
        // A refusal may have taken it further down by itself.
        let used = asking.dialect().structured;
        if asking::is_colour(&answer.text, used) {
            tell(match used {
                Structured::JsonSchema => good("schema", "kept"),
                _ if ignored => {
                    lesser("schema", format!("taken without a word and not kept; {} works", word(used)), "")
                }
                _ => lesser("schema", format!("not taken; {} works", word(used)), ""),
            });
            return true;
        }
        ignored = true;
        level = used.less();
    }
    tell(Observation {
        what: "schema",
        verdict: Verdict::Wrong,
        saw: "the model writes no JSON, not even when it is told to".to_owned(),
        cure: "choose another model: drafts are JSON".to_owned(),
    });
    false
}

fn word(structured: Structured) -> &'static str {
    match structured {
        Structured::JsonSchema => "a schema",
        Structured::JsonObject => "a JSON object with the schema in the prompt",
        Structured::None => "the schema in the prompt alone",
    }
}

fn tools(asking: &mut Asking<'_>, tell: &mut dyn FnMut(Observation)) {
    let mut trouble = None;
    for tools in [Tools::Native, Tools::Json] {
        if tools == Tools::Native && !asking.takes_tools() {
            continue;
        }
        asking.speak(Dialect { tools, ..asking.dialect() });
        let first = match asking.look_up(None) {
            Ok(answer) => answer,
            Err(error) => {
                trouble = Some(error);
                continue;
            }
        };
        let used = asking.dialect().tools;
        let Some(call) = first.calls.into_iter().find(|call| call.name == PROBE_TOOL) else { continue };
        if !call.arguments.to_lowercase().contains(SESAME) {
            continue;
        }
        match asking.look_up(Some(call)) {
            Ok(_) if used == Tools::Native => return tell(good("tools", "called, and the result taken")),
            Ok(_) => return tell(lesser("tools", "asked for as JSON steps", "")),
            Err(error) => trouble = Some(error),
        }
    }
    asking.speak(Dialect { tools: Tools::None, ..asking.dialect() });
    let cure = "nothing must be done: stories are written without looking things up";
    tell(match trouble {
        Some(error) => lesser("tools", format!("not called: {error}"), cure),
        None => lesser("tools", "not called", cure),
    });
}

fn left_out(dialect: &Dialect, tell: &mut dyn FnMut(Observation)) {
    if !dialect.left_out.is_empty() {
        tell(lesser("parameters", format!("left out, since it refuses them: {}", dialect.left_out.join(", ")), ""));
    }
}

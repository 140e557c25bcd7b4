//! The part of `payload.json` about answers: where things are in them.

use super::Problem;
use super::services::check_pointer;
use super::tool_payload::CallPointers;
use serde::Deserialize;
use serde_json::Value;
use storywright_domain::ports::Finish;

/// Where things are in an answer, streamed or whole: JSON pointers, of which the first that leads somewhere counts.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Pointers {
    /// Data of the event that ends a stream; `null` when the service sends none.
    pub(crate) end: Option<String>,
    /// Values by which an event says that it is the last.
    #[serde(default)]
    pub(crate) ends: Vec<LastSign>,
    /// Text, as a string or as a list of parts with a `text` each.
    pub(crate) text: Vec<String>,
    /// Why the model stopped.
    pub(crate) finish: Vec<String>,
    /// What the words there mean.
    pub(crate) finish_words: FinishWords,
    /// Words of a model that declines.
    #[serde(default)]
    pub(crate) refusal: Vec<String>,
    /// Calls of tools, as a list.
    #[serde(default)]
    pub(crate) tool_calls: Vec<String>,
    /// Where things are in an entry of that list.
    #[serde(default)]
    pub(crate) tool_call: CallPointers,
    /// Tokens of the prompt.
    #[serde(default)]
    pub(crate) input_tokens: Vec<String>,
    /// Tokens of the answer.
    #[serde(default)]
    pub(crate) output_tokens: Vec<String>,
    /// There is something here only when the service failed.
    pub(crate) error: Vec<String>,
    /// The failure in words.
    #[serde(default)]
    pub(crate) error_message: Vec<String>,
    /// The failure as a status, code or type; all are looked at.
    #[serde(default)]
    pub(crate) error_code: Vec<String>,
}

/// An event with this value at this place is the last.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct LastSign {
    /// JSON pointer.
    at: String,
    /// The value.
    is: Value,
}

impl LastSign {
    /// Whether this event carries it.
    pub(crate) fn is_in(&self, json: &Value) -> bool {
        json.pointer(&self.at) == Some(&self.is)
    }
}

/// Finish reasons as the service words them, without regard to case.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct FinishWords {
    stop: Vec<String>,
    length: Vec<String>,
    #[serde(default)]
    filtered: Vec<String>,
    #[serde(default)]
    refused: Vec<String>,
    #[serde(default)]
    tool_calls: Vec<String>,
}

/// What a finish reason means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FinishWord {
    /// As the port knows it.
    Ended(Finish),
    /// It wants a tool to be called.
    Tool,
    /// Nobody has said what it means.
    Unknown,
}

impl FinishWords {
    /// What a word means.
    pub(crate) fn meaning(&self, word: &str) -> FinishWord {
        let has = |words: &[String]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        if has(&self.stop) {
            FinishWord::Ended(Finish::Stop)
        } else if has(&self.length) {
            FinishWord::Ended(Finish::Length)
        } else if has(&self.filtered) {
            FinishWord::Ended(Finish::Filtered)
        } else if has(&self.refused) {
            FinishWord::Ended(Finish::Refused)
        } else if has(&self.tool_calls) {
            FinishWord::Tool
        } else {
            FinishWord::Unknown
        }
    }
}

impl Pointers {
    pub(super) fn check(&self) -> Result<(), Problem> {
        for (key, pointers) in [("text", &self.text), ("finish", &self.finish), ("error", &self.error)] {
            if pointers.is_empty() {
                return Err(
                    Problem::new(format!("`answer.{key}` is empty"), "give at least one JSON pointer").near(key)
                );
            }
        }
        let all = [
            &self.text,
            &self.finish,
            &self.refusal,
            &self.tool_calls,
            &self.input_tokens,
            &self.output_tokens,
            &self.error,
            &self.error_message,
            &self.error_code,
        ];
        let ends = self.ends.iter().map(|sign| &sign.at);
        all.into_iter().flatten().chain(self.tool_call.all()).chain(ends).try_for_each(|pointer| check_pointer(pointer))
    }
}

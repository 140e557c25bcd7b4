//! What an answer that is none means: status, error object, web page.

use crate::config::{FinishWord, FinishWords, Pointers};
use serde_json::Value;
use storywright_domain::Secret;
use storywright_domain::ports::{ChatError, Finish};

/// Longest part of a service's words that is repeated, in characters.
const LONGEST_WORDS: usize = 300;

/// Signs that the input was too long, in the words of the servers that are around.
const TOO_LONG: [&str; 14] = [
    "context_length",
    "context length",
    "context window",
    "contextwindow",
    "context size",
    "context_size",
    "maximum context",
    "max_model_len",
    "n_ctx",
    "too many tokens",
    "prompt is too long",
    "input is too long",
    "input too long",
    "reduce the length",
];

/// Signs that the credential was not accepted, as codes and types.
const NOT_ACCEPTED: [&str; 9] = [
    "401",
    "403",
    "authentication_error",
    "invalid_api_key",
    "unauthorized",
    "permission_error",
    "session_expired",
    "invalid_session",
    "unauthenticated",
];

/// What a service said about its failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// HTTP status; 200 when the failure came in the body alone.
    pub(crate) status: u16,
    /// Its words, cut.
    pub(crate) words: String,
    /// Codes and types in lower case.
    codes: Vec<String>,
    retry_after_ms: Option<i64>,
}

impl Failure {
    /// Reads the body of an answer with an error status.
    pub(crate) fn of_body(status: u16, retry_after_ms: Option<i64>, body: &[u8], pointers: &Pointers) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(json) => Self { status, retry_after_ms, ..Self::of_json(&json, pointers) },
            Err(_) => {
                let text = String::from_utf8_lossy(&body[..body.len().min(2_048)]);
                let words = if looks_like_a_page(&text) { String::new() } else { cut(&text) };
                Self { status, words, codes: Vec::new(), retry_after_ms }
            }
        }
    }

    /// Reads an error object; the answer that it came in had a good status.
    pub(crate) fn of_json(json: &Value, pointers: &Pointers) -> Self {
        let found = |list: &[String]| -> Vec<String> {
            list.iter().filter_map(|pointer| json.pointer(pointer)).filter_map(word).collect()
        };
        let words = found(&pointers.error_message).into_iter().next().unwrap_or_default();
        let codes = found(&pointers.error_code).into_iter().map(|code| code.to_ascii_lowercase()).collect();
        Self { status: 200, words: cut(&words), codes, retry_after_ms: None }
    }

    /// Whether the service names this key of the request as what it does not take.
    pub(crate) fn names(&self, key: &str) -> bool {
        matches!(self.effective_status(), 400 | 404 | 415 | 422 | 501)
            && self.words.to_ascii_lowercase().contains(&key.to_ascii_lowercase())
    }

    /// Whether the same request may go through in a while.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self.effective_status(), 429 | 503 | 529) && !self.is_quota()
    }

    /// Whether the service filtered the request or its answer: its code is among the finish words for that.
    pub(crate) fn is_filtered(&self, words: &FinishWords) -> bool {
        self.codes.iter().any(|code| words.meaning(code) == FinishWord::Ended(Finish::Filtered))
    }

    /// Milliseconds that the service asks to wait.
    pub(crate) fn retry_after_ms(&self) -> Option<i64> {
        self.retry_after_ms
    }

    /// The failure for the caller. Without text it is sorted by its cause; once text has come, the answer has broken off,
    /// unless the person must do something.
    pub(crate) fn into_error(self, text_came: bool) -> ChatError {
        let detail = self.detail();
        let status = self.effective_status();
        if self.is_too_long() {
            return ChatError::TooLong { detail };
        }
        if matches!(status, 401 | 403 | 407) || self.codes.iter().any(|code| NOT_ACCEPTED.contains(&code.as_str())) {
            return ChatError::Unauthorized { detail };
        }
        if (300..400).contains(&status) {
            return ChatError::Unauthorized {
                detail: format!("redirect to a sign-in page, status {status}: the cookie has expired"),
            };
        }
        if text_came {
            return ChatError::BrokenOff { detail };
        }
        match status {
            429 if !self.is_quota() => {
                ChatError::RateLimited { retry_after_ms: self.retry_after_ms.unwrap_or(DEFAULT_WAIT_MS) }
            }
            200 | 408 | 500.. => ChatError::Unavailable { detail },
            _ => ChatError::Rejected { detail },
        }
    }

    fn detail(&self) -> String {
        match (self.status, self.words.is_empty()) {
            (200, true) => "an error without words".to_owned(),
            (200, false) => self.words.clone(),
            (status, true) => format!("status {status}"),
            (status, false) => format!("status {status}: {}", self.words),
        }
    }

    /// The status, or the one that the error object stands for.
    fn effective_status(&self) -> u16 {
        if self.status != 200 {
            return self.status;
        }
        let has = |sign: &str| self.codes.iter().any(|code| code.contains(sign));
        let number = self.codes.iter().filter_map(|code| code.parse().ok()).find(|code| (400..600).contains(code));
        match number {
            Some(number) => number,
            None if has("rate_limit") => 429,
            None if has("invalid_request") || has("badrequest") => 400,
            None if has("unavailable") || has("overloaded") => 503,
            None => 200,
        }
    }

    /// Whether the input was too long.
    pub(crate) fn is_too_long(&self) -> bool {
        if self.status == 413 {
            return true;
        }
        let words = self.words.to_ascii_lowercase();
        TOO_LONG.iter().any(|sign| words.contains(sign) || self.codes.iter().any(|code| code.contains(sign)))
    }

    /// Money or quota that has run out does not come back in a while.
    fn is_quota(&self) -> bool {
        self.codes.iter().any(|code| code == "insufficient_quota")
    }
}

/// Wait when a service asks to wait and does not say how long.
const DEFAULT_WAIT_MS: i64 = 2_000;

/// A sign-in page came where an answer was due.
pub(crate) fn page(status: u16) -> ChatError {
    ChatError::Unauthorized {
        detail: format!("a web page came instead of an answer, status {status}: the cookie has expired"),
    }
}

/// Whether a text is the beginning of a web page.
pub(crate) fn looks_like_a_page(text: &str) -> bool {
    let start: String = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).chars().take(64).collect();
    let start = start.to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<body", "<meta ", "<title", "<script"]
        .iter()
        .any(|sign| start.starts_with(sign))
}

/// The error without the credential, should the service have repeated it in its words.
pub(crate) fn without_secret(error: ChatError, credential: &Secret) -> ChatError {
    let scrub = |detail: String| {
        let secret = credential.reveal();
        let parts = secret.split([';', '=', ' ']).map(str::trim).filter(|part| part.len() >= 8);
        std::iter::once(secret)
            .filter(|whole| !whole.is_empty())
            .chain(parts)
            .fold(detail, |text, part| text.replace(part, "[credential]"))
    };
    match error {
        ChatError::Unauthorized { detail } => ChatError::Unauthorized { detail: scrub(detail) },
        ChatError::TooLong { detail } => ChatError::TooLong { detail: scrub(detail) },
        ChatError::Rejected { detail } => ChatError::Rejected { detail: scrub(detail) },
        ChatError::Unavailable { detail } => ChatError::Unavailable { detail: scrub(detail) },
        ChatError::BrokenOff { detail } => ChatError::BrokenOff { detail: scrub(detail) },
        ChatError::Malformed { detail } => ChatError::Malformed { detail: scrub(detail) },
        other @ (ChatError::NoSuchService { .. } | ChatError::RateLimited { .. } | ChatError::Cancelled) => other,
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn cut(text: &str) -> String {
    let printable: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let printable = printable.trim();
    let mut words: String = printable.chars().take(LONGEST_WORDS).collect();
    if words.len() < printable.len() {
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests;

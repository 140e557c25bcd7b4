//! What an answer means, whoever gave it: the site, a proxy before it, or the site to nobody.

use serde::de::DeserializeOwned;
use serde_json::Value;
use storywright_domain::remote::{FieldRefusal, RemoteError};
use storywright_http::{Answer, Headers};

/// Most characters of a site's own words that are kept.
const WORDS: usize = 500;

/// Wait when a site limits calls and does not say for how long.
const DEFAULT_WAIT_MS: i64 = 5_000;

/// What a site says in the body of a refusal.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) messages: Vec<String>,
    pub(crate) fields: Vec<FieldRefusal>,
}

impl Refusal {
    /// Reads Jira's `{"errorMessages": [], "errors": {}}` and Confluence's `{"message": ""}`; `None` when it is neither.
    pub(crate) fn read(answer: &Answer) -> Option<Self> {
        let body: Value = serde_json::from_slice(&answer.body).ok()?;
        let object = body.as_object()?;
        let mut refusal = Self::default();
        for message in object.get("errorMessages").and_then(Value::as_array).into_iter().flatten() {
            refusal.messages.extend(message.as_str().map(cut));
        }
        for (field, message) in object.get("errors").and_then(Value::as_object).into_iter().flatten() {
            let message = message.as_str().map_or_else(|| cut(&message.to_string()), cut);
            refusal.fields.push(FieldRefusal { field: cut(field), message });
        }
        if let Some(message) = object.get("message").and_then(Value::as_str).filter(|message| !message.is_empty()) {
            refusal.messages.push(cut(message));
        }
        let known = ["errorMessages", "errors", "message"].iter().any(|key| object.contains_key(*key));
        known.then_some(refusal)
    }

    fn words(&self) -> String {
        let fields = self.fields.iter().map(|refusal| format!("{}: {}", refusal.field, refusal.message));
        self.messages.iter().cloned().chain(fields).collect::<Vec<_>>().join("; ")
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').take(WORDS).collect()
}

/// The answer itself when it was given to the person with a good status; else what stands in the way.
pub(crate) fn accepted(answer: Answer) -> Result<Answer, RemoteError> {
    match trouble(&answer) {
        Some(error) => Err(error),
        None => Ok(answer),
    }
}

/// What stands in the way of using an answer.
pub(crate) fn trouble(answer: &Answer) -> Option<RemoteError> {
    if let Some(error) = not_for_us(answer) {
        return Some(error);
    }
    let refusal = || Refusal::read(answer);
    let status = answer.status;
    Some(match status {
        200..=299 => return None,
        403 => RemoteError::Forbidden { detail: refusal().map_or_else(|| "status 403".to_owned(), |r| r.words()) },
        404 if answer.headers.media_type().contains("json") => RemoteError::NotFound,
        429 => RemoteError::RateLimited { retry_after_ms: answer.headers.retry_after_ms().unwrap_or(DEFAULT_WAIT_MS) },
        400..=499 => match refusal() {
            Some(Refusal { messages, fields }) => RemoteError::Rejected { messages, fields },
            None => RemoteError::Malformed { detail: seen(answer) },
        },
        500..=599 => RemoteError::Unavailable { detail: format!("status {status}") },
        _ => RemoteError::Malformed { detail: seen(answer) },
    })
}

/// An answer that was not given to the person: refused credential, CAPTCHA, sign-in page, or given to nobody.
pub(crate) fn not_for_us(answer: &Answer) -> Option<RemoteError> {
    let headers = &answer.headers;
    if let Some(reason) = headers.get("x-authentication-denied-reason")
        && reason.contains("CAPTCHA_CHALLENGE")
    {
        let login_url = reason.split("login-url=").nth(1).map(|url| cut(url.trim_end_matches(';').trim()));
        return Some(RemoteError::Captcha { login_url });
    }
    let status = answer.status;
    if status == 401 {
        let reason =
            headers.get("x-seraph-loginreason").map_or_else(String::new, |reason| format!(", {}", cut(reason)));
        return Some(RemoteError::Unauthorized { detail: format!("status 401{reason}") });
    }
    if (300..400).contains(&status) {
        return Some(redirected(answer));
    }
    if answer.is_html() && (status < 300 || status == 403) {
        return Some(RemoteError::LoginPage { detail: seen(answer) });
    }
    // A server error says nothing about who asked.
    if status < 500 && is_anonymous(headers) {
        let reason = headers.get("x-seraph-loginreason").unwrap_or("nobody is signed in");
        return Some(RemoteError::Unauthorized { detail: format!("status {status}, {}", cut(reason)) });
    }
    None
}

/// Whether the site says that it answered to nobody. A credential is sent with every call, so nobody means that it failed.
fn is_anonymous(headers: &Headers) -> bool {
    let reasons = headers.get("x-seraph-loginreason").unwrap_or_default();
    let mut reasons = reasons.split(',').map(str::trim);
    if reasons.any(|reason| matches!(reason, "AUTHENTICATED_FAILED" | "AUTHENTICATION_DENIED" | "AUTHORISATION_FAILED"))
    {
        return true;
    }
    headers.get("x-ausername").is_some_and(|name| name.eq_ignore_ascii_case("anonymous"))
}

fn redirected(answer: &Answer) -> RemoteError {
    let location = answer.headers.get("location").unwrap_or_default();
    let target = location.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let signs = ["login", "signin", "sign-in", "sso", "saml", "oauth", "openid", "auth", "adfs", "idp"];
    if signs.iter().any(|sign| target.contains(sign)) {
        return RemoteError::LoginPage { detail: format!("status {}, redirect to a sign-in page", answer.status) };
    }
    let host = url::Url::parse(location).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.map_or_else(|| "the same host".to_owned(), |host| cut(&host));
    RemoteError::Malformed { detail: format!("status {}, unexpected redirect to {host}", answer.status) }
}

/// Status and media type, for messages.
fn seen(answer: &Answer) -> String {
    let media_type = answer.headers.media_type();
    let media_type = if media_type.is_empty() { "no media type".to_owned() } else { cut(&media_type) };
    format!("status {}, {media_type}", answer.status)
}

/// The body as JSON.
pub(crate) fn json<T: DeserializeOwned>(answer: &Answer) -> Result<T, RemoteError> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        // The position, not the text: bodies hold other people's words.
        let place = format!("line {} column {}", error.line(), error.column());
        let problem = match error.classify() {
            serde_json::error::Category::Data => "unexpected shape",
            serde_json::error::Category::Eof => "cut short",
            _ => "no JSON",
        };
        RemoteError::Malformed { detail: format!("{}, {problem} at {place}", seen(answer)) }
    })
}

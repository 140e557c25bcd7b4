//! Calls to one site for one person.

use crate::answer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use storywright_domain::Secret;
use storywright_domain::remote::{Access, RemoteError};
use storywright_http::{Answer, Egress, Method, Purpose, Request};

/// What is encoded in a path segment: all that could end it or leave it.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b'\\')
    .add(b';')
    .add(b'&')
    .add(b'+')
    .add(b'^')
    .add(b'|')
    .add(b'[')
    .add(b']');

/// A text as one segment of a path. `.` and `..` would be steps, not names.
pub(crate) fn segment(raw: &str) -> String {
    match raw {
        "." | ".." => raw.replace('.', "%252E"),
        _ => utf8_percent_encode(raw, SEGMENT).to_string(),
    }
}

/// `?a=b&c=d`, encoded.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("?{}", pairs.join("&"))
}

/// A value inside double quotes, as JQL and CQL read it.
pub(crate) fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}

/// What `Authorization` says. A personal access token of Data Center has no colon; Cloud takes e-mail and API token, kept as
/// `e-mail:token`.
fn authorization(credential: &Secret) -> Secret {
    let credential = credential.reveal();
    if credential.contains(':') {
        Secret::new(format!("Basic {}", STANDARD.encode(credential)))
    } else {
        Secret::new(format!("Bearer {credential}"))
    }
}

/// A request with credential and the headers that Atlassian's servers want of programs.
pub(crate) fn request(egress: &Egress, purpose: Purpose, access: &Access, method: Method, path: &str) -> Request {
    egress
        .request(purpose, method, &access.site.base_url, path, &access.tls, &access.request_id)
        .on_behalf_of(access.user)
        .secret_header("authorization", &authorization(&access.credential))
        .header("accept", "application/json")
        // Says that no browser sent this.
        .header("x-atlassian-token", "no-check")
}

/// A call that may be repeated; its answer was given to the person, with a good status.
pub(crate) fn sent(request: Request) -> Result<Answer, RemoteError> {
    answer::accepted(request.send()?)
}

/// The same, read as JSON.
pub(crate) fn read<T: DeserializeOwned>(request: Request) -> Result<T, RemoteError> {
    answer::json(&sent(request)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_quotes() {
        assert_eq!(quoted(r#"a" OR project = "B\"#), r#""a\" OR project = \"B\\""#);
        assert_eq!(quoted("a\nb\u{0}c"), "\"abc\"");
    }

    #[test]
    fn a_token_is_sent_as_its_kind_wants() {
        let sent = |credential: &str| authorization(&Secret::new(credential.to_owned())).reveal().to_owned();
        assert_eq!(sent("canary-token"), "Bearer canary-token");
        assert_eq!(sent("a@b.example:t"), "Basic YUBiLmV4YW1wbGU6dA==");
    }

    #[test]
    fn names_cannot_leave_their_place_in_a_path() {
        assert_eq!(segment("PAY-1"), "PAY-1");
        assert_eq!(segment("../../admin?x#y"), "..%2F..%2Fadmin%3Fx%23y");
        assert_eq!(segment(".."), "%252E%252E");
        assert_eq!(query(&[("jql", "a = \"b & c\""), ("max", "1")]), "?jql=a%20%3D%20%22b%20%26%20c%22&max=1");
    }
}

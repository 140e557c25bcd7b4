//! Who sent a request, read from its `Authorization` and `Cookie` headers.

use actix_web::http::header::{AUTHORIZATION, COOKIE, HeaderMap};
use base64::Engine as _;

use crate::{people::Person, state::Service};

/// How a request presented itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presented {
    /// No credential at all.
    Nothing,
    /// A credential that belongs to this person.
    Person(Box<Person>, Scheme),
    /// A credential that nobody holds.
    Unknown(Scheme),
}

/// Kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: Basic …`
    Basic,
    /// `Authorization: Token …`, which MCP servers take.
    Token,
    /// A PAT in a header of its own, as `X-Atlassian-Jira-Personal-Token`.
    Header,
    /// `Cookie: …`
    Cookie,
    /// Any other `Authorization` scheme.
    Other,
}

impl Scheme {
    /// Name as the log writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::Token => "token",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Other => "other",
        }
    }
}

impl Presented {
    /// The person, when the credential is good.
    pub(crate) fn person(&self) -> Option<&Person> {
        match self {
            Self::Person(person, _) => Some(person),
            Self::Nothing | Self::Unknown(_) => None,
        }
    }

    /// The scheme, when there was a credential.
    pub(crate) fn scheme(&self) -> Option<Scheme> {
        match self {
            Self::Nothing => None,
            Self::Person(_, scheme) | Self::Unknown(scheme) => Some(*scheme),
        }
    }
}

/// Reads the credential of a request to `service`.
///
/// Bearer tokens are the service's own (a Jira PAT does not open Confluence); basic authentication takes the employee ID
/// with the password or with the PAT; the LLM takes its cookie, or the cookie's value as a bearer token.
pub(crate) fn presented(service: Service, headers: &HeaderMap, people: &[Person]) -> Presented {
    if let Some(value) = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()) {
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        return if scheme.eq_ignore_ascii_case("bearer") {
            found(people.iter().find(|p| holds_token(service, p, rest.trim())), Scheme::Bearer)
        } else if scheme.eq_ignore_ascii_case("basic") {
            found(people.iter().find(|p| holds_password(service, p, rest.trim())), Scheme::Basic)
        } else {
            Presented::Unknown(Scheme::Other)
        };
    }
    if service != Service::Llm {
        return Presented::Nothing;
    }
    let mut pairs = headers
        .get_all(COOKIE)
        .filter_map(|v| v.to_str().ok())
        .flat_map(|line| line.split(';'))
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .peekable();
    if pairs.peek().is_none() {
        return Presented::Nothing;
    }
    let pairs: Vec<&str> = pairs.collect();
    found(people.iter().find(|p| pairs.contains(&p.llm.credential.as_str())), Scheme::Cookie)
}

/// Reads the credential of a request to Jira Cloud: basic authentication with e-mail address and API token (here the Jira PAT).
pub(crate) fn presented_on_cloud(headers: &HeaderMap, people: &[Person]) -> Presented {
    let Some(value) = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()) else { return Presented::Nothing };
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    if scheme.eq_ignore_ascii_case("bearer") {
        return Presented::Unknown(Scheme::Bearer);
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Presented::Unknown(Scheme::Other);
    }
    let holder = decoded(rest.trim()).and_then(|(name, secret)| {
        people.iter().find(|person| person.email.eq_ignore_ascii_case(&name) && person.jira_pat == secret)
    });
    found(holder, Scheme::Basic)
}

/// Reads the credential of a request to the MCP server of `product`: `Token` and `Bearer` with that product's PAT, basic
/// authentication, or, without any `Authorization`, the product's address and PAT in headers of their own.
pub(crate) fn presented_to_mcp(product: Service, headers: &HeaderMap, people: &[Person]) -> Presented {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(value) = text(AUTHORIZATION.as_str()) {
        return match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("token") => {
                found(people.iter().find(|p| holds_token(product, p, token.trim())), Scheme::Token)
            }
            _ => presented(product, headers, people),
        };
    }
    let [url, token] = mcp_headers(product);
    match (text(url), text(token)) {
        (Some(_), Some(token)) => found(people.iter().find(|p| holds_token(product, p, token)), Scheme::Header),
        _ => Presented::Nothing,
    }
}

/// The headers that carry a product's address and PAT to an MCP server.
pub(crate) fn mcp_headers(product: Service) -> [&'static str; 2] {
    match product {
        Service::Confluence => ["x-atlassian-confluence-url", "x-atlassian-confluence-personal-token"],
        _ => ["x-atlassian-jira-url", "x-atlassian-jira-personal-token"],
    }
}

/// Name and secret of basic authentication.
fn decoded(encoded: &str) -> Option<(String, String)> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':').map(|(name, secret)| (name.to_owned(), secret.to_owned()))
}

fn found(person: Option<&Person>, scheme: Scheme) -> Presented {
    match person {
        Some(person) => Presented::Person(Box::new(person.clone()), scheme),
        None => Presented::Unknown(scheme),
    }
}

/// A person has two tokens of Jira, the second is the first with `-new` behind it: one that was made later, for who forgot a password.
fn holds_token(service: Service, person: &Person, token: &str) -> bool {
    match service {
        Service::Jira => token.strip_suffix("-new").unwrap_or(token) == person.jira_pat,
        Service::Confluence => person.confluence.credential == token,
        Service::Llm => person.llm.credential.split_once('=').is_some_and(|(_, value)| value == token),
        // An MCP server has no credentials of its own.
        Service::Mcp => false,
    }
}

fn holds_password(service: Service, person: &Person, encoded: &str) -> bool {
    decoded(encoded).is_some_and(|(name, secret)| {
        name == person.employee_id && (secret == person.password || holds_token(service, person, &secret))
    })
}

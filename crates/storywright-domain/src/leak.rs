//! What must not go to Jira: texts that look like credentials.

use crate::story::Document;

/// Something that looks like a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// What it looks like.
    pub kind: &'static str,
    /// Its beginning, enough to find it and too little to use it.
    pub hint: String,
}

impl Leak {
    /// As a sentence for people.
    #[must_use]
    pub fn told(&self) -> String {
        format!("The text holds what looks like {} (`{}`).", self.kind, self.hint)
    }

    /// What to do about it, as a sentence.
    pub const CURE: &'static str = "Take it out, and replace it where it is in use.";
}

/// Whether a private key in the usual text form stands in a text.
#[must_use]
pub fn has_private_key(text: &str) -> bool {
    text.find("-----BEGIN ").is_some_and(|at| text[at..].contains("PRIVATE KEY-----"))
}

/// What in a text looks like a credential.
#[must_use]
pub fn leaks(text: &str) -> Vec<Leak> {
    let mut found = Vec::new();
    if has_private_key(text) {
        found.push(Leak { kind: "a private key", hint: "-----BEGIN".to_owned() });
    }
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '/' | '='))) {
        let word = word.trim_matches(['.', '-', '/', '=']);
        if let Some(kind) = kind_of(word) {
            let hint = format!("{}…", word.chars().take(6).collect::<String>());
            found.push(Leak { kind, hint });
        }
    }
    found.extend(header_of(text));
    found
}

/// What a word looks like, if it looks like a credential.
fn kind_of(word: &str) -> Option<&'static str> {
    const PREFIXES: [(&str, usize, &str); 9] = [
        ("ghp_", 36, "a GitHub token"),
        ("github_pat_", 40, "a GitHub token"),
        ("glpat-", 20, "a GitLab token"),
        ("xoxb-", 20, "a Slack token"),
        ("xoxp-", 20, "a Slack token"),
        ("sk-", 32, "an API key"),
        ("ATATT3", 40, "an Atlassian API token"),
        ("AKIA", 20, "an AWS key"),
        ("AIza", 35, "a Google API key"),
    ];
    let known = PREFIXES.iter().find(|(prefix, least, _)| word.starts_with(prefix) && word.len() >= *least);
    if let Some((_, _, kind)) = known {
        return Some(kind);
    }
    let parts: Vec<&str> = word.split('.').collect();
    if let [head, body, signature] = parts.as_slice()
        && head.starts_with("eyJ")
        && body.starts_with("eyJ")
        && signature.len() >= 16
    {
        return Some("a signed token (JWT)");
    }
    // A personal access token of Jira or Confluence: 44 characters of base64, numbers and both cases among them.
    let is_pat = word.len() == 44
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_lowercase());
    is_pat.then_some("a personal access token")
}

/// Headers and settings with a long value behind them.
fn header_of(text: &str) -> Option<Leak> {
    const NAMES: [(&str, &str); 6] = [
        ("authorization: bearer ", "a bearer token"),
        ("authorization: basic ", "a password"),
        ("cookie: ", "a cookie"),
        ("jsessionid=", "a session cookie"),
        ("password=", "a password"),
        ("api_key=", "an API key"),
    ];
    let lower = text.to_ascii_lowercase();
    NAMES.iter().find_map(|(name, kind)| {
        let at = lower.find(name)? + name.len();
        let value = text[at..].split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '&')).next()?;
        let telling = value.len() >= 12 && value.bytes().any(|byte| byte.is_ascii_digit());
        telling.then(|| Leak { kind, hint: format!("{}…", value.chars().take(4).collect::<String>()) })
    })
}

/// The texts of a document with their places, as far as they go to Jira.
#[must_use]
pub fn texts(document: &Document) -> Vec<(usize, String, String)> {
    let mut texts = Vec::new();
    for (index, story) in document.stories.iter().enumerate() {
        let mut add = |field: &str, text: &str| {
            if !text.is_empty() {
                texts.push((index, format!("stories.{index}.{field}"), text.to_owned()));
            }
        };
        add("summary", &story.summary);
        if let Some(part) = &story.narrative {
            add("narrative.role", &part.role);
            add("narrative.goal", &part.goal);
            add("narrative.benefit", &part.benefit);
        }
        for (number, part) in story.scenarios.iter().enumerate() {
            add(&format!("scenarios.{number}.title"), &part.title);
            for (name, lines) in [("given", &part.given), ("when", &part.when), ("then", &part.then)] {
                lines
                    .iter()
                    .enumerate()
                    .for_each(|(line, text)| add(&format!("scenarios.{number}.{name}.{line}"), text));
            }
        }
        for (number, part) in story.sections.iter().enumerate() {
            add(&format!("sections.{number}.text"), &part.text);
        }
        for (number, text) in story.acceptance_criteria.iter().enumerate() {
            add(&format!("acceptance_criteria.{number}"), text);
        }
        add("stlc_notes", &story.stlc_notes);
        for (number, part) in story.subtasks.iter().enumerate() {
            add(&format!("subtasks.{number}.summary"), &part.summary);
            add(&format!("subtasks.{number}.description"), &part.description);
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, kinds: &[&str]) {
        assert_eq!(leaks(text).iter().map(|leak| leak.kind).collect::<Vec<_>>(), kinds, "{text}");
    }

    #[test]
    fn what_looks_like_a_credential_is_found() {
        check("use NjQyMzA0NTk1MDM3OtSdIOtVZkyjB1n0Lm8Wcq2RxyzA please", &["a personal access token"]);
        check("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXNpZ25hdHVyZQ", &["a signed token (JWT)"]);
        check("-----BEGIN RSA PRIVATE KEY-----\nMIIE", &["a private key"]);
        check("Authorization: Bearer abc123def456ghi789", &["a bearer token"]);
        check("Cookie: JSESSIONID=1A2B3C4D5E6F7A8B; x", &["a cookie"]);
        check("token ghp_0123456789abcdefghijklmnopqrstuvwxyz", &["a GitHub token"]);
        let leak = leaks("ghp_0123456789abcdefghijklmnopqrstuvwxyz").remove(0);
        assert_eq!(leak.hint, "ghp_01…", "too little to use it");
    }

    #[test]
    fn plain_texts_hold_none() {
        for text in [
            "The customer resets the password= field and sees a hint.",
            "A cookie: it is stored for 14 days.",
            "https://jira.corp.example/browse/PAY-1234?focusedCommentId=10203040506070809010",
            "Authorization: Bearer is sent with each request.",
            "skip-level meetings, sk-learn, eyJ only, AKIA",
            "0123456789abcdef0123456789abcdef0123456789abcdef",
            "Donaudampfschifffahrtsgesellschaftskapitaene",
        ] {
            check(text, &[]);
        }
    }
}

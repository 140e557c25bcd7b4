//! One line per call: enough to find out what happened, nothing that is anybody's.

use crate::Method;
use url::Url;

/// What is said about one try.
pub(crate) struct Line<'a> {
    pub(crate) site: &'a str,
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) status: Option<u16>,
    pub(crate) duration_ms: i64,
    /// `ok`, `http_error`, or the word of an error.
    pub(crate) outcome: &'a str,
    pub(crate) attempt: u32,
    pub(crate) request_id: &'a str,
}

impl Line<'_> {
    pub(crate) fn write(&self) {
        let level = if self.outcome == "ok" { log::Level::Info } else { log::Level::Warn };
        log::log!(
            target: "storywright::egress",
            level,
            site = self.site,
            method = self.method.as_str(),
            path = shown(self.url).as_str(),
            status = self.status.unwrap_or(0),
            duration_ms = self.duration_ms,
            outcome = self.outcome,
            attempt = self.attempt,
            request_id = self.request_id;
            "call"
        );
    }
}

/// The path with the names of its query parameters, without their values.
fn shown(url: &Url) -> String {
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    if names.is_empty() { url.path().to_owned() } else { format!("{}?{}", url.path(), names.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_values_are_not_logged() {
        let url = Url::parse("https://x.example/jira/rest/api/2/search?jql=reporter%3Dbob&maxResults=1").expect("url");
        assert_eq!(shown(&url), "/jira/rest/api/2/search?jql&maxResults");
    }
}

//! What came back.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use ureq::http::HeaderMap;

/// Least and most milliseconds that a site is waited for: `0` and nothing usable mean at least a breath, and nobody waits for days.
pub(crate) const SHORTEST_WAIT: i64 = 1_000;
pub(crate) const LONGEST_WAIT: i64 = 120_000;

/// The headers of an answer.
#[derive(Debug, Clone, Default)]
pub struct Headers(pub(crate) HeaderMap);

impl Headers {
    /// The first value of a header as text; `None` when it is absent or not visible ASCII.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the header is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether any header's name begins so (lower case).
    #[must_use]
    pub fn has_prefix(&self, prefix: &str) -> bool {
        self.0.keys().any(|name| name.as_str().starts_with(prefix))
    }

    /// The media type in lower case without parameters: `application/json`; empty when absent.
    #[must_use]
    pub fn media_type(&self) -> String {
        let raw = self.get("content-type").unwrap_or_default();
        raw.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Milliseconds that `Retry-After` asks to wait: at least 1,000, at most 120,000. `None` when it is absent or nonsense. A date
    /// is read against the answer's own `Date`, so that no two clocks are compared; without one it counts for nothing.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<i64> {
        let raw = self.get("retry-after")?.trim();
        let wait = match self.number("retry-after") {
            Some(seconds) => seconds.saturating_mul(1_000),
            None => self.after_date(rfc2822::DateTimeParser::new().parse_timestamp(raw).ok()?)?,
        };
        Some(wait.clamp(SHORTEST_WAIT, LONGEST_WAIT))
    }

    /// Milliseconds until the moment that Cloud's `X-RateLimit-Reset` names (`2026-10-21T07:28:30Z`, seconds may be missing).
    pub(crate) fn reset_after_ms(&self) -> Option<i64> {
        self.after_date(self.get("x-ratelimit-reset")?.trim().parse().ok()?)
    }

    /// Milliseconds from the answer's `Date` to another moment of the same clock; 0 for moments that are over.
    fn after_date(&self, moment: Timestamp) -> Option<i64> {
        let date = rfc2822::DateTimeParser::new().parse_timestamp(self.get("date")?.trim()).ok()?;
        Some(moment.as_millisecond().saturating_sub(date.as_millisecond()).max(0))
    }

    /// A whole number. More digits than fit are simply very many.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        let raw = self.get(name)?.trim();
        let is_number = !raw.is_empty() && raw.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| raw.parse::<i64>().unwrap_or(i64::MAX))
    }
}

/// A whole answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Headers,
    /// Body, decompressed.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the answer is a web page: by its media type, or by its first characters when the type says nothing useful.
    #[must_use]
    pub fn is_html(&self) -> bool {
        let media_type = self.headers.media_type();
        if media_type == "text/html" || media_type == "application/xhtml+xml" {
            return true;
        }
        let start = self.body.get(..self.body.len().min(256)).unwrap_or_default();
        let start = String::from_utf8_lossy(start).trim_start().to_ascii_lowercase();
        !media_type.contains("json") && (start.starts_with("<!doctype html") || start.starts_with("<html"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::HeaderValue;

    #[test]
    fn a_date_is_read_by_the_answers_own_clock() {
        let wait = |date: Option<&'static str>, asked: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", HeaderValue::from_static(asked));
            if let Some(date) = date {
                headers.insert("date", HeaderValue::from_static(date));
            }
            Headers(headers).retry_after_ms()
        };
        let date = Some("Wed, 21 Oct 2026 07:28:00 GMT");
        assert_eq!(wait(date, "Wed, 21 Oct 2026 07:28:30 GMT"), Some(30_000));
        assert_eq!(wait(date, "Wed, 21 Oct 2026 07:27:30 GMT"), Some(1_000), "it is over");
        assert_eq!(wait(date, "Wed, 21 Oct 2099 07:28:30 GMT"), Some(120_000));
        assert_eq!(wait(date, "Wed, 99 Oct 2026 07:28:30 GMT"), None);
        assert_eq!(wait(None, "Wed, 21 Oct 2026 07:28:30 GMT"), None, "whose clock?");
    }

    fn wait(raw: &str) -> Option<i64> {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_str(raw).expect("header"));
        Headers(headers).retry_after_ms()
    }

    #[test]
    fn retry_after_is_kept_within_reason() {
        assert_eq!(wait("0"), Some(1_000));
        assert_eq!(wait("7"), Some(7_000));
        assert_eq!(wait("99999999999"), Some(120_000));
        assert_eq!(wait("99999999999999999999999999"), Some(120_000));
        for nonsense in ["soon", "-5", "1.5", "", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(wait(nonsense), None, "{nonsense}");
        }
    }
}

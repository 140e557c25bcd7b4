//! What came back.

use ureq::http::HeaderMap;

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

    /// Milliseconds that `Retry-After` asks to wait: at least 1,000, at most 120,000. `None` when it is absent, a date, or
    /// nonsense; dates are rare and would need to trust the other side's clock.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<i64> {
        let raw = self.get("retry-after")?.trim();
        if raw.is_empty() || !raw.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // More digits than fit are simply very long.
        let seconds = raw.parse::<i64>().unwrap_or(i64::MAX);
        Some(seconds.clamp(1, 120) * 1_000)
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

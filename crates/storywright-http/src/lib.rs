//! The one outbound HTTP agent: allow-list, TLS, timeouts, retry, breaker, redaction.

//! Why a call gave no answer.

use crate::resolver::Refused;
use storywright_domain::remote::RemoteError;
use ureq::Timeout;

/// Why a call gave no answer, sorted by what the caller can do about it. An answer with an error status is no error here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The address is not on the administrator's list, or resolves to an address that is never dialed. Nothing was sent.
    #[error("the address is not allowed ({detail})")]
    NotAllowed {
        /// What was refused.
        detail: String,
    },
    /// The site failed several times in a row and is left alone for a while. Nothing was sent.
    #[error("the site failed several times in a row; it is tried again in {} s", (retry_after_ms + 999) / 1_000)]
    CircuitOpen {
        /// Milliseconds until it is tried again.
        retry_after_ms: i64,
    },
    /// The site lets this person make no more calls for a while. Nothing was sent.
    #[error("the site lets you make no more calls for {} s", (retry_after_ms + 999) / 1_000)]
    RateLimited {
        /// Milliseconds until it may be called again.
        retry_after_ms: i64,
    },
    /// The certificate could not be verified. Nothing was sent.
    #[error("the certificate is not trusted ({detail})")]
    Certificate {
        /// The verifier's words.
        detail: String,
    },
    /// No connection came about: name not found, refused, no route, TLS failed, or not in time. Nothing was sent.
    #[error("no connection came about ({detail})")]
    Unreachable {
        /// What happened.
        detail: String,
    },
    /// The connection stood, and the answer did not come in time.
    #[error("no answer came in time ({detail})")]
    Timeout {
        /// Which wait ended.
        detail: String,
    },
    /// The connection stood, and broke or spoke no HTTP.
    #[error("the connection broke ({detail})")]
    Broken {
        /// What happened.
        detail: String,
    },
    /// The answer is longer than the limit.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// The limit in bytes, after decompression.
        limit: u64,
    },
    /// Somebody stopped it.
    #[error("stopped")]
    Cancelled,
}

impl HttpError {
    /// Short stable word for logs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotAllowed { .. } => "not_allowed",
            Self::CircuitOpen { .. } => "circuit_open",
            Self::RateLimited { .. } => "rate_limited",
            Self::Certificate { .. } => "certificate",
            Self::Unreachable { .. } => "unreachable",
            Self::Timeout { .. } => "timeout",
            Self::Broken { .. } => "broken",
            Self::TooLarge { .. } => "too_large",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the site itself failed, as opposed to our list, our trust or our patience.
    pub(crate) fn is_site_failure(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Timeout { .. } | Self::Broken { .. })
    }
}

impl From<HttpError> for RemoteError {
    fn from(error: HttpError) -> Self {
        let detail = error.to_string();
        match error {
            HttpError::NotAllowed { detail } => Self::NotAllowed { detail },
            HttpError::Certificate { detail } => Self::Certificate { detail },
            HttpError::TooLarge { .. } => Self::Malformed { detail },
            HttpError::RateLimited { retry_after_ms } => Self::RateLimited { retry_after_ms },
            HttpError::CircuitOpen { .. }
            | HttpError::Unreachable { .. }
            | HttpError::Timeout { .. }
            | HttpError::Broken { .. }
            | HttpError::Cancelled => Self::Unavailable { detail },
        }
    }
}

/// Why a call that must not be repeated gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendOnceError {
    /// Not one byte of the request can have reached the other side: it may be sent again.
    #[error("not sent: {error}")]
    NotSent {
        /// What happened.
        error: HttpError,
    },
    /// The request may have reached the other side: what became of it is not known.
    #[error("outcome unknown: {error}")]
    Unknown {
        /// Status of the answer, when its head arrived and its body did not.
        status: Option<u16>,
        /// What happened.
        error: HttpError,
    },
}

/// What an error of the library means.
pub(crate) fn told(error: ureq::Error) -> HttpError {
    use ureq::Error as E;
    match error {
        E::Other(inner) => match inner.downcast_ref::<Refused>() {
            Some(refused) => HttpError::NotAllowed { detail: refused.to_string() },
            None => HttpError::Broken { detail: inner.to_string() },
        },
        E::Rustls(rustls::Error::InvalidCertificate(problem)) => {
            HttpError::Certificate { detail: certificate_words(&problem) }
        }
        E::Rustls(inner) => HttpError::Unreachable { detail: format!("TLS: {inner}") },
        E::Tls(words) => HttpError::Unreachable { detail: words.to_owned() },
        E::HostNotFound => HttpError::Unreachable { detail: "the host name was not found".to_owned() },
        E::ConnectionFailed | E::TlsRequired => HttpError::Unreachable { detail: "no connection".to_owned() },
        E::ConnectProxyFailed(_) | E::InvalidProxyUrl => {
            HttpError::Unreachable { detail: "the proxy failed".to_owned() }
        }
        E::Timeout(Timeout::Resolve) => {
            HttpError::Unreachable { detail: "the host name was not found in time".to_owned() }
        }
        E::Timeout(Timeout::Connect) => HttpError::Unreachable { detail: "no connection in time".to_owned() },
        E::Timeout(phase) => HttpError::Timeout { detail: format!("timeout: {phase}") },
        E::Io(error) => told_io(&error),
        E::RequireHttpsOnly(_) => HttpError::NotAllowed { detail: "plain http is not allowed there".to_owned() },
        E::BadUri(_) | E::Http(_) => HttpError::NotAllowed { detail: "the address is malformed".to_owned() },
        other => HttpError::Broken { detail: other.to_string() },
    }
}

fn told_io(error: &std::io::Error) -> HttpError {
    use std::io::ErrorKind as K;
    let words = error.to_string();
    match error.kind() {
        K::ConnectionRefused | K::HostUnreachable | K::NetworkUnreachable | K::NetworkDown | K::AddrNotAvailable => {
            HttpError::Unreachable { detail: words }
        }
        // The resolver's words for a name that does not exist have no kind of their own.
        _ if words.contains("failed to lookup address") => {
            HttpError::Unreachable { detail: "the host name was not found".to_owned() }
        }
        K::TimedOut => HttpError::Timeout { detail: words },
        _ => HttpError::Broken { detail: words },
    }
}

fn certificate_words(problem: &rustls::CertificateError) -> String {
    use rustls::CertificateError as C;
    match problem {
        C::UnknownIssuer => "unknown issuer: a company certificate authority may have to be added".to_owned(),
        C::Expired | C::ExpiredContext { .. } => "expired".to_owned(),
        C::NotValidYet | C::NotValidYetContext { .. } => "not valid yet".to_owned(),
        C::NotValidForName | C::NotValidForNameContext { .. } => "made for another host name".to_owned(),
        other => format!("{other}"),
    }
}

//! The one way out of the program over HTTP.
//!
//! [`Egress`] is built from the administrator's list of allowed places. It alone makes ureq agents, so that every call keeps
//! the same promises: only listed places are called and only addresses that make sense there are dialed, certificates are
//! verified, redirects are never followed, proxies of the environment are ignored, answers are cut at a limit, nothing waits
//! for ever, a site that fails again and again is left alone for a while, a site that limits calls gets no more than it wants, and one line is logged per call, without headers,
//! bodies or query values.
//!
//! - [`Request::send`] is for calls that may be repeated: it retries.
//! - [`Request::send_once`] is for calls that must not be: a fresh connection, one try, and an error that says whether the
//!   request can have reached the other side.
//! - [`Request::stream`] is for answers that arrive bit by bit.

mod agent;
mod answer;
mod breaker;
mod call_log;
mod certificate;
mod egress;
mod error;
mod origin;
mod pace;
mod request;
mod resolver;
mod retry;
mod stream;
mod tls;
mod transport;

pub use answer::{Answer, Headers};
pub use certificate::{BadCertificate, CaSummary, CaWarning, CertificateSummary, check_ca_pem};
pub use egress::{Egress, EgressOptions, Limits, Lookup, Sleeper, ThreadSleeper};
pub use error::{HttpError, SendOnceError};
pub use origin::{AllowedOrigin, BadOrigin, OriginRules, Purpose};
pub use request::{Method, Request};
pub use stream::{StreamAnswer, StreamShutdown};

/// Log targets below this crate that print addresses, headers or raw bytes at debug and trace. Whoever sets up logging
/// keeps each of them, and what is below it, at info or coarser, whatever level people ask for.
pub const LOUD_TARGETS: [&str; 3] = ["ureq", "ureq_proto", "rustls"];

//! The egress against real sockets.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test support")]

mod guard;
mod logging;
mod once;
mod pacing;
mod retrying;
mod streaming;
mod stub;
mod support;
mod trust;

//! The adapter over sockets, against the official SDK's servers in the pretend company.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "test support")]

mod contract;
mod eras;
mod faults;
mod support;

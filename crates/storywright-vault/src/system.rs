//! Clock, ids and digests of the running system.

use crate::random;
use ring::digest::{SHA256, digest};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use storywright_domain::Timestamp;
use storywright_domain::ports::{Clock, IdSource, Sha256};

/// The system's clock. When the system sets it back, this one stands still until it is reached again.
#[derive(Debug)]
pub struct SystemClock(AtomicI64);

impl SystemClock {
    /// The system's clock.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    /// `reading`, or the latest answer when that is later.
    fn not_before_the_last(&self, reading: i64) -> i64 {
        self.0.fetch_max(reading, Ordering::SeqCst).max(reading)
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(self.not_before_the_last(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// UUIDs of version 7 as numbers, and randomness of the operating system.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemIds;

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the source of ids")]
    fn id(&self) -> u128 {
        uuid::Uuid::now_v7().as_u128()
    }

    fn secret(&self) -> [u8; 32] {
        random::bytes()
    }
}

/// SHA-256 by ring.
#[derive(Debug, Default, Clone, Copy)]
pub struct RingSha256;

impl Sha256 for RingSha256 {
    fn hex(&self, bytes: &[u8]) -> String {
        digest(&SHA256, bytes).as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
            // A string takes everything.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_clock_that_is_set_back_stands_still() {
        let clock = SystemClock::new();
        assert_eq!([5, 9, 7, 9, 10].map(|reading| clock.not_before_the_last(reading)), [5, 9, 9, 9, 10]);
        let now = SystemClock::new().now();
        assert!(now > Timestamp(1_700_000_000_000), "milliseconds since 1970: {now:?}");
    }

    #[test]
    fn ids_grow_and_secrets_differ() {
        let ids: Vec<u128> = (0..10_000).map(|_| SystemIds.id()).collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
        let secrets: HashSet<[u8; 32]> = (0..100).map(|_| SystemIds.secret()).collect();
        assert_eq!(secrets.len(), 100);
    }
}

//! Time and ids that a test controls.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use storywright_domain::ports::{Clock, IdSource};
use storywright_domain::{Millis, Timestamp};

/// A clock that stands still until it is told otherwise. It never goes back, as the port promises.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// Where [`FixedClock::default`] stands: 2026-01-01T00:00:00Z.
    pub const START: Timestamp = Timestamp(1_767_225_600_000);

    /// A clock that shows `now`.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Moves to `now`, unless that is in the past.
    pub fn set(&self, now: Timestamp) {
        self.0.fetch_max(now.0, Ordering::SeqCst);
    }

    /// Moves forward.
    pub fn advance(&self, span: Millis) {
        self.0.fetch_add(span.0.max(0), Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::at(Self::START)
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Counts: ids 1, 2, 3 …, and secrets that differ.
#[derive(Debug)]
pub struct CountingIds(AtomicU64);

impl CountingIds {
    /// Begins after `last`.
    #[must_use]
    pub const fn after(last: u64) -> Self {
        Self(AtomicU64::new(last))
    }
}

impl Default for CountingIds {
    fn default() -> Self {
        Self::after(0)
    }
}

impl IdSource for CountingIds {
    fn id(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn secret(&self) -> [u8; 32] {
        let number = (self.0.fetch_add(1, Ordering::SeqCst) + 1).to_be_bytes();
        std::array::from_fn(|index| number[index % 8] ^ u8::try_from(index).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_never_goes_back() {
        let clock = FixedClock::default();
        clock.advance(Millis(5));
        clock.set(FixedClock::START);
        assert_eq!(clock.now(), FixedClock::START + Millis(5));
    }

    #[test]
    fn ids_and_secrets_differ_each_time() {
        let ids = CountingIds::default();
        assert_eq!((ids.id(), ids.id()), (1, 2));
        assert_ne!(ids.secret(), ids.secret());
    }
}

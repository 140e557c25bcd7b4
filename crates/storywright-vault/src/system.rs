//! The system's clock, ids and digests.

use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::sync::atomic::{AtomicI64, Ordering};
use storywright_domain::Timestamp;
use storywright_domain::ports::{Clock, IdSource, Sha256};

/// The system's clock, kept from going back.
#[derive(Default)]
pub struct SystemClock {
    latest: AtomicI64,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the Clock port takes the time from")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.latest.fetch_max(now, Ordering::SeqCst).max(now))
    }
}

/// Time-ordered ids and the system's random numbers.
pub struct SystemIds {
    random: SystemRandom,
}

impl SystemIds {
    /// A source on the system's random numbers.
    #[must_use]
    pub fn new() -> Self {
        Self { random: SystemRandom::new() }
    }
}

impl Default for SystemIds {
    fn default() -> Self {
        Self::new()
    }
}

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is where the IdSource port takes ids from")]
    fn id(&self) -> u128 {
        uuid::Uuid::now_v7().as_u128()
    }

    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0_u8; 32];
        if self.random.fill(&mut bytes).is_err() {
            // Going on without randomness would hand out tokens that can be guessed.
            log::error!("the system gives no random numbers");
            std::process::abort();
        }
        bytes
    }
}

/// SHA-256.
pub struct RingSha256;

impl Sha256 for RingSha256 {
    fn hex(&self, bytes: &[u8]) -> String {
        use std::fmt::Write as _;
        let digest = digest::digest(&digest::SHA256, bytes);
        digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha_256() {
        assert_eq!(RingSha256.hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn time_never_goes_back_and_ids_never_repeat() {
        let clock = SystemClock { latest: AtomicI64::new(i64::MAX - 1) };
        assert_eq!(clock.now(), Timestamp(i64::MAX - 1));
        let ids = SystemIds::new();
        let (first, second) = (ids.id(), ids.id());
        assert!(first < second);
        assert_ne!(ids.secret(), ids.secret());
    }
}

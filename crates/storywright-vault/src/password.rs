//! Password hashing: `v1:` + bcrypt over base64(HMAC-SHA-256(pepper, NFKC(password))). The HMAC makes 44 bytes of any password, so
//! bcrypt's limit of 72 bytes cuts nothing, and a stolen database is worth nothing without the keyring.

use crate::keyring::{KEY_BYTES, Keyring, Purpose};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;
use storywright_domain::Secret;
use storywright_domain::ports::{HashError, PasswordHasher};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

const PREFIX: &str = "v1:";
const WAIT: Duration = Duration::from_secs(3);

/// bcrypt with a pepper and a bound on how many hashes run at once.
pub struct BcryptHasher {
    pepper: hmac::Key,
    cost: u32,
    permits: Permits,
    dummy: String,
}

impl BcryptHasher {
    /// A hasher of this cost (12 in production; 4 is the least, for tests). As many hashes run at once as there are cores but one.
    ///
    /// # Errors
    /// [`HashError::Corrupt`] when the cost is out of range.
    pub fn new(keyring: &Keyring, cost: u32) -> Result<Self, HashError> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with_permits(keyring, cost, cores.saturating_sub(1).max(1))
    }

    fn with_permits(keyring: &Keyring, cost: u32, permits: usize) -> Result<Self, HashError> {
        let key = keyring.lasting(Purpose::Pepper).unwrap_or_else(|| Zeroizing::new([0; KEY_BYTES]));
        let dummy = bcrypt::non_truncating_hash("nobody has this password", cost).map_err(|_| HashError::Corrupt)?;
        Ok(Self {
            pepper: hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()),
            cost,
            permits: Permits::new(permits),
            dummy,
        })
    }

    fn peppered(&self, password: &Secret) -> Zeroizing<String> {
        let normal: Zeroizing<String> = Zeroizing::new(password.reveal().nfkc().collect());
        Zeroizing::new(STANDARD.encode(hmac::sign(&self.pepper, normal.as_bytes())))
    }
}

impl PasswordHasher for BcryptHasher {
    fn hash(&self, password: &Secret) -> Result<String, HashError> {
        let _permit = self.permits.take()?;
        let hash = bcrypt::non_truncating_hash(self.peppered(password).as_bytes(), self.cost)
            .map_err(|_| HashError::Corrupt)?;
        Ok(format!("{PREFIX}{hash}"))
    }

    fn verify(&self, password: &Secret, hash: Option<&str>) -> Result<bool, HashError> {
        let _permit = self.permits.take()?;
        let stored = match hash {
            Some(hash) => hash.strip_prefix(PREFIX).ok_or(HashError::Corrupt)?,
            None => &self.dummy,
        };
        let fits = bcrypt::non_truncating_verify(self.peppered(password).as_bytes(), stored)
            .map_err(|_| HashError::Corrupt)?;
        Ok(fits && hash.is_some())
    }
}

struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

struct Permit<'a>(&'a Permits);

impl Permits {
    fn new(count: usize) -> Self {
        Self { free: Mutex::new(count), returned: Condvar::new() }
    }

    fn take(&self) -> Result<Permit<'_>, HashError> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut free, _) =
            self.returned.wait_timeout_while(free, WAIT, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        if *free == 0 {
            return Err(HashError::Busy);
        }
        *free -= 1;
        Ok(Permit(self))
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(permits: usize) -> BcryptHasher {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::create(&folder.path().join("ring.json")).unwrap();
        BcryptHasher::with_permits(&keyring, 4, permits).unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn only_the_whole_password_fits() {
        let hasher = hasher(1);
        let long = "x".repeat(72);
        for password in ["copper lantern meadow train", &format!("{long}a"), &"🦀".repeat(64), &"y".repeat(256)] {
            let hash = hasher.hash(&secret(password)).unwrap();
            assert_eq!(hasher.verify(&secret(password), Some(&hash)), Ok(true), "{password}");
            assert_eq!(hasher.verify(&secret(&format!("{password}!")), Some(&hash)), Ok(false));
            assert_eq!(hasher.verify(&secret(&long), Some(&hash)), Ok(false), "no part of it fits");
        }
    }

    #[test]
    fn two_ways_to_write_one_letter_are_one_password() {
        let hasher = hasher(1);
        let hash = hasher.hash(&secret("caf\u{e9} au lait du matin")).unwrap();
        assert_eq!(hasher.verify(&secret("cafe\u{301} au lait du matin"), Some(&hash)), Ok(true));
    }

    #[test]
    fn an_unknown_name_is_a_no_even_for_the_dummy_password() {
        let hasher = hasher(1);
        assert_eq!(hasher.verify(&secret("nobody has this password"), None), Ok(false));
        assert_eq!(hasher.verify(&secret("x"), Some("$2b$04$damaged")), Err(HashError::Corrupt));
    }

    #[test]
    fn another_keyring_opens_nothing() {
        let hash = hasher(1).hash(&secret("copper lantern meadow train")).unwrap();
        assert_eq!(hasher(1).verify(&secret("copper lantern meadow train"), Some(&hash)), Ok(false));
    }

    #[test]
    fn who_finds_no_permit_is_told_so() {
        let permits = Permits::new(1);
        let held = permits.take().ok();
        assert!(held.is_some());
        assert_eq!(permits.take().err(), Some(HashError::Busy));
        drop(held);
        assert!(permits.take().is_ok());
    }
}

//! Password hashes: bcrypt over a keyed digest of the whole password.
//!
//! bcrypt looks at 72 bytes at most and stops at a zero byte, so it gets base64(HMAC-SHA-256(pepper, NFKC(password))): 44
//! characters that depend on every character of the password, and that nobody without the keyring can try out.
//! The stored form is `v1$<key id>$<bcrypt>`.

use crate::keyring::{DerivedKey, Keyring};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;
use storywright_domain::ports::{HashError, PasswordHasher};
use storywright_domain::{Millis, Secret};
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

const PURPOSE: &str = "password pepper";
/// For the hash that nobody has.
const NO_SALT: [u8; 16] = [0; 16];

/// How much work a hash is, and how much of it at once.
#[derive(Debug, Clone)]
pub struct HasherOptions {
    /// bcrypt's cost, 4 to 31; each step doubles the work.
    pub cost: u32,
    /// How many hashes may be computed at once.
    pub at_once: usize,
    /// How long a call waits for its turn.
    pub patience: Millis,
}

impl Default for HasherOptions {
    /// Cost 12, all cores but one, three seconds.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { cost: 12, at_once: cores.saturating_sub(1).max(1), patience: Millis::seconds(3) }
    }
}

/// The password hasher on a [`Keyring`].
pub struct BcryptHasher {
    /// The primary one first.
    peppers: Vec<(String, DerivedKey)>,
    options: HasherOptions,
    running: Mutex<usize>,
    ended: Condvar,
}

impl BcryptHasher {
    /// Derives the keys. The cost is brought between 4 and 31, what runs at once to 1 at least.
    #[must_use]
    pub fn new(keyring: &Keyring, options: HasherOptions) -> Self {
        let options = HasherOptions { cost: options.cost.clamp(4, 31), at_once: options.at_once.max(1), ..options };
        Self { peppers: keyring.derive_all(PURPOSE).collect(), options, running: Mutex::new(0), ended: Condvar::new() }
    }

    /// Waits for a turn.
    fn turn(&self) -> Result<Turn<'_>, HashError> {
        let patience = Duration::from_millis(u64::try_from(self.options.patience.0).unwrap_or(0));
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |running: &mut usize| *running >= self.options.at_once;
        let (mut running, waited) =
            self.ended.wait_timeout_while(running, patience, full).unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(HashError::Busy);
        }
        *running += 1;
        Ok(Turn(self))
    }
}

/// The right to compute a hash.
struct Turn<'a>(&'a BcryptHasher);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_one();
    }
}

fn digest(pepper: &DerivedKey, password: &Secret) -> Zeroizing<String> {
    let normal: Zeroizing<String> = Zeroizing::new(password.reveal().nfkc().collect());
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, pepper.as_slice()), normal.as_bytes());
    Zeroizing::new(STANDARD.encode(tag))
}

impl PasswordHasher for BcryptHasher {
    fn hash(&self, password: &Secret) -> Result<String, HashError> {
        let (key_id, pepper) = self.peppers.first().ok_or(HashError::Corrupt)?;
        let digest = digest(pepper, password);
        let _turn = self.turn()?;
        let salt = crate::random::bytes();
        let hash = bcrypt::non_truncating_hash_with_salt(digest.as_bytes(), self.options.cost, salt)
            .map_err(|_| HashError::Corrupt)?;
        Ok(format!("v1${key_id}${hash}"))
    }

    fn verify(&self, password: &Secret, hash: Option<&str>) -> Result<bool, HashError> {
        let Some(hash) = hash else {
            let (_, pepper) = self.peppers.first().ok_or(HashError::Corrupt)?;
            let digest = digest(pepper, password);
            let _turn = self.turn()?;
            let made = bcrypt::non_truncating_hash_with_salt(digest.as_bytes(), self.options.cost, NO_SALT);
            // Looked at, so that the work is not left out.
            let never: bool = made.map_err(|_| HashError::Corrupt)?.to_string().as_bytes().ct_eq(b"").into();
            return Ok(never);
        };
        let (key_id, bcrypt_hash) =
            hash.strip_prefix("v1$").and_then(|rest| rest.split_once('$')).ok_or(HashError::Corrupt)?;
        let (_, pepper) = self.peppers.iter().find(|(id, _)| id == key_id).ok_or(HashError::Corrupt)?;
        let digest = digest(pepper, password);
        let _turn = self.turn()?;
        bcrypt::non_truncating_verify(digest.as_bytes(), bcrypt_hash).map_err(|_| HashError::Corrupt)
    }
}

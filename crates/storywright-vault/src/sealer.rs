//! Secrets at rest: XChaCha20-Poly1305, bound to the place where they are stored.
//!
//! The sealed form is `v1:<key id>:<nonce and ciphertext in base64>`; the authenticated data is
//! `v1|<key id>|<table>|<column>|<owner>|<row>`.

use crate::keyring::Keyring;
use crate::random;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use storywright_domain::Secret;
use storywright_domain::ports::{Place, SealError, Sealer};

const PURPOSE: &str = "secrets at rest";
const NONCE_BYTES: usize = 24;

/// The sealer on a [`Keyring`]. Seals with the primary key, opens with the key that the text names.
pub struct KeyringSealer {
    /// The primary one first.
    ciphers: Vec<(String, XChaCha20Poly1305)>,
}

impl KeyringSealer {
    /// Derives the keys.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        let cipher = |key: &[u8; 32]| XChaCha20Poly1305::new(key.into());
        Self { ciphers: keyring.derive_all(PURPOSE).map(|(id, key)| (id, cipher(&key))).collect() }
    }

    /// Whether a sealed text uses another key than the primary one, and is to be sealed again.
    #[must_use]
    pub fn is_outdated(&self, sealed: &str) -> bool {
        split(sealed).is_some_and(|(key_id, _)| self.ciphers.first().is_none_or(|(primary, _)| primary != key_id))
    }
}

impl Sealer for KeyringSealer {
    fn seal(&self, place: &Place, secret: &Secret) -> Result<String, SealError> {
        let (key_id, cipher) = self.ciphers.first().ok_or_else(|| error("there is no key"))?;
        let nonce: [u8; NONCE_BYTES] = random::bytes();
        let aad = bound_to(key_id, place)?;
        let payload = Payload { msg: secret.reveal().as_bytes(), aad: aad.as_bytes() };
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| error(&format!("key `{key_id}` cannot seal so long a text")))?;
        Ok(format!("v1:{key_id}:{}", STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat())))
    }

    fn open(&self, place: &Place, sealed: &str) -> Result<Secret, SealError> {
        let (key_id, text) = split(sealed).ok_or_else(|| error("not a sealed text of version 1"))?;
        let (key_id, cipher) = self
            .ciphers
            .iter()
            .find(|(id, _)| id == key_id)
            .ok_or_else(|| error(&format!("key `{}` is not in the keyring", printable(key_id))))?;
        let damaged = || error(&format!("changed, or sealed for another place, with key `{key_id}`"));
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| damaged())?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let aad = bound_to(key_id, place)?;
        let payload = Payload { msg: ciphertext, aad: aad.as_bytes() };
        let plain = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| damaged())
    }
}

fn error(detail: &str) -> SealError {
    SealError { detail: detail.to_owned() }
}

/// Key id and the rest.
fn split(sealed: &str) -> Option<(&str, &str)> {
    sealed.strip_prefix("v1:")?.split_once(':')
}

/// A key id out of a text that may be anything.
fn printable(raw: &str) -> String {
    raw.chars().filter(char::is_ascii_alphanumeric).take(32).collect()
}

fn bound_to(key_id: &str, place: &Place) -> Result<String, SealError> {
    let parts = [place.table, place.column, &place.owner, &place.row];
    // Else two places could be written alike.
    if parts.iter().any(|part| part.contains('|')) {
        return Err(error("the name of the place holds a `|`"));
    }
    Ok(format!("v1|{key_id}|{}", parts.join("|")))
}

//! Secrets at rest: XChaCha20-Poly1305, bound to the place where they are stored.

use crate::keyring::{Keyring, Purpose};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::sync::Arc;
use storywright_domain::Secret;
use storywright_domain::ports::{Place, SealError, Sealer};

const NONCE_BYTES: usize = 24;

/// Seals as `v1:<key id>:<base64 of nonce and ciphertext>`, with version, key id, table, column, owner and row as authenticated data.
pub struct KeyringSealer {
    keyring: Arc<Keyring>,
}

impl KeyringSealer {
    /// A sealer on this keyring.
    #[must_use]
    pub fn new(keyring: Arc<Keyring>) -> Self {
        Self { keyring }
    }

    fn cipher(&self, key_id: &str) -> Result<XChaCha20Poly1305, SealError> {
        let key = self
            .keyring
            .derived(key_id, Purpose::Seal)
            .ok_or_else(|| SealError { detail: format!("there is no key {key_id}") })?;
        XChaCha20Poly1305::new_from_slice(key.as_slice())
            .map_err(|_| SealError { detail: "the key has a wrong length".to_owned() })
    }
}

/// Every part with its length, so that no two places give the same bytes.
fn associated(key_id: &str, place: &Place) -> Vec<u8> {
    let mut bytes = b"v1".to_vec();
    for part in [key_id, place.table, place.column, &place.owner, &place.row] {
        bytes.push(b'|');
        bytes.extend_from_slice(part.len().to_string().as_bytes());
        bytes.push(b':');
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

impl Sealer for KeyringSealer {
    fn seal(&self, place: &Place, secret: &Secret) -> Result<String, SealError> {
        let key_id = self.keyring.primary_id();
        let mut nonce = [0_u8; NONCE_BYTES];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| SealError { detail: "the system gives no random numbers".to_owned() })?;
        let payload = Payload { msg: secret.reveal().as_bytes(), aad: &associated(key_id, place) };
        let sealed = self
            .cipher(key_id)?
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| SealError { detail: "sealing failed".to_owned() })?;
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        Ok(format!("v1:{key_id}:{}", STANDARD_NO_PAD.encode(bytes)))
    }

    fn open(&self, place: &Place, sealed: &str) -> Result<Secret, SealError> {
        let damaged = || SealError { detail: "the stored text is no sealed secret".to_owned() };
        let mut parts = sealed.splitn(3, ':');
        let (Some("v1"), Some(key_id), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(damaged());
        };
        let bytes = STANDARD_NO_PAD.decode(body).map_err(|_| damaged())?;
        let (nonce, body) = bytes.split_at_checked(NONCE_BYTES).ok_or_else(damaged)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| damaged())?;
        let payload = Payload { msg: body, aad: &associated(key_id, place) };
        let plain = self.cipher(key_id)?.decrypt(&XNonce::from(nonce), payload).map_err(|_| SealError {
            detail: format!("key {key_id} does not open it at {}.{}", place.table, place.column),
        })?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| damaged())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sealer() -> (tempfile::TempDir, KeyringSealer) {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::create(&folder.path().join("ring.json")).unwrap();
        (folder, KeyringSealer::new(Arc::new(keyring)))
    }

    fn place(owner: &str, column: &'static str, row: &str) -> Place {
        Place { table: "users", column, owner: owner.to_owned(), row: row.to_owned() }
    }

    #[test]
    fn a_secret_opens_only_where_it_was_sealed() {
        let (_folder, sealer) = sealer();
        let here = place("alice", "pat", "1");
        let sealed = sealer.seal(&here, &Secret::new("token".to_owned())).unwrap();
        assert_eq!(sealer.open(&here, &sealed).map(|secret| secret.reveal().to_owned()), Ok("token".to_owned()));
        for elsewhere in [
            place("bob", "pat", "1"),
            place("alice", "cookie", "1"),
            place("alice", "pat", "2"),
            place("alic", "pat", "e1"),
        ] {
            assert!(sealer.open(&elsewhere, &sealed).is_err());
        }
        assert_ne!(sealer.seal(&here, &Secret::new("token".to_owned())).unwrap(), sealed, "a nonce is used once");
    }

    #[test]
    fn what_an_older_key_sealed_opens_after_a_rotation_and_nothing_opens_without_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ring.json");
        let before = KeyringSealer::new(Arc::new(Keyring::create(&path).unwrap()));
        let here = place("alice", "pat", "1");
        let sealed = before.seal(&here, &Secret::new("token".to_owned())).unwrap();
        Keyring::rotate(&path).unwrap();
        let after = KeyringSealer::new(Arc::new(Keyring::load(&path).unwrap()));
        assert!(after.open(&here, &sealed).is_ok());
        assert!(after.seal(&here, &Secret::new("token".to_owned())).unwrap().starts_with("v1:k2:"));
        let (_other, stranger) = sealer();
        assert!(stranger.open(&here, &sealed).is_err());
    }

    proptest! {
        #[test]
        fn damaged_text_never_opens_and_never_panics(text in ".{0,120}", flip in 6_usize..60) {
            let (_folder, sealer) = sealer();
            let here = place("alice", "pat", "1");
            prop_assert!(sealer.open(&here, &text).is_err());
            let sealed = sealer.seal(&here, &Secret::new("token".to_owned())).unwrap();
            let mut bytes = sealed.clone().into_bytes();
            let at = flip.min(bytes.len() - 2);
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert!(changed == sealed || sealer.open(&here, &changed).is_err());
        }
    }
}

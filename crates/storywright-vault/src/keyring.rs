//! The keyring file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hkdf;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// What a derived key is for; part of the derivation, so that the words must never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Seal,
    Pepper,
    Token,
    Cookie,
    Name,
}

impl Purpose {
    fn info(self) -> &'static [u8] {
        match self {
            Self::Seal => b"storywright seal v1",
            Self::Pepper => b"storywright password pepper v1",
            Self::Token => b"storywright api token v1",
            Self::Cookie => b"storywright session cookie v1",
            Self::Name => b"storywright installation name v1",
        }
    }
}

/// Why a keyring cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is none.
    #[error("there is no keyring at {0}: make one with `storywright keys init`, or restore it from its own backup")]
    Missing(String),
    /// There is one already.
    #[error("there is a keyring at {0} already: it was left as it is")]
    Exists(String),
    /// Others than the owner may read it.
    #[error("the keyring {path} may be read by others (mode {mode:o}): run `chmod 600 {path}`")]
    Readable {
        /// The file.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// It cannot be read or written.
    #[error("the keyring {path} cannot be used ({detail})")]
    Io {
        /// The file.
        path: String,
        /// The system's words.
        detail: String,
    },
    /// Its content is no keyring.
    #[error("the keyring {path} is damaged ({detail}): restore it from its own backup")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong, without key material.
        detail: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    primary: String,
    keys: Vec<FileKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileKey {
    id: String,
    key: Zeroizing<String>,
}

struct Key {
    id: String,
    root: Zeroizing<[u8; KEY_BYTES]>,
}

/// Keys by id; the primary one seals and signs, the others still open. It has no `Debug`.
pub struct Keyring {
    primary: usize,
    keys: Vec<Key>,
}

impl Keyring {
    /// Makes a keyring with one key and writes it, readable by its owner alone.
    ///
    /// # Errors
    /// [`KeyringError`]; an existing file is left as it is.
    pub fn create(path: &Path) -> Result<Self, KeyringError> {
        let keyring = Self { primary: 0, keys: vec![fresh_key("k1", path)?] };
        keyring.write(path, true)?;
        Ok(keyring)
    }

    /// Reads a keyring.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn load(path: &Path) -> Result<Self, KeyringError> {
        check_mode(path)?;
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|error| KeyringError::Io { path: name.clone(), detail: error.to_string() })?;
        // The reader's words may quote the text, so only the place is told.
        let file: File = serde_json::from_str(&text).map_err(|error| KeyringError::Damaged {
            path: name.clone(),
            detail: format!("line {} column {}", error.line(), error.column()),
        })?;
        Self::of(file).map_err(|detail| KeyringError::Damaged { path: name, detail })
    }

    /// Adds a key, makes it the primary one, and rewrites the file. What was sealed before still opens.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn rotate(path: &Path) -> Result<String, KeyringError> {
        let mut keyring = Self::load(path)?;
        let id = format!("k{}", keyring.keys.len() + 1);
        keyring.keys.push(fresh_key(&id, path)?);
        keyring.primary = keyring.keys.len() - 1;
        keyring.write(path, false)?;
        Ok(id)
    }

    fn of(file: File) -> Result<Self, String> {
        let mut keys: Vec<Key> = Vec::new();
        for entry in file.keys {
            let id_ok = !entry.id.is_empty()
                && entry.id.len() <= 32
                && entry.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !id_ok || keys.iter().any(|key| key.id == entry.id) {
                return Err("a key id is missing, used twice, or not made of letters, digits and hyphens".to_owned());
            }
            let bytes = Zeroizing::new(
                STANDARD.decode(entry.key.as_bytes()).map_err(|_| format!("key {} is not base64", entry.id))?,
            );
            let root: [u8; KEY_BYTES] =
                bytes.as_slice().try_into().map_err(|_| format!("key {} has not {KEY_BYTES} bytes", entry.id))?;
            keys.push(Key { id: entry.id, root: Zeroizing::new(root) });
        }
        let primary = keys
            .iter()
            .position(|key| key.id == file.primary)
            .ok_or_else(|| format!("there is no primary key {}", file.primary))?;
        Ok(Self { primary, keys })
    }

    fn write(&self, path: &Path, new: bool) -> Result<(), KeyringError> {
        let name = path.display().to_string();
        let io = |error: std::io::Error| KeyringError::Io { path: name.clone(), detail: error.to_string() };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let keys = self
            .keys
            .iter()
            .map(|key| FileKey { id: key.id.clone(), key: Zeroizing::new(STANDARD.encode(key.root.as_slice())) })
            .collect();
        let text = serde_json::to_string_pretty(&File { primary: self.primary_id().to_owned(), keys })
            .map(Zeroizing::new)
            .unwrap_or_default();
        // Written beside and renamed, so that a crash leaves the old or the new keyring, never half of one.
        let target = if new { path.to_path_buf() } else { path.with_extension("new") };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&target).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => KeyringError::Exists(target.display().to_string()),
            _ => io(error),
        })?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
        if new { Ok(()) } else { std::fs::rename(&target, path).map_err(io) }
    }

    pub(crate) fn primary_id(&self) -> &str {
        &self.keys[self.primary].id
    }

    /// The derived key of a key id; `None` when there is no such id.
    pub(crate) fn derived(&self, id: &str, purpose: Purpose) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
        let key = self.keys.iter().find(|key| key.id == id)?;
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"storywright").extract(key.root.as_slice());
        let mut out = Zeroizing::new([0_u8; KEY_BYTES]);
        prk.expand(&[purpose.info()], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(out.as_mut_slice())).ok()?;
        Some(out)
    }

    /// The derived key of the oldest key: for what must not change when keys rotate, as the pepper of passwords.
    pub(crate) fn lasting(&self, purpose: Purpose) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
        self.derived(&self.keys.first()?.id, purpose)
    }

    /// Signs the cookie of browser sessions: the same for all replicas and across restarts.
    #[must_use]
    pub fn cookie_secret(&self) -> Zeroizing<Vec<u8>> {
        let key = self.lasting(Purpose::Cookie).unwrap_or_default();
        let prk = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, key.as_slice());
        let mut out = Zeroizing::new(vec![0_u8; 64]);
        // 64 bytes are two blocks; the expansion allows 255.
        let filled = prk.expand(&[b"cookie"], CookieLength).and_then(|okm| okm.fill(out.as_mut_slice()));
        debug_assert!(filled.is_ok());
        out
    }

    /// A name of this installation, 12 hexadecimal digits, the same as long as its first key is kept. Not secret.
    #[must_use]
    pub fn installation(&self) -> String {
        let derived = self.lasting(Purpose::Name).unwrap_or_default();
        derived.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Ids of all keys, the primary one marked with a star.
    #[must_use]
    pub fn describe(&self) -> String {
        let marked: Vec<String> = self
            .keys
            .iter()
            .enumerate()
            .map(|(index, key)| if index == self.primary { format!("{}*", key.id) } else { key.id.clone() })
            .collect();
        marked.join(", ")
    }
}

struct CookieLength;

impl hkdf::KeyType for CookieLength {
    fn len(&self) -> usize {
        64
    }
}

fn fresh_key(id: &str, path: &Path) -> Result<Key, KeyringError> {
    let mut root = Zeroizing::new([0_u8; KEY_BYTES]);
    SystemRandom::new().fill(root.as_mut_slice()).map_err(|_| KeyringError::Io {
        path: path.display().to_string(),
        detail: "the system gives no random numbers".to_owned(),
    })?;
    Ok(Key { id: id.to_owned(), root })
}

fn check_mode(path: &Path) -> Result<(), KeyringError> {
    let name = path.display().to_string();
    let data = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => KeyringError::Missing(name.clone()),
        _ => KeyringError::Io { path: name.clone(), detail: error.to_string() },
    })?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyringError::Readable { path: name, mode });
        }
    }
    let _ = data;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_survives_the_disk_and_a_rotation() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/ring.json");
        let made = Keyring::create(&path).unwrap();
        let old = made.derived("k1", Purpose::Seal).unwrap();
        assert_eq!(Keyring::rotate(&path).unwrap(), "k2");
        let read = Keyring::load(&path).unwrap();
        assert_eq!(read.derived("k1", Purpose::Seal).unwrap(), old);
        assert_eq!(
            (read.primary_id(), read.describe().as_str(), read.installation()),
            ("k2", "k1, k2*", made.installation())
        );
        assert!(matches!(Keyring::create(&path), Err(KeyringError::Exists(_))));
    }

    #[test]
    fn purposes_and_keys_never_share_a_derived_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ring.json");
        Keyring::create(&path).unwrap();
        Keyring::rotate(&path).unwrap();
        let ring = Keyring::load(&path).unwrap();
        let mut seen = std::collections::HashSet::new();
        for id in ["k1", "k2"] {
            for purpose in [Purpose::Seal, Purpose::Pepper, Purpose::Token, Purpose::Cookie, Purpose::Name] {
                assert!(seen.insert(*ring.derived(id, purpose).unwrap()));
            }
        }
    }

    #[test]
    fn a_file_that_others_may_read_or_that_is_damaged_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ring.json");
        assert!(matches!(Keyring::load(&path), Err(KeyringError::Missing(_))));
        Keyring::create(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Keyring::load(&path), Err(KeyringError::Readable { mode: 0o640, .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        for text in
            ["", "{}", r#"{"primary":"k9","keys":[]}"#, r#"{"primary":"k1","keys":[{"id":"k1","key":"c2hvcnQ="}]}"#]
        {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(Keyring::load(&path), Err(KeyringError::Damaged { .. })), "{text}");
        }
    }
}

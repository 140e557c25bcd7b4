//! The keyring file: master keys with ids, one of them primary. New secrets use the primary key, old ones keep theirs, so
//! that a key can be changed without touching what is stored.

use crate::random;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Length of every key in bytes.
const KEY_BYTES: usize = 32;

/// A derived key; overwritten when dropped.
pub type DerivedKey = Zeroizing<[u8; KEY_BYTES]>;

/// Master keys. No `Debug`: it holds secrets.
pub struct Keyring {
    /// The primary one first.
    keys: Vec<MasterKey>,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct MasterKey {
    #[zeroize(skip)]
    id: String,
    key: [u8; KEY_BYTES],
}

/// Why there is no usable keyring. Says which file and which key id, never a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is no such file.
    #[error("there is no keyring at {0}: create one with `storywright keys init`, or restore it from its backup")]
    Missing(PathBuf),
    /// There is one already.
    #[error("there is a keyring at {0} already; replacing it would make every stored secret unreadable")]
    Exists(PathBuf),
    /// Others than its owner may read it.
    #[error("the keyring {path} can be read by others (mode {mode:03o}): run `chmod 600 {path}`")]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It cannot be read or written.
    #[error("the keyring {path} cannot be read or written ({detail})")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        detail: String,
    },
    /// Its content is no keyring.
    #[error("the keyring is not valid: {0}")]
    Invalid(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyringFile {
    primary: String,
    keys: Vec<KeyEntry>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    #[zeroize(skip)]
    id: String,
    key: String,
}

impl Keyring {
    /// Makes a keyring file with one new key, readable by its owner alone, and loads it.
    ///
    /// # Errors
    /// [`KeyringError::Exists`] when there is a file already: it is never replaced.
    pub fn create(path: &Path, id: &str) -> Result<Self, KeyringError> {
        check_id(id)?;
        let keyring = Self { keys: vec![MasterKey { id: id.to_owned(), key: random::bytes() }] };
        write_new(path, &keyring.to_json()?).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => KeyringError::Exists(path.to_path_buf()),
            _ => io_error(path, &error),
        })?;
        Ok(keyring)
    }

    /// Loads a keyring file.
    ///
    /// # Errors
    /// [`KeyringError`]; a file that others may read is refused.
    pub fn load(path: &Path) -> Result<Self, KeyringError> {
        check_permissions(path)?;
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| io_error(path, &error))?);
        Self::from_json(&text)
    }

    /// Reads a keyring from its JSON text: `{"primary":"k1","keys":[{"id":"k1","key":"<32 bytes in base64>"}]}`.
    ///
    /// # Errors
    /// [`KeyringError::Invalid`], naming what is wrong.
    pub fn from_json(text: &str) -> Result<Self, KeyringError> {
        // The parser's own message could quote a key.
        let file: KeyringFile = serde_json::from_str(text).map_err(|error| {
            invalid(format!(
                "line {} column {} is not as in {{\"primary\":\"k1\",\"keys\":[{{\"id\":\"k1\",\"key\":\"…\"}}]}}",
                error.line(),
                error.column()
            ))
        })?;
        let mut keys: Vec<MasterKey> = Vec::with_capacity(file.keys.len());
        for entry in &file.keys {
            check_id(&entry.id)?;
            if keys.iter().any(|key| key.id == entry.id) {
                return Err(invalid(format!("the key id `{}` is there twice", entry.id)));
            }
            let bytes = Zeroizing::new(
                STANDARD.decode(&entry.key).map_err(|_| invalid(format!("the key `{}` is not base64", entry.id)))?,
            );
            let key = bytes.as_slice().try_into().map_err(|_| {
                invalid(format!("the key `{}` has {} bytes, it needs {KEY_BYTES}", entry.id, bytes.len()))
            })?;
            keys.push(MasterKey { id: entry.id.clone(), key });
        }
        let primary = keys.iter().position(|key| key.id == file.primary);
        let primary =
            primary.ok_or_else(|| invalid(format!("there is no key with the primary id `{}`", file.primary)))?;
        keys.swap(0, primary);
        Ok(Self { keys })
    }

    /// Adds a new key to the file and makes it primary; the others stay. The file is replaced in one step.
    ///
    /// # Errors
    /// [`KeyringError`]; the file is then as it was.
    pub fn rotate(path: &Path, new_id: &str) -> Result<Self, KeyringError> {
        check_id(new_id)?;
        let mut keyring = Self::load(path)?;
        if keyring.ids().any(|id| id == new_id) {
            return Err(invalid(format!("the key id `{new_id}` is there already")));
        }
        keyring.keys.insert(0, MasterKey { id: new_id.to_owned(), key: random::bytes() });
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        // What an interrupted attempt left behind.
        let _ = fs::remove_file(&beside);
        write_new(&beside, &keyring.to_json()?)
            .and_then(|()| fs::rename(&beside, path))
            .map_err(|error| io_error(path, &error))?;
        Ok(keyring)
    }

    /// Id of the key that new secrets use.
    #[must_use]
    pub fn primary_id(&self) -> &str {
        &self.keys[0].id
    }

    /// Ids of all keys, the primary one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.id.as_str())
    }

    /// The key for one purpose, derived from the primary master key with HKDF-SHA-256. Different purposes give keys that
    /// say nothing about each other.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> DerivedKey {
        self.keys[0].derive(purpose)
    }

    /// The keys for one purpose with their ids, the primary one first.
    pub(crate) fn derive_all<'a>(&'a self, purpose: &'a str) -> impl Iterator<Item = (String, DerivedKey)> + 'a {
        self.keys.iter().map(move |key| (key.id.clone(), key.derive(purpose)))
    }

    fn to_json(&self) -> Result<Zeroizing<String>, KeyringError> {
        let entry = |key: &MasterKey| KeyEntry { id: key.id.clone(), key: STANDARD.encode(key.key) };
        let file = KeyringFile { primary: self.primary_id().to_owned(), keys: self.keys.iter().map(entry).collect() };
        serde_json::to_string_pretty(&file).map(Zeroizing::new).map_err(|error| invalid(error.to_string()))
    }
}

/// Length of what HKDF gives.
struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

impl MasterKey {
    fn derive(&self, purpose: &str) -> DerivedKey {
        let mut derived = Zeroizing::new([0; KEY_BYTES]);
        let salt = Salt::new(HKDF_SHA256, b"storywright keyring v1");
        let filled = salt
            .extract(&self.key)
            .expand(&[purpose.as_bytes()], KeyLength)
            .and_then(|okm| okm.fill(derived.as_mut_slice()));
        // The only failure is a length that HKDF cannot give, and the length is constant.
        assert!(filled.is_ok(), "HKDF gives 32 bytes");
        derived
    }
}

fn check_id(id: &str) -> Result<(), KeyringError> {
    let shape_ok = (1..=32).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if shape_ok {
        Ok(())
    } else {
        Err(invalid("a key id has 1 to 32 small letters, digits or hyphens, as in `k1`".to_owned()))
    }
}

fn invalid(what: String) -> KeyringError {
    KeyringError::Invalid(what)
}

fn io_error(path: &Path, error: &io::Error) -> KeyringError {
    match error.kind() {
        io::ErrorKind::NotFound => KeyringError::Missing(path.to_path_buf()),
        _ => KeyringError::Io { path: path.to_path_buf(), detail: error.to_string() },
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(unix)]
fn check_permissions(path: &Path) -> Result<(), KeyringError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_err(|error| io_error(path, &error))?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyringError::TooOpen { path: path.to_path_buf(), mode }) }
}

#[cfg(not(unix))]
fn check_permissions(path: &Path) -> Result<(), KeyringError> {
    fs::metadata(path).map(drop).map_err(|error| io_error(path, &error))
}

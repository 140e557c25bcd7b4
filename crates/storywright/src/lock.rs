//! One server a database file: an exclusive lock that the operating system releases whatever way the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// Held as long as the process uses the database.
pub struct DatabaseLock {
    _file: File,
}

/// Why the lock is not held.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("another server uses this database (lock {}): stop it first", .0.display())]
    Taken(PathBuf),
    /// The lock file cannot be used.
    #[error("the lock {} cannot be used ({detail})", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// The system's words.
        detail: String,
    },
}

impl DatabaseLock {
    /// Takes the lock of a database file.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn take(database: &Path) -> Result<Self, LockError> {
        let mut name = database.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let io = |detail: std::io::Error| LockError::Io { path: path.clone(), detail: detail.to_string() };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken(path)),
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_refused_until_the_first_has_gone() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("new/storywright.db");
        let first = DatabaseLock::take(&database).unwrap();
        assert!(matches!(DatabaseLock::take(&database), Err(LockError::Taken(_))));
        drop(first);
        assert!(DatabaseLock::take(&database).is_ok());
    }
}

//! What diesel's errors mean to those who use the port, and to the storage itself: a full disk and a damaged file concern more than the
//! call that met them.

use diesel::result::{DatabaseErrorKind as Kind, Error};
use std::cell::RefCell;
use storywright_domain::ports::StorageError;

/// What is wrong with more than one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The disk does not take what is written: it is full, broken, or read only. May pass.
    CannotWrite(String),
    /// The file is broken. Does not pass.
    Damaged(String),
}

thread_local! {
    /// The trouble that a statement of this thread met last. Repositories sort errors far below whoever owns the connection, and use cases
    /// turn them into errors of their own; the owner asks here when its work is done, on the same thread.
    static MET: RefCell<Option<Trouble>> = const { RefCell::new(None) };
}

/// The trouble that was met on this thread since this was asked last.
pub fn met() -> Option<Trouble> {
    MET.with_borrow_mut(Option::take)
}

/// What SQLite's words say about the disk or the file.
fn trouble(message: &str) -> Option<Trouble> {
    let cannot_write = ["disk is full", "disk I/O error", "readonly database", "unable to open database file"];
    if is_damage(message) {
        Some(Trouble::Damaged(message.to_owned()))
    } else if cannot_write.iter().any(|words| message.contains(words)) {
        Some(Trouble::CannotWrite(message.to_owned()))
    } else {
        None
    }
}

/// Sorts an error that came up while rows of `entity` were read or written.
pub fn failed(entity: &'static str) -> impl Fn(Error) -> StorageError {
    move |error| {
        let trouble = match &error {
            Error::DatabaseError(_, info) => trouble(info.message()),
            Error::RollbackErrorOnCommit { commit_error, .. } => trouble(&commit_error.to_string()),
            _ => None,
        };
        if trouble.is_some() {
            MET.set(trouble);
        }
        sorted(entity, error)
    }
}

fn sorted(entity: &'static str, error: Error) -> StorageError {
    match error {
        Error::DatabaseError(
            Kind::UniqueViolation | Kind::ForeignKeyViolation | Kind::CheckViolation | Kind::NotNullViolation,
            ref info,
        ) => StorageError::Corrupt { entity, detail: info.message().to_owned() },
        Error::DatabaseError(_, ref info) if is_damage(info.message()) => {
            StorageError::Corrupt { entity: "database", detail: info.message().to_owned() }
        }
        Error::DeserializationError(cause) => StorageError::Corrupt { entity, detail: cause.to_string() },
        other => StorageError::Unavailable(other.to_string()),
    }
}

/// Whether SQLite says that the file itself is broken.
pub fn is_damage(message: &str) -> bool {
    message.contains("malformed") || message.contains("not a database")
}

/// A stored value that does not fit its type.
pub fn corrupt(entity: &'static str, detail: impl ToString) -> StorageError {
    StorageError::Corrupt { entity, detail: detail.to_string() }
}

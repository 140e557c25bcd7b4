//! What diesel's errors mean to those who use the port.

use diesel::result::{DatabaseErrorKind as Kind, Error};
use storywright_domain::ports::StorageError;

/// Sorts an error that came up while rows of `entity` were read or written.
pub fn failed(entity: &'static str) -> impl Fn(Error) -> StorageError {
    move |error| match error {
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

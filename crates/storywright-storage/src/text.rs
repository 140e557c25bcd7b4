//! Values as text: ids, JSON, words of enums, cursors.

use crate::error::corrupt;
use diesel::prelude::SqliteConnection;
use serde::{Serialize, de::DeserializeOwned};
use storywright_domain::Timestamp;
use storywright_domain::ports::{Slice, StorageError};

/// The connection that every repository is written for.
pub type Conn = SqliteConnection;

/// Reads a stored value with the domain's own reader.
pub fn parsed<T, E: ToString>(entity: &'static str, column: &str, outcome: Result<T, E>) -> Result<T, StorageError> {
    outcome.map_err(|error| corrupt(entity, format!("{column}: {}", error.to_string())))
}

/// Reads a stored word of an enum.
pub fn word<T>(entity: &'static str, column: &str, raw: &str, read: Option<T>) -> Result<T, StorageError> {
    read.ok_or_else(|| {
        corrupt(entity, format!("{column}: `{}` is not known", raw.chars().take(40).collect::<String>()))
    })
}

/// Reads a stored count.
pub fn count(entity: &'static str, column: &str, raw: i64) -> Result<u32, StorageError> {
    parsed(entity, column, u32::try_from(raw))
}

/// Reads stored JSON. The message names the place, not the content.
pub fn from_json<T: DeserializeOwned>(entity: &'static str, column: &str, raw: &str) -> Result<T, StorageError> {
    serde_json::from_str(raw)
        .map_err(|error| corrupt(entity, format!("{column}: JSON, line {} column {}", error.line(), error.column())))
}

/// JSON text of a value.
pub fn to_json<T: Serialize>(entity: &'static str, value: &T) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|error| corrupt(entity, error))
}

/// Rows of a page: one more than asked for tells whether there is a next page.
pub fn page_size(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, 200)
}

/// Rows to ask the database for.
pub fn rows_to_read(limit: u32) -> i64 {
    i64::try_from(page_size(limit)).unwrap_or(200) + 1
}

/// A place in a list that is ordered by a number and then by a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Time or number.
    pub number: i64,
    /// Tie-breaker.
    pub text: String,
}

impl Place {
    /// Before everything in a list that goes downwards.
    pub fn first() -> Self {
        // `~` sorts after every digit and letter of an id.
        Self { number: i64::MAX, text: "~".to_owned() }
    }

    /// The place that a cursor names; the beginning when there is none, or when it is not one of ours.
    pub fn after(cursor: Option<&str>) -> Self {
        let read = |cursor: &str| {
            let (number, text) = cursor.split_once('.')?;
            Some(Self { number: i64::from_str_radix(number, 16).ok()?, text: text.to_owned() })
        };
        cursor.and_then(read).unwrap_or_else(Self::first)
    }

    fn cursor(&self) -> String {
        format!("{:x}.{}", self.number, self.text)
    }
}

/// Cuts the extra row off and says where the list goes on. `place` gives a row's number and text.
pub fn slice<R, T>(
    mut rows: Vec<R>,
    limit: u32,
    place: impl Fn(&R) -> (i64, String),
    read: impl Fn(R) -> Result<T, StorageError>,
) -> Result<Slice<T>, StorageError> {
    let more = rows.len() > page_size(limit);
    rows.truncate(page_size(limit));
    let next = rows.last().filter(|_| more).map(|row| {
        let (number, text) = place(row);
        Place { number, text }.cursor()
    });
    Ok(Slice { items: rows.into_iter().map(read).collect::<Result<_, _>>()?, next })
}

/// A time out of a nullable column.
pub fn time(raw: Option<i64>) -> Option<Timestamp> {
    raw.map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_names_its_place(number in 0_i64.., text in "[0-9a-f]{1,32}") {
            let place = Place { number, text };
            prop_assert_eq!(Place::after(Some(&place.cursor())), place);
        }

        #[test]
        fn any_other_text_is_the_beginning_or_some_place(raw in ".*") {
            // Must not panic, whatever came in through an address.
            let _ = Place::after(Some(&raw));
        }
    }
}

//! What is remembered of create screens.

use super::StorageError;
use crate::preflight::{LearnedField, Lesson, ScreenPlace};
use crate::story::FieldValue;
use crate::{Timestamp, UserId};
use std::collections::BTreeMap;

/// Defaults of people, and what refusals taught.
pub trait FieldRepo {
    /// What the person fills in on this screen each time, by field id.
    ///
    /// # Errors
    /// [`StorageError`].
    fn field_defaults(
        &mut self,
        user: UserId,
        place: &ScreenPlace,
    ) -> Result<BTreeMap<String, FieldValue>, StorageError>;

    /// Replaces all of it.
    ///
    /// # Errors
    /// [`StorageError`].
    fn set_field_defaults(
        &mut self,
        user: UserId,
        place: &ScreenPlace,
        values: &BTreeMap<String, FieldValue>,
        at: Timestamp,
    ) -> Result<(), StorageError>;

    /// What was learned of this screen, by field id.
    ///
    /// # Errors
    /// [`StorageError`].
    fn learned_fields(&mut self, place: &ScreenPlace) -> Result<Vec<LearnedField>, StorageError>;

    /// Keeps a lesson. One of the same field takes the place of an older one and keeps the time at which the field was seen first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn learn_field(
        &mut self,
        place: &ScreenPlace,
        field: &str,
        lesson: Lesson,
        message: &str,
        at: Timestamp,
    ) -> Result<(), StorageError>;

    /// Forgets what was learned of a field, as when the site has changed; nothing happens when there is nothing.
    ///
    /// # Errors
    /// [`StorageError`].
    fn forget_field(&mut self, place: &ScreenPlace, field: &str) -> Result<(), StorageError>;
}

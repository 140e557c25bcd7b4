//! Defaults of create fields, and what refusals taught.

use super::MemoryTx;
use std::collections::BTreeMap;
use storywright_domain::ports::{FieldRepo, StorageError};
use storywright_domain::preflight::{LearnedField, Lesson, ScreenPlace};
use storywright_domain::story::FieldValue;
use storywright_domain::{Timestamp, UserId};

impl FieldRepo for MemoryTx<'_> {
    fn field_defaults(
        &mut self,
        user: UserId,
        place: &ScreenPlace,
    ) -> Result<BTreeMap<String, FieldValue>, StorageError> {
        Ok(self.state.field_defaults.get(&(user, place.clone())).cloned().unwrap_or_default())
    }

    fn set_field_defaults(
        &mut self,
        user: UserId,
        place: &ScreenPlace,
        values: &BTreeMap<String, FieldValue>,
        _at: Timestamp,
    ) -> Result<(), StorageError> {
        let state = self.change()?;
        if !values.is_empty() {
            state.must_know("field default", user)?;
        }
        state.field_defaults.insert((user, place.clone()), values.clone());
        Ok(())
    }

    fn learned_fields(&mut self, place: &ScreenPlace) -> Result<Vec<LearnedField>, StorageError> {
        Ok(self.state.learned_fields.get(place).into_iter().flat_map(BTreeMap::values).cloned().collect())
    }

    fn learn_field(
        &mut self,
        place: &ScreenPlace,
        field: &str,
        lesson: Lesson,
        message: &str,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        let known = self.change()?.learned_fields.entry(place.clone()).or_default();
        let first_seen = known.get(field).map_or(at, |known| known.first_seen);
        let learned =
            LearnedField { field: field.to_owned(), lesson, message: message.to_owned(), first_seen, last_seen: at };
        known.insert(field.to_owned(), learned);
        Ok(())
    }

    fn forget_field(&mut self, place: &ScreenPlace, field: &str) -> Result<(), StorageError> {
        if let Some(known) = self.change()?.learned_fields.get_mut(place) {
            known.remove(field);
        }
        Ok(())
    }
}

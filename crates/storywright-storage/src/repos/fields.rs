//! Defaults of create fields, and what refusals taught about create screens.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::{field_defaults, learned_fields};
use crate::text::{from_json, to_json, word};
use diesel::prelude::*;
use std::collections::BTreeMap;
use storywright_domain::ports::{FieldRepo, StorageError};
use storywright_domain::preflight::{LearnedField, Lesson, ScreenPlace};
use storywright_domain::story::FieldValue;
use storywright_domain::{Timestamp, UserId};

const DEFAULT: &str = "field default";
const LEARNED: &str = "learned field";

#[derive(Queryable, Selectable)]
#[diesel(table_name = learned_fields)]
struct LearnedRow {
    field: String,
    lesson: String,
    message: String,
    first_seen: i64,
    last_seen: i64,
}

impl TryFrom<LearnedRow> for LearnedField {
    type Error = StorageError;

    fn try_from(row: LearnedRow) -> Result<Self, StorageError> {
        Ok(Self {
            lesson: word(LEARNED, "lesson", &row.lesson, Lesson::parse(&row.lesson))?,
            field: row.field,
            message: row.message,
            first_seen: Timestamp(row.first_seen),
            last_seen: Timestamp(row.last_seen),
        })
    }
}

impl FieldRepo for SqliteTx<'_> {
    fn field_defaults(
        &mut self,
        user: UserId,
        place: &ScreenPlace,
    ) -> Result<BTreeMap<String, FieldValue>, StorageError> {
        let rows: Vec<(String, String)> = field_defaults::table
            .filter(field_defaults::user_id.eq(user.to_string()))
            .filter(field_defaults::site.eq(&place.site))
            .filter(field_defaults::project.eq(&place.project))
            .filter(field_defaults::issue_type.eq(&place.issue_type))
            .select((field_defaults::field, field_defaults::value))
            .load(self.conn)
            .map_err(failed(DEFAULT))?;
        rows.into_iter().map(|(field, value)| Ok((field, from_json(DEFAULT, "value", &value)?))).collect()
    }

    fn set_field_defaults(
        &mut self,
        user: UserId,
        place: &ScreenPlace,
        values: &BTreeMap<String, FieldValue>,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        let user = user.to_string();
        diesel::delete(
            field_defaults::table
                .filter(field_defaults::user_id.eq(&user))
                .filter(field_defaults::site.eq(&place.site))
                .filter(field_defaults::project.eq(&place.project))
                .filter(field_defaults::issue_type.eq(&place.issue_type)),
        )
        .execute(self.conn)
        .map_err(failed(DEFAULT))?;
        for (field, value) in values {
            diesel::insert_into(field_defaults::table)
                .values((
                    field_defaults::user_id.eq(&user),
                    field_defaults::site.eq(&place.site),
                    field_defaults::project.eq(&place.project),
                    field_defaults::issue_type.eq(&place.issue_type),
                    field_defaults::field.eq(field),
                    field_defaults::value.eq(to_json(DEFAULT, value)?),
                    field_defaults::updated_at.eq(at.0),
                ))
                .execute(self.conn)
                .map_err(failed(DEFAULT))?;
        }
        Ok(())
    }

    fn learned_fields(&mut self, place: &ScreenPlace) -> Result<Vec<LearnedField>, StorageError> {
        let rows: Vec<LearnedRow> = learned_fields::table
            .filter(learned_fields::site.eq(&place.site))
            .filter(learned_fields::project.eq(&place.project))
            .filter(learned_fields::issue_type.eq(&place.issue_type))
            .order(learned_fields::field)
            .select(LearnedRow::as_select())
            .load(self.conn)
            .map_err(failed(LEARNED))?;
        rows.into_iter().map(LearnedField::try_from).collect()
    }

    fn learn_field(
        &mut self,
        place: &ScreenPlace,
        field: &str,
        lesson: Lesson,
        message: &str,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        let key = (&place.site, &place.project, &place.issue_type, field);
        let values = (
            learned_fields::lesson.eq(lesson.as_str()),
            learned_fields::message.eq(message),
            learned_fields::last_seen.eq(at.0),
        );
        let changed =
            diesel::update(learned_fields::table.find(key)).set(values).execute(self.conn).map_err(failed(LEARNED))?;
        if changed == 0 {
            diesel::insert_into(learned_fields::table)
                .values((
                    learned_fields::site.eq(&place.site),
                    learned_fields::project.eq(&place.project),
                    learned_fields::issue_type.eq(&place.issue_type),
                    learned_fields::field.eq(field),
                    learned_fields::first_seen.eq(at.0),
                    values,
                ))
                .execute(self.conn)
                .map_err(failed(LEARNED))?;
        }
        Ok(())
    }

    fn forget_field(&mut self, place: &ScreenPlace, field: &str) -> Result<(), StorageError> {
        let key = (&place.site, &place.project, &place.issue_type, field);
        diesel::delete(learned_fields::table.find(key)).execute(self.conn).map(drop).map_err(failed(LEARNED))
    }
}

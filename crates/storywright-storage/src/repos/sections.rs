//! Sections of drafts with long requirements.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::draft_sections;
use crate::text::{count, from_json, parsed, to_json, word};
use diesel::prelude::*;
use storywright_domain::ports::{SectionRepo, StorageError, Usage};
use storywright_domain::section::{DraftSection, SectionState};
use storywright_domain::{DraftId, JobId, UserId};

const SECTION: &str = "draft section";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = draft_sections)]
struct SectionRow {
    draft_id: String,
    ordinal: i64,
    user_id: String,
    job_id: String,
    title: String,
    range_start: i64,
    range_end: i64,
    digest: String,
    state: String,
    attempts: i64,
    stories: String,
    rewrites: i64,
    problem: String,
    input_tokens: i64,
    output_tokens: i64,
}

impl TryFrom<&DraftSection> for SectionRow {
    type Error = StorageError;

    fn try_from(section: &DraftSection) -> Result<Self, StorageError> {
        Ok(Self {
            draft_id: section.draft.to_string(),
            ordinal: i64::from(section.ordinal),
            user_id: section.user.to_string(),
            job_id: section.job.to_string(),
            title: section.title.clone(),
            range_start: i64::from(section.start),
            range_end: i64::from(section.end),
            digest: section.digest.clone(),
            state: section.state.as_str().to_owned(),
            attempts: i64::from(section.attempts),
            stories: to_json(SECTION, &section.stories)?,
            rewrites: i64::from(section.rewrites),
            problem: section.problem.clone(),
            input_tokens: i64::try_from(section.usage.input).unwrap_or(i64::MAX),
            output_tokens: i64::try_from(section.usage.output).unwrap_or(i64::MAX),
        })
    }
}

impl TryFrom<SectionRow> for DraftSection {
    type Error = StorageError;

    fn try_from(row: SectionRow) -> Result<Self, StorageError> {
        Ok(Self {
            draft: parsed(SECTION, "draft_id", DraftId::parse(&row.draft_id))?,
            user: parsed(SECTION, "user_id", UserId::parse(&row.user_id))?,
            job: parsed(SECTION, "job_id", JobId::parse(&row.job_id))?,
            ordinal: count(SECTION, "ordinal", row.ordinal)?,
            title: row.title,
            start: count(SECTION, "range_start", row.range_start)?,
            end: count(SECTION, "range_end", row.range_end)?,
            digest: row.digest,
            state: word(SECTION, "state", &row.state, SectionState::parse(&row.state))?,
            attempts: count(SECTION, "attempts", row.attempts)?,
            stories: from_json(SECTION, "stories", &row.stories)?,
            rewrites: parsed(SECTION, "rewrites", u8::try_from(row.rewrites))?,
            problem: row.problem,
            usage: Usage {
                input: u64::try_from(row.input_tokens).unwrap_or(0),
                output: u64::try_from(row.output_tokens).unwrap_or(0),
            },
        })
    }
}

impl SectionRepo for SqliteTx<'_> {
    fn sections(&mut self, user: UserId, draft: DraftId) -> Result<Vec<DraftSection>, StorageError> {
        let rows: Vec<SectionRow> = draft_sections::table
            .filter(draft_sections::user_id.eq(user.to_string()))
            .filter(draft_sections::draft_id.eq(draft.to_string()))
            .order(draft_sections::ordinal)
            .select(SectionRow::as_select())
            .load(self.conn)
            .map_err(failed(SECTION))?;
        rows.into_iter().map(DraftSection::try_from).collect()
    }

    fn put_section(&mut self, section: &DraftSection) -> Result<(), StorageError> {
        let row = SectionRow::try_from(section)?;
        diesel::delete(
            draft_sections::table
                .filter(draft_sections::user_id.eq(&row.user_id))
                .filter(draft_sections::draft_id.eq(&row.draft_id))
                .filter(draft_sections::ordinal.eq(row.ordinal)),
        )
        .execute(self.conn)
        .map_err(failed(SECTION))?;
        diesel::insert_into(draft_sections::table).values(&row).execute(self.conn).map(drop).map_err(failed(SECTION))
    }

    fn clear_sections(&mut self, user: UserId, draft: DraftId) -> Result<(), StorageError> {
        diesel::delete(
            draft_sections::table
                .filter(draft_sections::user_id.eq(user.to_string()))
                .filter(draft_sections::draft_id.eq(draft.to_string())),
        )
        .execute(self.conn)
        .map(drop)
        .map_err(failed(SECTION))
    }
}

//! Drafts and their versions.

use super::SqliteTx;
use crate::error::{corrupt, failed};
use crate::schema::{draft_versions, drafts};
use crate::text::{Place, count, from_json, parsed, rows_to_read, slice, time, to_json, word};
use diesel::prelude::*;
use storywright_domain::draft::{Draft, DraftState, DraftSummary, DraftVersion, Origin, Requirements};
use storywright_domain::jira::ProjectKey;
use storywright_domain::ports::{DraftRepo, Saved, Slice, StorageError};
use storywright_domain::story::{Document, SCHEMA_VERSION, StoryFormat};
use storywright_domain::{DraftId, JobId, RunId, Timestamp, UserId};

const ENTITY: &str = "draft";
const VERSION: &str = "draft version";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = drafts)]
struct Row {
    id: String,
    user_id: String,
    title: String,
    format: String,
    project: String,
    issue_type: String,
    issue_type_name: String,
    rule_set: String,
    state: String,
    held_by: Option<String>,
    version: i64,
    deleted_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    schema_version: i64,
    prompt: String,
    prompt_from: Option<String>,
    document: String,
    requirements: String,
}

impl TryFrom<Row> for Draft {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            id: parsed(ENTITY, "id", DraftId::parse(&row.id))?,
            user: parsed(ENTITY, "user_id", UserId::parse(&row.user_id))?,
            requirements: parsed(ENTITY, "requirements", Requirements::parse_or_none(&row.requirements))?,
            format: word(ENTITY, "format", &row.format, StoryFormat::parse(&row.format))?,
            project: parsed(ENTITY, "project", ProjectKey::parse(&row.project))?,
            state: state(&row.state, row.held_by.as_deref())?,
            version: count(ENTITY, "version", row.version)?,
            document: document(ENTITY, row.schema_version, &row.document)?,
            title: row.title,
            prompt: row.prompt,
            prompt_from: row.prompt_from.map(|raw| from_json(ENTITY, "prompt_from", &raw)).transpose()?,
            issue_type: row.issue_type,
            issue_type_name: row.issue_type_name,
            rule_set: row.rule_set,
            deleted_at: time(row.deleted_at),
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

impl TryFrom<&Draft> for Row {
    type Error = StorageError;

    fn try_from(draft: &Draft) -> Result<Self, StorageError> {
        let (state, held_by) = state_columns(draft.state);
        Ok(Self {
            id: draft.id.to_string(),
            user_id: draft.user.to_string(),
            title: draft.title.clone(),
            format: draft.format.as_str().to_owned(),
            project: draft.project.as_str().to_owned(),
            issue_type: draft.issue_type.clone(),
            issue_type_name: draft.issue_type_name.clone(),
            rule_set: draft.rule_set.clone(),
            state: state.to_owned(),
            held_by,
            version: i64::from(draft.version),
            deleted_at: draft.deleted_at.map(|at| at.0),
            created_at: draft.created_at.0,
            updated_at: draft.updated_at.0,
            schema_version: i64::from(SCHEMA_VERSION),
            prompt: draft.prompt.clone(),
            prompt_from: draft.prompt_from.as_ref().map(|from| to_json(ENTITY, from)).transpose()?,
            document: to_json(ENTITY, &draft.document)?,
            requirements: draft.requirements.as_str().to_owned(),
        })
    }
}

fn state(word: &str, held_by: Option<&str>) -> Result<DraftState, StorageError> {
    match (word, held_by) {
        ("editing", None) => Ok(DraftState::Editing),
        ("writing", Some(job)) => Ok(DraftState::Writing { job: parsed(ENTITY, "held_by", JobId::parse(job))? }),
        ("publishing", Some(run)) => Ok(DraftState::Publishing { run: parsed(ENTITY, "held_by", RunId::parse(run))? }),
        ("published", Some(run)) => Ok(DraftState::Published { run: parsed(ENTITY, "held_by", RunId::parse(run))? }),
        _ => Err(corrupt(ENTITY, "state: not known, or held by nobody")),
    }
}

fn state_columns(state: DraftState) -> (&'static str, Option<String>) {
    match state {
        DraftState::Editing => ("editing", None),
        DraftState::Writing { job } => ("writing", Some(job.to_string())),
        DraftState::Publishing { run } => ("publishing", Some(run.to_string())),
        DraftState::Published { run } => ("published", Some(run.to_string())),
    }
}

fn document(entity: &'static str, schema_version: i64, raw: &str) -> Result<Document, StorageError> {
    if schema_version != i64::from(SCHEMA_VERSION) {
        return Err(corrupt(entity, format!("schema version {schema_version} of the document is not known")));
    }
    from_json(entity, "document", raw)
}

fn search_text(draft: &Draft) -> String {
    format!("{}\n{}", draft.title, draft.requirements.as_str()).to_lowercase()
}

fn containing(word: &str) -> String {
    let escaped = word.to_lowercase().replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = drafts)]
struct SummaryRow {
    id: String,
    title: String,
    project: String,
    issue_type_name: String,
    state: String,
    held_by: Option<String>,
    version: i64,
    updated_at: i64,
}

impl TryFrom<SummaryRow> for DraftSummary {
    type Error = StorageError;

    fn try_from(row: SummaryRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: parsed(ENTITY, "id", DraftId::parse(&row.id))?,
            state: state(&row.state, row.held_by.as_deref())?,
            version: count(ENTITY, "version", row.version)?,
            title: row.title,
            project: row.project,
            issue_type_name: row.issue_type_name,
            updated_at: Timestamp(row.updated_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = draft_versions)]
struct VersionRow {
    draft_id: String,
    number: i64,
    user_id: String,
    origin: String,
    note: String,
    created_at: i64,
    schema_version: i64,
    document: String,
}

impl TryFrom<VersionRow> for DraftVersion {
    type Error = StorageError;

    fn try_from(row: VersionRow) -> Result<Self, StorageError> {
        Ok(Self {
            draft: parsed(VERSION, "draft_id", DraftId::parse(&row.draft_id))?,
            number: count(VERSION, "number", row.number)?,
            origin: word(VERSION, "origin", &row.origin, Origin::parse(&row.origin))?,
            note: row.note,
            document: document(VERSION, row.schema_version, &row.document)?,
            created_at: Timestamp(row.created_at),
        })
    }
}

impl DraftRepo for SqliteTx<'_> {
    fn draft(&mut self, user: UserId, id: DraftId) -> Result<Option<Draft>, StorageError> {
        drafts::table
            .filter(drafts::id.eq(id.to_string()))
            .filter(drafts::user_id.eq(user.to_string()))
            .select(Row::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ENTITY))?
            .map(Draft::try_from)
            .transpose()
    }

    fn insert_draft(&mut self, draft: &Draft) -> Result<(), StorageError> {
        diesel::insert_into(drafts::table)
            .values((Row::try_from(draft)?, drafts::search_text.eq(search_text(draft))))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ENTITY))
    }

    fn update_draft(&mut self, draft: &Draft, expected: u32) -> Result<Saved, StorageError> {
        let row = Row::try_from(draft)?;
        let as_expected = drafts::table
            .filter(drafts::id.eq(&row.id))
            .filter(drafts::user_id.eq(&row.user_id))
            .filter(drafts::version.eq(i64::from(expected)));
        let changed = diesel::update(as_expected)
            .set((
                drafts::title.eq(&row.title),
                drafts::format.eq(&row.format),
                drafts::project.eq(&row.project),
                drafts::issue_type.eq(&row.issue_type),
                drafts::issue_type_name.eq(&row.issue_type_name),
                drafts::rule_set.eq(&row.rule_set),
                drafts::state.eq(&row.state),
                drafts::held_by.eq(&row.held_by),
                drafts::version.eq(row.version),
                drafts::deleted_at.eq(row.deleted_at),
                drafts::updated_at.eq(row.updated_at),
                drafts::schema_version.eq(row.schema_version),
                drafts::prompt.eq(&row.prompt),
                drafts::prompt_from.eq(&row.prompt_from),
                drafts::document.eq(&row.document),
                drafts::requirements.eq(&row.requirements),
                drafts::search_text.eq(search_text(draft)),
            ))
            .execute(self.conn)
            .map_err(failed(ENTITY))?;
        Ok(if changed > 0 { Saved::Stored } else { Saved::Conflict })
    }

    fn drafts(
        &mut self,
        user: UserId,
        words: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<DraftSummary>, StorageError> {
        let from = Place::after(cursor);
        let listed = drafts::table
            .filter(drafts::user_id.eq(user.to_string()))
            .filter(drafts::deleted_at.is_null())
            .filter(drafts::updated_at.le(from.number))
            .filter(drafts::updated_at.lt(from.number).or(drafts::id.lt(&from.text)))
            .order((drafts::updated_at.desc(), drafts::id.desc()))
            .limit(rows_to_read(limit))
            .select(SummaryRow::as_select());
        let words: Vec<&str> = words.unwrap_or_default().split_whitespace().collect();
        let rows: Vec<SummaryRow> = if words.is_empty() {
            listed.load(self.conn)
        } else {
            let boxed = listed.into_boxed();
            words
                .iter()
                .fold(boxed, |query, word| query.filter(drafts::search_text.like(containing(word)).escape('\\')))
                .load(self.conn)
        }
        .map_err(failed(ENTITY))?;
        slice(rows, limit, |row| (row.updated_at, row.id.clone()), DraftSummary::try_from)
    }

    fn insert_version(&mut self, user: UserId, version: &DraftVersion) -> Result<(), StorageError> {
        let row = VersionRow {
            draft_id: version.draft.to_string(),
            number: i64::from(version.number),
            user_id: user.to_string(),
            origin: version.origin.as_str().to_owned(),
            note: version.note.clone(),
            created_at: version.created_at.0,
            schema_version: i64::from(SCHEMA_VERSION),
            document: to_json(VERSION, &version.document)?,
        };
        diesel::insert_into(draft_versions::table).values(row).execute(self.conn).map(drop).map_err(failed(VERSION))
    }

    fn delete_version(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<(), StorageError> {
        let one = draft_versions::table
            .find((draft.to_string(), i64::from(number)))
            .filter(draft_versions::user_id.eq(user.to_string()));
        diesel::delete(one).execute(self.conn).map(drop).map_err(failed(VERSION))
    }

    fn version(&mut self, user: UserId, draft: DraftId, number: u32) -> Result<Option<DraftVersion>, StorageError> {
        draft_versions::table
            .find((draft.to_string(), i64::from(number)))
            .filter(draft_versions::user_id.eq(user.to_string()))
            .select(VersionRow::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(VERSION))?
            .map(DraftVersion::try_from)
            .transpose()
    }

    fn versions(
        &mut self,
        user: UserId,
        draft: DraftId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<DraftVersion>, StorageError> {
        let from = Place::after(cursor);
        let rows: Vec<VersionRow> = draft_versions::table
            .filter(draft_versions::user_id.eq(user.to_string()))
            .filter(draft_versions::draft_id.eq(draft.to_string()))
            .filter(draft_versions::number.lt(from.number))
            .order(draft_versions::number.desc())
            .limit(rows_to_read(limit))
            .select(VersionRow::as_select())
            .load(self.conn)
            .map_err(failed(VERSION))?;
        slice(rows, limit, |row| (row.number, String::new()), DraftVersion::try_from)
    }
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn a_word_with_wildcards_means_itself() {
        assert_eq!(containing(r"50%_Off\"), r"%50\%\_off\\%");
    }
}

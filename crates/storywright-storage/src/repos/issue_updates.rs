//! Drafts about issues that exist, and changes of these issues.

use super::SqliteTx;
use crate::error::{corrupt, failed};
use crate::schema::{draft_issues, issue_updates as table};
use crate::text::{count, parsed, time, word};
use diesel::prelude::*;
use storywright_domain::issue_update::{DraftIssue, IssuePurpose, IssueUpdate, MAX_EDITIONS};
use storywright_domain::ports::{Inserted, IssueUpdateRepo, Saved, StorageError};
use storywright_domain::write_state::WriteState;
use storywright_domain::{DraftId, Timestamp, UserId};

const ABOUT: &str = "issue of a draft";
const ENTITY: &str = "issue update";
/// Most changes of one issue that are listed.
const MOST: i64 = 50;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = draft_issues)]
struct AboutRow {
    draft_id: String,
    user_id: String,
    purpose: String,
    site: String,
    issue_id: String,
    issue_key: String,
    issue_type: String,
    epic: bool,
    source: i64,
    updated: String,
    created_at: i64,
}

impl From<&DraftIssue> for AboutRow {
    fn from(issue: &DraftIssue) -> Self {
        Self {
            draft_id: issue.draft.to_string(),
            user_id: issue.user.to_string(),
            purpose: issue.purpose.as_str().to_owned(),
            site: issue.site.clone(),
            issue_id: issue.issue_id.clone(),
            issue_key: issue.key.clone(),
            issue_type: issue.issue_type.clone(),
            epic: issue.epic,
            source: i64::from(issue.source),
            updated: issue.updated.clone(),
            created_at: issue.created_at.0,
        }
    }
}

impl TryFrom<AboutRow> for DraftIssue {
    type Error = StorageError;

    fn try_from(row: AboutRow) -> Result<Self, StorageError> {
        Ok(Self {
            draft: parsed(ABOUT, "draft_id", DraftId::parse(&row.draft_id))?,
            user: parsed(ABOUT, "user_id", UserId::parse(&row.user_id))?,
            purpose: word(ABOUT, "purpose", &row.purpose, IssuePurpose::parse(&row.purpose))?,
            site: row.site,
            issue_id: row.issue_id,
            key: row.issue_key,
            issue_type: row.issue_type,
            epic: row.epic,
            source: count(ABOUT, "source", row.source)?,
            updated: row.updated,
            created_at: Timestamp(row.created_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table)]
struct Row {
    draft_id: String,
    edition: i64,
    user_id: String,
    puts_back: Option<i64>,
    draft_version: i64,
    site: String,
    issue_id: String,
    issue_key: String,
    follows: String,
    before_summary: String,
    before_description: String,
    summary: String,
    description: String,
    payload: String,
    plan_hash: String,
    state: String,
    note: String,
    sent_at: i64,
    settled_at: Option<i64>,
}

impl From<&IssueUpdate> for Row {
    fn from(update: &IssueUpdate) -> Self {
        Self {
            draft_id: update.draft.to_string(),
            edition: i64::from(update.edition),
            user_id: update.user.to_string(),
            puts_back: update.puts_back.map(i64::from),
            draft_version: i64::from(update.draft_version),
            site: update.site.clone(),
            issue_id: update.issue_id.clone(),
            issue_key: update.key.clone(),
            follows: update.follows.clone(),
            before_summary: update.before_summary.clone(),
            before_description: update.before_description.clone(),
            summary: update.summary.clone(),
            description: update.description.clone(),
            payload: update.payload.clone(),
            plan_hash: update.plan_hash.clone(),
            state: update.state.as_str().to_owned(),
            note: update.note.clone(),
            sent_at: update.sent_at.0,
            settled_at: update.settled_at.map(|at| at.0),
        }
    }
}

impl TryFrom<Row> for IssueUpdate {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            draft: parsed(ENTITY, "draft_id", DraftId::parse(&row.draft_id))?,
            user: parsed(ENTITY, "user_id", UserId::parse(&row.user_id))?,
            edition: count(ENTITY, "edition", row.edition)?,
            puts_back: row.puts_back.map(|edition| count(ENTITY, "puts_back", edition)).transpose()?,
            draft_version: count(ENTITY, "draft_version", row.draft_version)?,
            site: row.site,
            issue_id: row.issue_id,
            key: row.issue_key,
            follows: row.follows,
            before_summary: row.before_summary,
            before_description: row.before_description,
            summary: row.summary,
            description: row.description,
            payload: row.payload,
            plan_hash: row.plan_hash,
            state: word(ENTITY, "state", &row.state, WriteState::parse(&row.state))?,
            note: row.note,
            sent_at: Timestamp(row.sent_at),
            settled_at: time(row.settled_at),
        })
    }
}

fn updates(rows: QueryResult<Vec<Row>>) -> Result<Vec<IssueUpdate>, StorageError> {
    rows.map_err(failed(ENTITY))?.into_iter().map(IssueUpdate::try_from).collect()
}

impl IssueUpdateRepo for SqliteTx<'_> {
    fn draft_issue(&mut self, user: UserId, draft: DraftId) -> Result<Option<DraftIssue>, StorageError> {
        let row: Option<AboutRow> = draft_issues::table
            .find(draft.to_string())
            .filter(draft_issues::user_id.eq(user.to_string()))
            .select(AboutRow::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ABOUT))?;
        row.map(DraftIssue::try_from).transpose()
    }

    fn insert_draft_issue(&mut self, issue: &DraftIssue) -> Result<(), StorageError> {
        // The draft and the person are one foreign key.
        diesel::insert_into(draft_issues::table)
            .values(AboutRow::from(issue))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ABOUT))
    }

    fn issue_updates(&mut self, user: UserId, draft: DraftId) -> Result<Vec<IssueUpdate>, StorageError> {
        updates(
            table::table
                .filter(table::user_id.eq(user.to_string()))
                .filter(table::draft_id.eq(draft.to_string()))
                .order(table::edition.desc())
                .limit(i64::from(MAX_EDITIONS))
                .select(Row::as_select())
                .load(self.conn),
        )
    }

    fn updates_of_issue(&mut self, user: UserId, site: &str, key: &str) -> Result<Vec<IssueUpdate>, StorageError> {
        updates(
            table::table
                .filter(table::user_id.eq(user.to_string()))
                .filter(table::site.eq(site))
                .filter(table::issue_key.eq(key))
                .order((table::sent_at.desc(), table::draft_id.desc(), table::edition.desc()))
                .limit(MOST)
                .select(Row::as_select())
                .load(self.conn),
        )
    }

    fn open_updates_of_issue(
        &mut self,
        user: UserId,
        site: &str,
        issue_id: &str,
    ) -> Result<Vec<IssueUpdate>, StorageError> {
        let (sending, unknown) = (WriteState::Sending.as_str(), WriteState::Unknown.as_str());
        updates(
            table::table
                .filter(table::user_id.eq(user.to_string()))
                .filter(table::site.eq(site))
                .filter(table::issue_id.eq(issue_id))
                .filter(table::state.eq(sending).or(table::state.eq(unknown)))
                .order((table::sent_at.desc(), table::draft_id.desc(), table::edition.desc()))
                .limit(MOST)
                .select(Row::as_select())
                .load(self.conn),
        )
    }

    fn insert_issue_update(&mut self, update: &IssueUpdate) -> Result<Inserted<u32>, StorageError> {
        if self.draft_issue(update.user, update.draft)?.is_none() {
            return Err(corrupt(ENTITY, "draft_id: the person has no such draft about an issue"));
        }
        let row = Row::from(update);
        let there: i64 =
            table::table.find((&row.draft_id, row.edition)).count().get_result(self.conn).map_err(failed(ENTITY))?;
        if there > 0 {
            return Ok(Inserted::Exists(update.edition));
        }
        diesel::insert_into(table::table).values(&row).execute(self.conn).map_err(failed(ENTITY))?;
        Ok(Inserted::New)
    }

    fn settle_issue_update(&mut self, update: &IssueUpdate, from: WriteState) -> Result<Saved, StorageError> {
        let row = Row::from(update);
        let one = table::table
            .find((&row.draft_id, row.edition))
            .filter(table::user_id.eq(&row.user_id))
            .filter(table::state.eq(from.as_str()));
        let changed = diesel::update(one)
            .set((table::state.eq(&row.state), table::note.eq(&row.note), table::settled_at.eq(row.settled_at)))
            .execute(self.conn)
            .map_err(failed(ENTITY))?;
        Ok(if changed > 0 { Saved::Stored } else { Saved::Conflict })
    }
}

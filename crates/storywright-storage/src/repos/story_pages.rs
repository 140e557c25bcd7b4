//! Writings of story maps.

use super::SqliteTx;
use crate::error::{corrupt, failed};
use crate::schema::{publish_runs, story_pages as table};
use crate::text::{count, parsed, time, word};
use diesel::prelude::*;
use storywright_domain::ports::{Inserted, Saved, StorageError, StoryPageRepo};
use storywright_domain::story_page::StoryPage;
use storywright_domain::write_state::WriteState;
use storywright_domain::{RunId, Timestamp, UserId};

const ENTITY: &str = "story page";
/// Most writings of one run that are listed.
const MOST: i64 = 50;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = table)]
struct Row {
    run_id: String,
    edition: i64,
    user_id: String,
    site: String,
    page_id: Option<String>,
    follows: Option<i64>,
    space: String,
    parent_id: Option<String>,
    title: String,
    body: String,
    plan_hash: String,
    state: String,
    version: Option<i64>,
    url: String,
    note: String,
    sent_at: i64,
    settled_at: Option<i64>,
}

impl From<&StoryPage> for Row {
    fn from(page: &StoryPage) -> Self {
        Self {
            run_id: page.run.to_string(),
            edition: i64::from(page.edition),
            user_id: page.user.to_string(),
            site: page.site.clone(),
            page_id: page.page.clone(),
            follows: page.follows.map(i64::from),
            space: page.space.clone(),
            parent_id: page.parent.clone(),
            title: page.title.clone(),
            body: page.body.clone(),
            plan_hash: page.plan_hash.clone(),
            state: page.state.as_str().to_owned(),
            version: page.version.map(i64::from),
            url: page.url.clone(),
            note: page.note.clone(),
            sent_at: page.sent_at.0,
            settled_at: page.settled_at.map(|at| at.0),
        }
    }
}

impl TryFrom<Row> for StoryPage {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            run: parsed(ENTITY, "run_id", RunId::parse(&row.run_id))?,
            user: parsed(ENTITY, "user_id", UserId::parse(&row.user_id))?,
            edition: count(ENTITY, "edition", row.edition)?,
            site: row.site,
            page: row.page_id,
            follows: row.follows.map(|version| count(ENTITY, "follows", version)).transpose()?,
            space: row.space,
            parent: row.parent_id,
            title: row.title,
            body: row.body,
            plan_hash: row.plan_hash,
            state: word(ENTITY, "state", &row.state, WriteState::parse(&row.state))?,
            version: row.version.map(|version| count(ENTITY, "version", version)).transpose()?,
            url: row.url,
            note: row.note,
            sent_at: Timestamp(row.sent_at),
            settled_at: time(row.settled_at),
        })
    }
}

impl StoryPageRepo for SqliteTx<'_> {
    fn story_pages(&mut self, user: UserId, run: RunId) -> Result<Vec<StoryPage>, StorageError> {
        let rows: Vec<Row> = table::table
            .filter(table::user_id.eq(user.to_string()))
            .filter(table::run_id.eq(run.to_string()))
            .order(table::edition.desc())
            .limit(MOST)
            .select(Row::as_select())
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        rows.into_iter().map(StoryPage::try_from).collect()
    }

    fn insert_story_page(&mut self, page: &StoryPage) -> Result<Inserted<u32>, StorageError> {
        let row = Row::from(page);
        let theirs: i64 = publish_runs::table
            .filter(publish_runs::id.eq(&row.run_id))
            .filter(publish_runs::user_id.eq(&row.user_id))
            .count()
            .get_result(self.conn)
            .map_err(failed(ENTITY))?;
        if theirs == 0 {
            return Err(corrupt(ENTITY, "run_id: the person has no such run"));
        }
        let there: i64 =
            table::table.find((&row.run_id, row.edition)).count().get_result(self.conn).map_err(failed(ENTITY))?;
        if there > 0 {
            return Ok(Inserted::Exists(page.edition));
        }
        diesel::insert_into(table::table).values(&row).execute(self.conn).map_err(failed(ENTITY))?;
        Ok(Inserted::New)
    }

    fn settle_story_page(&mut self, page: &StoryPage, from: WriteState) -> Result<Saved, StorageError> {
        let row = Row::from(page);
        let one = table::table
            .find((&row.run_id, row.edition))
            .filter(table::user_id.eq(&row.user_id))
            .filter(table::state.eq(from.as_str()));
        let changed = diesel::update(one)
            .set((
                table::page_id.eq(&row.page_id),
                table::state.eq(&row.state),
                table::version.eq(row.version),
                table::url.eq(&row.url),
                table::note.eq(&row.note),
                table::settled_at.eq(row.settled_at),
            ))
            .execute(self.conn)
            .map_err(failed(ENTITY))?;
        Ok(if changed > 0 { Saved::Stored } else { Saved::Conflict })
    }
}

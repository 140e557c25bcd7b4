//! Prompts and their versions.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::{prompt_versions, prompts};
use crate::text::{Conn, Place, count, from_json, parsed, rows_to_read, slice, to_json};
use diesel::prelude::*;
use storywright_domain::ports::{PromptRepo, Saved, Slice, StorageError};
use storywright_domain::prompt::{Prompt, PromptScope, PromptVersion};
use storywright_domain::{PromptId, Timestamp, UserId};

const PROMPT: &str = "prompt";
const VERSION: &str = "prompt version";

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = prompts, treat_none_as_null = true)]
struct Row {
    id: String,
    owner: Option<String>,
    shared: bool,
    version: i64,
    created_at: i64,
    updated_at: i64,
    name: String,
    description: String,
    body: String,
}

impl Row {
    fn of(prompt: &Prompt) -> Result<Self, StorageError> {
        Ok(Self {
            id: prompt.id.to_string(),
            owner: prompt.owner.map(|owner| owner.to_string()),
            shared: prompt.shared,
            version: i64::from(prompt.version),
            created_at: prompt.created_at.0,
            updated_at: prompt.updated_at.0,
            name: prompt.name.clone(),
            description: prompt.description.clone(),
            body: to_json(PROMPT, &prompt.body)?,
        })
    }
}

impl TryFrom<Row> for Prompt {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        Ok(Self {
            id: parsed(PROMPT, "id", PromptId::parse(&row.id))?,
            owner: row.owner.map(|owner| parsed(PROMPT, "owner", UserId::parse(&owner))).transpose()?,
            shared: row.shared,
            version: count(PROMPT, "version", row.version)?,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
            name: row.name,
            description: row.description,
            body: from_json(PROMPT, "body", &row.body)?,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = prompt_versions)]
struct VersionRow {
    prompt_id: String,
    number: i64,
    created_at: i64,
    name: String,
    description: String,
    note: String,
    body: String,
}

impl TryFrom<VersionRow> for PromptVersion {
    type Error = StorageError;

    fn try_from(row: VersionRow) -> Result<Self, StorageError> {
        Ok(Self {
            prompt: parsed(VERSION, "prompt_id", PromptId::parse(&row.prompt_id))?,
            number: count(VERSION, "number", row.number)?,
            created_at: Timestamp(row.created_at),
            name: row.name,
            description: row.description,
            note: row.note,
            body: from_json(VERSION, "body", &row.body)?,
        })
    }
}

fn keep_version(conn: &mut Conn, prompt: &Prompt, note: &str) -> Result<(), StorageError> {
    let row = VersionRow {
        prompt_id: prompt.id.to_string(),
        number: i64::from(prompt.version),
        created_at: prompt.updated_at.0,
        name: prompt.name.clone(),
        description: prompt.description.clone(),
        note: note.to_owned(),
        body: to_json(VERSION, &prompt.body)?,
    };
    diesel::insert_into(prompt_versions::table).values(row).execute(conn).map(drop).map_err(failed(VERSION))
}

impl PromptRepo for SqliteTx<'_> {
    fn prompt(&mut self, user: UserId, id: PromptId) -> Result<Option<Prompt>, StorageError> {
        let row: Option<Row> = prompts::table
            .find(id.to_string())
            .select(Row::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(PROMPT))?;
        let found: Option<Prompt> = row.map(Prompt::try_from).transpose()?;
        Ok(found.filter(|prompt| prompt.visible_to(user)))
    }

    fn prompts(
        &mut self,
        user: UserId,
        scope: PromptScope,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<Prompt>, StorageError> {
        let from = Place::after(cursor);
        let behind = prompts::updated_at
            .lt(from.number)
            .or(prompts::updated_at.eq(from.number).and(prompts::id.lt(from.text.clone())));
        let part = prompts::table
            .filter(prompts::updated_at.le(from.number))
            .filter(behind)
            .order((prompts::updated_at.desc(), prompts::id.desc()))
            .limit(rows_to_read(limit))
            .select(Row::as_select());
        let user = user.to_string();
        let rows: Vec<Row> = match scope {
            PromptScope::Mine => part.filter(prompts::owner.eq(user)).load(self.conn),
            PromptScope::System => part.filter(prompts::owner.is_null()).load(self.conn),
            PromptScope::Team => {
                let others = prompts::owner.is_not_null().and(prompts::owner.ne(user));
                part.filter(prompts::shared.eq(true)).filter(others).load(self.conn)
            }
        }
        .map_err(failed(PROMPT))?;
        slice(rows, limit, |row| (row.updated_at, row.id.clone()), Prompt::try_from)
    }

    fn insert_prompt(&mut self, prompt: &Prompt, note: &str) -> Result<(), StorageError> {
        diesel::insert_into(prompts::table).values(Row::of(prompt)?).execute(self.conn).map_err(failed(PROMPT))?;
        keep_version(self.conn, prompt, note)
    }

    fn update_prompt(&mut self, prompt: &Prompt, expected: u32, note: &str) -> Result<Saved, StorageError> {
        let row = Row::of(prompt)?;
        let as_expected = prompts::table.find(row.id.clone()).filter(prompts::version.eq(i64::from(expected)));
        let changed = match &row.owner {
            Some(owner) => {
                let own = as_expected.filter(prompts::owner.eq(owner.clone()));
                diesel::update(own).set(&row).execute(self.conn)
            }
            None => diesel::update(as_expected.filter(prompts::owner.is_null())).set(&row).execute(self.conn),
        };
        if changed.map_err(failed(PROMPT))? == 0 {
            return Ok(Saved::Conflict);
        }
        keep_version(self.conn, prompt, note)?;
        Ok(Saved::Stored)
    }

    fn share_prompt(&mut self, owner: UserId, id: PromptId, shared: bool, at: Timestamp) -> Result<bool, StorageError> {
        let own = prompts::table.find(id.to_string()).filter(prompts::owner.eq(owner.to_string()));
        let values = (prompts::shared.eq(shared), prompts::updated_at.eq(at.0));
        diesel::update(own).set(values).execute(self.conn).map(|changed| changed > 0).map_err(failed(PROMPT))
    }

    fn delete_prompt(&mut self, owner: Option<UserId>, id: PromptId) -> Result<bool, StorageError> {
        let one = prompts::table.find(id.to_string());
        let gone = match owner {
            Some(owner) => diesel::delete(one.filter(prompts::owner.eq(owner.to_string()))).execute(self.conn),
            None => diesel::delete(one.filter(prompts::owner.is_null())).execute(self.conn),
        };
        gone.map(|gone| gone > 0).map_err(failed(PROMPT))
    }

    fn prompt_version(
        &mut self,
        user: UserId,
        id: PromptId,
        number: u32,
    ) -> Result<Option<PromptVersion>, StorageError> {
        if self.prompt(user, id)?.is_none() {
            return Ok(None);
        }
        let row: Option<VersionRow> = prompt_versions::table
            .find((id.to_string(), i64::from(number)))
            .select(VersionRow::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(VERSION))?;
        row.map(PromptVersion::try_from).transpose()
    }

    fn prompt_versions(
        &mut self,
        user: UserId,
        id: PromptId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Slice<PromptVersion>, StorageError> {
        if self.prompt(user, id)?.is_none() {
            return Ok(Slice { items: Vec::new(), next: None });
        }
        let rows: Vec<VersionRow> = prompt_versions::table
            .filter(prompt_versions::prompt_id.eq(id.to_string()))
            .filter(prompt_versions::number.lt(Place::after(cursor).number))
            .order(prompt_versions::number.desc())
            .limit(rows_to_read(limit))
            .select(VersionRow::as_select())
            .load(self.conn)
            .map_err(failed(VERSION))?;
        slice(rows, limit, |row| (row.number, String::new()), PromptVersion::try_from)
    }
}

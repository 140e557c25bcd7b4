//! Trials of prompts and their columns.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::{prompt_trial_columns, prompt_trials};
use crate::text::{count, from_json, parsed, to_json, word};
use diesel::prelude::*;
use storywright_domain::draft::Requirements;
use storywright_domain::ports::{StorageError, TrialRepo};
use storywright_domain::prompt::{ColumnState, PromptOrigin, PromptTrial, TrialColumn, TrialSummary};
use storywright_domain::story::StoryFormat;
use storywright_domain::{JobId, Timestamp, TrialId, UserId};

const TRIAL: &str = "prompt trial";
const COLUMN: &str = "prompt trial column";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = prompt_trials)]
struct Row {
    id: String,
    user_id: String,
    created_at: i64,
    format: String,
    rule_set: String,
    requirements: String,
}

impl From<&PromptTrial> for Row {
    fn from(trial: &PromptTrial) -> Self {
        Self {
            id: trial.id.to_string(),
            user_id: trial.user.to_string(),
            created_at: trial.created_at.0,
            format: trial.format.as_str().to_owned(),
            rule_set: trial.rule_set.clone(),
            requirements: trial.requirements.as_str().to_owned(),
        }
    }
}

impl Row {
    fn with(self, columns: Vec<TrialColumn>) -> Result<PromptTrial, StorageError> {
        Ok(PromptTrial {
            id: parsed(TRIAL, "id", TrialId::parse(&self.id))?,
            user: parsed(TRIAL, "user_id", UserId::parse(&self.user_id))?,
            requirements: parsed(TRIAL, "requirements", Requirements::parse(&self.requirements))?,
            format: word(TRIAL, "format", &self.format, StoryFormat::parse(&self.format))?,
            rule_set: self.rule_set,
            columns,
            created_at: Timestamp(self.created_at),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = prompt_trial_columns)]
struct ColumnRow {
    trial_id: String,
    number: i64,
    user_id: String,
    job_id: String,
    state: String,
    prompt_from: Option<String>,
    words: String,
    problem: String,
    result: String,
}

impl ColumnRow {
    fn of(user: UserId, trial: TrialId, column: &TrialColumn) -> Result<Self, StorageError> {
        Ok(Self {
            trial_id: trial.to_string(),
            number: i64::from(column.number),
            user_id: user.to_string(),
            job_id: column.job.to_string(),
            state: column.state.as_str().to_owned(),
            prompt_from: column.prompt_from.as_ref().map(|from| to_json(COLUMN, from)).transpose()?,
            words: column.words.clone(),
            problem: column.problem.clone(),
            result: to_json(COLUMN, &column.result)?,
        })
    }
}

fn origin(raw: Option<String>) -> Result<Option<PromptOrigin>, StorageError> {
    raw.map(|raw| from_json(COLUMN, "prompt_from", &raw)).transpose()
}

fn state(raw: &str) -> Result<ColumnState, StorageError> {
    word(COLUMN, "state", raw, ColumnState::parse(raw))
}

impl TryFrom<ColumnRow> for TrialColumn {
    type Error = StorageError;

    fn try_from(row: ColumnRow) -> Result<Self, StorageError> {
        Ok(Self {
            number: count(COLUMN, "number", row.number)?,
            job: parsed(COLUMN, "job_id", JobId::parse(&row.job_id))?,
            state: state(&row.state)?,
            prompt_from: origin(row.prompt_from)?,
            words: row.words,
            problem: row.problem,
            result: from_json(COLUMN, "result", &row.result)?,
        })
    }
}

impl TrialRepo for SqliteTx<'_> {
    fn insert_trial(&mut self, trial: &PromptTrial, keep: u32) -> Result<(), StorageError> {
        diesel::insert_into(prompt_trials::table).values(Row::from(trial)).execute(self.conn).map_err(failed(TRIAL))?;
        for column in &trial.columns {
            diesel::insert_into(prompt_trial_columns::table)
                .values(ColumnRow::of(trial.user, trial.id, column)?)
                .execute(self.conn)
                .map_err(failed(COLUMN))?;
        }
        let user = trial.user.to_string();
        let old: Vec<String> = prompt_trials::table
            .filter(prompt_trials::user_id.eq(&user))
            .order((prompt_trials::created_at.desc(), prompt_trials::id.desc()))
            // All but those that are kept: there is no offset without a limit.
            .limit(i64::from(u32::MAX))
            .offset(i64::from(keep))
            .select(prompt_trials::id)
            .load(self.conn)
            .map_err(failed(TRIAL))?;
        let (waiting, running) = (ColumnState::Waiting.as_str(), ColumnState::Running.as_str());
        for id in old {
            let being_written: i64 = prompt_trial_columns::table
                .filter(prompt_trial_columns::trial_id.eq(&id))
                .filter(prompt_trial_columns::user_id.eq(&user))
                .filter(prompt_trial_columns::state.eq(waiting).or(prompt_trial_columns::state.eq(running)))
                .count()
                .get_result(self.conn)
                .map_err(failed(COLUMN))?;
            if being_written == 0 {
                let one = prompt_trials::table.find(id).filter(prompt_trials::user_id.eq(&user));
                diesel::delete(one).execute(self.conn).map_err(failed(TRIAL))?;
            }
        }
        Ok(())
    }

    fn trial(&mut self, user: UserId, id: TrialId) -> Result<Option<PromptTrial>, StorageError> {
        let row: Option<Row> = prompt_trials::table
            .find(id.to_string())
            .filter(prompt_trials::user_id.eq(user.to_string()))
            .select(Row::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(TRIAL))?;
        let Some(row) = row else { return Ok(None) };
        let columns: Vec<ColumnRow> = prompt_trial_columns::table
            .filter(prompt_trial_columns::user_id.eq(user.to_string()))
            .filter(prompt_trial_columns::trial_id.eq(id.to_string()))
            .order(prompt_trial_columns::number)
            .select(ColumnRow::as_select())
            .load(self.conn)
            .map_err(failed(COLUMN))?;
        row.with(columns.into_iter().map(TrialColumn::try_from).collect::<Result<_, _>>()?).map(Some)
    }

    fn trials(&mut self, user: UserId, limit: u32) -> Result<Vec<TrialSummary>, StorageError> {
        let rows: Vec<Row> = prompt_trials::table
            .filter(prompt_trials::user_id.eq(user.to_string()))
            .order((prompt_trials::created_at.desc(), prompt_trials::id.desc()))
            .limit(i64::from(limit))
            .select(Row::as_select())
            .load(self.conn)
            .map_err(failed(TRIAL))?;
        let mut found = Vec::new();
        for row in rows {
            // Without what was written: lists show who was tried and how far each is.
            let columns: Vec<(Option<String>, String)> = prompt_trial_columns::table
                .filter(prompt_trial_columns::user_id.eq(&row.user_id))
                .filter(prompt_trial_columns::trial_id.eq(&row.id))
                .order(prompt_trial_columns::number)
                .select((prompt_trial_columns::prompt_from, prompt_trial_columns::state))
                .load(self.conn)
                .map_err(failed(COLUMN))?;
            let column = |(from, word): (Option<String>, String)| Ok((origin(from)?, state(&word)?));
            let trial = row.with(Vec::new())?;
            found.push(TrialSummary {
                id: trial.id,
                requirements: trial.requirements,
                columns: columns.into_iter().map(column).collect::<Result<_, StorageError>>()?,
                created_at: trial.created_at,
            });
        }
        Ok(found)
    }

    fn put_trial_column(&mut self, user: UserId, trial: TrialId, column: &TrialColumn) -> Result<bool, StorageError> {
        let row = ColumnRow::of(user, trial, column)?;
        let one = prompt_trial_columns::table
            .find((row.trial_id.clone(), row.number))
            .filter(prompt_trial_columns::user_id.eq(row.user_id.clone()));
        diesel::update(one)
            .set((
                prompt_trial_columns::job_id.eq(&row.job_id),
                prompt_trial_columns::state.eq(&row.state),
                prompt_trial_columns::prompt_from.eq(&row.prompt_from),
                prompt_trial_columns::words.eq(&row.words),
                prompt_trial_columns::problem.eq(&row.problem),
                prompt_trial_columns::result.eq(&row.result),
            ))
            .execute(self.conn)
            .map(|changed| changed > 0)
            .map_err(failed(COLUMN))
    }

    fn delete_trial(&mut self, user: UserId, id: TrialId) -> Result<bool, StorageError> {
        let one = prompt_trials::table.find(id.to_string()).filter(prompt_trials::user_id.eq(user.to_string()));
        diesel::delete(one).execute(self.conn).map(|gone| gone > 0).map_err(failed(TRIAL))
    }
}

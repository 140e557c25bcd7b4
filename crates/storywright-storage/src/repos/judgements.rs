//! Judgements of stories by a model.

use super::SqliteTx;
use crate::error::{corrupt, failed};
use crate::schema::judgements;
use crate::text::{count, parsed, word};
use diesel::prelude::*;
use storywright_domain::judged::YesNo;
use storywright_domain::judgement::{Judgement, Verdict};
use storywright_domain::ports::{JudgementRepo, StorageError};
use storywright_domain::{DraftId, JobId, Timestamp, UserId};

const ENTITY: &str = "judgement";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = judgements)]
struct Row {
    draft_id: String,
    user_id: String,
    story: String,
    rule: String,
    version: i64,
    fingerprint: String,
    state: String,
    answer: String,
    job: String,
    service: String,
    model: String,
    judged_at: i64,
    words: String,
}

impl From<&Judgement> for Row {
    fn from(judgement: &Judgement) -> Self {
        let (state, answer, words) = match &judgement.verdict {
            Verdict::Answered { answer, quote } => ("answered", answer.as_str(), quote),
            Verdict::NotQuoted { answer, quote } => ("not_quoted", answer.as_str(), quote),
            Verdict::NotJudged { problem } => ("not_judged", "", problem),
        };
        Self {
            draft_id: judgement.draft.to_string(),
            user_id: judgement.user.to_string(),
            story: judgement.story.clone(),
            rule: judgement.rule.clone(),
            version: i64::from(judgement.version),
            fingerprint: judgement.fingerprint.clone(),
            state: state.to_owned(),
            answer: answer.to_owned(),
            job: judgement.job.to_string(),
            service: judgement.service.clone(),
            model: judgement.model.clone(),
            judged_at: judgement.at.0,
            words: words.clone(),
        }
    }
}

impl TryFrom<Row> for Judgement {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        let answer = || word(ENTITY, "answer", &row.answer, YesNo::parse(&row.answer));
        let verdict = match row.state.as_str() {
            "answered" => Verdict::Answered { answer: answer()?, quote: row.words },
            "not_quoted" => Verdict::NotQuoted { answer: answer()?, quote: row.words },
            "not_judged" => Verdict::NotJudged { problem: row.words },
            other => return Err(corrupt(ENTITY, format!("state: `{other}` is not known"))),
        };
        Ok(Self {
            draft: parsed(ENTITY, "draft_id", DraftId::parse(&row.draft_id))?,
            user: parsed(ENTITY, "user_id", UserId::parse(&row.user_id))?,
            version: count(ENTITY, "version", row.version)?,
            story: row.story,
            rule: row.rule,
            fingerprint: row.fingerprint,
            verdict,
            job: parsed(ENTITY, "job", JobId::parse(&row.job))?,
            service: row.service,
            model: row.model,
            at: Timestamp(row.judged_at),
        })
    }
}

impl JudgementRepo for SqliteTx<'_> {
    fn judgements(&mut self, user: UserId, draft: DraftId) -> Result<Vec<Judgement>, StorageError> {
        let rows: Vec<Row> = judgements::table
            .filter(judgements::draft_id.eq(draft.to_string()))
            .filter(judgements::user_id.eq(user.to_string()))
            .order((judgements::story, judgements::rule))
            .select(Row::as_select())
            .load(self.conn)
            .map_err(failed(ENTITY))?;
        rows.into_iter().map(Judgement::try_from).collect()
    }

    fn save_judgement(&mut self, judgement: &Judgement) -> Result<(), StorageError> {
        self.delete_judgement(judgement.user, judgement.draft, &judgement.story, &judgement.rule)?;
        diesel::insert_into(judgements::table)
            .values(Row::from(judgement))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ENTITY))
    }

    fn delete_judgement(
        &mut self,
        user: UserId,
        draft: DraftId,
        story: &str,
        rule: &str,
    ) -> Result<bool, StorageError> {
        let one =
            judgements::table.find((draft.to_string(), story, rule)).filter(judgements::user_id.eq(user.to_string()));
        diesel::delete(one).execute(self.conn).map(|gone| gone > 0).map_err(failed(ENTITY))
    }
}

//! Steps of the agent, origins of versions, tokens by day.

use super::SqliteTx;
use crate::error::failed;
use crate::schema::{agent_steps, token_counts, version_origins};
use crate::text::{count, from_json, parsed, to_json, word};
use diesel::prelude::*;
use storywright_domain::agent::{AgentStep, Provenance, StepKind, StepState};
use storywright_domain::meter::DayUse;
use storywright_domain::ports::{AgentRepo, StorageError, Usage};
use storywright_domain::tool::ToolClass;
use storywright_domain::{DraftId, JobId, Millis, Timestamp, UserId};

const STEP: &str = "agent step";
const ORIGIN: &str = "version origin";
const TOKENS: &str = "token count";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = agent_steps)]
struct StepRow {
    job_id: String,
    ordinal: i64,
    user_id: String,
    kind: String,
    turn: i64,
    state: String,
    call_id: String,
    tool: String,
    server: String,
    class: Option<String>,
    approval_hash: String,
    bytes: i64,
    cut: bool,
    source: String,
    began_at: i64,
    took: i64,
    prompt_sha256: String,
    model: String,
    service: String,
    input_tokens: i64,
    output_tokens: i64,
    asked: String,
    problem: String,
    arguments: String,
    result: String,
}

/// A number as the database holds it.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that is never below zero.
fn read(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

impl StepRow {
    fn of(step: &AgentStep) -> Self {
        Self {
            job_id: step.job.to_string(),
            ordinal: i64::from(step.ordinal),
            user_id: step.user.to_string(),
            kind: step.kind.as_str().to_owned(),
            turn: i64::from(step.turn),
            state: step.state.as_str().to_owned(),
            call_id: step.call_id.clone(),
            tool: step.tool.clone(),
            server: step.server.clone(),
            class: step.class.map(|class| class.as_str().to_owned()),
            approval_hash: step.approval_hash.clone(),
            bytes: stored(step.bytes),
            cut: step.cut,
            source: step.source.clone(),
            began_at: step.began_at.0,
            took: step.took.0,
            prompt_sha256: step.prompt_sha256.clone(),
            model: step.model.clone(),
            service: step.service.clone(),
            input_tokens: stored(step.input_tokens),
            output_tokens: stored(step.output_tokens),
            asked: step.asked.clone(),
            problem: step.problem.clone(),
            arguments: step.arguments.clone(),
            result: step.result.clone(),
        }
    }
}

impl TryFrom<StepRow> for AgentStep {
    type Error = StorageError;

    fn try_from(row: StepRow) -> Result<Self, StorageError> {
        Ok(Self {
            job: parsed(STEP, "job_id", JobId::parse(&row.job_id))?,
            user: parsed(STEP, "user_id", UserId::parse(&row.user_id))?,
            ordinal: count(STEP, "ordinal", row.ordinal)?,
            kind: word(STEP, "kind", &row.kind, StepKind::parse(&row.kind))?,
            turn: count(STEP, "turn", row.turn)?,
            state: word(STEP, "state", &row.state, StepState::parse(&row.state))?,
            class: row.class.map(|raw| word(STEP, "class", &raw, ToolClass::parse(&raw))).transpose()?,
            asked: row.asked,
            call_id: row.call_id,
            tool: row.tool,
            server: row.server,
            arguments: row.arguments,
            approval_hash: row.approval_hash,
            result: row.result,
            bytes: read(row.bytes),
            cut: row.cut,
            source: row.source,
            problem: row.problem,
            began_at: Timestamp(row.began_at),
            took: Millis(row.took),
            prompt_sha256: row.prompt_sha256,
            model: row.model,
            service: row.service,
            input_tokens: read(row.input_tokens),
            output_tokens: read(row.output_tokens),
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = version_origins)]
struct OriginRow {
    draft_id: String,
    version: i64,
    user_id: String,
    job_id: String,
    prompt: String,
    prompt_from: Option<String>,
    prompt_sha256: String,
    service: String,
    model: String,
    at: i64,
    sources: String,
}

impl TryFrom<OriginRow> for Provenance {
    type Error = StorageError;

    fn try_from(row: OriginRow) -> Result<Self, StorageError> {
        Ok(Self {
            draft: parsed(ORIGIN, "draft_id", DraftId::parse(&row.draft_id))?,
            user: parsed(ORIGIN, "user_id", UserId::parse(&row.user_id))?,
            version: count(ORIGIN, "version", row.version)?,
            job: parsed(ORIGIN, "job_id", JobId::parse(&row.job_id))?,
            prompt: row.prompt,
            prompt_from: row.prompt_from.map(|raw| from_json(ORIGIN, "prompt_from", &raw)).transpose()?,
            prompt_sha256: row.prompt_sha256,
            service: row.service,
            model: row.model,
            sources: from_json(ORIGIN, "sources", &row.sources)?,
            at: Timestamp(row.at),
        })
    }
}

impl AgentRepo for SqliteTx<'_> {
    fn steps(&mut self, user: UserId, job: JobId) -> Result<Vec<AgentStep>, StorageError> {
        let rows: Vec<StepRow> = agent_steps::table
            .filter(agent_steps::user_id.eq(user.to_string()))
            .filter(agent_steps::job_id.eq(job.to_string()))
            .order(agent_steps::ordinal)
            .select(StepRow::as_select())
            .load(self.conn)
            .map_err(failed(STEP))?;
        rows.into_iter().map(AgentStep::try_from).collect()
    }

    fn put_step(&mut self, step: &AgentStep) -> Result<(), StorageError> {
        let row = StepRow::of(step);
        diesel::delete(
            agent_steps::table
                .filter(agent_steps::user_id.eq(&row.user_id))
                .filter(agent_steps::job_id.eq(&row.job_id))
                .filter(agent_steps::ordinal.eq(row.ordinal)),
        )
        .execute(self.conn)
        .map_err(failed(STEP))?;
        diesel::insert_into(agent_steps::table).values(&row).execute(self.conn).map(drop).map_err(failed(STEP))
    }

    fn insert_provenance(&mut self, provenance: &Provenance) -> Result<(), StorageError> {
        let key = (provenance.draft.to_string(), i64::from(provenance.version));
        let known: i64 =
            version_origins::table.find(key.clone()).count().get_result(self.conn).map_err(failed(ORIGIN))?;
        if known > 0 {
            return Ok(());
        }
        let prompt_from = provenance.prompt_from.as_ref().map(|from| to_json(ORIGIN, from)).transpose()?;
        diesel::insert_into(version_origins::table)
            .values((
                version_origins::draft_id.eq(key.0),
                version_origins::version.eq(key.1),
                version_origins::user_id.eq(provenance.user.to_string()),
                version_origins::job_id.eq(provenance.job.to_string()),
                version_origins::prompt.eq(&provenance.prompt),
                version_origins::prompt_from.eq(prompt_from),
                version_origins::prompt_sha256.eq(&provenance.prompt_sha256),
                version_origins::service.eq(&provenance.service),
                version_origins::model.eq(&provenance.model),
                version_origins::at.eq(provenance.at.0),
                version_origins::sources.eq(to_json(ORIGIN, &provenance.sources)?),
            ))
            .execute(self.conn)
            .map(drop)
            .map_err(failed(ORIGIN))
    }

    fn provenance(&mut self, user: UserId, draft: DraftId, version: u32) -> Result<Option<Provenance>, StorageError> {
        let row: Option<OriginRow> = version_origins::table
            .filter(version_origins::user_id.eq(user.to_string()))
            .filter(version_origins::draft_id.eq(draft.to_string()))
            .filter(version_origins::version.le(i64::from(version)))
            .order(version_origins::version.desc())
            .select(OriginRow::as_select())
            .first(self.conn)
            .optional()
            .map_err(failed(ORIGIN))?;
        row.map(Provenance::try_from).transpose()
    }

    fn add_tokens(&mut self, user: UserId, day: i64, usage: Usage, cost_micros: u64) -> Result<(), StorageError> {
        let (input, output, cost) = (stored(usage.input), stored(usage.output), stored(cost_micros));
        let changed = diesel::update(token_counts::table.find((user.to_string(), day)))
            .set((
                token_counts::input_tokens.eq(token_counts::input_tokens + input),
                token_counts::output_tokens.eq(token_counts::output_tokens + output),
                token_counts::cost_micros.eq(token_counts::cost_micros + cost),
            ))
            .execute(self.conn)
            .map_err(failed(TOKENS))?;
        if changed == 0 {
            diesel::insert_into(token_counts::table)
                .values((
                    token_counts::user_id.eq(user.to_string()),
                    token_counts::day.eq(day),
                    token_counts::input_tokens.eq(input),
                    token_counts::output_tokens.eq(output),
                    token_counts::cost_micros.eq(cost),
                ))
                .execute(self.conn)
                .map_err(failed(TOKENS))?;
        }
        Ok(())
    }

    fn use_by_day(&mut self, user: UserId, since: i64) -> Result<Vec<DayUse>, StorageError> {
        let rows: Vec<(i64, i64, i64, i64)> = token_counts::table
            .filter(token_counts::user_id.eq(user.to_string()))
            .filter(token_counts::day.ge(since))
            .order(token_counts::day.desc())
            .limit(366)
            .select((
                token_counts::day,
                token_counts::input_tokens,
                token_counts::output_tokens,
                token_counts::cost_micros,
            ))
            .load(self.conn)
            .map_err(failed(TOKENS))?;
        let of_day = |(day, input, output, cost): (i64, i64, i64, i64)| DayUse {
            day,
            usage: Usage { input: read(input), output: read(output) },
            cost_micros: read(cost),
        };
        Ok(rows.into_iter().map(of_day).collect())
    }

    fn tokens_of(&mut self, user: UserId, day: i64) -> Result<Usage, StorageError> {
        let row: Option<(i64, i64)> = token_counts::table
            .find((user.to_string(), day))
            .select((token_counts::input_tokens, token_counts::output_tokens))
            .first(self.conn)
            .optional()
            .map_err(failed(TOKENS))?;
        Ok(row.map_or(Usage::default(), |(input, output)| Usage { input: read(input), output: read(output) }))
    }

    fn tokens_of_all(&mut self, day: i64) -> Result<Usage, StorageError> {
        // Read and added here: the type of a sum differs from one database to the other.
        let rows: Vec<(i64, i64)> = token_counts::table
            .filter(token_counts::day.eq(day))
            .select((token_counts::input_tokens, token_counts::output_tokens))
            .load(self.conn)
            .map_err(failed(TOKENS))?;
        let counts = rows.into_iter().map(|(input, output)| Usage { input: read(input), output: read(output) });
        Ok(counts.fold(Usage::default(), Usage::plus))
    }
}

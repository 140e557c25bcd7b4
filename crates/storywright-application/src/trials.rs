//! Prompts tried side by side on one text: beginning, looking, trying a column again. Nothing of a trial goes to Jira.

use crate::Ports;
use crate::access::{self, AccessError};
use crate::drafting::SECTION_TOKENS;
use crate::jobs::started_and_open;
use std::collections::BTreeMap;
use storywright_domain::draft::{BadRequirements, Requirements};
use storywright_domain::job::{Job, JobKind};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt, Tx};
use storywright_domain::prompt::{
    ColumnResult, ColumnState, KEPT_TRIALS, MAX_COLUMNS, MIN_COLUMNS, PromptOrigin, PromptTrial, TrialColumn,
    TrialSummary,
};
use storywright_domain::requirement::estimated_tokens;
use storywright_domain::rules::RuleSet;
use storywright_domain::story::StoryFormat;
use storywright_domain::{JobId, PromptId, TrialId};

/// A prompt for a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChosenPrompt {
    /// Which; none to leave the writer to itself.
    pub prompt: Option<PromptId>,
    /// Which of its versions; the newest when absent.
    pub version: Option<u32>,
    /// Values for its variables.
    pub values: BTreeMap<String, String>,
}

/// What a person enters for a trial.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewTrial {
    /// What is wanted.
    pub requirements: String,
    /// `classic`, `bdd` or `custom`.
    pub format: String,
    /// Rule set id; empty for `default`.
    pub rule_set: String,
    /// The prompts, in order.
    pub columns: Vec<ChosenPrompt>,
}

/// Why a trial was not begun, or a column not tried again.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrialError {
    /// There is none of this person with that id.
    #[error("there is no such trial")]
    NotFound,
    /// It has no such column.
    #[error("the trial has no column {0}")]
    NoSuchColumn(u32),
    /// The column is there, or is being written.
    #[error("column {0} is not one that failed or was stopped")]
    NotEnded(u32),
    /// Columns of it are being written.
    #[error("the trial is being written: wait for it or stop it")]
    Running,
    /// Fields of the input are at fault: field, stable code, what to do.
    #[error("the input has problems: {}", .0.iter().map(|(field, _, _)| field.as_str()).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<(String, &'static str, String)>),
    /// The LLM connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The person has too many jobs waiting or running.
    #[error("{0} jobs are waiting or running: wait for one or stop it")]
    TooManyJobs(usize),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

type Problems = Vec<(String, &'static str, String)>;

/// Begins a trial: one job writes all columns, some at a time.
///
/// # Errors
/// [`TrialError`].
pub fn start_trial(ports: &Ports, actor: &Actor, new: &NewTrial) -> Result<PromptTrial, TrialError> {
    let user = actor.user();
    let mut problems = Problems::new();
    let requirements = text_of(new, &mut problems);
    let format = StoryFormat::parse(&new.format);
    if format.is_none() {
        problems.push(("format".to_owned(), "format_unknown", "choose classic, bdd or custom".to_owned()));
    }
    let rule_set = if new.rule_set.is_empty() { RuleSet::default().id } else { new.rule_set.clone() };
    if ports.storage.read(|tx| tx.rule_set(&rule_set))?.is_none() {
        let cure = "there is no such rule set: choose one from the list";
        problems.push(("rule_set".to_owned(), "rule_set_unknown", cure.to_owned()));
    }
    if !(MIN_COLUMNS..=MAX_COLUMNS).contains(&new.columns.len()) {
        let cure = format!("choose {MIN_COLUMNS} to {MAX_COLUMNS} prompts; `no prompt` is one as well");
        problems.push(("columns".to_owned(), "trial_columns_invalid", cure));
    }
    let mut filled = Vec::new();
    for (place, chosen) in new.columns.iter().enumerate().take(MAX_COLUMNS) {
        filled.push(filled_in(ports, actor, place + 1, chosen, &mut problems)?);
    }
    let (Some(requirements), Some(format), true) = (requirements, format, problems.is_empty()) else {
        return Err(TrialError::Invalid(problems));
    };
    // Fails early and clearly, before anything is queued.
    access::chat(ports, user, actor.request_id())?;
    let job = JobId(ports.ids.id());
    let column = |(number, (prompt_from, words)): (u32, (Option<PromptOrigin>, String))| TrialColumn {
        number,
        job,
        state: ColumnState::Waiting,
        prompt_from,
        words,
        problem: String::new(),
        result: ColumnResult::default(),
    };
    let trial = PromptTrial {
        id: TrialId(ports.ids.id()),
        user,
        requirements,
        format,
        rule_set,
        columns: (1..).zip(filled).map(column).collect(),
        created_at: ports.clock.now(),
    };
    ports.storage.write(|tx| {
        tx.insert_trial(&trial, KEPT_TRIALS)?;
        queue(ports, actor, tx, trial.id, job)
    })?;
    ports.queue.wake();
    Ok(trial)
}

/// The text, when it fits one call: a trial shows what a prompt does, not how long texts are put together.
fn text_of(new: &NewTrial, problems: &mut Problems) -> Option<Requirements> {
    match Requirements::parse(&new.requirements) {
        Ok(text) if estimated_tokens(text.as_str()) > SECTION_TOKENS => {
            let cure = format!(
                "the text is too long for a trial, which is one call for each prompt: take a part of about {} words",
                SECTION_TOKENS * 2 / 3
            );
            problems.push(("requirements".to_owned(), "requirements_too_long", cure));
            None
        }
        Ok(text) => Some(text),
        Err(error) => {
            let code = match error {
                BadRequirements::Empty => "requirements_empty",
                BadRequirements::TooLong { .. } => "requirements_too_long",
            };
            problems.push(("requirements".to_owned(), code, error.to_string()));
            None
        }
    }
}

/// A prompt that the person may use, as words.
fn filled_in(
    ports: &Ports,
    actor: &Actor,
    number: usize,
    chosen: &ChosenPrompt,
    problems: &mut Problems,
) -> Result<(Option<PromptOrigin>, String), StorageError> {
    let Some(id) = chosen.prompt else { return Ok((None, String::new())) };
    let user = actor.user();
    let version = ports.storage.read(|tx| match tx.prompt(user, id)? {
        Some(prompt) => tx.prompt_version(user, id, chosen.version.unwrap_or(prompt.version)),
        None => Ok(None),
    })?;
    let Some(version) = version else {
        let cure = "there is no such prompt or version that you may use: choose one from the list";
        problems.push((format!("columns.{number}.prompt"), "prompt_unknown", cure.to_owned()));
        return Ok((None, String::new()));
    };
    match version.body.render(&chosen.values) {
        Ok(words) => Ok((Some(PromptOrigin::of(&version, &words)), words)),
        Err(found) => {
            let told = found.iter().map(|problem| {
                (format!("columns.{number}.{}", problem.field()), "prompt_invalid", problem.to_string())
            });
            problems.extend(told);
            Ok((None, String::new()))
        }
    }
}

fn queue(ports: &Ports, actor: &Actor, tx: &mut dyn Tx, trial: TrialId, id: JobId) -> Result<(), TrialError> {
    let user = actor.user();
    let open = started_and_open(tx, user)?;
    if open >= ports.settings.max_open_jobs {
        return Err(TrialError::TooManyJobs(open));
    }
    tx.insert_job(&Job::waiting(
        id,
        user,
        JobKind::TryPrompts,
        trial.to_string(),
        actor.request_id().as_str(),
        ports.clock.now(),
    ))?;
    let subject = format!("trial:{trial}");
    tx.audit(&ports.audit_entry(Some(user), actor.request_id(), "prompts_tried", subject, String::new()))?;
    Ok(())
}

/// One of the person's trials.
///
/// # Errors
/// [`StorageError`].
pub fn trial(ports: &Ports, actor: &Actor, id: TrialId) -> Result<Option<PromptTrial>, StorageError> {
    ports.storage.read(|tx| tx.trial(actor.user(), id))
}

/// The person's trials, newest first; no more than are kept.
///
/// # Errors
/// [`StorageError`].
pub fn list_trials(ports: &Ports, actor: &Actor) -> Result<Vec<TrialSummary>, StorageError> {
    // Those that are kept, and older ones that are being written: each of them has a job.
    let most = KEPT_TRIALS.saturating_add(u32::try_from(ports.settings.max_open_jobs).unwrap_or(u32::MAX));
    ports.storage.read(|tx| tx.trials(actor.user(), most))
}

/// Writes one column anew that failed or was stopped; the others stay as they are.
///
/// # Errors
/// [`TrialError`].
pub fn retry_column(ports: &Ports, actor: &Actor, id: TrialId, number: u32) -> Result<JobId, TrialError> {
    let user = actor.user();
    access::chat(ports, user, actor.request_id())?;
    let job = JobId(ports.ids.id());
    ports.storage.write(|tx| {
        let trial = tx.trial(user, id)?.ok_or(TrialError::NotFound)?;
        let column = trial.column(number).ok_or(TrialError::NoSuchColumn(number))?;
        if !matches!(column.state, ColumnState::Failed | ColumnState::Stopped) {
            return Err(TrialError::NotEnded(number));
        }
        tx.put_trial_column(user, id, &column.clone().again(job))?;
        queue(ports, actor, tx, id, job)
    })?;
    ports.queue.wake();
    Ok(job)
}

/// Removes a trial of which nothing is being written.
///
/// # Errors
/// [`TrialError`].
pub fn delete_trial(ports: &Ports, actor: &Actor, id: TrialId) -> Result<(), TrialError> {
    let user = actor.user();
    ports.storage.write(|tx| {
        let trial = tx.trial(user, id)?.ok_or(TrialError::NotFound)?;
        if !trial.open_jobs().is_empty() {
            return Err(TrialError::Running);
        }
        tx.delete_trial(user, id)?;
        let entry =
            ports.audit_entry(Some(user), actor.request_id(), "trial_removed", format!("trial:{id}"), String::new());
        Ok(tx.audit(&entry)?)
    })
}

/// Ends the columns that a job had still to write.
pub(crate) fn end_columns(tx: &mut dyn Tx, job: &Job, state: ColumnState, problem: &str) -> Result<(), StorageError> {
    let Ok(id) = TrialId::parse(&job.subject) else { return Ok(()) };
    let Some(trial) = tx.trial(job.user, id)? else { return Ok(()) };
    for column in trial.columns.into_iter().filter(|column| column.job == job.id && column.state.is_open()) {
        tx.put_trial_column(job.user, id, &TrialColumn { state, problem: problem.to_owned(), ..column })?;
    }
    Ok(())
}

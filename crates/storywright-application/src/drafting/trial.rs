//! The work of a trial: the call of a first draft for each prompt, some at a time, each column kept when it ends.
//!
//! What is compared is what the prompts do, so each column is one first answer (asked for once more when it does not fit), with the names,
//! rules and limits of a draft, but without looking things up and without mending afterwards.

use super::RunError;
use super::call::Calling;
use super::gather::over_budget;
use super::keep::{Written, done, error};
use super::path_stream::PathStream;
use super::pipeline::{Asked, Ended, asked, next_step};
use super::request::{first_request, repair};
use super::run::backoff;
use super::safe_text::{Named, harmless};
use crate::Ports;
use crate::access::{self, AccessError};
use crate::trials::end_columns;
use crate::worker::{StopCause, why_stopped};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use storywright_domain::cancel::Cancellation;
use storywright_domain::finding::Severity;
use storywright_domain::job::{EventKind, Job, MAX_ATTEMPTS};
use storywright_domain::ports::{ChatAccess, ChatCall, Claim, JobEnd, StorageError, StorageExt};
use storywright_domain::prompt::{ColumnResult, ColumnState, PromptTrial, TrialColumn};
use storywright_domain::requirement::coverage;
use storywright_domain::rules::RuleSet;
use storywright_domain::story::{Document, Story};
use storywright_domain::{Millis, RequestId, TrialId};

/// Columns that are written at the same time.
const AT_ONCE: usize = 3;

/// Runs a claimed trial to its end and says how it ends.
pub(crate) fn run_trial(ports: &Ports, claim: &Claim, cancellation: &Cancellation) -> JobEnd {
    let job = &claim.job;
    let end = tried(ports, job, cancellation).and_then(|how| Ok(concluded(ports, job, how)?));
    end.unwrap_or_else(|error| JobEnd::Retry {
        after: backoff(ports, job.attempts),
        error: format!("storage_unavailable: {error}"),
    })
}

/// What ended the job.
enum How {
    /// Every column came to an end of its own.
    Through,
    Ended(Ended),
}

/// What the columns of one job share.
struct Trying<'a> {
    ports: &'a Ports,
    job: &'a Job,
    access: &'a ChatAccess,
    trial: &'a PromptTrial,
    rules: &'a RuleSet,
    /// Ordinal of the next step.
    next_step: AtomicU32,
    cancellation: &'a Cancellation,
}

fn failed(code: &'static str, message: String) -> How {
    How::Ended(Ended::Written(Written::Failed { code, message, partial: None }))
}

fn tried(ports: &Ports, job: &Job, cancellation: &Cancellation) -> Result<How, RunError> {
    let Ok(id) = TrialId::parse(&job.subject) else {
        return Ok(failed("trial_not_found", "The trial is gone.".to_owned()));
    };
    let (holds, found) = ports.storage.read(|tx| {
        let holds = tx.lease_holds(job.id, job.fence)?;
        let Some(trial) = tx.trial(job.user, id)? else { return Ok((holds, None)) };
        let rules = tx.rule_set(&trial.rule_set)?.unwrap_or_default();
        Ok::<_, StorageError>((holds, Some((trial, rules))))
    })?;
    if !holds {
        return Ok(How::Ended(Ended::Written(Written::LeaseLost)));
    }
    let Some((trial, rules)) = found else { return Ok(failed("trial_not_found", "The trial is gone.".to_owned())) };
    if cancellation.is_cancelled() {
        return Ok(How::Ended(Ended::Cancelled));
    }
    if let Some((code, message)) = over_budget(ports, job.user)? {
        return Ok(failed(code, message));
    }
    let request_id = RequestId::parse(&job.request_id).unwrap_or_else(|| RequestId::from_number(job.id.0));
    let access = match access::chat(ports, job.user, &request_id) {
        Ok(access) => access,
        Err(AccessError::Storage(error)) => return Err(error.into()),
        Err(error) => {
            let message = format!("The LLM cannot be used: {error}. Open Integrations, test it, then try again.");
            return Ok(failed("llm_not_connected", message));
        }
    };
    let own = |column: &&TrialColumn| column.job == job.id && column.state.is_open();
    let missing: VecDeque<TrialColumn> = trial.columns.iter().filter(own).cloned().collect();
    let workers = AT_ONCE.min(missing.len());
    let next_step = AtomicU32::new(next_step(ports, job)?);
    let trying = Trying { ports, job, access: &access, trial: &trial, rules: &rules, next_step, cancellation };
    let (missing, ended) = (Mutex::new(missing), Mutex::new(None::<Ended>));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| work(&trying, &missing, &ended));
        }
    });
    Ok(ended.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(How::Through, How::Ended))
}

fn work(trying: &Trying<'_>, missing: &Mutex<VecDeque<TrialColumn>>, ended: &Mutex<Option<Ended>>) {
    loop {
        if ended.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return;
        }
        let Some(column) = missing.lock().unwrap_or_else(PoisonError::into_inner).pop_front() else { return };
        if let Some(end) = written(trying, column).unwrap_or_else(|error| Some(Ended::Error(error))) {
            ended.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(end);
            return;
        }
    }
}

/// Writes one column; `Some` when that ends them all.
fn written(trying: &Trying<'_>, column: TrialColumn) -> Result<Option<Ended>, RunError> {
    let Trying { ports, job, access, trial, rules, .. } = trying;
    let began = ports.clock.now();
    let setup = ports.chat.setup(&access.service, ChatCall::Draft);
    let (model, prompt) = setup.map(|setup| (setup.model, setup.prompt)).unwrap_or_default();
    let result = ColumnResult {
        service: access.service.clone(),
        model,
        prompt_sha256: ports.sha256.hex(prompt.as_bytes()),
        ..ColumnResult::default()
    };
    let mut column = TrialColumn { state: ColumnState::Running, problem: String::new(), result, ..column };
    if !kept(trying, &column)? {
        return Ok(Some(Ended::Written(Written::LeaseLost)));
    }
    let mut ask = first_request(&trial.requirements, trial.format, &column.words, rules);
    let sites = ports.settings.sites.iter().map(|site| site.base_url.as_str());
    let named = Named::of(sites, &[trial.requirements.as_str(), &column.words]);
    let what = format!("Try prompt {}: {}", column.number, name_of(&column));
    loop {
        let live = Live::new(trying, column.number);
        let listener = |piece: &str| live.hear(piece);
        let calling = Calling { ports, job, access, cancellation: trying.cancellation, listener: Some(&listener) };
        column.result.calls += 1;
        let ordinal = trying.next_step.fetch_add(1, Ordering::Relaxed);
        let said = asked(&calling, ordinal, &what, &ask, &mut column.result.usage)?;
        column.result.took = Millis(ports.clock.now().since(began).0.max(0));
        match said {
            Asked::Stories(stories) => fill(trying, &mut column, stories, &named),
            Asked::Unusable(problem) if column.result.calls == 1 => {
                told(trying, &column, "The answer did not fit; asking once more")?;
                ask = repair(&ask, &problem);
                continue;
            }
            Asked::Unusable(problem) => fail(&mut column, format!("llm_answer_unusable: {problem}")),
            Asked::Failed(problem) => fail(&mut column, problem),
            Asked::Ended(end) => {
                // Its turn comes again, unless what ends the job ends it as well.
                kept(trying, &TrialColumn { state: ColumnState::Waiting, ..column })?;
                return Ok(Some(end));
            }
        }
        return Ok((!kept(trying, &column)?).then_some(Ended::Written(Written::LeaseLost)));
    }
}

fn fail(column: &mut TrialColumn, problem: String) {
    (column.state, column.problem) = (ColumnState::Failed, problem);
}

fn fill(trying: &Trying<'_>, column: &mut TrialColumn, stories: Vec<Story>, named: &Named) {
    let Trying { ports, trial, rules, .. } = trying;
    let document = harmless(Document::of_stories(stories), named).with_references();
    let findings = ports.reviewer.review(&document, trial.format, rules);
    let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let count = |severity: Severity| short(findings.iter().filter(|finding| finding.severity == severity).count());
    let covered = coverage(trial.requirements.as_str(), &document);
    column.state = ColumnState::Done;
    column.result = ColumnResult {
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        hints: count(Severity::Info),
        sentences: short(covered.sentences.len()),
        covered: short(covered.covered()),
        document,
        ..std::mem::take(&mut column.result)
    };
}

fn name_of(column: &TrialColumn) -> &str {
    column.prompt_from.as_ref().map_or("no prompt", |from| from.name.as_str())
}

/// Passes on the summaries of a column as they grow.
struct Live<'a> {
    trying: &'a Trying<'a>,
    number: u32,
    paths: Mutex<PathStream>,
}

impl<'a> Live<'a> {
    fn new(trying: &'a Trying<'a>, number: u32) -> Self {
        Self { trying, number, paths: Mutex::new(PathStream::new()) }
    }

    fn hear(&self, piece: &str) {
        let grown = self.paths.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
        for one in grown.into_iter().filter(|one| one.path.ends_with(".summary")) {
            let path = format!("columns.{}.{}", self.number, one.path);
            let data = serde_json::json!({"path": path, "text": one.text}).to_string();
            // What is not seen live stands in the column when it ends.
            if let Err(error) = self.trying.ports.events.append(self.trying.job.id, EventKind::Token, &data) {
                log::warn!(job_id = self.trying.job.id.to_string().as_str(), error = error.to_string().as_str(); "live text of a trial is lost");
            }
        }
    }
}

/// Keeps a column and tells it. `false` when the lease has passed on or the trial is gone.
fn kept(trying: &Trying<'_>, column: &TrialColumn) -> Result<bool, StorageError> {
    let Trying { ports, job, trial, .. } = trying;
    let kept = ports.storage.write(|tx| {
        Ok::<_, StorageError>(tx.lease_holds(job.id, job.fence)? && tx.put_trial_column(job.user, trial.id, column)?)
    })?;
    if kept {
        let outcome = match column.state {
            ColumnState::Done => "is written",
            ColumnState::Failed => "could not be written",
            ColumnState::Running => "is being written",
            ColumnState::Waiting | ColumnState::Stopped => "waits",
        };
        told(trying, column, outcome)?;
    }
    Ok(kept)
}

fn told(trying: &Trying<'_>, column: &TrialColumn, outcome: &str) -> Result<(), StorageError> {
    let step = format!("Prompt {} “{}”: {outcome}", column.number, name_of(column));
    let data = serde_json::json!({"step": step, "done": 0, "total": 3, "column": column.number});
    trying.ports.events.append(trying.job.id, EventKind::Progress, &data.to_string()).map(drop)
}

/// Says how the job ends, and ends the columns that it had still to write.
fn concluded(ports: &Ports, job: &Job, how: How) -> Result<JobEnd, StorageError> {
    match how {
        How::Through => {
            done(ports, job, "completed")?;
            Ok(JobEnd::Completed)
        }
        How::Ended(Ended::Error(error)) => {
            Ok(JobEnd::Retry { after: backoff(ports, job.attempts), error: format!("storage_unavailable: {error}") })
        }
        How::Ended(Ended::Cancelled) => match why_stopped(ports, job)? {
            StopCause::Process => Ok(JobEnd::Released),
            StopCause::LeaseLost => Ok(JobEnd::Cancelled),
            StopCause::Person => {
                end(ports, job, ColumnState::Stopped, "")?;
                done(ports, job, "cancelled")?;
                Ok(JobEnd::Cancelled)
            }
        },
        How::Ended(Ended::Written(Written::TryAgain { code, message, after })) if job.attempts < MAX_ATTEMPTS => {
            error(ports, job, code, &format!("{message}. Trying again in {} s.", after.0 / 1_000), true)?;
            Ok(JobEnd::Retry { after, error: format!("{code}: {message}") })
        }
        How::Ended(Ended::Written(Written::TryAgain { code, message, .. } | Written::Failed { code, message, .. })) => {
            end(ports, job, ColumnState::Failed, &format!("{code}: {message}"))?;
            error(ports, job, code, &message, false)?;
            ports.events.flush(job.id)?;
            Ok(JobEnd::Failed { error: format!("{code}: {message}") })
        }
        // Another worker has it, or the trial is gone; nothing else is said by one call.
        How::Ended(Ended::Written(_)) => Ok(JobEnd::Cancelled),
    }
}

fn end(ports: &Ports, job: &Job, state: ColumnState, problem: &str) -> Result<(), StorageError> {
    ports.storage.write(|tx| match tx.lease_holds(job.id, job.fence)? {
        true => end_columns(tx, job, state, problem),
        false => Ok(()),
    })
}

//! The job that asks: one story after the other, each kept before the next, so that a dead process costs one answer at most.

use super::answer::{again, read, request};
use super::line::{Judged, lines};
use super::start::{JudgePayload, MOST_STORIES};
use crate::Ports;
use crate::access::{self, AccessError};
use crate::drafting::{Calling, backoff, called, done, error_told, next_step, over_budget};
use crate::integrations::mark_broken;
use crate::worker::{StopCause, why_stopped};
use std::collections::HashSet;
use storywright_domain::cancel::Cancellation;
use storywright_domain::draft::Draft;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::job::{EventKind, Job, MAX_ATTEMPTS};
use storywright_domain::judged::{JudgedRule, YesNo};
use storywright_domain::judgement::{Judgement, MAX_JUDGED_BYTES, Passage, Verdict, passages, subject, told, verdict};
use storywright_domain::ports::{
    ChatAccess, ChatCall, ChatError, ChatRequest, Claim, Finish, JobEnd, StorageError, StorageExt,
};
use storywright_domain::rules::RuleSet;
use storywright_domain::story::Story;
use storywright_domain::{DraftId, Millis, RequestId};

/// Longest reason that is kept, in characters.
const MAX_PROBLEM_CHARS: usize = 300;

/// Runs a claimed judging job to its end and says how it ends.
pub(crate) fn run_judging(ports: &Ports, claim: &Claim, cancellation: &Cancellation) -> JobEnd {
    let job = &claim.job;
    run(ports, job, cancellation).unwrap_or_else(|error| {
        log::error!(job_id = job.id.to_string().as_str(), error = error.to_string().as_str(); "judgements could not be kept");
        JobEnd::Retry { after: backoff(ports, job.attempts), error: format!("storage: {error}") }
    })
}

fn run(ports: &Ports, job: &Job, cancellation: &Cancellation) -> Result<JobEnd, StorageError> {
    let payload: JudgePayload = serde_json::from_str(&job.payload)
        .map_err(|error| StorageError::Corrupt { entity: "job payload", detail: error.to_string() })?;
    let Some((draft, rules, known)) = read_draft(ports, job)? else { return completed(ports, job) };
    let request_id = RequestId::parse(&job.request_id).unwrap_or_else(|| RequestId::from_number(job.id.0));
    let access = match access::chat(ports, job.user, &request_id) {
        Ok(access) => access,
        Err(AccessError::Storage(error)) => return Err(error),
        Err(error) => {
            let words = format!("The LLM cannot be used: {error}. Open Integrations, test it, then ask again.");
            return failed(ports, job, "llm_not_connected", &words);
        }
    };
    let wanted = |line: &Judged| {
        // What an attempt before this one has asked is not asked again.
        let asked = line.judgement.as_ref().is_some_and(|one| one.job == job.id);
        !asked && (payload.all || line.is_open())
    };
    let mut open = lines(ports.sha256.as_ref(), &draft.document, &rules.judged, known);
    open.retain(wanted);
    let mut stories: Vec<usize> = open.iter().map(|line| line.index).collect();
    stories.dedup();
    let over = stories.len().saturating_sub(MOST_STORIES);
    stories.truncate(MOST_STORIES);
    let mut judging = Judging { ports, job, access, draft: &draft, step: next_step(ports, job)?, cancellation };
    for (number, index) in stories.iter().enumerate() {
        let Some(story) = draft.document.stories.get(*index) else { continue };
        let asked: Vec<&JudgedRule> = open.iter().filter(|line| line.index == *index).map(|line| &line.rule).collect();
        progress(ports, job, &format!("Story {} of {}", number + 1, stories.len()), number, stories.len())?;
        if let Some(end) = judging.story(story, &asked)? {
            return Ok(end);
        }
    }
    let words = match over {
        0 => "Done".to_owned(),
        over => format!("The first {MOST_STORIES} stories are judged; ask again for the other {over}"),
    };
    progress(ports, job, &words, stories.len(), stories.len())?;
    completed(ports, job)
}

/// The draft, its rules, and the judgements that are still about something in it; `None` when there is nothing to do.
fn read_draft(ports: &Ports, job: &Job) -> Result<Option<(Draft, RuleSet, Vec<Judgement>)>, StorageError> {
    let Ok(id) = DraftId::parse(&job.subject) else { return Ok(None) };
    ports.storage.write(|tx| {
        if !tx.lease_holds(job.id, job.fence)? {
            return Ok(None);
        }
        let draft = tx.draft(job.user, id)?.filter(|draft| draft.deleted_at.is_none());
        let Some(draft) = draft else { return Ok(None) };
        let rules = tx.rule_set(&draft.rule_set)?.unwrap_or_default();
        // Stories and rules that are gone take their judgements along.
        let stories: HashSet<&str> = draft.document.stories.iter().map(|story| story.id.as_str()).collect();
        let lasts = |one: &Judgement| {
            stories.contains(one.story.as_str()) && rules.judged.iter().any(|rule| rule.name == one.rule)
        };
        let (known, gone): (Vec<Judgement>, Vec<Judgement>) = tx.judgements(job.user, id)?.into_iter().partition(lasts);
        for one in gone {
            tx.delete_judgement(job.user, id, &one.story, &one.rule)?;
        }
        Ok::<_, StorageError>(Some((draft, rules, known)))
    })
}

struct Judging<'a> {
    ports: &'a Ports,
    job: &'a Job,
    access: ChatAccess,
    draft: &'a Draft,
    /// Place of the next step.
    step: u32,
    cancellation: &'a Cancellation,
}

/// What came of asking about a story.
enum Asked {
    /// An answer for each question, in order.
    Answers(Vec<(YesNo, String)>),
    /// The answer does not fit; asking once more may help.
    Unusable(String),
    /// This story cannot be judged; others can. Stable code, colon, words.
    Not(String),
    /// Nothing more is asked.
    Ended(JobEnd),
}

impl Judging<'_> {
    /// Judges one story and keeps what came of it; how the job ends, if it ends here.
    fn story(&mut self, story: &Story, rules: &[&JudgedRule]) -> Result<Option<JobEnd>, StorageError> {
        let passages = passages(story);
        let verdicts: Vec<Verdict> = match self.asked_twice(story, rules, &passages)? {
            Asked::Answers(answers) => {
                answers.iter().map(|(answer, quote)| verdict(*answer, quote, &passages)).collect()
            }
            Asked::Unusable(problem) | Asked::Not(problem) => {
                let problem: String = problem.chars().take(MAX_PROBLEM_CHARS).collect();
                rules.iter().map(|_| Verdict::NotJudged { problem: problem.clone() }).collect()
            }
            Asked::Ended(end) => return Ok(Some(end)),
        };
        let kept = self.keep(story, rules, &passages, verdicts)?;
        Ok(if kept { None } else { Some(JobEnd::Cancelled) })
    }

    fn asked_twice(
        &mut self,
        story: &Story,
        rules: &[&JudgedRule],
        passages: &[Passage],
    ) -> Result<Asked, StorageError> {
        if told(passages).len() > MAX_JUDGED_BYTES {
            let words = format!("story_too_long: The story is longer than {MAX_JUDGED_BYTES} bytes. Split it.");
            return Ok(Asked::Not(words));
        }
        let ask = request(rules, passages);
        match self.asked(story, rules, &ask)? {
            Asked::Unusable(problem) => Ok(match self.asked(story, rules, &again(&ask, &problem))? {
                Asked::Unusable(problem) => {
                    Asked::Not(format!("llm_answer_unusable: The model's answer could not be used ({problem})."))
                }
                other => other,
            }),
            other => Ok(other),
        }
    }

    fn asked(&mut self, story: &Story, rules: &[&JudgedRule], ask: &ChatRequest) -> Result<Asked, StorageError> {
        let (ports, job) = (self.ports, self.job);
        if self.cancellation.is_cancelled() {
            return self.stopped();
        }
        if let Some((code, words)) = over_budget(ports, job.user)? {
            return failed(ports, job, code, &words).map(Asked::Ended);
        }
        let calling = Calling { ports, job, access: &self.access, cancellation: self.cancellation, listener: None };
        let what = format!("Judge {}: {}", story.id, story.summary.chars().take(120).collect::<String>());
        self.step += 1;
        let Some((result, _)) = called(&calling, self.step - 1, what, ask)? else {
            return Ok(Asked::Ended(JobEnd::Cancelled));
        };
        match result {
            Ok(answer) => Ok(match answer.finish {
                Finish::Stop => read(&answer.text, rules).map_or_else(Asked::Unusable, Asked::Answers),
                Finish::Length => Asked::Not("llm_length: The answer ran into the model's length limit.".to_owned()),
                Finish::Filtered => Asked::Not("llm_filtered: The LLM service filtered the answer.".to_owned()),
                Finish::Refused => Asked::Not("llm_refused: The model declined to answer.".to_owned()),
            }),
            Err(error) => self.no_answer(error),
        }
    }

    fn no_answer(&self, error: ChatError) -> Result<Asked, StorageError> {
        let (ports, job, code) = (self.ports, self.job, error.code());
        let after = match &error {
            ChatError::Cancelled => return self.stopped(),
            ChatError::BrokenOff { .. } | ChatError::TooLong { .. } | ChatError::Malformed { .. } => {
                return Ok(Asked::Not(format!("{code}: {error}")));
            }
            ChatError::Unauthorized { detail } => {
                mark_broken(ports, job.user, IntegrationKind::Llm, &self.access.credential, code, detail)?;
                let words = "The LLM did not accept your cookie or token; it may have expired. Open Integrations, paste a new one, test it, \
                             then ask again.";
                return failed(ports, job, code, words).map(Asked::Ended);
            }
            ChatError::RateLimited { retry_after_ms } => Some(Millis((*retry_after_ms).clamp(1_000, 120_000))),
            ChatError::Unavailable { .. } => Some(backoff(ports, job.attempts)),
            ChatError::NoSuchService { .. } | ChatError::Rejected { .. } => None,
        };
        match after.filter(|_| job.attempts < MAX_ATTEMPTS) {
            Some(after) => {
                let words = format!("{error}. Trying again in {} s.", after.0 / 1_000);
                error_told(ports, job, code, &words, true)?;
                Ok(Asked::Ended(JobEnd::Retry { after, error: format!("{code}: {error}") }))
            }
            None => failed(ports, job, code, &format!("The LLM could not be used: {error}.")).map(Asked::Ended),
        }
    }

    fn stopped(&self) -> Result<Asked, StorageError> {
        Ok(Asked::Ended(match why_stopped(self.ports, self.job)? {
            StopCause::Person => {
                done(self.ports, self.job, "cancelled")?;
                JobEnd::Cancelled
            }
            StopCause::Process => JobEnd::Released,
            StopCause::LeaseLost => JobEnd::Cancelled,
        }))
    }

    /// Keeps the verdicts. `false` when the lease has passed on, or the draft is gone or in the bin.
    fn keep(
        &self,
        story: &Story,
        rules: &[&JudgedRule],
        passages: &[Passage],
        verdicts: Vec<Verdict>,
    ) -> Result<bool, StorageError> {
        let (ports, job) = (self.ports, self.job);
        let model = ports.chat.setup(&self.access.service, ChatCall::Judge).map(|setup| setup.model);
        let judgement = |(rule, verdict): (&&JudgedRule, Verdict)| Judgement {
            draft: self.draft.id,
            user: job.user,
            version: self.draft.version,
            story: story.id.clone(),
            rule: rule.name.clone(),
            fingerprint: ports.sha256.hex(subject(rule, passages).as_bytes()),
            verdict,
            job: job.id,
            service: self.access.service.clone(),
            model: model.clone().unwrap_or_default(),
            at: ports.clock.now(),
        };
        let made: Vec<Judgement> = rules.iter().zip(verdicts).map(judgement).collect();
        ports.storage.write(|tx| {
            let there = tx.draft(job.user, self.draft.id)?.is_some_and(|draft| draft.deleted_at.is_none());
            if !there || !tx.lease_holds(job.id, job.fence)? {
                return Ok::<_, StorageError>(false);
            }
            for one in &made {
                tx.save_judgement(one)?;
            }
            Ok(true)
        })
    }
}

fn completed(ports: &Ports, job: &Job) -> Result<JobEnd, StorageError> {
    done(ports, job, "completed")?;
    Ok(JobEnd::Completed)
}

fn failed(ports: &Ports, job: &Job, code: &str, words: &str) -> Result<JobEnd, StorageError> {
    error_told(ports, job, code, words, false)?;
    ports.events.flush(job.id)?;
    Ok(JobEnd::Failed { error: format!("{code}: {words}") })
}

fn progress(ports: &Ports, job: &Job, step: &str, done: usize, total: usize) -> Result<(), StorageError> {
    let data = serde_json::json!({"step": step, "done": done, "total": total});
    ports.events.append(job.id, EventKind::Progress, &data.to_string()).map(|_| ())
}

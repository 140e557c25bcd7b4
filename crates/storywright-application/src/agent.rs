//! What the agent did, for people: steps of a job, and the whole way from a person to an issue in Jira.

use crate::Ports;
use crate::access::listed_site;
use crate::drafting::{GO_ON_WITHOUT, LEANEST, TRY_AGAIN};
use storywright_domain::agent::{AgentStep, Provenance, StepKind};
use storywright_domain::draft::DraftVersion;
use storywright_domain::job::Job;
use storywright_domain::person::{Actor, Person};
use storywright_domain::ports::{StorageError, StorageExt, Tx};
use storywright_domain::prompt::PromptOrigin;
use storywright_domain::publishing::{Run, RunItem};
use storywright_domain::remote::SiteKind;
use storywright_domain::source::Citation;
use storywright_domain::tool::ToolClass;
use storywright_domain::waiver::StandingWaiver;
use storywright_domain::{DraftId, JobId};

/// Versions of a draft that are looked through for the one that was approved.
const VERSIONS: u32 = 200;

/// Steps of one of the person's jobs in order; `None` when there is no such job.
///
/// # Errors
/// [`StorageError`].
pub fn steps_of_job(ports: &Ports, actor: &Actor, job: JobId) -> Result<Option<Vec<AgentStep>>, StorageError> {
    let user = actor.user();
    ports.storage.read(|tx| match tx.job(user, job)? {
        Some(_) => Ok(Some(tx.steps(user, job)?)),
        None => Ok(None),
    })
}

/// Whether the agent can look anything up: a server is listed, and a tool is approved for reading.
///
/// # Errors
/// [`StorageError`].
pub fn can_look_up(ports: &Ports) -> Result<bool, StorageError> {
    if ports.settings.mcp_servers.is_empty() {
        return Ok(false);
    }
    let approvals = ports.storage.read(|tx| tx.tool_approvals())?;
    Ok(approvals.iter().any(|approval| {
        approval.quarantine.is_none()
            && (approval.class == ToolClass::Read || approval.class == ToolClass::ReadOpen && approval.auto_read)
            && ports.settings.mcp_server(&approval.server).is_some()
    }))
}

/// The answers that are offered to a job's open question as buttons: what to do about a server that gave no answer, or to go on by the
/// smallest assumption.
///
/// # Errors
/// [`StorageError`].
pub fn offered_answers(ports: &Ports, actor: &Actor, job: &Job) -> Result<Vec<String>, StorageError> {
    let Some(question) = &job.question else { return Ok(Vec::new()) };
    let steps = ports.storage.read(|tx| tx.steps(actor.user(), job.id))?;
    let asked = steps.iter().rev().find(|step| step.kind == StepKind::Question && step.asked == *question);
    let about_server = asked.is_some_and(|step| !step.server.is_empty());
    Ok(if about_server { vec![GO_ON_WITHOUT.to_owned(), TRY_AGAIN.to_owned()] } else { vec![LEANEST.to_owned()] })
}

/// The way of one issue: who wanted it, with what it was written, from what, what was approved, and what became of it.
#[derive(Debug, Clone)]
pub struct IssueChain {
    /// Key in Jira.
    pub key: String,
    /// Its address, when the site is still listed.
    pub url: Option<String>,
    /// Who.
    pub person: Person,
    /// The run that created it.
    pub run: Run,
    /// Its row in the journal.
    pub item: RunItem,
    /// The version that was approved.
    pub version: Option<DraftVersion>,
    /// With what that version, or the one that people changed into it, was written; `None` when no model wrote any of it.
    pub origin: Option<Provenance>,
    /// Whether the person may see the version of the prompt that the words came from.
    pub prompt_visible: bool,
    /// Steps of the job that wrote it.
    pub steps: Vec<AgentStep>,
    /// Passages that its story cites.
    pub citations: Vec<Citation>,
    /// What was let pass of its story when the plan was approved.
    pub waivers: Vec<StandingWaiver>,
}

/// The way of each of the person's issues with this key; empty when there is none.
///
/// # Errors
/// [`StorageError`].
pub fn issue_chains(ports: &Ports, actor: &Actor, key: &str) -> Result<Vec<IssueChain>, StorageError> {
    let user = actor.user();
    let mut chains = ports.storage.read(|tx| {
        let mut chains = Vec::new();
        let Some(person) = tx.person(user)? else { return Ok::<_, StorageError>(chains) };
        for item in tx.items_by_jira_key(user, key)? {
            let Some(run) = tx.run(user, item.run)? else { continue };
            let version = approved_version(tx, actor, run.draft, run.version)?;
            let origin = tx.provenance(user, run.draft, run.version)?;
            let prompt_visible =
                sees_prompt(tx, actor, origin.as_ref().and_then(|origin| origin.prompt_from.as_ref()))?;
            let steps = match &origin {
                Some(origin) => tx.steps(user, origin.job)?,
                None => Vec::new(),
            };
            let citations = version.as_ref().map(|version| cited(version, &item.reference)).unwrap_or_default();
            let mut waivers = tx.standing_waivers(user, run.draft, &run.plan_hash)?;
            waivers.retain(|waiver| waiver.is_about(&item.reference));
            let key = item.jira_key.clone().unwrap_or_default();
            let person = person.clone();
            chains.push(IssueChain {
                key,
                url: None,
                person,
                run,
                item,
                version,
                origin,
                prompt_visible,
                steps,
                citations,
                waivers,
            });
        }
        Ok(chains)
    })?;
    for chain in &mut chains {
        chain.url = listed_site(ports, SiteKind::Jira, &chain.run.site)
            .map(|site| format!("{}/browse/{}", site.base_url.trim_end_matches('/'), chain.key));
    }
    Ok(chains)
}

/// With what the present version of a draft was written, for its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// With what; `None` when no model has written any of it.
    pub made: Option<Provenance>,
    /// The prompt that the draft's own words come from, for what is written next.
    pub prompt_from: Option<PromptOrigin>,
    /// Whether the person may see that version of the prompt.
    pub prompt_visible: bool,
    /// Whether they may see the one that the present version was written with.
    pub made_visible: bool,
}

/// With what a draft was written; `None` when the person has no such draft.
///
/// # Errors
/// [`StorageError`].
pub fn written_with(ports: &Ports, actor: &Actor, draft: DraftId) -> Result<Option<Written>, StorageError> {
    ports.storage.read(|tx| {
        let Some(draft) = tx.draft(actor.user(), draft)? else { return Ok(None) };
        let made = tx.provenance(actor.user(), draft.id, draft.version)?;
        Ok(Some(Written {
            made_visible: sees_prompt(tx, actor, made.as_ref().and_then(|made| made.prompt_from.as_ref()))?,
            prompt_visible: sees_prompt(tx, actor, draft.prompt_from.as_ref())?,
            prompt_from: draft.prompt_from,
            made,
        }))
    })
}

fn sees_prompt(tx: &mut dyn Tx, actor: &Actor, from: Option<&PromptOrigin>) -> Result<bool, StorageError> {
    match from {
        Some(from) => Ok(tx.prompt_version(actor.user(), from.prompt, from.version)?.is_some()),
        None => Ok(false),
    }
}

/// The newest version up to the approved number.
fn approved_version(
    tx: &mut dyn Tx,
    actor: &Actor,
    draft: DraftId,
    number: u32,
) -> Result<Option<DraftVersion>, StorageError> {
    let mut versions = tx.versions(actor.user(), draft, None, VERSIONS)?.items.into_iter();
    Ok(versions.find(|version| version.number <= number))
}

/// What the story of an item cites; a sub-task stands under its story.
fn cited(version: &DraftVersion, reference: &str) -> Vec<Citation> {
    let story = reference.split('.').next().unwrap_or(reference);
    let found = version.document.stories.iter().find(|known| known.id == story);
    found.map(|story| story.citations.clone()).unwrap_or_default()
}

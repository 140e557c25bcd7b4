//! The workspace of a draft: requirements, stories, findings, versions, and the parts of it that reload by themselves.

use super::change::ShownAbout;
use super::compare::{VersionLine, place};
use super::shown::{ShownEpic, ShownStory, shown_epics, shown_stories};
use super::shown_findings::{ShownFinding, shown_findings};
use super::written::{ShownWritten, written};
use super::{draft_id, draft_not_found};
use crate::errors::AppError;
use crate::pages::desk::{Answer, Desk};
use crate::pages::lists::{job_problem, job_verb};
use crate::pages::steps::{StepLine, answer_choices};
use crate::view::{Choice, Errors, Issue, Page, PromptFrom, Time, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::Serialize;
use storywright_application::access::jira;
use storywright_application::agent::{can_look_up, offered_answers, steps_of_job};
use storywright_application::drafting::{EndedEarly, ended_early, requirements_changed};
use storywright_application::drafts::{Reviewed, draft_findings, draft_versions};
use storywright_application::issue_updates::issue_of_draft;
use storywright_application::jobs;
use storywright_application::overview::last_writing_job;
use storywright_application::publishing::{RunView, run_view};
use storywright_domain::draft::{Draft, DraftState, DraftVersion};
use storywright_domain::finding::{Finding, blocks};
use storywright_domain::job::{Job, JobKind, JobStatus};
use storywright_domain::{DraftId, Millis};

/// Instructions that people often give next.
const SUGGESTIONS: [&str; 4] =
    ["Split the largest story", "Add negative cases", "Make the criteria measurable", "Shorten the summaries"];

/// Everything that the workspace and its parts show.
#[derive(Serialize)]
pub struct Workspace {
    draft: ShownDraft,
    epics: Vec<ShownEpic>,
    stories: Vec<ShownStory>,
    findings: Vec<ShownFinding>,
    /// The rule set has rules that a model judges.
    judged: bool,
    versions: Vec<VersionLine>,
    prompt_from: Option<PromptFrom>,
    written: Option<ShownWritten>,
    activity: Vec<Activity>,
    job: Option<ShownJob>,
    clarify: Option<Clarify>,
    create: Create,
    about: Option<ShownAbout>,
    held: Option<Held>,
    again: Option<Again>,
    suggestions: Vec<&'static str>,
    steps_job: Option<String>,
    steps: Vec<StepLine>,
    can_look_up: bool,
    failure: Option<Issue>,
    pub(super) form: Instructions,
    pub(super) errors: Errors,
    oob: bool,
}

impl View for Workspace {
    const TEMPLATE: &'static str = "workspace.html";
}

impl Page for Workspace {
    const ACTIVE: &'static str = "drafts";
}

macro_rules! part_of_workspace {
    ($($name:ident $template:literal)*) => {
        $(
            #[derive(Serialize)]
            #[serde(transparent)]
            pub(in crate::pages) struct $name(pub(in crate::pages) Workspace);

            impl View for $name {
                const TEMPLATE: &'static str = $template;
            }
        )*
    };
}

part_of_workspace! {
    DocumentPart "fragments/document.html"
    TreePart "fragments/document_tree.html"
    FindingsPart "fragments/findings.html"
    VersionsPart "fragments/versions.html"
    CreateBar "fragments/create_bar.html"
    PromptBar "fragments/prompt_bar.html"
}

#[derive(Serialize)]
struct ShownDraft {
    id: String,
    title: String,
    version: u32,
    state: &'static str,
    requirements: String,
    format: &'static str,
    project_key: String,
    project_name: String,
    issue_type: String,
    rule_set: String,
    prompt: String,
    updated: Time,
}

#[derive(Serialize)]
struct Activity {
    at: Time,
    text: String,
    tone: &'static str,
}

#[derive(Serialize)]
struct ShownJob {
    id: String,
    kind: &'static str,
    state: &'static str,
    label: String,
    progress: Option<u32>,
    started: Time,
    last_event_id: u64,
}

#[derive(Serialize)]
struct Clarify {
    job_id: String,
    question: String,
    choices: Vec<Choice>,
}

#[derive(Serialize)]
struct Create {
    count: usize,
    project_key: String,
    missing: Vec<Missing>,
}

/// The run that has the draft: its text is not to be changed any more.
#[derive(Serialize)]
struct Held {
    run_id: String,
    /// Issues in Jira.
    count: usize,
    published: bool,
    text: String,
}

impl Held {
    fn of(draft: &Draft, view: &RunView) -> Self {
        let keys: Vec<&str> = view.items.iter().filter_map(|item| item.jira_key.as_deref()).collect();
        let published = matches!(draft.state, DraftState::Published { .. });
        let text = match keys.as_slice() {
            [] => format!("The issues are being created in {}", draft.project.as_str()),
            some if !published => format!("{} of {} issues are in Jira", some.len(), view.items.len()),
            [first, second, third, more @ ..] if !more.is_empty() => {
                format!("In Jira as {first}, {second}, {third} and {} more", more.len())
            }
            all => format!("In Jira as {}", all.join(", ")),
        };
        Self { run_id: view.run.id.to_string(), count: keys.len(), published, text }
    }
}

/// Why the stories should perhaps be written again.
#[derive(Serialize)]
struct Again {
    text: &'static str,
    /// The text ends early, so it is not ready for Jira.
    incomplete: bool,
}

impl Again {
    fn of(desk: &Desk<'_>, draft: &Draft, newest: Option<&DraftVersion>, job: Option<&Job>) -> Option<Self> {
        if draft.state != DraftState::Editing || draft.document.is_empty() {
            return None;
        }
        match newest.and_then(|version| ended_early(&version.note)) {
            Some(EndedEarly::Stopped) => {
                Some(Self { text: "Writing was stopped: the text may be incomplete.", incomplete: true })
            }
            Some(EndedEarly::CutOff) => {
                Some(Self { text: "Writing ended early: the text may be incomplete.", incomplete: true })
            }
            _ if job.is_some_and(|job| requirements_changed(desk.ports, draft, job)) => {
                Some(Self { text: "The requirements changed since the stories were written.", incomplete: false })
            }
            _ => None,
        }
    }
}

/// Something that keeps a draft from Jira, with where to mend it.
#[derive(Serialize)]
pub(super) struct Missing {
    pub(super) text: String,
    pub(super) href: Option<String>,
}

/// What was typed into the prompt bar.
#[derive(Debug, Default, Serialize)]
pub(super) struct Instructions {
    pub(super) instructions: String,
}

/// The whole workspace.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| desk.page(&read(desk, id)?)).await
}

/// The stories.
pub async fn document(me: SignedIn) -> Result<HttpResponse, AppError> {
    part(me, |desk, found| desk.fragment(&DocumentPart(found))).await
}

/// The list of what the document holds.
pub async fn tree(me: SignedIn) -> Result<HttpResponse, AppError> {
    part(me, |desk, found| desk.fragment(&TreePart(found))).await
}

/// The findings.
pub async fn findings(me: SignedIn) -> Result<HttpResponse, AppError> {
    // What the requirements have to do with the stories stands elsewhere in the page.
    part(me, |desk, found| desk.fragment(&FindingsPart(Workspace { oob: true, ..found }))).await
}

/// The versions and what happened.
pub async fn versions(me: SignedIn) -> Result<HttpResponse, AppError> {
    part(me, |desk, found| desk.fragment(&VersionsPart(found))).await
}

/// The button that leads to creation, or what is missing.
pub async fn create_bar(me: SignedIn) -> Result<HttpResponse, AppError> {
    part(me, |desk, found| desk.fragment(&CreateBar(found))).await
}

/// A part for htmx; whoever follows the address in a browser gets the whole page.
async fn part(
    me: SignedIn,
    show: fn(&Desk<'_>, Workspace) -> Result<Answer, AppError>,
) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let found = read(desk, id)?;
        if desk.visit.htmx { show(desk, found) } else { Ok(desk.go(&format!("/drafts/{id}"))) }
    })
    .await
}

/// Reads everything that the workspace shows.
pub(in crate::pages) fn read(desk: &Desk<'_>, id: DraftId) -> Result<Workspace, AppError> {
    let Reviewed { draft, rules, findings } =
        draft_findings(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
    let run = match draft.state {
        DraftState::Publishing { run } | DraftState::Published { run } => run_view(desk.ports, &desk.who.actor, run)?,
        DraftState::Editing | DraftState::Writing { .. } => None,
    };
    let job = held_by(desk, &draft, run.as_ref())?;
    let clarify = match job.as_ref().filter(|job| !job.status.is_final() && job.question.is_some()) {
        Some(job) => Some(Clarify {
            job_id: job.id.to_string(),
            question: job.question.clone().unwrap_or_default(),
            choices: answer_choices(&offered_answers(desk.ports, &desk.who.actor, job)?),
        }),
        None => None,
    };
    let last = match draft.state {
        DraftState::Editing => last_writing_job(desk.ports, &desk.who.actor, draft.id)?,
        DraftState::Writing { .. } | DraftState::Publishing { .. } | DraftState::Published { .. } => None,
    };
    let steps_job = job.as_ref().filter(|job| job.kind != JobKind::Publish).or(last.as_ref()).map(|job| job.id);
    let steps = match steps_job {
        Some(job) => steps_of_job(desk.ports, &desk.who.actor, job)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let failure = last.as_ref().and_then(|job| last_failure(&draft, job));
    let findings: Vec<Finding> = if draft.document.is_empty() { Vec::new() } else { findings };
    let entries = storywright_application::sources::list(desk.ports, &desk.who.actor, id)?.entries;
    let flags = storywright_application::sources::flags(desk.ports, &desk.who.actor, id, &draft.document, &entries)?;
    let about = issue_of_draft(desk.ports, &desk.who.actor, id)?.map(|about| ShownAbout::of(desk, &about));
    let create = create(desk, &draft, &findings, clarify.is_some());
    let versions = draft_versions(desk.ports, &desk.who.actor, id, None)?.ok_or_else(draft_not_found)?.items;
    let again = Again::of(desk, &draft, versions.first(), last.as_ref());
    let held = run.as_ref().map(|view| Held::of(&draft, view));
    let lines: Vec<VersionLine> =
        versions.iter().enumerate().map(|(index, version)| VersionLine::of(desk, version, index == 0)).collect();
    let mut activity: Vec<Activity> =
        lines.iter().map(|line| Activity { at: line.at.clone(), text: line.summary(), tone: "" }).collect();
    if let Some(failure) = &failure {
        activity.insert(0, Activity { at: desk.time(draft.updated_at), text: failure.what.clone(), tone: "bad" });
    }
    activity.push(Activity { at: desk.time(draft.created_at), text: "The draft was made.".to_owned(), tone: "" });
    let (prompt_from, written) = written(desk, id)?;
    let state = workspace_state(&draft, &findings, clarify.is_some());
    Ok(Workspace {
        job: job.map(|job| shown_job(desk, &job, draft.project.as_str())),
        epics: shown_epics(&draft.document),
        stories: shown_stories(&draft.document, &entries, &flags),
        suggestions: if draft.document.is_empty() || held.is_some() { Vec::new() } else { SUGGESTIONS.to_vec() },
        draft: ShownDraft {
            id: id.to_string(),
            title: draft.title,
            version: draft.version,
            state,
            requirements: draft.requirements.as_str().to_owned(),
            format: draft.format.as_str(),
            project_key: draft.project.as_str().to_owned(),
            project_name: String::new(),
            issue_type: draft.issue_type_name,
            rule_set: rules.name,
            prompt: draft.prompt,
            updated: desk.time(draft.updated_at),
        },
        findings: shown_findings(&findings),
        judged: !rules.judged.is_empty(),
        held,
        again,
        versions: lines,
        prompt_from,
        written,
        activity,
        clarify,
        create,
        about,
        steps_job: steps_job.map(|job| job.to_string()),
        steps: steps.iter().map(|step| StepLine::of(desk, step)).collect(),
        can_look_up: can_look_up(desk.ports)?,
        failure,
        form: Instructions::default(),
        errors: Errors::new(),
        oob: false,
    })
}

fn workspace_state(draft: &Draft, findings: &[Finding], asks: bool) -> &'static str {
    match draft.state {
        DraftState::Writing { .. } if asks => "needs_answer",
        DraftState::Writing { .. } => "generating",
        DraftState::Publishing { .. } => "publishing",
        DraftState::Published { .. } => "published",
        DraftState::Editing if draft.document.is_empty() => "empty",
        DraftState::Editing if blocks(findings) => "blocked",
        DraftState::Editing => "ready",
    }
}

/// The job that works on the draft.
fn held_by(desk: &Desk<'_>, draft: &Draft, run: Option<&RunView>) -> Result<Option<Job>, AppError> {
    let job = match draft.state {
        DraftState::Writing { job } => job,
        DraftState::Publishing { .. } => match run {
            Some(view) => view.run.job,
            None => return Ok(None),
        },
        DraftState::Editing | DraftState::Published { .. } => return Ok(None),
    };
    let found = jobs::job(desk.ports, &desk.who.actor, job)?;
    // A run that waits for its person, or ended early, holds the draft without a job.
    Ok(found.filter(|job| job.kind != JobKind::Publish || !job.status.is_final()))
}

fn shown_job(desk: &Desk<'_>, job: &Job, project: &str) -> ShownJob {
    let label = match (job.status, job.kind) {
        _ if job.question.is_some() => "Waiting for your answer".to_owned(),
        (JobStatus::Pending, _) if job.attempts > 0 => "Trying again in a moment".to_owned(),
        (JobStatus::Pending, _) => "Waiting for its turn".to_owned(),
        (_, JobKind::Publish) => format!("Creating the issues in {project}"),
        (_, kind) => format!("{} the stories", job_verb(kind)),
    };
    ShownJob {
        id: job.id.to_string(),
        kind: job.kind.as_str(),
        state: if job.status == JobStatus::Running { "running" } else { "pending" },
        label,
        progress: None,
        started: desk.time(job.created_at),
        // The page holds nothing of what the job said yet: the stream tells it from the beginning.
        last_event_id: 0,
    }
}

/// Why the last writing failed, until the draft is changed.
fn last_failure(draft: &Draft, job: &Job) -> Option<Issue> {
    let unchanged = job.finished_at.is_some_and(|end| draft.updated_at.since(end) <= Millis::seconds(1));
    job_problem(job).filter(|_| unchanged)
}

fn create(desk: &Desk<'_>, draft: &Draft, findings: &[Finding], asks: bool) -> Create {
    let mut missing = Vec::new();
    let mut need = |text: String, href: Option<String>| missing.push(Missing { text, href });
    if asks {
        need("Answer the question".to_owned(), Some("#clarify-text".to_owned()));
    } else if draft.document.is_empty() {
        need("Write the stories first".to_owned(), None);
    }
    for finding in findings.iter().filter(|finding| finding.blocks()) {
        let text = format!("{}: {}", place(&finding.field), finding.cure.trim_end_matches('.'));
        need(text, Some(format!("#p-{}", finding.field)).filter(|_| !finding.field.is_empty()));
    }
    if let Err(error) = jira(desk.ports, &desk.who.actor) {
        log::debug!(request_id = desk.visit.request_id.as_str(), error = error.to_string().as_str(); "no way to Jira");
        need("Connect and test Jira".to_owned(), Some("/integrations#card-jira".to_owned()));
    }
    Create { count: draft.document.issue_count(), project_key: draft.project.as_str().to_owned(), missing }
}

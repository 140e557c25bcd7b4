//! A new draft: requirements, format, project, issue type, rule set.

use crate::Ports;
use crate::catalog::{CatalogError, list_issue_types};
use crate::rule_sets::rule_set_of_project;
use storywright_domain::draft::{BadRequirements, Draft, DraftState, Requirements, title_of};
use storywright_domain::jira::{BadProjectKey, ProjectKey};
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt, Tx};
use storywright_domain::prompt::PromptOrigin;
use storywright_domain::remote::RemoteError;
use storywright_domain::rules::RuleSet;
use storywright_domain::story::{Document, StoryFormat};
use storywright_domain::{DraftId, PromptId};

/// Longest personal prompt in characters.
pub const MAX_PROMPT_CHARS: usize = 4_000;

/// The prompt that the words for a new draft came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptTaken {
    /// Which.
    pub prompt: PromptId,
    /// Which of its versions; the newest when absent.
    pub version: Option<u32>,
    /// The words as they are now, without what the form adds to them.
    pub words: String,
}

/// What a person enters for a new draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDraft {
    /// What is wanted.
    pub requirements: String,
    /// `classic`, `bdd` or `custom`.
    pub format: String,
    /// Own words to the model; may be empty.
    pub prompt: String,
    /// The prompt that those words came from, if they came from one.
    pub prompt_taken: Option<PromptTaken>,
    /// Project key.
    pub project_key: String,
    /// Issue type, by id or by the name that the site shows.
    pub issue_type: String,
    /// Rule set id; empty for that of the project, or `default`.
    pub rule_set: String,
}

/// Why a draft was not made. Every problem of the input is in the list, so that all can be shown at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateDraftError {
    /// Fields of the input are at fault: field, stable code, what to do.
    #[error("the input has problems: {}", .0.iter().map(|(field, _, _)| *field).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<(&'static str, &'static str, String)>),
    /// Jira could not be asked for the issue types.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Makes a draft with an empty document.
///
/// # Errors
/// [`CreateDraftError`].
pub fn create_draft(ports: &Ports, actor: &Actor, new: &NewDraft) -> Result<Draft, CreateDraftError> {
    make(ports, actor, new, false).and_then(|draft| keep(ports, actor, draft))
}

/// The same for a draft that is written from sources which are added to it afterwards: requirements may be blank.
///
/// # Errors
/// [`CreateDraftError`].
pub fn create_draft_for_sources(ports: &Ports, actor: &Actor, new: &NewDraft) -> Result<Draft, CreateDraftError> {
    make(ports, actor, new, true).and_then(|draft| keep(ports, actor, draft))
}

fn make(ports: &Ports, actor: &Actor, new: &NewDraft, from_sources: bool) -> Result<Draft, CreateDraftError> {
    let (draft, wanted) = checked(ports, actor, new, from_sources)?;
    let (issue_type, issue_type_name) = choose_issue_type(ports, actor, &draft.project, wanted.trim())?;
    Ok(Draft { issue_type, issue_type_name, ..draft })
}

/// The draft as the input has it, without an issue type, and the type that is wished for. Jira is not asked, nothing is kept.
pub(crate) fn checked<'a>(
    ports: &Ports,
    actor: &Actor,
    new: &'a NewDraft,
    from_sources: bool,
) -> Result<(Draft, &'a str), CreateDraftError> {
    let mut problems: Vec<(&'static str, &'static str, String)> = Vec::new();
    let read = if from_sources { Requirements::parse_or_none } else { Requirements::parse };
    let requirements = read(&new.requirements).map_err(|error| {
        let code = match error {
            BadRequirements::Empty => "requirements_empty",
            BadRequirements::TooLong { .. } => "requirements_too_long",
        };
        problems.push(("requirements", code, error.to_string()));
    });
    let format = StoryFormat::parse(&new.format);
    if format.is_none() {
        problems.push(("format", "format_unknown", "choose classic, bdd or custom".to_owned()));
    }
    if new.prompt.chars().count() > MAX_PROMPT_CHARS {
        problems.push((
            "prompt",
            "prompt_too_long",
            format!("the prompt is longer than {MAX_PROMPT_CHARS} characters: shorten it"),
        ));
    }
    let prompt_from = match new.prompt_taken.as_ref().filter(|taken| !taken.words.trim().is_empty()) {
        Some(taken) => {
            let found = origin_of(ports, actor, taken)?;
            if found.is_none() {
                let cure = "there is no such prompt or version that you may use: choose one from the list";
                problems.push(("prompt", "prompt_unknown", cure.to_owned()));
            }
            found
        }
        None => None,
    };
    let project = ProjectKey::parse(new.project_key.trim()).map_err(|error: BadProjectKey| {
        problems.push(("project_key", "project_key_invalid", error.to_string()));
    });
    let rule_set = match (&project, new.rule_set.as_str()) {
        (Ok(project), "") => rule_set_of_project(ports, actor, project)?,
        (Err(()), "") => RuleSet::default().id,
        (_, chosen) => chosen.to_owned(),
    };
    if ports.storage.read(|tx| tx.rule_set(&rule_set))?.is_none() {
        problems.push(unknown_rule_set(&rule_set));
    }
    if new.issue_type.trim().is_empty() {
        problems.push(("issue_type", "issue_type_missing", "choose an issue type".to_owned()));
    }
    let (Ok(requirements), Some(format), Ok(project)) = (requirements, format, project) else {
        return Err(CreateDraftError::Invalid(problems));
    };
    if !problems.is_empty() {
        return Err(CreateDraftError::Invalid(problems));
    }
    let now = ports.clock.now();
    let draft = Draft {
        id: DraftId(ports.ids.id()),
        user: actor.user(),
        title: title_of(&Document::default(), requirements.as_str()),
        requirements,
        format,
        prompt: new.prompt.trim().to_owned(),
        prompt_from,
        project,
        issue_type: String::new(),
        issue_type_name: String::new(),
        rule_set,
        state: DraftState::Editing,
        version: 1,
        document: Document::default(),
        deleted_at: None,
        created_at: now,
        updated_at: now,
    };
    Ok((draft, &new.issue_type))
}

fn keep(ports: &Ports, actor: &Actor, draft: Draft) -> Result<Draft, CreateDraftError> {
    keep_with(ports, actor, draft, |_, _| Ok(()))
}

/// Keeps a draft and what else belongs to it, all or nothing.
pub(crate) fn keep_with(
    ports: &Ports,
    actor: &Actor,
    draft: Draft,
    more: impl Fn(&mut dyn Tx, &Draft) -> Result<(), StorageError>,
) -> Result<Draft, CreateDraftError> {
    let entry = ports.audit_entry(
        Some(actor.user()),
        actor.request_id(),
        "draft_created",
        format!("draft:{}", draft.id),
        draft.project.as_str().to_owned(),
    );
    // Jira has been asked meanwhile: the rule set may have been removed.
    let kept = ports.storage.write(|tx| {
        if tx.rule_set(&draft.rule_set)?.is_none() {
            return Ok(false);
        }
        tx.insert_draft(&draft)?;
        more(tx, &draft)?;
        tx.audit(&entry)?;
        Ok::<_, StorageError>(true)
    })?;
    if kept { Ok(draft) } else { Err(CreateDraftError::Invalid(vec![unknown_rule_set(&draft.rule_set)])) }
}

/// Where the words came from; `None` when the person may not use that prompt or it has no such version.
fn origin_of(ports: &Ports, actor: &Actor, taken: &PromptTaken) -> Result<Option<PromptOrigin>, StorageError> {
    ports.storage.read(|tx| {
        let Some(prompt) = tx.prompt(actor.user(), taken.prompt)? else { return Ok(None) };
        let version = tx.prompt_version(actor.user(), prompt.id, taken.version.unwrap_or(prompt.version))?;
        Ok(version.map(|version| PromptOrigin::of(&version, &taken.words)))
    })
}

fn unknown_rule_set(id: &str) -> (&'static str, &'static str, String) {
    ("rule_set", "rule_set_unknown", format!("there is no rule set `{}`: choose one from the list", clip(id)))
}

fn choose_issue_type(
    ports: &Ports,
    actor: &Actor,
    project: &ProjectKey,
    wanted: &str,
) -> Result<(String, String), CreateDraftError> {
    let types = match list_issue_types(ports, actor, project) {
        // Some versions refuse an unknown project, others say that there is none, others give an empty list.
        Err(CatalogError::Remote(RemoteError::Rejected { .. } | RemoteError::NotFound)) => Vec::new(),
        other => other?,
    };
    if types.is_empty() {
        let text =
            format!("you cannot create issues in `{}`, or there is no such project: choose another", project.as_str());
        return Err(CreateDraftError::Invalid(vec![("project_key", "project_not_creatable", text)]));
    }
    let standard = || types.iter().filter(|kind| !kind.subtask);
    let chosen = standard()
        .find(|kind| kind.id == wanted)
        .or_else(|| standard().find(|kind| kind.name.eq_ignore_ascii_case(wanted)));
    match chosen {
        Some(kind) => Ok((kind.id.clone(), kind.name.clone())),
        None => {
            let names: Vec<&str> = standard().map(|kind| kind.name.as_str()).collect();
            let text = format!(
                "`{}` is no issue type of {}: choose one of {}",
                clip(wanted),
                project.as_str(),
                names.join(", ")
            );
            Err(CreateDraftError::Invalid(vec![("issue_type", "issue_type_unknown", text)]))
        }
    }
}

fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

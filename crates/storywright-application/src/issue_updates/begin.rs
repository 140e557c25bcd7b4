//! From an issue to a draft about it: read once, kept as a source, so that what the draft rests on stays what it was.

use crate::Ports;
use crate::access::{self, AccessError};
use crate::drafts::{CreateDraftError, NewDraft, checked, keep_with};
use crate::sources::{NewSource, entry_of};
use storywright_domain::draft::{Draft, title_of};
use storywright_domain::issue_update::{DraftIssue, IssuePurpose};
use storywright_domain::jira::{FieldKind, IssueDetail, IssueType, ProjectKey};
use storywright_domain::person::Actor;
use storywright_domain::ports::StorageError;
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::source::{MAX_SOURCE_CHARS, SourceKind};
use storywright_domain::story::Document;

/// What a person enters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewFromIssue {
    /// Key or address of the issue.
    pub issue: String,
    /// `improve` or `break_down`.
    pub purpose: String,
    /// Own words to the model; may be empty.
    pub prompt: String,
    /// `classic`, `bdd` or `custom`.
    pub format: String,
    /// Rule set id; empty for that of the project, or `default`.
    pub rule_set: String,
}

/// Why no draft was begun.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BeginError {
    /// The input is at fault, or the draft cannot be kept.
    #[error(transparent)]
    Draft(#[from] CreateDraftError),
    /// The Jira connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Jira gave no answer that could be used.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

fn invalid(field: &'static str, code: &'static str, text: String) -> BeginError {
    BeginError::Draft(CreateDraftError::Invalid(vec![(field, code, text)]))
}

/// Makes a draft about an issue, with the issue as its first source. Writing is started by the caller.
///
/// # Errors
/// [`BeginError`].
pub fn begin_from_issue(ports: &Ports, actor: &Actor, new: &NewFromIssue) -> Result<Draft, BeginError> {
    let purpose = IssuePurpose::parse(&new.purpose).ok_or_else(|| {
        invalid("purpose", "purpose_unknown", "choose whether the issue is improved or broken down".to_owned())
    })?;
    let access = access::jira(ports, actor)?;
    let key = key_of(&access.site.base_url, &new.issue)?;
    let detail = ports.jira.issue_detail(&access, &key)?.ok_or_else(|| {
        let text = format!("there is no issue {key}, or you may not see it: check the key in Jira");
        invalid("issue", "issue_not_found", text)
    })?;
    let key = &detail.issue.key;
    match purpose {
        IssuePurpose::Improve if !detail.editable => {
            let text =
                format!("you may not change summary and description of {key}: ask somebody who may, or break it down");
            return Err(invalid("issue", "issue_not_editable", text));
        }
        IssuePurpose::BreakDown if detail.issue_type.subtask => {
            let text = format!("{key} is a sub-task and has nothing below it: break down the issue above it");
            return Err(invalid("issue", "issue_is_subtask", text));
        }
        IssuePurpose::Improve | IssuePurpose::BreakDown => {}
    }
    let source = source_of(&access, &detail);
    let chars = source.text.chars().count();
    if chars > MAX_SOURCE_CHARS {
        let text = format!("{key} has {chars} characters, a source has at most {MAX_SOURCE_CHARS}: shorten it in Jira");
        return Err(invalid("issue", "issue_too_long", text));
    }
    let (draft, _) = checked(
        ports,
        actor,
        &NewDraft {
            requirements: String::new(),
            format: new.format.clone(),
            prompt: new.prompt.clone(),
            prompt_taken: None,
            project_key: detail.project.clone(),
            issue_type: detail.issue_type.id.clone(),
            rule_set: new.rule_set.clone(),
        },
        true,
    )?;
    let epic = is_epic(ports, &access, &draft.project, &detail.issue_type)?;
    let kind = match purpose {
        IssuePurpose::Improve => detail.issue_type.clone(),
        IssuePurpose::BreakDown => smaller(ports, &access, &draft.project, &detail.issue_type, epic)?,
    };
    let title: String = title_of(&Document::default(), &detail.issue.summary);
    let draft = Draft { title, issue_type: kind.id, issue_type_name: kind.name, ..draft };
    let entry = entry_of(&source, 1, ports.clock.now());
    let about = DraftIssue {
        draft: draft.id,
        user: actor.user(),
        purpose,
        site: access.site.id.clone(),
        issue_id: detail.issue.id.clone(),
        key: detail.issue.key.clone(),
        issue_type: detail.issue_type.name.clone(),
        epic,
        source: entry.number,
        updated: detail.updated.clone(),
        created_at: draft.created_at,
    };
    let audit = ports.audit_entry(
        Some(actor.user()),
        actor.request_id(),
        "issue_draft_begun",
        format!("draft:{}", draft.id),
        format!("{} {}", purpose.as_str(), about.key),
    );
    Ok(keep_with(ports, actor, draft, |tx, draft| {
        tx.insert_source(draft.user, draft.id, &entry, &source.text)?;
        tx.insert_draft_issue(&about)?;
        tx.audit(&audit)?;
        Ok::<_, StorageError>(())
    })?)
}

/// The key that was meant: `PAY-12`, in any case, or the address of its page on the connected site.
fn key_of(base_url: &str, typed: &str) -> Result<String, BeginError> {
    let typed = typed.trim();
    let bare = match typed.find("://") {
        None => typed,
        Some(_) => {
            let path =
                typed.strip_prefix(base_url.trim_end_matches('/')).and_then(|rest| rest.strip_prefix("/browse/"));
            let path = path.ok_or_else(|| {
                let text = format!(
                    "this is no address of an issue on {base_url}: use one like {base_url}/browse/PAY-12, or the key"
                );
                invalid("issue", "issue_elsewhere", text)
            })?;
            path.split(['?', '#', '/']).next().unwrap_or_default()
        }
    };
    let key = bare.to_ascii_uppercase();
    let shaped = key.rsplit_once('-').is_some_and(|(project, number)| {
        ProjectKey::parse(project).is_ok()
            && (1..=10).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    if shaped {
        return Ok(key);
    }
    let shown: String = typed.chars().take(60).collect();
    let text = if shown.is_empty() {
        "name the issue by its key, as in PAY-12, or by its address".to_owned()
    } else {
        format!("`{shown}` is no key of an issue: write it as in PAY-12, or paste the address of its page")
    };
    Err(invalid("issue", "issue_key_invalid", text))
}

/// Whether other issues live in issues of this type: it says so, or its create screen asks for an Epic Name.
fn is_epic(ports: &Ports, access: &Access, project: &ProjectKey, kind: &IssueType) -> Result<bool, BeginError> {
    if kind.epic || kind.subtask {
        return Ok(kind.epic);
    }
    match ports.jira.create_fields(access, project, &kind.id) {
        Ok(fields) => Ok(fields.iter().any(|field| field.kind == FieldKind::EpicName)),
        // Who may not create such issues is shown no screen.
        Err(RemoteError::NotFound | RemoteError::Rejected { .. } | RemoteError::Forbidden { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The type of the parts: stories for an epic, issues of the same type for others; where that cannot be created, what can be.
fn smaller(
    ports: &Ports,
    access: &Access,
    project: &ProjectKey,
    kind: &IssueType,
    epic: bool,
) -> Result<IssueType, BeginError> {
    let types = ports.jira.issue_types(access, project)?;
    let standard: Vec<&IssueType> = types.iter().filter(|other| !other.subtask && !other.epic).collect();
    let same = standard.iter().find(|other| !epic && other.id == kind.id);
    let story = || standard.iter().find(|other| other.id != kind.id && other.name.eq_ignore_ascii_case("story"));
    let any = || standard.iter().find(|other| other.id != kind.id);
    same.or_else(story).or_else(any).map(|kind| (*kind).clone()).ok_or_else(|| {
        let text =
            format!("you cannot create issues in {}: ask for the right to, or choose another issue", project.as_str());
        invalid("issue", "project_not_creatable", text)
    })
}

fn source_of(access: &Access, detail: &IssueDetail) -> NewSource {
    let key = &detail.issue.key;
    NewSource {
        kind: SourceKind::Issue,
        site: access.site.id.clone(),
        name: key.clone(),
        revision: detail.updated.clone(),
        title: format!("{key} {}", detail.issue.summary).chars().take(255).collect(),
        space: detail.project.clone(),
        url: format!("{}/browse/{key}", access.site.base_url.trim_end_matches('/')),
        restricted: false,
        text: source_text(detail),
    }
}

/// The words of an issue as a source holds them.
pub(super) fn source_text(detail: &IssueDetail) -> String {
    let summary = detail.issue.summary.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("# {summary}\n\n{}", detail.markdown).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://jira.corp.example/jira";

    #[test]
    fn keys_are_read_in_all_their_forms() {
        for typed in [
            "PAY-12",
            " pay-12 ",
            "https://jira.corp.example/jira/browse/PAY-12",
            "https://jira.corp.example/jira/browse/PAY-12?focusedId=3#comment-3",
        ] {
            assert_eq!(key_of(BASE, typed), Ok("PAY-12".to_owned()), "{typed}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_by_name() {
        let code = |typed: &str| match key_of(BASE, typed) {
            Err(BeginError::Draft(CreateDraftError::Invalid(problems))) => problems[0].1,
            other => panic!("{typed}: {other:?}"),
        };
        for typed in ["", "PAY", "PAY-", "PAY-1x", "-1", "../PAY-1", "PAY-12345678901"] {
            assert_eq!(code(typed), "issue_key_invalid", "{typed}");
        }
        for typed in [
            "https://jira.evil.example/browse/PAY-12",
            "https://jira.corp.example/jira.evil/browse/PAY-12",
            "https://jira.corp.example/browse/PAY-12",
            "javascript://jira.corp.example/jira/browse/PAY-1",
        ] {
            assert_eq!(code(typed), "issue_elsewhere", "{typed}");
        }
    }
}

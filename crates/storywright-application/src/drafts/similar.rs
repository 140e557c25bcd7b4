//! What a person makes of issues that are in Jira already and may be about the same as a part of the draft.

use crate::Ports;
use crate::catalog::CatalogError;
use crate::drafts::edit::{DraftChange, EditDraftError, edit_draft};
use crate::preflight::{SimilarIssue, similar_issues};
use storywright_domain::DraftId;
use storywright_domain::draft::Draft;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, StorageExt};
use storywright_domain::story::{Document, LinkKind, StoryLink};

/// The decision about one issue that is in Jira already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SimilarDecision {
    /// The story is created and linked to that issue (key); for an epic of the draft: its stories go into that epic, and it is not
    /// created.
    Link(String),
    /// The story, or the epic, is not created: it leaves the draft; its stories stay. Earlier versions keep it.
    Leave,
}

/// Why nothing can be said of similar issues.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimilarError {
    /// There is none of this person with that id, or it has no such part.
    #[error("there is no such draft, or no such story in it")]
    NotFound,
    /// Jira could not be asked.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What is in Jira already, and on which site.
#[derive(Debug, Clone, PartialEq)]
pub struct SimilarFound {
    /// Id of the person's Jira site.
    pub site: String,
    /// Most alike first.
    pub issues: Vec<SimilarIssue>,
}

/// Issues of the draft's project that may be about the same as one of its stories or epics, most alike first.
///
/// # Errors
/// [`SimilarError`].
pub fn similar_to(ports: &Ports, actor: &Actor, id: DraftId, reference: &str) -> Result<SimilarFound, SimilarError> {
    let (draft, jira) = ports.storage.read(|tx| {
        Ok::<_, StorageError>((tx.draft(actor.user(), id)?, tx.integration(actor.user(), IntegrationKind::Jira)?))
    })?;
    let draft = draft.filter(|draft| draft.deleted_at.is_none()).ok_or(SimilarError::NotFound)?;
    let (summary, description) = texts(&draft.document, reference).ok_or(SimilarError::NotFound)?;
    let linked = keys_of(&draft.document, reference);
    let mut issues = similar_issues(ports, actor, &draft.project, &summary, &description)?;
    issues.retain(|similar| !linked.contains(&similar.issue.key));
    Ok(SimilarFound { site: jira.map(|jira| jira.target).unwrap_or_default(), issues })
}

fn texts(document: &Document, reference: &str) -> Option<(String, String)> {
    let story = document.stories.iter().find(|story| story.id == reference);
    let of_story = story.map(|story| (story.summary.clone(), story.description_markdown()));
    of_story.or_else(|| document.epic(reference).map(|epic| (epic.summary.clone(), epic.description.clone())))
}

/// Keys that the story names already.
fn keys_of(document: &Document, reference: &str) -> Vec<String> {
    let story = document.stories.iter().find(|story| story.id == reference);
    story
        .map(|story| story.links.iter().map(|link| link.to.clone()).chain(story.epic.clone()).collect())
        .unwrap_or_default()
}

/// Carries out the decision in the draft whose version is `expected`: a version of its own, so that it can be undone.
///
/// # Errors
/// [`EditDraftError`]; `NotFound` also when the draft has no such part.
pub fn settle_similar(
    ports: &Ports,
    actor: &Actor,
    id: DraftId,
    expected: u32,
    reference: &str,
    decision: &SimilarDecision,
) -> Result<Draft, EditDraftError> {
    let draft = ports.storage.read(|tx| tx.draft(actor.user(), id))?.ok_or(EditDraftError::NotFound)?;
    let mut document = draft.document;
    if !settle(&mut document, reference, decision) {
        return Err(EditDraftError::NotFound);
    }
    let change = DraftChange { document: Some(document), beside: true, ..DraftChange::default() };
    edit_draft(ports, actor, id, expected, &change)
}

/// Says whether the document has such a part.
fn settle(document: &mut Document, reference: &str, decision: &SimilarDecision) -> bool {
    if let Some(index) = document.epics.iter().position(|epic| epic.id == reference) {
        document.epics.remove(index);
        let instead = match decision {
            SimilarDecision::Link(key) => Some(key.clone()),
            SimilarDecision::Leave => None,
        };
        for story in document.stories.iter_mut().filter(|story| story.epic.as_deref() == Some(reference)) {
            story.epic.clone_from(&instead);
        }
        drop_links_to(document, reference);
        return true;
    }
    let Some(index) = document.stories.iter().position(|story| story.id == reference) else { return false };
    match decision {
        SimilarDecision::Link(key) => {
            let link = StoryLink { kind: LinkKind::RelatesTo, to: key.clone() };
            let links = &mut document.stories[index].links;
            if !links.contains(&link) {
                links.push(link);
            }
        }
        SimilarDecision::Leave => {
            let story = document.stories.remove(index);
            drop_links_to(document, reference);
            story.subtasks.iter().for_each(|subtask| drop_links_to(document, &subtask.id));
        }
    }
    true
}

fn drop_links_to(document: &mut Document, reference: &str) {
    for story in &mut document.stories {
        story.links.retain(|link| link.to != reference);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::story::{Epic, Story};

    fn document() -> Document {
        let epic = Epic { id: "e1".to_owned(), ..Epic::default() };
        let story = |id: &str, to: &str| Story {
            id: id.to_owned(),
            epic: Some("e1".to_owned()),
            links: vec![StoryLink { kind: LinkKind::Blocks, to: to.to_owned() }],
            ..Story::default()
        };
        Document { epics: vec![epic], stories: vec![story("s1", "s2"), story("s2", "e1")] }
    }

    #[test]
    fn a_story_is_linked_once() {
        let mut document = document();
        let decision = SimilarDecision::Link("PAY-7".to_owned());
        assert!(settle(&mut document, "s1", &decision) && settle(&mut document, "s1", &decision));
        let keys: Vec<&str> = document.stories[0].links.iter().map(|link| link.to.as_str()).collect();
        assert_eq!(keys, ["s2", "PAY-7"]);
    }

    #[test]
    fn what_is_left_out_is_named_no_more() {
        let mut document = document();
        assert!(settle(&mut document, "s2", &SimilarDecision::Leave));
        assert_eq!(document.stories.len(), 1);
        assert!(document.stories[0].links.is_empty());
        assert!(!settle(&mut document, "s2", &SimilarDecision::Leave));
    }

    #[test]
    fn stories_go_into_the_epic_that_exists() {
        let mut document = document();
        assert!(settle(&mut document, "e1", &SimilarDecision::Link("PAY-1".to_owned())));
        assert!(document.epics.is_empty());
        assert!(document.stories.iter().all(|story| story.epic.as_deref() == Some("PAY-1")));
        assert!(document.stories[1].links.is_empty());
    }
}

//! What earlier runs of a draft have created: it is not created again, and what is missing is created under it.

use storywright_domain::publishing::{ExistingIssue, RunItem};
use storywright_domain::story::Document;

/// Issues that earlier runs of a draft have created, by reference.
pub(super) struct Existing {
    items: Vec<RunItem>,
}

impl Existing {
    /// From the journal, the longest unchanged first: of two with one reference, the later counts.
    pub(super) fn new(items: Vec<RunItem>) -> Self {
        Self { items }
    }

    /// Everything that is in Jira, in the document or not.
    pub(super) fn all(&self) -> &[RunItem] {
        &self.items
    }

    fn item(&self, reference: &str) -> Option<&RunItem> {
        self.items.iter().rev().find(|item| item.reference == reference)
    }

    /// Key of the issue with this reference, if it is in Jira.
    pub(super) fn key(&self, reference: &str) -> Option<&str> {
        self.item(reference).and_then(|item| item.jira_key.as_deref())
    }

    /// How many issues of the document are there already.
    pub(super) fn of_document(&self, document: &Document) -> Vec<ExistingIssue> {
        let epics = document.epics.iter().map(|epic| epic.id.as_str());
        let stories = document.stories.iter().flat_map(|story| {
            std::iter::once(story.id.as_str()).chain(story.subtasks.iter().map(|subtask| subtask.id.as_str()))
        });
        let found = epics.chain(stories).filter_map(|reference| {
            let item = self.item(reference)?;
            Some(ExistingIssue {
                reference: reference.to_owned(),
                key: item.jira_key.clone()?,
                summary: item.summary.clone(),
                run: item.run,
            })
        });
        found.collect()
    }
}

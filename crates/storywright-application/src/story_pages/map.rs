//! From the journal of a draft's runs to a story map: epics, their stories, their sub-tasks, in the order of the document.

use crate::Ports;
use crate::sources::cited_pages;
use std::collections::BTreeMap;
use storywright_domain::confluence::{MapGroup, MapIssue, StoryMap};
use storywright_domain::ports::{StorageError, Tx};
use storywright_domain::publishing::{Run, RunItem};
use storywright_domain::source::CitedPage;
use storywright_domain::story::Document;
use storywright_domain::story_page::mark;

/// The map of what the runs of a draft have created.
pub(super) fn of_run(ports: &Ports, tx: &mut dyn Tx, run: &Run, edition: u32) -> Result<StoryMap, StorageError> {
    let draft = tx.draft(run.user, run.draft)?;
    let title = draft.as_ref().map(|draft| draft.title.clone()).unwrap_or_default();
    let document = draft.map(|draft| draft.document).unwrap_or_default();
    let pages = cited_pages(tx, run.user, run.draft, &document)?;
    let base = ports.settings.site(&run.site).map_or("", |site| site.base_url.trim_end_matches('/'));
    let tree = Tree { items: in_order(tx.created_of_draft(run.user, run.draft)?, &document), pages, base };
    let of = if title.is_empty() { String::new() } else { format!("“{title}”, ") };
    let intro = format!("Issues of {of}project {}. Written by {}", run.project, mark(run.id, edition));
    Ok(StoryMap { intro, groups: tree.groups() })
}

/// One item for each reference, the latest; in the order of the document, and what is no longer in it at the end.
fn in_order(items: Vec<RunItem>, document: &Document) -> Vec<RunItem> {
    let epics = document.epics.iter().map(|epic| epic.id.as_str());
    let stories = document.stories.iter().flat_map(|story| {
        std::iter::once(story.id.as_str()).chain(story.subtasks.iter().map(|subtask| subtask.id.as_str()))
    });
    let places: BTreeMap<&str, usize> = epics.chain(stories).zip(0..).collect();
    let mut latest: BTreeMap<String, RunItem> = BTreeMap::new();
    for item in items.into_iter().filter(|item| item.jira_key.is_some()) {
        latest.insert(item.reference.clone(), item);
    }
    let mut items: Vec<RunItem> = latest.into_values().collect();
    items.sort_by_key(|item| (places.get(item.reference.as_str()).copied().unwrap_or(usize::MAX), item.ordinal));
    items
}

struct Tree<'a> {
    items: Vec<RunItem>,
    pages: BTreeMap<String, Vec<CitedPage>>,
    base: &'a str,
}

impl Tree<'_> {
    /// Key of what an item stands under: in its own run, or from an earlier one.
    fn above<'a>(&'a self, item: &'a RunItem) -> Option<&'a str> {
        let own = item.parent.and_then(|id| self.items.iter().find(|other| other.id == id));
        own.and_then(|parent| parent.jira_key.as_deref()).or(item.parent_key.as_deref())
    }

    fn below(&self, item: &RunItem) -> impl Iterator<Item = &RunItem> {
        let key = item.jira_key.clone();
        self.items.iter().filter(move |other| key.is_some() && self.above(other) == key.as_deref())
    }

    fn groups(&self) -> Vec<MapGroup> {
        let known = |key: &str| self.items.iter().any(|item| item.jira_key.as_deref() == Some(key));
        let mut groups: Vec<MapGroup> = Vec::new();
        let mut alone = MapGroup::default();
        for root in self.items.iter().filter(|item| self.above(item).is_none_or(|key| !known(key))) {
            // References of the document tell epics from stories; the names of issue types are the site's.
            if root.reference.starts_with('e') {
                let stories = self.below(root).map(|story| self.story(story)).collect();
                groups.push(MapGroup { epic: Some(self.issue(root)), stories });
            } else {
                alone.stories.push(self.story(root));
            }
        }
        if !alone.stories.is_empty() {
            groups.push(alone);
        }
        groups
    }

    fn story(&self, item: &RunItem) -> (MapIssue, Vec<MapIssue>) {
        (self.issue(item), self.below(item).map(|subtask| self.issue(subtask)).collect())
    }

    fn issue(&self, item: &RunItem) -> MapIssue {
        let key = item.jira_key.clone().unwrap_or_default();
        let pages = self.pages.get(&item.reference).into_iter().flatten();
        MapIssue {
            url: if self.base.is_empty() { String::new() } else { format!("{}/browse/{key}", self.base) },
            key,
            summary: item.summary.clone(),
            pages: pages.map(|page| (page.title.clone(), page.url.clone())).collect(),
        }
    }
}

/// What a map shows, as lines of text: for reading, and for comparing with what stands on a page.
pub(super) fn lines(map: &StoryMap) -> String {
    let mut lines = vec![map.intro.clone(), String::new()];
    for group in &map.groups {
        match &group.epic {
            Some(epic) => lines.extend([format!("## {} {}", epic.key, epic.summary), String::new()]),
            None if map.groups.len() > 1 => lines.extend(["## Without an epic".to_owned(), String::new()]),
            None => {}
        }
        for (story, subtasks) in &group.stories {
            lines.push(format!("- {} {}", story.key, story.summary));
            if !story.pages.is_empty() {
                let titles: Vec<&str> = story.pages.iter().map(|(title, _)| title.as_str()).collect();
                lines.push(format!("  From: {}", titles.join(", ")));
            }
            lines.extend(subtasks.iter().map(|subtask| format!("  - {} {}", subtask.key, subtask.summary)));
        }
        lines.push(String::new());
    }
    lines.join("\n").trim_end().to_owned()
}

//! One document from the stories of several sections: order kept, the same story told twice made one, references unique.

use crate::similarity::IssueProfile;
use crate::story::{Document, Story};
use std::collections::HashMap;

/// From this score on, stories of two sections are one story told twice.
pub const SAME: f64 = 0.85;

/// Puts the stories of sections together, in the order of the sections. A story that is the same as one of an earlier section (by
/// [`SAME`]) is joined to it: nothing that it lists is lost, and what both list is kept once. Links follow the stories that they name.
#[must_use]
pub fn merged(sections: Vec<Vec<Story>>) -> Document {
    let mut kept: Vec<(usize, IssueProfile, Story)> = Vec::new();
    for (section, stories) in sections.into_iter().enumerate() {
        let mut names: HashMap<String, String> = HashMap::new();
        let first_of_section = kept.len();
        let mut touched = Vec::new();
        for mut story in stories {
            let profile = IssueProfile::of(&story.summary, &story.description_markdown());
            let place = kept.iter().position(|(from, other, _)| *from != section && other.similarity(&profile) >= SAME);
            let old = std::mem::take(&mut story.id);
            let place = match place {
                Some(place) => {
                    touched.push((place, story.links.len()));
                    join(&mut kept[place].2, story);
                    place
                }
                None => {
                    story.id = format!("s{}", kept.len() + 1);
                    kept.push((section, profile, story));
                    kept.len() - 1
                }
            };
            if !old.is_empty() {
                names.insert(old, kept[place].2.id.clone());
            }
        }
        // Links of this section name stories by what the section called them.
        let renamed = |links: &mut [crate::story::StoryLink]| {
            for link in links {
                if let Some(name) = names.get(&link.to) {
                    link.to.clone_from(name);
                }
            }
        };
        for (_, _, story) in kept.iter_mut().skip(first_of_section) {
            renamed(&mut story.links);
        }
        let mut renamed_from: HashMap<usize, usize> = HashMap::new();
        for (place, count) in touched {
            *renamed_from.entry(place).or_default() += count;
        }
        for (place, count) in renamed_from {
            let links = &mut kept[place].2.links;
            let from = links.len() - count;
            renamed(&mut links[from..]);
        }
    }
    let stories = kept.into_iter().map(|(_, _, story)| tidied(story)).collect();
    Document::of_stories(stories).with_references()
}

/// A document with more stories at a place: those that are there stay as they are and keep their references; a new one that is the same
/// as one of them (by [`SAME`]) is joined to it. New stories have no links: the references in them are those of another document.
#[must_use]
pub fn added(mut document: Document, stories: Vec<Story>, at: usize) -> Document {
    let profile = |story: &Story| IssueProfile::of(&story.summary, &story.description_markdown());
    let known: Vec<IssueProfile> = document.stories.iter().map(profile).collect();
    let mut fresh = Vec::new();
    for mut story in stories {
        let told = profile(&story);
        story.id.clear();
        story.links.clear();
        story.subtasks.iter_mut().for_each(|subtask| subtask.id.clear());
        match known.iter().position(|other| other.similarity(&told) >= SAME) {
            Some(place) => join(&mut document.stories[place], story),
            None => fresh.push(story),
        }
    }
    let at = at.min(document.stories.len());
    document.stories.splice(at..at, fresh);
    document.with_references()
}

/// Adds what `other` lists to `story`.
fn join(story: &mut Story, other: Story) {
    add(&mut story.acceptance_criteria, other.acceptance_criteria);
    add(&mut story.scenarios, other.scenarios);
    add(&mut story.sections, other.sections);
    add(&mut story.labels, other.labels);
    add(&mut story.components, other.components);
    add(&mut story.citations, other.citations);
    // Counted by the caller, who renames them: doubles go when all is named.
    story.links.extend(other.links);
    for mut subtask in other.subtasks {
        if !story
            .subtasks
            .iter()
            .any(|known| known.summary == subtask.summary && known.description == subtask.description)
        {
            subtask.id = String::new();
            story.subtasks.push(subtask);
        }
    }
    if !other.stlc_notes.trim().is_empty() && !story.stlc_notes.contains(other.stlc_notes.trim()) {
        if !story.stlc_notes.is_empty() {
            story.stlc_notes.push_str("\n\n");
        }
        story.stlc_notes.push_str(other.stlc_notes.trim());
    }
    if story.narrative.is_none() {
        story.narrative = other.narrative;
    }
    story.story_points = match (story.story_points, other.story_points) {
        (Some(one), Some(two)) => Some(one.max(two)),
        (one, two) => one.or(two),
    };
    story.priority = story.priority.take().or(other.priority);
    story.epic = story.epic.take().or(other.epic);
    for (field, value) in other.custom_fields {
        story.custom_fields.entry(field).or_insert(value);
    }
}

fn add<T: PartialEq>(known: &mut Vec<T>, more: Vec<T>) {
    for entry in more {
        if !known.contains(&entry) {
            known.push(entry);
        }
    }
}

/// Without links twice and to itself.
fn tidied(mut story: Story) -> Story {
    let links = std::mem::take(&mut story.links);
    add(&mut story.links, links);
    story.links.retain(|link| link.to != story.id);
    story
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{LinkKind, StoryLink};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn story(id: &str, summary: &str, criteria: &[&str]) -> Story {
        Story {
            id: id.to_owned(),
            summary: summary.to_owned(),
            acceptance_criteria: criteria.iter().map(|text| (*text).to_owned()).collect(),
            ..Story::default()
        }
    }

    fn link(to: &str) -> StoryLink {
        StoryLink { kind: LinkKind::Blocks, to: to.to_owned() }
    }

    #[test]
    fn a_story_told_in_two_sections_is_one_with_all_criteria() {
        let shared = "The refund is paid within 14 days after the clerk approved it";
        let one = vec![story("s1", "Approve a refund", &[shared]), story("s2", "Export the ledger", &["CSV"])];
        let two =
            vec![story("s1", "Send a mail", &["Sent"]), story("s2", "Approve the refund", &[shared, "A mail is sent"])];
        let document = merged(vec![one, two]);
        let told: Vec<(&str, &str)> =
            document.stories.iter().map(|story| (story.id.as_str(), story.summary.as_str())).collect();
        assert_eq!(told, [("s1", "Approve a refund"), ("s2", "Export the ledger"), ("s3", "Send a mail")]);
        assert_eq!(document.stories[0].acceptance_criteria, [shared, "A mail is sent"]);
    }

    #[test]
    fn links_follow_their_stories() {
        let one = vec![story("s1", "Approve a refund", &[])];
        let mut mail = story("s1", "Send a mail", &[]);
        mail.links = vec![link("s2"), link("PAY-1")];
        let mut again = story("s2", "Approve a refund", &[]);
        again.links = vec![link("s1"), link("s2")];
        let document = merged(vec![one, vec![mail, again]]);
        assert_eq!(document.stories.len(), 2);
        assert_eq!(document.stories[0].links, [link("s2")]);
        assert_eq!(document.stories[1].links, [link("s1"), link("PAY-1")]);
    }

    #[test]
    fn added_stories_stand_at_their_place_and_change_no_other() {
        let before = vec![story("s1", "Approve a refund", &["Paid"]), story("s4", "Export the ledger", &["CSV"])];
        let mut mail = story("s1", "Send a mail", &["Sent"]);
        mail.links = vec![link("s4")];
        let more = vec![mail, story("s2", "Export the ledger", &["CSV", "By month"])];
        let document = added(Document::of_stories(before.clone()), more, 1);
        let told: Vec<(&str, &str)> =
            document.stories.iter().map(|story| (story.id.as_str(), story.summary.as_str())).collect();
        assert_eq!(told, [("s1", "Approve a refund"), ("s2", "Send a mail"), ("s4", "Export the ledger")]);
        assert_eq!(document.stories[0], before[0]);
        assert_eq!(document.stories[1].links, []);
        assert_eq!(document.stories[2].acceptance_criteria, ["CSV", "By month"]);
        let far = added(Document::of_stories(before), vec![story("", "Archive vouchers", &[])], 99);
        assert_eq!(far.stories.last().map(|story| story.summary.as_str()), Some("Archive vouchers"));
    }

    proptest! {
        #[test]
        fn no_criterion_is_lost_and_references_are_unique(
            sections in proptest::collection::vec(
                proptest::collection::vec(("(approve|reject|export) (refund|ledger|mail)", proptest::collection::vec("[a-e]", 0..4)), 0..5),
                0..6,
            )
        ) {
            let sections: Vec<Vec<Story>> = sections.iter().map(|stories| {
                stories.iter().enumerate().map(|(place, (summary, criteria))| {
                    story(&format!("s{}", place + 1), summary, &criteria.iter().map(String::as_str).collect::<Vec<_>>())
                }).collect()
            }).collect();
            let all = |stories: &mut dyn Iterator<Item = &Story>| stories
                .flat_map(|story| story.acceptance_criteria.iter().map(|text| (story.summary.clone(), text.clone())))
                .map(|(_, text)| text).collect::<BTreeSet<_>>();
            let before = all(&mut sections.iter().flatten());
            let document = merged(sections);
            prop_assert_eq!(all(&mut document.stories.iter()), before);
            let references: BTreeSet<&str> = document.stories.iter().map(|story| story.id.as_str()).collect();
            prop_assert_eq!(references.len(), document.stories.len());
        }
    }
}

//! Which story of an answer is which story of the draft. Issues in Jira are known by the reference of their story, so a reference that
//! the model gives back counts only when the draft has it, once; what is in Jira stays in the draft whatever the model leaves out.

use std::collections::{HashMap, HashSet};
use storywright_domain::story::{Document, Story, Subtask};

/// The answer as the next document of a draft: stories that are known keep their references, and with them what the model is never asked
/// for (links, citations, the project's own fields); new ones get references that nothing in Jira has. `in_jira`: references of the draft's
/// issues that earlier runs have created. `refined`: the model was shown the document and asked to change it.
pub(super) fn merged(before: &Document, after: Document, in_jira: &HashSet<String>, refined: bool) -> Document {
    let mut after = after;
    after.epics.clone_from(&before.epics);
    if refined {
        keep_known(before, &mut after);
    } else {
        after.stories.iter_mut().for_each(forget);
    }
    carry_over(before, &mut after, refined);
    put_back(before, &mut after, in_jira);
    let mut after = after.with_references_avoiding(in_jira);
    if refined {
        drop_dead_links(before, &mut after);
    }
    after
}

fn forget(story: &mut Story) {
    story.id.clear();
    story.subtasks.iter_mut().for_each(|subtask| subtask.id.clear());
}

/// Keeps what names a story of the draft, the first time; a story without a reference whose summary is word for word that of one story
/// that nobody claims is that one.
fn keep_known(before: &Document, after: &mut Document) {
    let mut claimed: HashSet<String> = HashSet::new();
    for story in &mut after.stories {
        let known = before.stories.iter().any(|old| old.id == story.id);
        if !known || !claimed.insert(story.id.clone()) {
            story.id.clear();
        }
    }
    let unclaimed = before.stories.iter().filter(|old| !claimed.contains(&old.id));
    let mut by_summary: HashMap<&str, Option<&str>> = HashMap::new();
    for old in unclaimed {
        by_summary.entry(old.summary.trim()).and_modify(|one| *one = None).or_insert(Some(old.id.as_str()));
    }
    for story in after.stories.iter_mut().filter(|story| story.id.is_empty()) {
        if let Some(Some(id)) = by_summary.remove(story.summary.trim()) {
            story.id = id.to_owned();
        }
    }
    for story in &mut after.stories {
        let old = before.stories.iter().find(|old| old.id == story.id);
        keep_known_subtasks(old.map(|old| old.subtasks.as_slice()).unwrap_or_default(), &mut story.subtasks);
    }
}

fn keep_known_subtasks(before: &[Subtask], after: &mut [Subtask]) {
    let mut claimed: HashSet<String> = HashSet::new();
    for subtask in &mut *after {
        let known = before.iter().any(|old| old.id == subtask.id);
        if !known || !claimed.insert(subtask.id.clone()) {
            subtask.id.clear();
        }
    }
    for subtask in after.iter_mut().filter(|subtask| subtask.id.is_empty()) {
        let mut alike = before.iter().filter(|old| !claimed.contains(&old.id) && old.summary == subtask.summary);
        if let (Some(old), None) = (alike.next(), alike.next()) {
            subtask.id.clone_from(&old.id);
            claimed.insert(old.id.clone());
        }
    }
}

/// What people filled in stays: by reference, and what is new takes the field values of the known story before it. A first draft, of
/// which nothing is known, takes them story by story.
fn carry_over(before: &Document, after: &mut Document, refined: bool) {
    let Some(last) = before.stories.last() else { return };
    let mut nearest: Option<&Story> = None;
    for (index, story) in after.stories.iter_mut().enumerate() {
        let at_this_place = before.stories.get(index);
        let known = if refined { before.stories.iter().find(|old| old.id == story.id) } else { at_this_place };
        nearest = known.or(nearest);
        story.custom_fields = nearest.or(at_this_place).unwrap_or(last).custom_fields.clone();
        story.links = known.map(|old| old.links.clone()).unwrap_or_default();
        if let Some(known) = known.filter(|_| refined) {
            if story.citations.is_empty() {
                story.citations.clone_from(&known.citations);
            }
            for subtask in &mut story.subtasks {
                if let Some(old) = known.subtasks.iter().find(|old| old.id == subtask.id) {
                    subtask.custom_fields.clone_from(&old.custom_fields);
                }
            }
        }
    }
}

/// What is in Jira and left out goes back to its place.
fn put_back(before: &Document, after: &mut Document, in_jira: &HashSet<String>) {
    for (place, old) in before.stories.iter().enumerate() {
        let own = |subtask: &&Subtask| in_jira.contains(&subtask.id);
        match after.stories.iter().position(|story| story.id == old.id) {
            None if in_jira.contains(&old.id) => {
                let kept = Story { subtasks: old.subtasks.iter().filter(own).cloned().collect(), ..old.clone() };
                after.stories.insert(place.min(after.stories.len()), kept);
            }
            None => {}
            Some(index) => {
                let subtasks = &mut after.stories[index].subtasks;
                for (place, subtask) in old.subtasks.iter().enumerate().filter(|(_, subtask)| own(subtask)) {
                    if !subtasks.iter().any(|one| one.id == subtask.id) {
                        subtasks.insert(place.min(subtasks.len()), subtask.clone());
                    }
                }
            }
        }
    }
}

/// Links to stories of the draft that are gone lead nowhere.
fn drop_dead_links(before: &Document, after: &mut Document) {
    let there: HashSet<String> = after.stories.iter().map(|story| story.id.clone()).collect();
    let gone = |id: &str| before.stories.iter().any(|old| old.id == id) && !there.contains(id);
    for story in &mut after.stories {
        story.links.retain(|link| !gone(link.to.trim()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::story::{FieldValue, LinkKind, StoryLink};

    fn story(id: &str, summary: &str) -> Story {
        let value = FieldValue::Text(format!("of {id}"));
        let custom_fields = [("customfield_1".to_owned(), value)].into();
        let subtask = Subtask { id: format!("{id}.1"), summary: format!("Build {id}"), ..Subtask::default() };
        Story {
            id: id.to_owned(),
            summary: summary.to_owned(),
            subtasks: vec![subtask],
            custom_fields,
            ..Story::default()
        }
    }

    fn told(id: &str, summary: &str) -> Story {
        Story { id: id.to_owned(), summary: summary.to_owned(), ..Story::default() }
    }

    fn ids(document: &Document) -> Vec<&str> {
        document.stories.iter().map(|story| story.id.as_str()).collect()
    }

    fn before() -> Document {
        Document::of_stories(vec![story("s1", "Refund"), story("s2", "Chargeback"), story("s3", "Report")])
    }

    fn in_jira(references: &[&str]) -> HashSet<String> {
        references.iter().map(|one| (*one).to_owned()).collect()
    }

    #[test]
    fn stories_are_known_wherever_the_model_puts_them() {
        let answer =
            Document::of_stories(vec![told("s3", "Report daily"), told("", "New"), told("s1", "Refund at once")]);
        let after = merged(&before(), answer, &in_jira(&["s1"]), true);
        assert_eq!((ids(&after)[0], ids(&after)[2]), ("s3", "s1"));
        assert!(!["s1", "s3"].contains(&ids(&after)[1]));
        assert_eq!(after.stories[0].custom_fields["customfield_1"], FieldValue::Text("of s3".to_owned()));
        assert_eq!(after.stories[1].custom_fields["customfield_1"], FieldValue::Text("of s3".to_owned()));
    }

    #[test]
    fn unknown_and_doubled_references_count_for_nothing() {
        let answer = Document::of_stories(vec![told("s1", "A"), told("s1", "B"), told("s9", "C"), told("e1", "D")]);
        let after = merged(&before(), answer, &in_jira(&["s1", "s7"]), true);
        let unique: HashSet<&str> = ids(&after).into_iter().collect();
        assert_eq!((unique.len(), ids(&after)[0]), (4, "s1"));
        assert!(!unique.contains("s7"), "in Jira that names another issue");
    }

    #[test]
    fn what_is_in_jira_stays_and_comes_back_to_its_place() {
        let answer = Document::of_stories(vec![told("s1", "Refund"), told("", "Something else")]);
        let after = merged(&before(), answer.clone(), &in_jira(&["s1", "s1.1", "s2", "s2.1"]), true);
        assert_eq!(ids(&after)[..2], ["s1", "s2"]);
        assert_eq!(after.stories[0].subtasks[0].id, "s1.1");
        assert_eq!(after.stories[1], before().stories[1]);
        assert!(ids(&after)[2] != "s2" && after.stories[2].summary == "Something else");
        // A new first draft is not the old one, whatever it calls its stories.
        let after = merged(&before(), answer, &in_jira(&["s1", "s1.1"]), false);
        assert_eq!((ids(&after)[0], after.stories.len()), ("s1", 3));
        assert_eq!(after.stories[0], before().stories[0]);
        assert!(!ids(&after)[1..].contains(&"s1"));
    }

    #[test]
    fn a_model_that_gives_no_references_is_understood_by_its_words() {
        let answer = Document::of_stories(vec![told("", "Chargeback"), told("", "Refund")]);
        let after = merged(&before(), answer, &in_jira(&[]), true);
        assert_eq!(ids(&after), ["s2", "s1"]);
        let twins = Document::of_stories(vec![story("s1", "Same"), story("s2", "Same")]);
        let after = merged(&twins, Document::of_stories(vec![told("", "Same")]), &in_jira(&["s1", "s2"]), true);
        assert_eq!(after.stories.len(), 3, "which of the two is not guessed");
    }

    #[test]
    fn parts_of_a_split_story_are_new_and_links_to_it_go() {
        let mut document = before();
        document.stories[2].links =
            ["s1", "s2", "PAY-9"].map(|to| StoryLink { kind: LinkKind::Blocks, to: to.to_owned() }).into();
        let answer = Document::of_stories(vec![
            told("", "Half"),
            told("", "Rest"),
            told("s2", "Chargeback"),
            told("s3", "Report"),
        ]);
        let after = merged(&document, answer, &in_jira(&["s4"]), true);
        assert_eq!(ids(&after)[2..], ["s2", "s3"]);
        assert!(after.stories[..2].iter().all(|part| !["s2", "s3", "s4"].contains(&part.id.as_str())));
        let linked: Vec<&str> = after.stories[3].links.iter().map(|link| link.to.as_str()).collect();
        assert!(linked.ends_with(&["s2", "PAY-9"]), "{linked:?}");
    }

    #[test]
    fn field_values_survive_a_first_draft_story_by_story() {
        let after = merged(&before(), Document::of_stories(vec![Story::default(); 4]), &in_jira(&[]), false);
        let values: Vec<_> = after.stories.iter().map(|story| story.custom_fields["customfield_1"].clone()).collect();
        assert_eq!(values, ["of s1", "of s2", "of s3", "of s3"].map(|text| FieldValue::Text(text.to_owned())));
        assert_eq!(merged(&Document::default(), before(), &in_jira(&[]), true).stories.len(), 3);
    }
}

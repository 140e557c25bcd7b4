//! Mechanical cures: what a finding asks for, done without a model and without losing a word.
//!
//! What is taken out of a sentence goes to a section of the story called [`NOTES`], so that it reaches Jira in the description.

use crate::finding::Finding;
use crate::rules::RuleSet;
use crate::splitting::{check_split, split_story};
use crate::story::{Document, Section, Story};

/// The section that keeps what was taken out of a sentence.
pub const NOTES: &str = "Notes";

/// How a code is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cure {
    /// Move the place of the finding to the notes.
    MoveToNotes,
    /// Make one line of several.
    JoinLines,
    /// Join the words of a label with hyphens.
    JoinLabel,
    /// Take the entry out of its list.
    RemoveEntry,
    /// Put several stories in the place of the one that is too large.
    Split,
}

fn cure_of(code: &str) -> Option<Cure> {
    match code {
        "brackets" | "note" | "further_sentence" | "example" | "reference" => Some(Cure::MoveToNotes),
        "summary_has_line_break" => Some(Cure::JoinLines),
        "label_has_spaces" => Some(Cure::JoinLabel),
        "acceptance_criterion_blank" | "acceptance_criterion_duplicate" | "link_duplicate" | "link_to_itself" => {
            Some(Cure::RemoveEntry)
        }
        "story_points_split" => Some(Cure::Split),
        _ => None,
    }
}

/// Whether [`fix`] mends what was found.
#[must_use]
pub fn is_fixable(finding: &Finding) -> bool {
    match cure_of(&finding.code) {
        // In a criterion nothing can be moved to the notes without changing what is tested.
        Some(Cure::MoveToNotes) => finding.place.is_some() && finding.field.contains(".narrative."),
        Some(_) => true,
        None => false,
    }
}

/// Whether mending it makes several stories of one; that is a choice, not a correction.
#[must_use]
pub fn is_split(finding: &Finding) -> bool {
    matches!(cure_of(&finding.code), Some(Cure::Split))
}

/// The document with the finding of these rules mended; what is new has no reference yet. `None` when it cannot be, or the finding is of another version of the document.
#[must_use]
pub fn fix(document: &Document, finding: &Finding, rules: &RuleSet) -> Option<Document> {
    if !is_fixable(finding) {
        return None;
    }
    let mut path = finding.field.split('.');
    let (list, index) = (path.next()?, path.next()?.parse::<usize>().ok()?);
    let rest: Vec<&str> = path.collect();
    let mut fixed = document.clone();
    match (cure_of(&finding.code)?, list, rest.as_slice()) {
        (Cure::MoveToNotes, "stories", ["narrative", part]) => {
            let story = fixed.stories.get_mut(index)?;
            let place = finding.place?;
            let moved = take_out(part_of(story, part)?, place.start, place.end)?;
            keep_in_notes(story, &moved);
        }
        (Cure::JoinLines, _, rest) => {
            let summary = match (list, rest) {
                ("stories", ["summary"]) => &mut fixed.stories.get_mut(index)?.summary,
                ("epics", ["summary"]) => &mut fixed.epics.get_mut(index)?.summary,
                ("stories", ["subtasks", number, "summary"]) => {
                    &mut fixed.stories.get_mut(index)?.subtasks.get_mut(number.parse::<usize>().ok()?)?.summary
                }
                _ => return None,
            };
            *summary = summary.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        (Cure::JoinLabel, list, ["labels", number]) => {
            let labels = match list {
                "stories" => &mut fixed.stories.get_mut(index)?.labels,
                "epics" => &mut fixed.epics.get_mut(index)?.labels,
                _ => return None,
            };
            let number = number.parse::<usize>().ok()?;
            let joined = labels.get(number)?.split_whitespace().collect::<Vec<_>>().join("-");
            if joined.is_empty() || labels.contains(&joined) {
                labels.remove(number);
            } else {
                *labels.get_mut(number)? = joined;
            }
        }
        (Cure::Split, "stories", ["story_points"]) => {
            fixed.stories.splice(index..=index, split_at(document, finding, rules)?);
        }
        (Cure::RemoveEntry, "stories", [entries, number]) => {
            let story = fixed.stories.get_mut(index)?;
            let number = number.parse::<usize>().ok()?;
            match *entries {
                "acceptance_criteria" => remove(&mut story.acceptance_criteria, number)?,
                "links" => remove(&mut story.links, number)?,
                _ => return None,
            }
        }
        _ => return None,
    }
    (fixed != *document).then_some(fixed)
}

/// The stories that take the place of the one that the finding is about; every acceptance criterion is in exactly one of them.
fn split_at(document: &Document, finding: &Finding, rules: &RuleSet) -> Option<Vec<Story>> {
    let index = finding.field.split('.').nth(1)?.parse::<usize>().ok()?;
    let whole = document.stories.get(index)?;
    let parts = split_story(whole, rules.max_story_points)?;
    check_split(whole, &parts).is_ok().then_some(parts)
}

fn part_of<'s>(story: &'s mut Story, part: &str) -> Option<&'s mut String> {
    let told = story.narrative.as_mut()?;
    match part {
        "role" => Some(&mut told.role),
        "goal" => Some(&mut told.goal),
        "benefit" => Some(&mut told.benefit),
        _ => None,
    }
}

fn remove<T>(list: &mut Vec<T>, number: usize) -> Option<()> {
    (number < list.len()).then(|| {
        list.remove(number);
    })
}

/// Cuts characters out of a text and closes the gap; nothing is cut that would leave the text empty.
fn take_out(text: &mut String, start: usize, end: usize) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let moved: String = characters.get(start..end)?.iter().collect();
    let before: String = characters[..start].iter().collect();
    let after: String = characters[end..].iter().collect();
    let (before, after) =
        (before.trim_end().trim_end_matches([',', ';', ':', '-', '–']).trim_end(), after.trim_start());
    let closes = after.starts_with([',', '.', ';', ':', '!', '?']);
    let left = if before.is_empty() || after.is_empty() || closes {
        format!("{before}{after}")
    } else {
        format!("{before} {after}")
    };
    let left = left.trim_start_matches([',', ';', ' ']).to_owned();
    if left.chars().all(|character| !character.is_alphanumeric()) {
        return None;
    }
    *text = left;
    Some(moved)
}

fn keep_in_notes(story: &mut Story, moved: &str) {
    let moved = moved.trim().trim_start_matches(['-', '–', ',', ';', ':', '*', '(', '[', '{']).trim_start();
    let moved = moved.trim_end_matches([')', ']', '}', ',', ';']).trim_end();
    if moved.is_empty() {
        return;
    }
    let line = format!("- {moved}");
    match story.sections.iter_mut().find(|section| section.heading.trim() == NOTES) {
        Some(section) if section.text.trim().is_empty() => section.text = line,
        Some(section) => section.text = format!("{}\n{line}", section.text.trim_end()),
        None => story.sections.push(Section { heading: NOTES.to_owned(), text: line }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::review;
    use crate::rules::RuleSet;
    use crate::story::{LinkKind, Narrative, StoryFormat, StoryLink};
    use proptest::prelude::*;

    fn story(goal: &str) -> Story {
        Story {
            id: "s1".into(),
            summary: "Export".into(),
            narrative: Some(Narrative {
                role: "clerk".into(),
                goal: goal.into(),
                benefit: "the auditor reads it".into(),
            }),
            acceptance_criteria: vec!["The file is there".into()],
            stlc_notes: "n".into(),
            story_points: Some(1.0),
            ..Story::default()
        }
    }

    fn found(document: &Document, code: &str) -> Finding {
        let findings = review(document, StoryFormat::Classic, &RuleSet::default());
        let found = findings.iter().find(|found| found.code == code);
        found.unwrap_or_else(|| panic!("no {code} in {findings:#?}")).clone()
    }

    /// Mends the finding with this code, and checks that it is gone.
    #[track_caller]
    fn fixed(story: Story, code: &str) -> Story {
        let document = Document::of_stories(vec![story]);
        let after = fix(&document, &found(&document, code), &RuleSet::default()).expect("it is mended");
        let left = review(&after, StoryFormat::Classic, &RuleSet::default());
        assert!(left.iter().all(|found| found.code != code), "{left:#?}");
        after.stories.into_iter().next().expect("the story is there")
    }

    #[test]
    fn what_is_in_brackets_goes_to_the_notes() {
        let after = fixed(story("to export claims (as Ümläut PDF) by e-mail"), "brackets");
        assert_eq!(after.narrative.unwrap().goal, "to export claims by e-mail");
        assert_eq!(after.sections, [Section { heading: NOTES.into(), text: "- as Ümläut PDF".into() }]);
    }

    #[test]
    fn lists_lose_what_is_there_twice_or_blank() {
        let doubled = Story { acceptance_criteria: vec!["A b".into(), "a  b.".into()], ..story("to export claims") };
        assert_eq!(fixed(doubled, "acceptance_criterion_duplicate").acceptance_criteria, ["A b"]);
        let blank = Story { acceptance_criteria: vec!["A b".into(), " ".into()], ..story("to export claims") };
        assert_eq!(fixed(blank, "acceptance_criterion_blank").acceptance_criteria, ["A b"]);
        let link = StoryLink { kind: LinkKind::Blocks, to: "s1".into() };
        assert_eq!(fixed(Story { links: vec![link], ..story("to export claims") }, "link_to_itself").links, []);
    }

    #[test]
    fn labels_and_summaries_become_what_jira_takes() {
        let labels = vec!["two  words".into(), "a".into()];
        assert_eq!(fixed(Story { labels, ..story("to export claims") }, "label_has_spaces").labels, ["two-words", "a"]);
        let broken = Story { summary: "Export\n claims".into(), ..story("to export claims") };
        assert_eq!(fixed(broken, "summary_has_line_break").summary, "Export claims");
    }

    #[test]
    fn a_finding_of_another_version_mends_nothing() {
        let document = Document::of_stories(vec![story("to export claims (as PDF)")]);
        let finding = found(&document, "brackets");
        assert_eq!(fix(&Document::of_stories(vec![story("to")]), &finding, &RuleSet::default()), None);
        assert_eq!(fix(&Document::default(), &finding, &RuleSet::default()), None);
    }

    #[test]
    fn a_story_over_the_maximum_becomes_stories_that_keep_every_criterion_once() {
        let criteria: Vec<String> = (1..=4).map(|number| format!("Claim {number} is paid")).collect();
        let large =
            Story { story_points: Some(8.0), acceptance_criteria: criteria.clone(), ..story("to export claims") };
        let document = Document::of_stories(vec![large, Story { id: "s2".into(), ..story("to pay claims") }]);
        let after = fix(&document, &found(&document, "story_points_split"), &RuleSet::default()).unwrap();
        let ids: Vec<&str> = after.stories.iter().map(|story| story.id.as_str()).collect();
        assert_eq!(ids, ["s1", "", "", "s2"]);
        let kept: Vec<&String> = after.stories[..3].iter().flat_map(|story| &story.acceptance_criteria).collect();
        assert_eq!(kept, criteria.iter().collect::<Vec<_>>());

        let single = Story { story_points: Some(8.0), ..story("to export claims") };
        let document = Document::of_stories(vec![single]);
        assert!(!is_fixable(&found(&document, "story_points_indivisible")));
    }

    proptest! {
        /// Whatever is found in whatever is typed: a fix keeps every word somewhere, and never panics.
        #[test]
        fn no_word_is_lost(goal in r"[a-zü(),.:;\- ]{0,60}(\([a-z ]{1,12}\)|e\.g\. [a-z]{1,8}| - [a-z ]{1,12})?[a-z. ]{0,20}") {
            let document = Document::of_stories(vec![story(&goal)]);
            for finding in review(&document, StoryFormat::Classic, &RuleSet::default()) {
                let Some(after) = fix(&document, &finding, &RuleSet::default()) else { continue };
                let text = |document: &Document| {
                    let text = document.stories[0].description_markdown().replace("Notes", "");
                    let mut words: Vec<String> = text
                        .split(|character: char| !character.is_alphanumeric())
                        .filter(|word| !word.is_empty())
                        .map(str::to_owned)
                        .collect();
                    words.sort();
                    words
                };
                prop_assert_eq!(text(&document), text(&after), "{:?}", finding);
            }
        }
    }
}

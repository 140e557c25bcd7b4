use super::*;
use storywright_domain::story::StoryLink;

fn story(summary: &str, criteria: &[&str]) -> Story {
    Story {
        id: "s1".to_owned(),
        summary: summary.to_owned(),
        acceptance_criteria: criteria.iter().map(|text| (*text).to_owned()).collect(),
        ..Story::default()
    }
}

#[test]
fn changed_words_are_found_and_the_rest_is_kept() {
    let from = Document::of_stories(vec![story("Pay by card", &["The code is asked for", "Old"])]);
    let to = Document::of_stories(vec![story("Pay by bank card", &["The code is asked for"])]);
    let changes = differences(&from, &to);
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert_eq!((changes[0].kind, changes[0].label.as_str()), ("changed", "Story 1, summary"));
    let added: String =
        changes[0].segments.iter().filter(|part| part.op == "add").map(|part| part.text.as_str()).collect();
    assert_eq!(added.trim(), "bank");
    assert_eq!((changes[1].kind, changes[1].label.as_str()), ("removed", "Story 1, criterion 2"));
    assert!(differences(&to, &to).is_empty());
}

#[test]
fn very_many_entries_are_compared_at_once() {
    let criteria = vec![""; 200_000];
    let from = Document::of_stories(vec![story("Pay by card", &criteria)]);
    let to = Document::of_stories(vec![story("Pay by phone", &criteria)]);
    assert_eq!(differences(&from, &to).len(), 1);
}

#[test]
fn a_moved_story_is_no_difference_in_its_texts() {
    let other = Story { id: "s2".to_owned(), ..story("Refund", &[]) };
    let from = Document::of_stories(vec![story("Pay", &[]), other.clone()]);
    let to = Document::of_stories(vec![other, story("Pay", &[])]);
    assert!(differences(&from, &to).is_empty());
}

#[test]
fn an_epic_that_is_renamed_is_one_difference_and_its_stories_have_none() {
    let epic = |name: &str| Epic { id: "e1".to_owned(), summary: name.to_owned(), ..Epic::default() };
    let link = |to: &str| StoryLink { kind: LinkKind::Blocks, to: to.to_owned() };
    let within =
        |epic: &str, to: &str| Story { epic: Some(epic.to_owned()), links: vec![link(to)], ..story("Pay", &[]) };
    let with = |name: &str, story: Story| Document { epics: vec![epic(name)], stories: vec![story] };
    let told = |from: &Document, to: &Document| -> Vec<(String, &str, String)> {
        let text =
            |change: &Change| change.segments.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("|");
        differences(from, to).iter().map(|change| (change.label.clone(), change.kind, text(change))).collect()
    };
    let before = with("Refunds", within("e1", "e1"));
    let renamed = told(&before, &with("Returns", within("e1", "e1")));
    assert_eq!(renamed, [("Epic 1, summary".to_owned(), "changed", "Refunds|Returns".to_owned())]);
    let moved = told(&before, &with("Refunds", within("PAY-7", "e1")));
    assert_eq!(moved, [("Story 1, epic".to_owned(), "changed", "Refunds|PAY-7".to_owned())]);
    let mut alone = with("Refunds", within("e1", "e1"));
    alone.epics.clear();
    alone.stories[0].links.clear();
    alone.stories[0].epic = None;
    let removed: Vec<String> =
        told(&before, &alone).into_iter().map(|(label, kind, _)| format!("{kind} {label}")).collect();
    assert_eq!(removed, ["removed Epic 1, summary", "removed Story 1, epic", "removed Story 1, link 1"]);
}

#[test]
fn places_are_told_in_words() {
    for (path, words) in [
        ("", "The whole draft"),
        ("stories.0.summary", "Story 1, summary"),
        ("stories.1.acceptance_criteria.2", "Story 2, criterion 3"),
        ("stories.0.scenarios.0.given", "Story 1, scenario 1"),
        ("stories.0.subtasks.1.summary", "Story 1, sub-task 2"),
        ("stories.0.labels.0", "Story 1, labels"),
        ("stories.0.story_points", "Story 1, story points"),
        ("stories.0.links.1", "Story 1, link 2"),
        ("stories.0.epic", "Story 1, epic"),
        ("stories.0.custom_fields.customfield_1", "Story 1, customfield_1"),
        ("stories.0.subtasks.0.custom_fields.customfield_1", "Story 1, sub-task 1, customfield_1"),
        ("epics.1.summary", "Epic 2, summary"),
        ("epics.0.name", "Epic 1, name on boards"),
        ("epics.0", "Epic 1"),
    ] {
        assert_eq!(place(path), words, "{path}");
    }
}

#[test]
fn around_a_change_stands_a_little_of_the_rest() {
    let (before, after) = (format!("{0} old {0}", "word ".repeat(400)), format!("{0} new {0}", "word ".repeat(400)));
    let shown = around(segments(&before, &after));
    let ops: Vec<&str> = shown.iter().map(|segment| segment.op).collect();
    assert_eq!(ops, ["same", "del", "add", "same"]);
    assert!(shown[0].text.starts_with('…') && shown[0].text.ends_with("word  "), "{:?}", shown[0]);
    assert!(shown[3].text.contains('…') && shown.iter().all(|segment| segment.text.chars().count() < 200), "{shown:?}");
    assert_eq!(around(segments("a b c", "a d c")).iter().map(|part| part.text.as_str()).collect::<String>(), "a bd c");
}

#[test]
fn sentences_that_go_or_come_stay_in_one_piece() {
    let before = "Agents refund a payment.\n\nAgreed with finance on Monday.\n";
    let after = "- Agents can refund a payment.\n\n## Limits\n\nNothing of the kind is meant here, on no day.\n";
    let shown: Vec<(&str, String)> = by_line(before, after).into_iter().map(|one| (one.op, one.text)).collect();
    assert!(
        shown.iter().any(|(op, text)| *op == "del" && text.contains("Agreed with finance on Monday.")),
        "{shown:?}"
    );
    assert!(shown.iter().any(|(op, text)| *op == "same" && text.contains("refund a payment.")), "{shown:?}");
    let joined = |without: &str| -> String {
        shown.iter().filter(|(op, _)| *op != without).map(|(_, text)| text.as_str()).collect()
    };
    assert_eq!((joined("add").as_str(), joined("del").as_str()), (before, after), "nothing is lost");
}

//! One test a promise of the review, through one `check`.

use super::*;
use crate::story::{LinkKind, Narrative, Scenario, Section, StoryLink};

fn good() -> Story {
    Story {
        id: "s1".into(),
        summary: "Refund a captured card payment".into(),
        narrative: Some(Narrative {
            role: "support agent".into(),
            goal: "to refund a payment".into(),
            benefit: "customers are paid back".into(),
        }),
        acceptance_criteria: vec!["A refund shows in the ledger".into()],
        stlc_notes: "System test with sandbox cards".into(),
        story_points: Some(3.0),
        ..Story::default()
    }
}

#[track_caller]
fn check_as(format: StoryFormat, rules: &RuleSet, story: Story, expected: &[&str]) {
    let found = review(&Document::of_stories(vec![story]), format, rules);
    let codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, expected, "{found:#?}");
}

#[track_caller]
fn check(change: impl FnOnce(&mut Story), expected: &[&str]) {
    let mut story = good();
    change(&mut story);
    check_as(StoryFormat::Classic, &RuleSet::default(), story, expected);
}

#[test]
fn a_good_story_has_no_findings() {
    check(|_| {}, &[]);
}

#[test]
fn every_gap_is_reported_at_once() {
    check_as(
        StoryFormat::Classic,
        &RuleSet::default(),
        Story::default(),
        &[
            "summary_missing",
            "role_missing",
            "goal_missing",
            "benefit_missing",
            "acceptance_criteria_missing",
            "stlc_notes_missing",
            "story_points_missing",
        ],
    );
}

#[test]
fn a_summary_fits_to_the_character_not_the_byte() {
    check(|story| story.summary = "é".repeat(150), &[]);
    check(|story| story.summary = "é".repeat(151), &["summary_too_long"]);
    check(|story| story.summary = "two\nlines".into(), &["summary_has_line_break"]);
}

#[test]
fn points_over_the_maximum_are_split_or_rejected_as_the_rules_say() {
    check(|story| story.story_points = Some(5.0), &["story_points_split"]);
    let reject = RuleSet { oversize: Oversize::Reject, ..RuleSet::default() };
    check_as(StoryFormat::Classic, &reject, Story { story_points: Some(3.5), ..good() }, &["story_points_exceeded"]);
    check(|story| story.story_points = Some(f64::NAN), &["story_points_invalid"]);
    check(|story| story.story_points = Some(-1.0), &["story_points_invalid"]);
}

#[test]
fn a_scenario_needs_all_three_steps() {
    let scenario =
        Scenario { title: "Refund".into(), given: vec!["a payment".into()], when: vec![], then: vec![" ".into()] };
    let story = Story { narrative: None, scenarios: vec![scenario], ..good() };
    check_as(StoryFormat::Bdd, &RuleSet::default(), story, &["scenario_when_missing", "scenario_then_missing"]);
}

#[test]
fn the_sections_that_the_team_names_must_be_there() {
    let rules = RuleSet { custom_sections: vec!["Context".into(), "Risks".into()], ..RuleSet::default() };
    let story = Story { sections: vec![Section { heading: "context".into(), text: "Refunds".into() }], ..good() };
    check_as(StoryFormat::Custom, &rules, story, &["section_missing"]);
}

#[test]
fn labels_are_single_words_and_sub_tasks_have_summaries() {
    check(|story| story.labels = vec!["two words".into()], &["label_has_spaces"]);
    check(|story| story.subtasks = vec![Subtask::default()], &["summary_missing"]);
}

#[test]
fn two_stories_with_one_summary_are_named() {
    let found = review(&Document::of_stories(vec![good(), good()]), StoryFormat::Classic, &RuleSet::default());
    assert_eq!(
        found.iter().map(|finding| (finding.code.as_str(), finding.field.as_str())).collect::<Vec<_>>(),
        [("summary_duplicate", "stories.1.summary")]
    );
}

#[test]
fn an_epic_is_one_of_the_draft_or_a_key() {
    let with_epic = |epic: &str, expected: &[&str]| {
        let document = Document {
            epics: vec![Epic { id: "e1".into(), summary: "Refunds".into(), ..Epic::default() }],
            stories: vec![Story { epic: Some(epic.to_owned()), ..good() }],
        };
        let found = review(&document, StoryFormat::Classic, &RuleSet::default());
        assert_eq!(found.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(), expected, "{epic}");
    };
    with_epic("e1", &[]);
    with_epic("PAY-12", &[]);
    with_epic(" ", &[]);
    with_epic("e2", &["epic_unknown"]);
    with_epic("Payments", &["epic_unknown"]);
    with_epic("PAY-", &["epic_unknown"]);
}

#[test]
fn links_lead_somewhere_else() {
    let link = |to: &str| StoryLink { kind: LinkKind::Blocks, to: to.to_owned() };
    check(|story| story.links = vec![link("PAY-12"), link("s1")], &["link_to_itself"]);
    check(|story| story.links = vec![link("s9")], &["link_target_unknown"]);
    check(|story| story.links = vec![link("PAY-1"), link("PAY-1")], &["link_duplicate"]);
}

#[test]
fn an_epic_has_a_summary_and_a_name_that_fits() {
    let epic = Epic { id: "e1".into(), name: "x".repeat(256), labels: vec!["two words".into()], ..Epic::default() };
    let document = Document { epics: vec![epic], stories: vec![good()] };
    let found = review(&document, StoryFormat::Classic, &RuleSet::default());
    let codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["summary_missing", "label_has_spaces", "epic_name_too_long"]);
    assert_eq!(found[1].field, "epics.0.labels.0");
}

//! One test a promise of the review, through one `check`.

use super::*;
use crate::story::{LinkKind, Narrative, Scenario, Section, StoryLink};
use crate::team::Weight;

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
    check(|story| story.summary = "é".repeat(151), &["summary_over_limit"]);
    check(|story| story.summary = "é".repeat(255), &["summary_over_limit"]);
    check(|story| story.summary = "é".repeat(256), &["summary_too_long"]);
    check(|story| story.summary = "two\nlines".into(), &["summary_has_line_break"]);
}

#[test]
fn a_team_weighs_its_own_limit_of_the_summary_and_not_that_of_jira() {
    let rules = RuleSet {
        severity: [("summary_over_limit".to_owned(), Weight::Off)].into(),
        max_summary_chars: 10,
        ..RuleSet::default()
    };
    rules.check().unwrap();
    let found = |chars: usize| {
        let mut story = good();
        story.summary = "é".repeat(chars);
        let findings = review(&Document::of_stories(vec![story]), StoryFormat::Classic, &rules);
        findings.into_iter().map(|finding| finding.code).filter(|code| code.starts_with("summary")).collect::<Vec<_>>()
    };
    assert_eq!(found(255), Vec::<String>::new());
    assert_eq!(found(256), ["summary_too_long"]);
}

#[test]
fn points_over_the_maximum_are_split_or_rejected_as_the_rules_say() {
    let two = || vec!["The claim is paid".to_owned(), "The clerk sees it".to_owned()];
    let large = |story: &mut Story| (story.story_points, story.acceptance_criteria) = (Some(5.0), two());
    check(large, &["story_points_split"]);
    check(|story| story.story_points = Some(5.0), &["story_points_indivisible"]);
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
        [
            ("duplicate", "stories.0.narrative.goal"),
            ("duplicate", "stories.1.narrative.goal"),
            ("summary_duplicate", "stories.1.summary")
        ]
    );
    let blocking: Vec<&str> =
        found.iter().filter(|found| found.severity == Severity::Error).map(|found| found.code.as_str()).collect();
    assert_eq!(blocking, ["summary_duplicate"], "parts of a split story share their narrative");
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

#[test]
fn the_narrative_is_read_as_a_story() {
    let vague = |story: &mut Story| {
        story.narrative.as_mut().unwrap().goal = "to refund a payment (by card) with a user-friendly form".into();
    };
    check(vague, &["brackets", "vague_word"]);
    let mut story = good();
    vague(&mut story);
    let found = review(&Document::of_stories(vec![story]), StoryFormat::Classic, &RuleSet::default());
    assert_eq!(found[0].field, "stories.0.narrative.goal");
    assert_eq!(found[0].place, Some(crate::finding::Place { start: 20, end: 29 }));
}

#[test]
fn criteria_can_be_tested_and_are_there_once() {
    check(
        |story| {
            story.acceptance_criteria = vec![
                "A refund shows in the ledger".into(),
                "a refund  shows in the ledger.".into(),
                "The refund works as expected".into(),
                "The form is user-friendly".into(),
            ];
        },
        &["acceptance_criterion_duplicate", "not_testable", "vague_word"],
    );
    let rules = RuleSet { max_acceptance_criteria: Some(1), ..RuleSet::default() };
    let mut story = good();
    story.acceptance_criteria.push("The customer gets an e-mail".into());
    check_as(StoryFormat::Classic, &rules, story, &["acceptance_criteria_too_many"]);
}

#[test]
fn a_then_says_what_is_seen() {
    let scenario = Scenario {
        title: " ".into(),
        given: vec!["a captured payment".into()],
        when: vec!["Given another one".into()],
        then: vec!["the refund works".into()],
    };
    let story = Story { scenarios: vec![scenario], ..good() };
    let expected = ["not_testable", "scenario_title_missing", "scenario_not_gherkin"];
    check_as(StoryFormat::Bdd, &RuleSet::default(), story, &expected);
}

#[test]
fn a_team_has_its_own_words_labels_and_severities() {
    let rules: RuleSet = serde_json::from_str(
        r#"{"id": "t", "name": "T", "forbidden_words": ["ledger"], "labels": ["payments"], "ready": ["epic", "label"],
            "patterns": [{"pattern": "card$", "message": "M.", "criterion": "minimal", "severity": "info"}],
            "severity": {"forbidden_word": "warning", "unambiguous": "off", "story_points_missing": "error"}}"#,
    )
    .unwrap();
    let story = Story {
        summary: "Refund a card".into(),
        labels: vec!["Payments".into()],
        story_points: None,
        acceptance_criteria: vec!["The form is user-friendly; see the Ledger".into()],
        ..good()
    };
    let found = review(&Document::of_stories(vec![story]), StoryFormat::Classic, &rules);
    let shown: Vec<(&str, Severity)> = found.iter().map(|found| (found.code.as_str(), found.severity)).collect();
    assert_eq!(
        shown,
        [
            ("story_points_missing", Severity::Error),
            ("label_unknown", Severity::Warning),
            ("team_pattern", Severity::Info),
            ("forbidden_word", Severity::Warning),
            ("not_ready", Severity::Error),
        ],
        "{found:#?}"
    );
    assert!(found.iter().any(|found| found.cure == "Write it as `payments`."), "{found:#?}");
}

#[test]
fn what_jira_refuses_stays_an_error() {
    let rules: RuleSet =
        serde_json::from_str(r#"{"id": "t", "name": "T", "severity": {"label_has_spaces": "off"}}"#).unwrap();
    let story = Story { labels: vec!["two words".into()], ..good() };
    check_as(StoryFormat::Classic, &rules, story, &["rule_set_broken", "label_has_spaces"]);
}

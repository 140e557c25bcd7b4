//! Texts in sections, sentences and coverage.

use super::*;
use crate::story::{Document, Story};
use proptest::prelude::*;

#[test]
fn a_short_text_is_one_section() {
    let text = "# Refunds\n\nCustomers get refunds.\n";
    let sections = outline(text, 1_000);
    assert_eq!(sections.len(), 1);
    assert_eq!((sections[0].title.as_str(), sections[0].range.clone()), ("Refunds", 0..text.len()));
    assert!(outline("", 10).is_empty());
}

#[test]
fn headings_begin_sections_and_are_never_left_behind() {
    let part = |name: &str| format!("## {name}\n\n{}\n\n", "The clerk approves the refund. ".repeat(6));
    let text = format!("# All\n\n{}{}{}", part("One"), part("Two"), part("Three"));
    let sections = outline(&text, 60);
    assert_eq!(sections.iter().map(|section| section.title.as_str()).collect::<Vec<_>>(), ["All", "Two", "Three"]);
    for section in &sections {
        let last = text[section.range.clone()].trim_end().lines().last().unwrap();
        assert!(!last.starts_with('#'), "{last}");
    }
    assert_eq!(compact(&sections, 1_000), "1. All\n2. Two\n3. Three\n");
    assert_eq!(compact(&sections, 8), "1. All\n");
}

#[test]
fn code_and_rows_stay_whole() {
    let code = format!("```\n{}```\n", "let total = price * count;\n".repeat(20));
    let row = format!("| {} | b |\n", "cell ".repeat(40));
    let text = format!("Before.\n\n{code}\nAfter.\n\n{row}{row}");
    let sections = outline(&text, 10);
    for whole in [&code, &row] {
        assert!(sections.iter().any(|section| text[section.range.clone()].contains(whole.as_str())), "{sections:?}");
    }
    // A fence that is never closed makes no code of the rest.
    assert!(outline(&format!("```\n{}", "Words of prose. ".repeat(50)), 10).len() > 10);
}

#[test]
fn sentences_end_where_people_end_them() {
    let text = "Clerks, e.g. Dr. Smith, see refunds of 3.50 EUR. They approve them! Who pays?\n";
    let found: Vec<&str> =
        sentences::sentence_ranges(text, 0..text.len()).into_iter().map(|range| text[range].trim()).collect();
    assert_eq!(found, ["Clerks, e.g. Dr. Smith, see refunds of 3.50 EUR.", "They approve them!", "Who pays?"]);
}

#[test]
fn what_asks_for_nothing_is_no_requirement() {
    let text = "Hello team,\n\n# Refunds\n\nThe clerk can:\n- approve a refund\n- reject a refund; see p. 3\n\n| Role | Right |\n|---|---|\n| Auditor | reads all refunds |\n\n```\nlet code = 1;\n```\n\n## Out of scope\n\nRefunds in cash are forbidden.\n\n### Also\n\nNo cheques are sent.\n\n# Mail\n\nThe customer receives a mail.\n\nThanks and best regards\n";
    let found = requirement_sentences(text);
    let told: Vec<(&str, &str)> = found.iter().map(|entry| (entry.heading.as_str(), entry.text.as_str())).collect();
    assert_eq!(
        told,
        [
            ("Refunds", "approve a refund"),
            ("Refunds", "reject a refund; see p. 3"),
            ("Refunds", "Auditor: reads all refunds"),
            ("Mail", "The customer receives a mail."),
        ]
    );
}

#[test]
fn each_sentence_finds_its_story_or_none() {
    let story = |id: &str, summary: &str, criterion: &str| Story {
        id: id.to_owned(),
        summary: summary.to_owned(),
        acceptance_criteria: vec![criterion.to_owned()],
        ..Story::default()
    };
    let document = Document::of_stories(vec![
        story("s1", "Approve refunds", "A clerk approves a refund above 100 EUR."),
        story("s2", "Mail the customer", "The customer is mailed when a payment fails."),
    ]);
    let text = "Clerks approve refunds above 100 EUR. The customer is mailed when payments fail. Auditors export the ledger monthly.";
    let found = coverage(text, &document);
    let stories: Vec<Option<&str>> = found.sentences.iter().map(|entry| entry.story.as_deref()).collect();
    assert_eq!(stories, [Some("s1"), Some("s2"), None]);
    assert_eq!(found.covered(), 2);
    assert_eq!(
        found.uncovered().map(|entry| entry.sentence.text.as_str()).collect::<Vec<_>>(),
        ["Auditors export the ledger monthly."]
    );
    assert_eq!(coverage(text, &Document::default()).covered(), 0);
}

proptest! {
    #[test]
    fn sections_are_the_whole_text_in_order(text in r"([#\-|`a-zäß€. \n]{0,9}){0,80}", budget in 1_usize..60) {
        let sections = outline(&text, budget);
        let joined: String = sections.iter().map(|section| &text[section.range.clone()]).collect();
        prop_assert_eq!(&joined, &text);
        for (place, section) in sections.iter().enumerate() {
            prop_assert_eq!(section.ordinal, place + 1);
            prop_assert!(!section.range.is_empty());
        }
    }

    #[test]
    fn prose_stays_within_the_budget(words in proptest::collection::vec("[a-z]{1,12}[.]?", 1..300), budget in 8_usize..60) {
        let text = words.join(" ");
        for section in outline(&text, budget) {
            prop_assert!(section.tokens <= budget, "{section:?}");
        }
    }

    #[test]
    fn sentences_never_panic_and_lie_in_order(text in any::<String>()) {
        let mut end = 0;
        for sentence in requirement_sentences(&text) {
            prop_assert!(sentence.range.start >= end);
            end = sentence.range.end;
            prop_assert!(text.get(sentence.range).is_some());
        }
    }
}

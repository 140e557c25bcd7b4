//! Tests of the story checks.

use super::*;
use proptest::strategy::Strategy as _;

#[track_caller]
fn parts(story: &str, role: Option<&str>, means: Option<&str>, ends: Option<&str>) {
    let review = check(story);
    assert_eq!(
        (review.role.as_deref(), review.means.as_deref(), review.ends.as_deref()),
        (role, means, ends),
        "{story}"
    );
}

#[test]
fn parts_are_found_in_any_order() {
    parts(
        "As a reader, I want to rate a book, so that others can choose.",
        Some("reader"),
        Some("rate a book"),
        Some("others can choose"),
    );
    parts(
        "In order to pay faster, as a shopper, I want to save my card",
        Some("shopper"),
        Some("save my card"),
        Some("pay faster"),
    );
    parts(
        "I want to save my card as a shopper so I can pay faster",
        Some("shopper"),
        Some("save my card"),
        Some("I can pay faster"),
    );
    parts("- [ ] US-12: **As an** editor **I'd like to** lock a page", Some("editor"), Some("lock a page"), None);
    parts(
        "Als Mieter möchte ich einen Schaden melden, damit er behoben wird.",
        Some("Mieter"),
        Some("einen Schaden melden"),
        Some("er behoben wird"),
    );
    parts(
        "En tant qu'administrateur, je veux bloquer un compte afin de protéger les données.",
        Some("administrateur"),
        Some("bloquer un compte"),
        Some("protéger les données"),
    );
    parts("", None, None, None);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_checks_panic(story in ".{0,300}") {
        let review = check(&story);
        let length = story.chars().count();
        for finding in review.findings {
            proptest::prop_assert!(finding.start <= finding.end && finding.end <= length);
        }
    }

    #[test]
    fn no_row_of_story_words_makes_the_checks_panic(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "as", "a", "an", "user", "i", "want", "to", "so", "that", "in", "order", "because", ",", ".", ":", "-", "(", ")", "[", "]", "and", "or", "it",
                "view", "delete", "story", "12", "US-12", "#3", "etc", "?", "...", "als", "Kunde", "möchte", "ich", "damit", "um", "zu", "und", "suchen", "en", "tant", "que",
                "je", "veux", "afin", "de", "pour", "et", "voir", "l'", "qu'un", "able", "be", "the", "system", "sends", "this", "them", "<", ">", "/", "&", "é", "process", "everything", "tbd",
            ]),
            0..40,
        ),
        glue in proptest::sample::select(vec![" ", "", "  ", "\u{a0}"]),
    ) {
        let story = words.join(glue);
        let review = check(&story);
        let length = story.chars().count();
        for finding in review.findings {
            proptest::prop_assert!(finding.start <= finding.end && finding.end <= length);
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    // Its time is measured by the benchmark `lint`.
    #[test]
    fn no_line_of_32_kilobytes_makes_the_checks_panic(
        pieces in proptest::collection::vec(proptest::prop_oneof![
            ".{1,40}",
            proptest::sample::select(vec!["as a ", "i want to ", "so that ", "(", "[", "and view ", "US-1 ", "afin de ", "\u{301}", "e.g. "]).prop_map(str::to_owned),
        ], 1..12),
    ) {
        let line: String = pieces.iter().cycle().map(String::as_str).take(32 * 1024 / pieces.concat().len().max(1) * pieces.len() + 1).collect();
        let review = check(&line);
        let length = line.chars().count();
        for finding in review.findings {
            proptest::prop_assert!(finding.start <= finding.end && finding.end <= length);
        }
    }
}

/// Scripts and marks that no word list knows: right to left, with marks that combine, joined, turned, unassigned.
fn strange_piece() -> impl proptest::strategy::Strategy<Value = String> {
    proptest::prop_oneof![
        "[\\u{0590}-\\u{06ff}\\u{200e}\\u{200f}\\u{202a}-\\u{202e}\\u{2066}-\\u{2069} ]{1,12}",
        "[a-z][\\u{0300}-\\u{036f}]{1,12}",
        "[\\u{1f300}-\\u{1faff}\\u{200d}\\u{fe0f}]{1,8}",
        "[İıßſﬁŉǰΐ\u{2126}\u{212a}\u{fb03}\u{1e9e}]{1,6}",
        "[\\u{e000}-\\u{e010}\\u{fff0}-\\u{ffff}\\u{10fff0}-\\u{10ffff}\\u{0}-\\u{1f}]{1,6}",
        proptest::sample::select(vec![
            "as a ",
            ", i want to ",
            ", so that ",
            " and view ",
            "als ",
            "möchte ich ",
            "je veux ",
            "(",
            ". "
        ])
        .prop_map(str::to_owned),
    ]
}

proptest::proptest! {
    #[test]
    fn no_script_makes_the_checks_panic(pieces in proptest::collection::vec(strange_piece(), 0..40), hint in 0..4_usize) {
        let story = pieces.concat();
        let hint = [None, Some(Language::English), Some(Language::German), Some(Language::French)][hint];
        let review = check_in(&story, hint);
        let length = story.chars().count();
        for finding in review.findings.into_iter().chain(check_wording(&story, hint)) {
            proptest::prop_assert!(finding.start <= finding.end && finding.end <= length);
        }
    }
}

#[test]
fn a_role_inside_the_means_parts_it_and_it_goes_on() {
    parts(
        "I'd like, as a manager, to compare two branches because I decide on opening hours.",
        Some("manager"),
        Some("compare two branches"),
        Some("I decide on opening hours"),
    );
}

#[test]
fn parts_are_found_where_small_words_or_commas_are_missing() {
    parts("As director, want to see the pupils of a class", Some("director"), Some("see the pupils of a class"), None);
    parts("Like a teacher, I want to close the exam", Some("teacher"), Some("close the exam"), None);
    parts(
        "Als Kassenwart möchte ich die Beiträge sehen um rechtzeitig mahnen zu können",
        Some("Kassenwart"),
        Some("die Beiträge sehen"),
        Some("rechtzeitig mahnen zu können"),
    );
    // A time of day is no reason.
    parts("Als Wirt möchte ich um zehn schließen", Some("Wirt"), Some("um zehn schließen"), None);
    parts("En tant qu habitant je veux suivre ma demande", Some("habitant"), Some("suivre ma demande"), None);
}

#[test]
fn what_is_to_be_is_part_of_the_wish_and_no_reason() {
    parts("As a user I want the site to be open at night", Some("user"), Some("the site to be open at night"), None);
    parts(
        "As a driver, I want to set the navigation to avoid toll roads",
        Some("driver"),
        Some("set the navigation to avoid toll roads"),
        None,
    );
}

#[track_caller]
fn codes(story: &str, expected: &[Code]) {
    let found: Vec<Code> = check(story).findings.iter().map(|finding| finding.code).collect();
    assert_eq!(found, expected, "{story}");
}

#[test]
fn words_of_the_surroundings_are_no_implementation() {
    codes("As an admin, I want to correct an address, so that the database stays right.", &[]);
    codes("As an accountant, I want to import invoices as XML, so that nobody types them.", &[]);
    codes("As a clerk, I want claims to be kept in a database, so that none is lost.", &[Code::Technology]);
    codes("As a clerk, I want a Redis-backed list of claims, so that it opens in a second.", &[Code::Technology]);
}

#[test]
fn what_a_system_is_like_is_a_reason_and_what_it_does_is_none() {
    codes("As a clerk, I want claims to be archived, so that the page opens in a second.", &[]);
    codes("As a clerk, I want to close a claim, so that the system sets the date.", &[Code::EndsNoReason]);
    codes("As a nurse, I want to scan a wristband, so that the wristband is scanned.", &[Code::EndsRepeatMeans]);
}

#[test]
fn a_document_is_pointed_to_by_name_only() {
    codes("As a clerk, I want to file a report, so that I can refer to it later.", &[]);
    codes("As a judge, I want to sort claims according to business rules, so that old ones come first.", &[]);
    codes("As a judge, I want to sort claims according to the spec, so that old ones come first.", &[Code::Reference]);
}

#[test]
fn hostile_lines_are_read_to_the_end() {
    for piece in [
        "as a ",
        "i want to ",
        "so that ",
        "(",
        ")",
        "and view ",
        "to save ",
        "it ",
        "e.g. ",
        ". As ",
        "US-1 ",
        "- ",
        "a",
        "'",
        "und suchen ",
        "once is ",
        "some kind ",
        "[",
        "[(",
        "[]",
        ". ",
        "view and ",
        "e\u{301}",
        "\u{202e}\u{5d0}",
    ] {
        for head in ["", "As a user, I want to view x", "Als Kunde möchte ich ", "En tant que client, je veux "] {
            let line = format!("{head}{}", piece.repeat(32 * 1024 / piece.len()));
            let review = check(&line);
            assert!(review.findings.len() <= Code::ALL.len() * MOST_OF_A_CODE, "{piece}");
        }
    }
}

/// Which stories of a set have a template of their own.
#[track_caller]
fn deviating(stories: &[&str], expected: &[usize]) {
    let mut set = set::Set::default();
    for (number, story) in stories.iter().enumerate() {
        assert!(set.push(number, check(story).profile).is_none());
    }
    let mut found = Vec::new();
    while let Some((number, findings)) = set.finish() {
        found.extend(findings.iter().filter(|finding| finding.code == Code::OtherTemplate).map(|_| number));
    }
    assert_eq!(found, expected);
}

#[test]
fn another_order_or_a_missing_role_is_another_template_and_varied_words_are_none() {
    deviating(
        &[
            "As a clerk, I want to file a claim, so that it is known.",
            "As a clerk, I want to print a letter, so that it can be sent.",
            "As a judge, I'd like to close a case because it is old.",
            "As a judge, I need to open a case in order to correct it.",
            "So that I can plan, as a judge, I want to see my week.",
            "I want to see a map.",
            "As a judge, I can sign a letter.",
        ],
        &[4, 5],
    );
}

#[test]
fn words_that_nearly_all_stories_begin_with_are_the_template() {
    deviating(
        &[
            "As a clerk, I want to file a claim.",
            "As a clerk, I want to print a letter.",
            "As a judge, I want to close a case.",
            "As a judge, I'd like to open a folder because it is new.",
            "As a judge, I can sign a letter.",
        ],
        &[4],
    );
}

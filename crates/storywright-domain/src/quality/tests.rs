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
    ] {
        let line = piece.repeat(32 * 1024 / piece.len());
        let review = check(&line);
        assert!(review.findings.len() <= Code::ALL.len() * MOST_OF_A_CODE, "{piece}");
    }
}

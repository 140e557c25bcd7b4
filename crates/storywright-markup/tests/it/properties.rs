//! What holds for every tree and for every text.

use crate::trees::{document, words};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use storywright_markup::{
    Document, Loss, normalise, parse_html, parse_markdown, parse_wiki, render_html, render_markdown, render_wiki,
    wiki_form,
};

/// Cases of the two round trips; the other properties take fewer.
const CASES: u32 = 20_000;

const SEED: u64 = 20_261_123;

fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    // The same cases every time; others by `PROPTEST_RNG_SEED`.
    let rng_seed = if default.rng_seed == RngSeed::Random { RngSeed::Fixed(SEED) } else { default.rng_seed };
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..default }
}

fn letters(document: &Document) -> String {
    document.text().chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn wiki_reads_back_as_the_same_tree(tree in document()) {
        let (form, _) = wiki_form(&tree);
        let wiki = render_wiki(&tree).text;
        prop_assert_eq!(parse_wiki(&wiki), form, "through {}", wiki);
    }

    #[test]
    fn markdown_reads_back_as_the_same_tree(tree in document()) {
        let markdown = render_markdown(&tree);
        prop_assert_eq!(parse_markdown(&markdown), normalise(&tree), "through {}", markdown);
    }
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn normal_forms_are_final(tree in document()) {
        let tidy = normalise(&tree);
        prop_assert_eq!(&normalise(&tidy), &tidy);
        let (form, _) = wiki_form(&tree);
        let (again, mut notes) = wiki_form(&form);
        prop_assert_eq!(&again, &form);
        // A diagram stays one, and Jira still draws none.
        notes.retain(|note| note.kind != Loss::Diagram);
        prop_assert!(notes.is_empty(), "{:?}", notes);
    }

    #[test]
    fn a_tree_without_notes_keeps_its_normal_form(tree in document()) {
        let (form, notes) = wiki_form(&tree);
        if notes.is_empty() {
            prop_assert_eq!(form, normalise(&tree));
        }
    }

    #[test]
    fn any_wiki_text_becomes_the_same_markdown_tree(lines in prop::collection::vec(words(), 0..12)) {
        let tree = parse_wiki(&lines.join("\n"));
        prop_assert_eq!(&normalise(&tree), &tree);
        prop_assert_eq!(&parse_markdown(&render_markdown(&tree)), &tree, "through {}", render_markdown(&tree));
        let (form, _) = wiki_form(&tree);
        prop_assert_eq!(parse_wiki(&render_wiki(&tree).text), form);
    }

    #[test]
    fn any_markdown_text_becomes_the_same_wiki_tree(lines in prop::collection::vec(words(), 0..12)) {
        let tree = parse_markdown(&lines.join("\n"));
        prop_assert_eq!(&normalise(&tree), &tree);
        let (form, _) = wiki_form(&tree);
        prop_assert_eq!(&parse_wiki(&render_wiki(&tree).text), &form);
        prop_assert_eq!(parse_markdown(&render_markdown(&form)), form);
    }

    #[test]
    fn any_html_becomes_the_same_markdown_tree(lines in prop::collection::vec(words(), 0..12)) {
        let tree = parse_html(&lines.join("<p>"));
        prop_assert_eq!(&parse_markdown(&render_markdown(&tree)), &tree);
    }

    #[test]
    fn a_preview_shows_the_text_and_no_foreign_element(tree in document()) {
        let html = render_html(&tree);
        prop_assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("javascript:\""));
        for tag in html.split('<').skip(1) {
            let name: String = tag.chars().skip_while(|c| *c == '/').take_while(char::is_ascii_alphanumeric).collect();
            prop_assert!(ELEMENTS.contains(&name.as_str()), "{} in {}", name, html);
        }
    }

    #[test]
    fn the_letters_stay(tree in document().prop_filter("no pictures", |tree| !format!("{tree:?}").contains("Image"))) {
        let (form, _) = wiki_form(&tree);
        let broken = |text: String| text.replace("{noformat", "{ noformat").replace(' ', "");
        prop_assert_eq!(broken(letters(&form)), broken(letters(&normalise(&tree))));
    }
}

/// Every element that a preview may have.
const ELEMENTS: [&str; 31] = [
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "div",
    "pre",
    "code",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "hr",
    "br",
    "a",
    "span",
    "strong",
    "em",
    "del",
    "ins",
    "sup",
    "sub",
    "cite",
];

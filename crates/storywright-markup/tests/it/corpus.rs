//! Snippets as they stand in tickets and requirements: nothing is lost on the way through the other markup and back.

use std::fs;
use std::path::Path;
use storywright_markup::{
    Document, Loss, normalise, parse_markdown, parse_wiki, render_html, render_markdown, render_wiki, wiki_form,
};

/// Name and text of every snippet of a folder.
fn snippets(folder: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(folder);
    let mut files: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for snippet in text.split("%%%% ").skip(1) {
            let (name, text) = snippet.split_once('\n').unwrap();
            found.push((format!("{}: {name}", file.file_stem().unwrap().display()), text.to_owned()));
        }
    }
    found
}

/// What is there to read, without white space.
fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Every word of the source is somewhere in the tree, in words, addresses, titles or names.
#[track_caller]
fn has_every_word(name: &str, source: &str, tree: &Document, known: &[&str]) {
    let all = format!("{tree:?}").to_lowercase();
    let all = percent_encoding::percent_decode_str(&all).decode_utf8_lossy();
    let source = source.to_lowercase();
    let source = percent_encoding::percent_decode_str(&source).decode_utf8_lossy();
    for word in source.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2) {
        assert!(all.contains(word) || known.contains(&word), "{name}: {word:?} is not in {tree:#?}");
    }
}

#[test]
fn there_are_enough_snippets() {
    assert!(snippets("markdown").len() >= 150, "{}", snippets("markdown").len());
    assert!(snippets("markdown").len() + snippets("wiki").len() >= 250);
}

#[test]
fn markdown_survives_jira() {
    let mut unchanged = 0;
    let all = snippets("markdown");
    for (name, source) in &all {
        let tree = parse_markdown(source);
        assert_eq!(normalise(&tree), tree, "{name}");
        assert_eq!(parse_markdown(&render_markdown(&tree)), tree, "{name}");
        let known = [
            "copy",
            "euro",
            "nbsp",
            "amp",
            "x2a",
            "u0301",
            "yml",
            "text",
            "csharp",
            "title",
            "attachment",
            "quot",
            "kbd",
            "sub",
            "sup",
        ];
        has_every_word(name, source, &tree, &known);

        let converted = render_wiki(&tree);
        let (form, notes) = wiki_form(&tree);
        assert_eq!(converted.notes, notes, "{name}");
        let back = parse_wiki(&converted.text);
        assert_eq!(back, form, "{name}: {}", converted.text);
        let again = parse_markdown(&render_markdown(&back));
        assert_eq!(again, form, "{name}");
        if notes.is_empty() {
            assert_eq!(again, tree, "{name}");
            unchanged += 1;
        }
        let pictures = notes.iter().any(|note| matches!(note.kind, Loss::Image | Loss::CodeDelimiter));
        if !pictures {
            assert_eq!(letters(&form.text()), letters(&tree.text()), "{name}");
        }
        assert!(!render_html(&tree).contains("<img"), "{name}");
    }
    // Most of what people write needs no note at all.
    assert!(unchanged * 10 >= all.len() * 8, "{unchanged} of {}", all.len());
}

#[test]
fn wiki_survives_markdown() {
    for (name, source) in &snippets("wiki") {
        let tree = parse_wiki(source);
        assert_eq!(normalise(&tree), tree, "{name}");
        let markdown = render_markdown(&tree);
        let back = parse_markdown(&markdown);
        assert_eq!(back, tree, "{name}: {markdown}");
        let (form, mut notes) = wiki_form(&back);
        // A diagram came as its source already.
        notes.retain(|note| note.kind != Loss::Diagram);
        let wiki = render_wiki(&back).text;
        assert_eq!(parse_wiki(&wiki), form, "{name}: {wiki}");
        if notes.is_empty() {
            assert_eq!(form, tree, "{name}");
        }
        // What came from Jira goes back to it, but for pictures from elsewhere.
        let expected = name == "links: pictures";
        assert_eq!(notes.is_empty(), !expected, "{name}: {notes:?}");
        if !expected {
            assert_eq!(letters(&back.text()), letters(&form.text()), "{name}");
        }
        let known = [
            "code",
            "noformat",
            "quote",
            "panel",
            "color",
            "red",
            "00875a",
            "borderstyle",
            "dashed",
            "bordercolor",
            "ccc",
            "titlebgcolor",
            "f7d6c1",
            "bgcolor",
            "ffffce",
            "title",
            "info",
            "thumbnail",
            "width",
            "height",
            "300",
            "200",
            "alt",
            "anchor",
            "top",
            "solid",
            "copy",
            "amp",
            "nbsp",
            "bsol",
            "open",
            "the",
            "example",
            "off",
            "flag",
            "mailto",
            "none",
            "json",
        ];
        has_every_word(name, source, &tree, &known);
    }
}

//! What Jira's markup cannot say is told, each thing once.

use storywright_markup::{Loss, markdown_to_html, markdown_to_wiki_with_notes};

#[track_caller]
fn check(markdown: &str, wiki: &str, notes: &[(Loss, &str)]) {
    let converted = markdown_to_wiki_with_notes(markdown);
    assert_eq!(converted.text, wiki, "for {markdown:?}");
    let found: Vec<(Loss, &str)> = converted.notes.iter().map(|note| (note.kind, note.excerpt.as_str())).collect();
    assert_eq!(found, notes, "for {markdown:?}");
}

#[test]
fn every_loss_has_its_note() {
    check("<div>x</div>", "{noformat}\n<div>x</div>\n{noformat}", &[(Loss::Html, "<div>x</div>")]);
    check("a <blink>b", "a <blink>b", &[(Loss::Html, "<blink>")]);
    check("a <!-- b -->", "a", &[(Loss::Comment, "<!-- b -->")]);
    check(
        "a[^1]\n\n[^1]: b",
        "a\\[\\^1\\]\n\n{noformat}\n[^1]: b\n{noformat}",
        &[(Loss::Footnote, "[^1]"), (Loss::Footnote, "[^1]: b")],
    );
    check("$$x$$", "{noformat:title=math}\n$$x$$\n{noformat}", &[(Loss::Math, "$$x$$")]);
    check("```mermaid\nx\n```", "{noformat:title=mermaid}\nx\n{noformat}", &[(Loss::Diagram, "x")]);
    check("[a](file:///x)", "a", &[(Loss::LinkTarget, "file:///x")]);
    check("[a](https://x.example \"t\")", "[a|https://x.example]", &[(Loss::LinkTitle, "t")]);
    check("![a](https://x.example/a.png)", "[a|https://x.example/a.png]", &[(Loss::Image, "https://x.example/a.png")]);
    check("![a](img/a.png)", "a (img/a.png)", &[(Loss::Image, "img/a.png")]);
    check("3. a", "# a", &[(Loss::ListStart, "a")]);
    check("- # a", "* *a*", &[(Loss::HeadingInList, "a")]);
    check("> a\n>> b", "{quote}\na\n\nb\n{quote}", &[(Loss::Nested, "b")]);
    check(
        "```\n{code}{noformat}\n```",
        "{noformat}\n{code}{ noformat}\n{noformat}",
        &[(Loss::CodeDelimiter, "{code}{noformat}")],
    );
    check("|a|\n|-:|\n|1|", "||a||\n|1|", &[(Loss::Alignment, "a")]);
    check("- a\n- - b", "* a\n** b", &[(Loss::EmptyItem, "b")]);
    check("1. a\n\n   | b |\n   |---|\n\n2. c", "# a\n\n||b||\n\n# c", &[(Loss::BlockInList, "b")]);
}

#[test]
fn what_can_be_said_has_none() {
    check(
        "> [!NOTE] Mind\n> the `gap`\n\n- [x] **done** [~bob]\n\n| a |\n|---|\n| b<br>c |",
        "{panel:title=Note: Mind}\nthe {{gap}}\n{panel}\n\n* \\[x\\] *done* [~bob]\n\n||a||\n|b \\\\ c|",
        &[],
    );
    check("```kotlin title=\"A.kt\"\nx\n```", "{code:none|title=kotlin: A.kt}\nx\n{code}", &[]);
    check("[a.txt](attachment:a.txt) ![](b.png)", "[^a.txt] !b.png!", &[]);
}

#[test]
fn notes_are_sentences_of_bounded_length() {
    let converted = markdown_to_wiki_with_notes(&format!("<p>{}</p>", "long ".repeat(1_000)));
    assert_eq!(converted.notes.len(), 1);
    assert!(converted.notes[0].excerpt.chars().count() <= 60);
    assert!(converted.notes[0].to_string().starts_with("Jira shows no HTML, so it appears as it was typed: <p>long"));
}

#[test]
fn a_preview_is_safe() {
    let html = markdown_to_html(
        "[a](https://x.example/\"onclick=1) [b](javascript:x) [c](JaVaScRiPt:x) [d](data:text/html,x) [e](mailto:a@b.example)\n\n\
         ![f](https://x.example/f.png) <script>alert(1)</script> `<i>`\n\n<img src=x onerror=y>\n\n```x\"y\n</code><b>\n```",
    );
    assert_eq!(html.matches("<a ").count(), 2, "{html}");
    assert_eq!(html.matches("rel=\"noopener noreferrer\"").count(), 2);
    for forbidden in ["<script", "<img", "<b>", "<i>", " onclick=1", "language-x\""] {
        assert!(!html.contains(forbidden), "{forbidden} in {html}");
    }
    for forbidden in ["href=\"data:", "href=\"javascript:"] {
        assert!(!html.to_lowercase().contains(forbidden), "{forbidden} in {html}");
    }
}

#[test]
fn a_preview_shows_every_block() {
    assert_eq!(
        markdown_to_html(
            "# H\n\n> q\n\n- [x] a\n  - b\n\n3. c\n\n|x|\n|:-:|\n|y|\n\n---\n\n> [!TIP] T\n> p\n\n```rust title=\"m.rs\"\n1 < 2\n```"
        ),
        "<h1>H</h1>\n<blockquote>\n<p>q</p>\n</blockquote>\n<ul>\n<li><span class=\"task\">☑</span> a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>\n\
         <ol start=\"3\">\n<li>c</li>\n</ol>\n<table>\n<thead>\n<tr><th class=\"text-center\">x</th></tr>\n</thead>\n<tbody>\n\
         <tr><td class=\"text-center\">y</td></tr>\n</tbody>\n</table>\n<hr>\n<div class=\"panel panel-tip\">\n\
         <p class=\"panel-title\"><strong>Tip: T</strong></p>\n<p>p</p>\n</div>\n<p class=\"code-title\">m.rs</p>\n\
         <pre><code class=\"language-rust\">1 &lt; 2</code></pre>\n"
    );
}

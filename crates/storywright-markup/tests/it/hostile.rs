//! Input that is made to be slow or deep takes as long per byte as any other text.

use std::time::{Duration, Instant};
use storywright_markup::{
    html_to_markdown, markdown_to_html, markdown_to_wiki, parse_html, parse_wiki, wiki_to_html, wiki_to_markdown,
};

/// Long enough for a quadratic step to run out of patience, short enough for a suite that runs all day.
const LONG: usize = 250_000;

/// More than any of these takes on a slow and busy machine, and less than what a quadratic step takes on a fast one.
const PATIENCE: Duration = Duration::from_secs(20);

#[track_caller]
#[expect(clippy::disallowed_methods, reason = "the test is about time")]
fn in_time<T>(what: &str, work: impl FnOnce() -> T) {
    let started = Instant::now();
    drop(work());
    let taken = started.elapsed();
    assert!(taken < PATIENCE, "{what}: {taken:?}");
}

fn repeated(piece: &str) -> String {
    piece.repeat(LONG / piece.len())
}

#[test]
fn a_megabyte_is_read() {
    for piece in ["*[", "{quote}", "{{*", "|a"] {
        in_time(piece, || wiki_to_markdown(&piece.repeat(1_000_000 / piece.len())));
    }
}

#[test]
fn wiki_takes_linear_time() {
    let pieces = [
        "*[",
        "{quote}",
        "{panel:title=x}",
        "{code}",
        "{code:java}",
        "{noformat}",
        "{quote}{panel}",
        "[",
        "[a|",
        "![",
        "!a",
        "{{",
        "}}",
        "{*}",
        "*a _b ",
        "{_}{*}",
        "|",
        "||",
        "|a",
        "|{code}",
        "\n|",
        "\n* ",
        "\n#*#*#* x",
        "*",
        "#*",
        "\\",
        "\\\\",
        "&",
        "&amp",
        "http://",
        "http://)",
        "https://a/(",
        "h1. ",
        "\nh1. x",
        "{color:red}",
        "(",
        ":",
        "--",
        " -- ",
        "??",
        "~^+-",
        "\n----",
        "bq. ",
        "{",
        "}",
        "é*",
        "[^",
        "[~",
    ];
    for piece in pieces {
        in_time(piece, || wiki_to_markdown(&repeated(piece)));
    }
}

#[test]
fn wiki_with_one_end_takes_linear_time() {
    for (piece, end) in [
        ("[a", "|https://x.example]"),
        ("{{", "}}"),
        ("{code:x}", "{code}"),
        ("!a", ".png!"),
        ("*a ", "*"),
        ("|a", "\n|"),
    ] {
        in_time(piece, || parse_wiki(&(repeated(piece) + end)));
    }
}

#[test]
fn markdown_takes_linear_time() {
    let pieces = [
        "*a ", "**a_b ", "[", "![", "`", "``a", ">", "- ", "<b>", "<!--", "| a ", "\n| a |", "~~a", "&amp;", "[^a]",
        "[~a]", "\\", "a\n",
    ];
    for piece in pieces {
        in_time(piece, || markdown_to_wiki(&repeated(piece)));
    }
}

#[test]
fn html_takes_linear_time() {
    let pieces = [
        "<div>",
        "<b>",
        "<p>",
        "<ul><li>",
        "<table><tr><td>",
        "<td>",
        "</div>",
        "<a href=x>",
        "<br>",
        "<!--",
        "<script>",
        "&",
        "&amp;",
        "<",
        "<pre>",
        "<span class='a b c'>",
        "<td colspan=1000>",
        "<div class=expand-container>",
        "<div class='panel'>",
        "<blockquote>",
        "<div class='confluence-information-macro'>",
    ];
    for piece in pieces {
        in_time(piece, || html_to_markdown(&repeated(piece)));
    }
}

#[test]
fn previews_take_linear_time() {
    for piece in ["*[", "a ", "* a\n", "<b>"] {
        in_time(piece, || (markdown_to_html(&repeated(piece)), wiki_to_html(&repeated(piece))));
    }
}

#[test]
fn one_long_row_makes_no_huge_table() {
    let cells = LONG / 2;
    let wiki = format!("|{}\n{}", "a|".repeat(cells), "|b|\n".repeat(cells));
    in_time("wiki", || assert_eq!(parse_wiki(&wiki).text().len(), 2 * (2 * cells) - 1));
    let html = format!("<table><tr>{}</tr>{}</table>", "<td colspan=100>a".repeat(20_000), "<tr><td>b".repeat(20_000));
    in_time("html", || assert_eq!(parse_html(&html).text().len(), 2 * 40_000 - 1));
    let markdown = format!("|{}\n|{}\n{}", "a|".repeat(cells), "-|".repeat(cells), "|b|\n".repeat(cells));
    in_time("markdown", || markdown_to_wiki(&markdown));
}

#[test]
fn many_attributes_are_read() {
    let attributes: String = (0..40_000).map(|number| format!(" a{number}=1")).collect();
    in_time("attributes", || html_to_markdown(&format!("<p{attributes}>x</p>")));
}

#[test]
fn depth_is_bounded() {
    let deep: String = (1..200).map(|depth| format!("{} x\n", "*".repeat(depth))).collect();
    assert_eq!(parse_wiki(&deep).text().matches('x').count(), 199);
    let deep = format!("{}x{}", "<ul><li>".repeat(10_000), "</li></ul>".repeat(10_000));
    assert_eq!(parse_html(&deep).text(), "x");
    let deep: String = (0..200).map(|depth| format!("{}- x\n", "  ".repeat(depth))).collect();
    assert_eq!(markdown_to_wiki(&deep).matches('x').count(), 200);
}

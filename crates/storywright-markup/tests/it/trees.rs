//! Random trees, with everything in them that markups trip over.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use storywright_markup::{Align, Block, Document, Inline, Item, Mark, PanelKind};

const PIECES: [&str; 112] = [
    "a",
    "B",
    "word",
    "snake_case",
    "e-mail",
    "é",
    "ß",
    "中文",
    "0",
    "12",
    "3.",
    "1)",
    " ",
    " ",
    " ",
    "  ",
    "\t",
    "\n",
    "\u{a0}",
    "*",
    "**",
    "_",
    "__",
    "-",
    "--",
    "---",
    "----",
    "+",
    "++",
    "^",
    "~",
    "~~",
    "?",
    "??",
    "!",
    "!!",
    "|",
    "||",
    "[",
    "]",
    "{",
    "}",
    "{{",
    "}}",
    "(",
    ")",
    "\\",
    "\\\\",
    "/",
    ":",
    ";",
    "&",
    "&amp;",
    "&#42;",
    "&bsol;",
    "<",
    ">",
    "<b>",
    "</b>",
    "<br>",
    "<!--",
    "#",
    "##",
    "`",
    "``",
    "```",
    "$$",
    "=",
    "===",
    "\"",
    "'",
    "%",
    "@",
    ".",
    ",",
    "(x)",
    "(/)",
    "(i)",
    "(*r)",
    ":)",
    ":D",
    ";)",
    ":-(",
    "h1. ",
    "bq. ",
    "{code}",
    "{noformat}",
    "{quote}",
    "{panel}",
    "{panel:title=x}",
    "{color:red}",
    "{*}",
    "{_}",
    "{-}",
    "[x]",
    "[ ] ",
    "[~bob]",
    "[^a.txt]",
    "[!NOTE]",
    "!a.png!",
    "https://x.example/a_b-c",
    "http://x.example/(y)?q=1&copy=2",
    "mailto:a@b.example",
    "…",
    "“q”",
    "🙂",
    "\u{301}",
    "\u{1}",
    "r)",
    "title=",
    "a.png",
    "# ",
];

/// Words of every kind, glued together at random.
pub(crate) fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(select(PIECES.as_slice()), 1..6).prop_map(|pieces| pieces.concat())
}

fn target() -> impl Strategy<Value = String> {
    let path = words();
    let start = select(vec![
        "https://x.example/",
        "http://x.example/",
        "mailto:",
        "ftp://x.example/",
        "javascript:",
        "/",
        "#",
        "",
        "custom:",
    ]);
    (start, path).prop_map(|(start, path)| format!("{start}{path}"))
}

fn mark() -> impl Strategy<Value = Mark> {
    select(vec![
        Mark::Strong,
        Mark::Strong,
        Mark::Emphasis,
        Mark::Strike,
        Mark::Insert,
        Mark::Superscript,
        Mark::Subscript,
        Mark::Cite,
    ])
}

fn leaf() -> impl Strategy<Value = Inline> {
    let names = select(vec!["bob", "a.b@c.example", "j_d-x", "x:y", "not a name", ""]);
    let files = select(vec!["a.png", "My shot (2).jpg", "log.tar.gz", "no name", "_x_-y.txt", "é.pdf"]);
    prop_oneof![
        10 => words().prop_map(Inline::Text),
        2 => words().prop_map(Inline::Code),
        2 => Just(Inline::Break),
        1 => names.prop_map(|name: &str| Inline::Mention(name.to_owned())),
        1 => files.clone().prop_map(|name: &str| Inline::Attachment(name.to_owned())),
        1 => (prop_oneof![files.prop_map(str::to_owned), target()], words())
            .prop_map(|(source, alt)| Inline::Image { source, alt }),
    ]
}

fn inlines() -> impl Strategy<Value = Vec<Inline>> {
    let inline = leaf().prop_recursive(3, 12, 4, |inner| {
        let inner = prop::collection::vec(inner, 0..4);
        prop_oneof![
            3 => (mark(), inner.clone()).prop_map(|(mark, inner)| Inline::Marked(mark, inner)),
            1 => (target(), prop_oneof![3 => Just(String::new()), 1 => words()], inner)
                .prop_map(|(target, title, content)| Inline::Link { target, title, content }),
        ]
    });
    prop::collection::vec(inline, 0..5)
}

fn code() -> impl Strategy<Value = Block> {
    let language = select(vec![
        "",
        "rust",
        "java",
        "sql",
        "typescript",
        "ts",
        "c#",
        "mermaid",
        "none",
        "py",
        "Weird One",
        "console",
    ]);
    let title = prop_oneof![3 => Just(String::new()), 2 => words(), 1 => select(vec!["config", "java", "rust: x", "none", "none: y"]).prop_map(str::to_owned)];
    let line = prop_oneof![words(), Just("    indented".to_owned()), Just(String::new()), Just("\tx".to_owned())];
    let text = prop::collection::vec(line, 0..4).prop_map(|lines| lines.join("\n"));
    (language, title, text).prop_map(|(language, title, text)| Block::Code {
        language: language.to_owned(),
        title,
        text,
    })
}

fn table() -> impl Strategy<Value = Block> {
    let row = || prop::collection::vec(inlines(), 0..4);
    let align = subsequence(vec![Align::Left, Align::Default, Align::Center, Align::Right], 0..4);
    (align, prop_oneof![Just(Vec::new()), row()], prop::collection::vec(row(), 0..3))
        .prop_map(|(align, head, rows)| Block::Table { align, head, rows })
}

fn flat() -> impl Strategy<Value = Block> {
    prop_oneof![
        8 => inlines().prop_map(Block::Paragraph),
        2 => (0..8_u8, inlines()).prop_map(|(level, content)| Block::Heading { level, content }),
        2 => code(),
        1 => Just(Block::Rule),
        2 => table(),
    ]
}

fn block() -> impl Strategy<Value = Block> {
    flat().prop_recursive(3, 16, 4, |inner| {
        let blocks = || prop::collection::vec(inner.clone(), 0..3);
        let task = select(vec![None, None, None, Some(true), Some(false)]);
        let item = (task, blocks()).prop_map(|(task, blocks)| Item { task, blocks });
        let start = select(vec![None, None, Some(1), Some(1), Some(7), Some(u64::MAX)]);
        let kind = select(vec![
            PanelKind::Plain,
            PanelKind::Info,
            PanelKind::Note,
            PanelKind::Tip,
            PanelKind::Important,
            PanelKind::Warning,
            PanelKind::Caution,
        ]);
        let title = prop_oneof![2 => Just(String::new()), 2 => words(), 1 => Just("Note: x".to_owned())];
        prop_oneof![
            5 => (start, prop::collection::vec(item, 0..4)).prop_map(|(start, items)| Block::List { start, items }),
            2 => blocks().prop_map(Block::Quote),
            1 => (kind, title, blocks()).prop_map(|(kind, title, blocks)| Block::Panel { kind, title, blocks }),
        ]
    })
}

/// A tree that may hold anything but raw source, which means nothing outside the markup that it was written in.
pub(crate) fn document() -> impl Strategy<Value = Document> {
    prop::collection::vec(block(), 0..5).prop_map(|blocks| Document { blocks })
}

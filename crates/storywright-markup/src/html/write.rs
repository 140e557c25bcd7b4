//! The tree as HTML that is safe to show.

use crate::tree::{Align, Block, Cell, Document, Inline, Item, Mark, Raw};
use std::fmt::Write as _;

/// The tree as HTML for a preview: everything is escaped, links lead to https, http and mailto addresses only and carry
/// `rel="noopener noreferrer"`, pictures are named and never loaded, raw HTML is shown as text.
///
/// ```
/// use storywright_markup::{parse_markdown, render_html};
/// let html = render_html(&parse_markdown("[a](https://x.example) [b](javascript:alert(1)) ![c](https://x.example/c.png)"));
/// assert!(html.contains("<a href=\"https://x.example\" rel=\"noopener noreferrer\">a</a> b"));
/// assert!(!html.contains("<img"));
/// ```
#[must_use]
pub fn render_html(document: &Document) -> String {
    let mut out = String::new();
    blocks(&document.blocks, &mut out);
    out
}

fn blocks(from: &[Block], out: &mut String) {
    from.iter().for_each(|block| one(block, out));
}

fn one(block: &Block, out: &mut String) {
    match block {
        Block::Paragraph(content) => element("p", content, out),
        Block::Heading { level, content } => element(&format!("h{}", (*level).clamp(1, 6)), content, out),
        Block::Quote(inner) => {
            out.push_str("<blockquote>\n");
            blocks(inner, out);
            out.push_str("</blockquote>\n");
        }
        Block::Panel { kind, title, blocks: inner } => {
            let _ = writeln!(out, "<div class=\"panel panel-{}\">", panel_class(kind.name()));
            let title = kind.titled(title);
            if !title.is_empty() {
                let _ = writeln!(out, "<p class=\"panel-title\"><strong>{}</strong></p>", escaped(&title));
            }
            blocks(inner, out);
            out.push_str("</div>\n");
        }
        Block::Code { language, title, text } => {
            if !title.is_empty() {
                let _ = writeln!(out, "<p class=\"code-title\">{}</p>", escaped(title));
            }
            match language.as_str() {
                "" => out.push_str("<pre><code>"),
                language => {
                    let _ = write!(out, "<pre><code class=\"language-{}\">", escaped(language));
                }
            }
            let _ = writeln!(out, "{}</code></pre>", escaped(text));
        }
        Block::List { start, items } => list(*start, items, out),
        Block::Table { align, head, rows } => table(align, head, rows, out),
        Block::Rule => out.push_str("<hr>\n"),
        Block::Raw { kind: Raw::Comment, .. } => {}
        Block::Raw { source, .. } => {
            let _ = writeln!(out, "<pre>{}</pre>", escaped(source));
        }
    }
}

fn panel_class(name: &str) -> String {
    if name.is_empty() { "plain".to_owned() } else { name.to_ascii_lowercase() }
}

fn element(name: &str, content: &[Inline], out: &mut String) {
    let _ = write!(out, "<{name}>");
    inlines(content, out);
    let _ = writeln!(out, "</{name}>");
}

fn list(start: Option<u64>, items: &[Item], out: &mut String) {
    let name = if start.is_some() { "ol" } else { "ul" };
    match start {
        Some(start) if start != 1 => {
            let _ = writeln!(out, "<ol start=\"{start}\">");
        }
        _ => {
            let _ = writeln!(out, "<{name}>");
        }
    }
    for item in items {
        out.push_str("<li>");
        let mut rest = item.blocks.as_slice();
        if let Some(done) = item.task {
            out.push_str(if done { "<span class=\"task\">☑</span> " } else { "<span class=\"task\">☐</span> " });
        }
        // The words of an item are no paragraph of their own, as people expect of a list.
        if let Some((Block::Paragraph(content), after)) = rest.split_first() {
            inlines(content, out);
            rest = after;
        }
        if !rest.is_empty() {
            out.push('\n');
        }
        blocks(rest, out);
        out.push_str("</li>\n");
    }
    let _ = writeln!(out, "</{name}>");
}

fn table(align: &[Align], head: &[Cell], rows: &[Vec<Cell>], out: &mut String) {
    out.push_str("<table>\n");
    if !head.is_empty() {
        out.push_str("<thead>\n");
        row("th", align, head, out);
        out.push_str("</thead>\n");
    }
    out.push_str("<tbody>\n");
    rows.iter().for_each(|cells| row("td", align, cells, out));
    out.push_str("</tbody>\n</table>\n");
}

fn row(name: &str, align: &[Align], cells: &[Cell], out: &mut String) {
    out.push_str("<tr>");
    for (column, cell) in cells.iter().enumerate() {
        // A class, not a style: a strict content security policy refuses styles in attributes.
        let class = match align.get(column) {
            None | Some(Align::Default) => "",
            Some(Align::Left) => " class=\"text-left\"",
            Some(Align::Center) => " class=\"text-center\"",
            Some(Align::Right) => " class=\"text-right\"",
        };
        let _ = write!(out, "<{name}{class}>");
        inlines(cell, out);
        let _ = write!(out, "</{name}>");
    }
    out.push_str("</tr>\n");
}

fn inlines(content: &[Inline], out: &mut String) {
    content.iter().for_each(|inline| one_inline(inline, out));
}

fn one_inline(inline: &Inline, out: &mut String) {
    match inline {
        Inline::Text(text) => out.push_str(&escaped(text)),
        Inline::Code(code) => {
            let _ = write!(out, "<code>{}</code>", escaped(code));
        }
        Inline::Marked(mark, content) => {
            let name = element_of(*mark);
            let _ = write!(out, "<{name}>");
            inlines(content, out);
            let _ = write!(out, "</{name}>");
        }
        Inline::Link { target, title, content } => {
            let leads = may_be_shown(target);
            if leads {
                let _ = write!(out, "<a href=\"{}\"", escaped(target));
                if !title.is_empty() {
                    let _ = write!(out, " title=\"{}\"", escaped(title));
                }
                out.push_str(" rel=\"noopener noreferrer\">");
            }
            inlines(content, out);
            if leads {
                out.push_str("</a>");
            }
        }
        Inline::Image { source, alt } => {
            let shown = if alt.is_empty() { source } else { alt };
            let _ = write!(out, "<span class=\"image\" title=\"{}\">{}</span>", escaped(source), escaped(shown));
        }
        Inline::Mention(name) => {
            let _ = write!(out, "<span class=\"mention\">@{}</span>", escaped(name));
        }
        Inline::Attachment(name) => {
            let _ = write!(out, "<span class=\"attachment\">{}</span>", escaped(name));
        }
        Inline::Break => out.push_str("<br>"),
        Inline::Raw(source) if source.starts_with("<!--") => {}
        Inline::Raw(source) => out.push_str(&escaped(source)),
    }
}

fn element_of(mark: Mark) -> &'static str {
    match mark {
        Mark::Strong => "strong",
        Mark::Emphasis => "em",
        Mark::Strike => "del",
        Mark::Insert => "ins",
        Mark::Superscript => "sup",
        Mark::Subscript => "sub",
        Mark::Cite => "cite",
    }
}

/// Whether a link of the preview may lead there. Control characters and spaces could hide another scheme.
fn may_be_shown(target: &str) -> bool {
    let scheme = target.split(':').next().unwrap_or_default();
    let known = ["https", "http", "mailto"].iter().any(|known| known.eq_ignore_ascii_case(scheme));
    known && scheme.len() < target.len() && target.chars().all(|c| c.is_ascii_graphic())
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

//! Markdown as a tree.

use super::inline::{Pieces, Reference};
use crate::normal::normalise;
use crate::tree::{Align, Block, Cell, Document, Inline, Item, MAX_DEPTH, PanelKind, Raw, text_of};
use pulldown_cmark::{
    Alignment, BrokenLink, CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag,
};
use std::iter::Peekable;
use std::ops::Range;

/// Markdown (CommonMark with tables, strikethrough, task lists and footnotes) as a tree, in normal form.
/// Any input gives an output.
///
/// Soft line breaks become spaces. Raw HTML, footnotes and formulas between `$$` stay as source; the elements of HTML that
/// stand for marks (`<b>`, `<sup>` and their like) are read as those.
///
/// ```
/// use storywright_markup::{Block, Inline, parse_markdown};
/// let document = parse_markdown("one\ntwo");
/// assert_eq!(document.blocks, [Block::Paragraph(vec![Inline::Text("one two".to_owned())])]);
/// ```
#[must_use]
pub fn parse_markdown(markdown: &str) -> Document {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES;
    let mut names = |link: BrokenLink<'_>| {
        let own = matches!(link.link_type, LinkType::Shortcut | LinkType::Collapsed)
            && Reference::of(&link.reference).is_some();
        own.then(|| (CowStr::from(link.reference.into_string()), CowStr::Borrowed("")))
    };
    let events = Parser::new_with_broken_link_callback(markdown, options, Some(&mut names)).into_offset_iter();
    let blocks = Reader { source: markdown, events: events.peekable() }.blocks(0);
    normalise(&Document { blocks })
}

pub(super) struct Reader<'a, I: Iterator<Item = (Event<'a>, Range<usize>)>> {
    source: &'a str,
    events: Peekable<I>,
}

impl<'a, I: Iterator<Item = (Event<'a>, Range<usize>)>> Reader<'a, I> {
    /// Blocks up to the end of the enclosing one. Inline pieces that stand there alone, as in tight lists, are a paragraph.
    fn blocks(&mut self, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut loose = Pieces::default();
        let mut passed_over = 0_usize;
        while let Some((event, range)) = self.events.next() {
            let event = match event {
                Event::End(_) if passed_over == 0 => break,
                Event::End(_) => {
                    passed_over -= 1;
                    continue;
                }
                Event::Start(Tag::BlockQuote(_) | Tag::List(_) | Tag::Item) if depth >= MAX_DEPTH => {
                    passed_over += 1;
                    continue;
                }
                inline if is_inline(&inline) => {
                    self.inline(inline, depth, &mut loose);
                    continue;
                }
                block => block,
            };
            blocks.extend(loose.take().map(Block::Paragraph));
            blocks.extend(self.block(event, range, depth));
        }
        blocks.extend(loose.take().map(Block::Paragraph));
        blocks
    }

    fn block(&mut self, event: Event<'a>, range: Range<usize>, depth: usize) -> Option<Block> {
        let tag = match event {
            Event::Start(tag) => tag,
            Event::Rule => return Some(Block::Rule),
            _ => return None,
        };
        Some(match tag {
            Tag::Paragraph => {
                let source = self.source.get(range).unwrap_or_default().trim();
                let content = self.inlines(depth);
                match formula(source) {
                    true => Block::Raw { kind: Raw::Math, source: source.to_owned() },
                    false => Block::Paragraph(content),
                }
            }
            Tag::Heading { level, .. } => Block::Heading { level: number(level), content: self.inlines(depth) },
            Tag::BlockQuote(_) => self.quote(depth),
            Tag::CodeBlock(kind) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                let (language, title) = info_string(&info);
                let text = self.text();
                // Code that is empty and code that is an empty line are told apart by no one.
                Block::Code { language, title, text }
            }
            Tag::HtmlBlock => {
                let source = self.text();
                let html = source.trim();
                let comment = html.starts_with("<!--") && html.find("-->").is_none_or(|end| end + 3 == html.len());
                Block::Raw { kind: if comment { Raw::Comment } else { Raw::Html }, source }
            }
            Tag::FootnoteDefinition(_) => {
                let source = self.source.get(range).unwrap_or_default().trim().to_owned();
                // What is in it is in the source.
                let _ = self.blocks(depth);
                Block::Raw { kind: Raw::Footnote, source }
            }
            Tag::List(start) => Block::List { start, items: self.items(depth + 1) },
            Tag::Table(alignments) => self.table(&alignments, depth),
            // A block that no option above allows: what is in it stays.
            _ => Block::Quote(self.blocks(depth + 1)),
        })
    }

    /// A quote, or a panel when its first line says so.
    fn quote(&mut self, depth: usize) -> Block {
        let mut blocks = self.blocks(depth + 1);
        let kind = match blocks.first() {
            Some(Block::Paragraph(content)) => match content.first() {
                Some(Inline::Raw(marker)) => {
                    marker.strip_prefix("[!").and_then(|name| panel_kind(name.trim_end_matches(']')))
                }
                _ => None,
            },
            _ => None,
        };
        let (Some(kind), Some(Block::Paragraph(content))) = (kind, blocks.first_mut()) else {
            return Block::Quote(blocks);
        };
        content.remove(0);
        // The marker's line holds the title; the paragraph goes on below it.
        let end = content.iter().position(|piece| matches!(piece, Inline::Break)).unwrap_or(content.len());
        let title = text_of(&content.drain(..end).collect::<Vec<_>>());
        Block::Panel { kind, title, blocks }
    }

    fn items(&mut self, depth: usize) -> Vec<Item> {
        let mut items = Vec::new();
        while let Some((event, _)) = self.events.next() {
            if matches!(event, Event::End(_)) {
                break;
            }
            // The box comes first, within the first paragraph when the list is loose.
            let mut task = None;
            let mut opened = None;
            if let Some((Event::Start(Tag::Paragraph), _)) = self.events.peek() {
                opened = self.events.next();
            }
            if let Some((Event::TaskListMarker(done), _)) = self.events.peek() {
                task = Some(*done);
                self.events.next();
            }
            let mut blocks = match opened {
                Some((event, range)) => self.block(event, range, depth).into_iter().collect(),
                None => Vec::new(),
            };
            blocks.extend(self.blocks(depth));
            items.push(Item { task, blocks });
        }
        items
    }

    fn table(&mut self, alignments: &[Alignment], depth: usize) -> Block {
        let align = alignments.iter().map(|alignment| match alignment {
            Alignment::None => Align::Default,
            Alignment::Left => Align::Left,
            Alignment::Center => Align::Center,
            Alignment::Right => Align::Right,
        });
        let align = align.collect();
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        while let Some((Event::Start(_), _)) = self.events.next() {
            let mut cells = Vec::new();
            while let Some((Event::Start(_), _)) = self.events.next() {
                cells.push(self.inlines(depth));
            }
            rows.push(cells);
        }
        let head = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
        Block::Table { align, head, rows }
    }

    /// Text alone, up to the end of the enclosing block.
    fn text(&mut self) -> String {
        let mut text = String::new();
        for (event, _) in self.events.by_ref() {
            match event {
                Event::End(_) => break,
                Event::Text(piece) | Event::Html(piece) | Event::InlineHtml(piece) => text.push_str(&piece),
                _ => {}
            }
        }
        text
    }

    fn inlines(&mut self, depth: usize) -> Vec<Inline> {
        let mut pieces = Pieces::default();
        let mut passed_over = 0_usize;
        while let Some((event, _)) = self.events.next() {
            match event {
                Event::End(_) if passed_over == 0 => break,
                Event::End(_) => passed_over -= 1,
                Event::Start(_) if depth >= MAX_DEPTH => passed_over += 1,
                event => self.inline(event, depth, &mut pieces),
            }
        }
        pieces.finish()
    }

    fn inline(&mut self, event: Event<'a>, depth: usize, into: &mut Pieces) {
        let piece = match event {
            Event::Text(text) => Inline::Text(text.into_string()),
            Event::Code(code) => Inline::Code(code.into_string()),
            // A soft break in the line of a panel's marker ends it; elsewhere it is a space.
            Event::SoftBreak if into.is_marker_line() => Inline::Break,
            Event::SoftBreak => Inline::Text(" ".to_owned()),
            Event::HardBreak => Inline::Break,
            Event::InlineHtml(html) => return into.html(&html),
            Event::FootnoteReference(label) => Inline::Raw(format!("[^{label}]")),
            Event::TaskListMarker(done) => Inline::Text(if done { "[x] " } else { "[ ] " }.to_owned()),
            Event::Start(Tag::Link {
                link_type: LinkType::ShortcutUnknown | LinkType::CollapsedUnknown,
                dest_url,
                ..
            }) => {
                // The words in the brackets are the reference itself.
                let _ = self.inlines(depth + 1);
                match Reference::of(&dest_url) {
                    Some(Reference::Mention(name)) => Inline::Mention(name.to_owned()),
                    _ => Inline::Raw(format!("[{dest_url}]")),
                }
            }
            Event::Start(Tag::Link { link_type, dest_url, title, .. }) => {
                let content = self.inlines(depth + 1);
                // An address between angle brackets comes without its scheme.
                let email = link_type == LinkType::Email && !dest_url.starts_with("mailto:");
                let target = if email { format!("mailto:{dest_url}") } else { dest_url.into_string() };
                Inline::Link { target, title: title.into_string(), content }
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                let alt = text_of(&self.inlines(depth + 1)).replace('\n', " ");
                Inline::Image { source: dest_url.into_string(), alt }
            }
            Event::Start(tag) => {
                let inner = self.inlines(depth + 1);
                match super::inline::mark(&tag) {
                    Some(mark) => Inline::Marked(mark, inner),
                    None => return into.extend(inner),
                }
            }
            _ => return,
        };
        into.push(piece);
    }
}

fn is_inline(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Text(_)
            | Event::Code(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_)
            | Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
    )
}

/// Whether a paragraph is a formula on lines of its own.
fn formula(source: &str) -> bool {
    let inside = source.strip_prefix("$$").and_then(|rest| rest.strip_suffix("$$"));
    inside.is_some_and(|inside| !inside.trim().is_empty() && !inside.contains("\n>"))
}

/// Language and title of a fence: `rust title="main.rs"`.
fn info_string(info: &str) -> (String, String) {
    let (before, title) = match info.split_once("title=\"") {
        Some((before, rest)) => (before, rest.rsplit_once('"').map_or(rest, |(title, _)| title)),
        None => (info, ""),
    };
    // Some write `rust,ignore` or `{.rust}`.
    let language = before.split([' ', '\t', ',', ';']).find(|word| !word.is_empty()).unwrap_or_default();
    (language.trim_matches(['{', '}', '.']).to_owned(), title.to_owned())
}

fn panel_kind(name: &str) -> Option<PanelKind> {
    if name.eq_ignore_ascii_case("panel") {
        return Some(PanelKind::Plain);
    }
    PanelKind::NAMED.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

//! Markdown as a small tree.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag};

/// Deepest nesting that is kept; what is deeper moves up to this level. Bounds the recursion of everything that walks.
const DEEPEST: usize = 24;

/// A block.
#[derive(Debug)]
pub(crate) enum Block {
    Paragraph(Vec<Inline>),
    Heading(u8, Vec<Inline>),
    Quote(Vec<Block>),
    Code { language: String, text: String },
    Html(String),
    List { ordered: bool, items: Vec<Vec<Block>> },
    Table(Vec<Vec<Vec<Inline>>>),
    Rule,
}

/// A piece of a line.
#[derive(Debug)]
pub(crate) enum Inline {
    Text(String),
    Code(String),
    Marked(Mark, Vec<Inline>),
    /// A link, or an image in the place of one.
    Link(String, Vec<Inline>),
    /// The box of a task list.
    Task(bool),
    Break,
}

/// How a piece is set off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Strong,
    Emphasis,
    Strike,
}

pub(crate) fn parse(markdown: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    Reader { events: Parser::new_ext(markdown, options) }.blocks(0)
}

struct Reader<'a> {
    events: Parser<'a>,
}

impl Reader<'_> {
    /// Blocks up to the end of the enclosing one. Inline pieces that stand there alone, as in tight lists, are a paragraph.
    fn blocks(&mut self, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut loose = Vec::new();
        let mut passed_over = 0_usize;
        while let Some(event) = self.events.next() {
            let event = match event {
                Event::End(_) if passed_over == 0 => break,
                Event::End(_) => {
                    passed_over -= 1;
                    continue;
                }
                Event::Start(Tag::BlockQuote(_) | Tag::List(_) | Tag::Item) if depth >= DEEPEST => {
                    passed_over += 1;
                    continue;
                }
                inline if is_inline(&inline) => {
                    self.inline(inline, depth, &mut loose);
                    continue;
                }
                block => block,
            };
            flush(&mut loose, &mut blocks);
            blocks.extend(self.block(event, depth));
        }
        flush(&mut loose, &mut blocks);
        blocks
    }

    fn block(&mut self, event: Event<'_>, depth: usize) -> Option<Block> {
        let tag = match event {
            Event::Rule => return Some(Block::Rule),
            Event::Html(html) => return Some(Block::Html(html.into_string())),
            Event::Start(tag) => tag,
            _ => return None,
        };
        Some(match tag {
            Tag::Paragraph => Block::Paragraph(self.inlines(depth + 1)),
            Tag::Heading { level, .. } => Block::Heading(number(level), self.inlines(depth + 1)),
            Tag::BlockQuote(_) => Block::Quote(self.blocks(depth + 1)),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info.split([' ', ',', '{']).next().unwrap_or_default().to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                Block::Code { language, text: self.text() }
            }
            Tag::HtmlBlock => Block::Html(self.text()),
            Tag::List(start) => Block::List { ordered: start.is_some(), items: self.items(depth + 1) },
            Tag::Table(_) => Block::Table(self.rows(depth + 1)),
            // Never reached with the options above, and harmless if it were.
            _ => Block::Quote(self.blocks(depth + 1)),
        })
    }

    fn items(&mut self, depth: usize) -> Vec<Vec<Block>> {
        let mut items = Vec::new();
        while let Some(event) = self.events.next() {
            match event {
                Event::End(_) => break,
                _ => items.push(self.blocks(depth)),
            }
        }
        items
    }

    /// The head row and the others.
    fn rows(&mut self, depth: usize) -> Vec<Vec<Vec<Inline>>> {
        let mut rows = Vec::new();
        while let Some(Event::Start(_)) = self.events.next() {
            let mut cells = Vec::new();
            while let Some(Event::Start(_)) = self.events.next() {
                cells.push(self.inlines(depth));
            }
            rows.push(cells);
        }
        rows
    }

    /// Text alone, up to the end of the enclosing block.
    fn text(&mut self) -> String {
        let mut text = String::new();
        for event in self.events.by_ref() {
            match event {
                Event::End(_) => break,
                Event::Text(piece) | Event::Html(piece) => text.push_str(&piece),
                _ => {}
            }
        }
        text
    }

    fn inlines(&mut self, depth: usize) -> Vec<Inline> {
        let mut inlines = Vec::new();
        let mut passed_over = 0_usize;
        while let Some(event) = self.events.next() {
            match event {
                Event::End(_) if passed_over == 0 => break,
                Event::End(_) => passed_over -= 1,
                Event::Start(_) if depth >= DEEPEST => passed_over += 1,
                event => self.inline(event, depth, &mut inlines),
            }
        }
        inlines
    }

    fn inline(&mut self, event: Event<'_>, depth: usize, into: &mut Vec<Inline>) {
        into.push(match event {
            Event::Text(text) => Inline::Text(text.into_string()),
            Event::Code(code) => Inline::Code(code.into_string()),
            // A line break in Jira is a hard one: a soft one must not reach it.
            Event::SoftBreak => Inline::Text(" ".to_owned()),
            Event::HardBreak => Inline::Break,
            Event::InlineHtml(html) => match html.to_ascii_lowercase().replace([' ', '/'], "").as_str() {
                "<br>" => Inline::Break,
                comment if comment.starts_with("<!--") => return,
                _ => Inline::Text(html.into_string()),
            },
            Event::TaskListMarker(done) => Inline::Task(done),
            Event::Start(Tag::Emphasis) => Inline::Marked(Mark::Emphasis, self.inlines(depth + 1)),
            Event::Start(Tag::Strong) => Inline::Marked(Mark::Strong, self.inlines(depth + 1)),
            Event::Start(Tag::Strikethrough) => Inline::Marked(Mark::Strike, self.inlines(depth + 1)),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Inline::Link(dest_url.into_string(), self.inlines(depth + 1))
            }
            Event::Start(_) => {
                into.extend(self.inlines(depth + 1));
                return;
            }
            _ => return,
        });
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
            | Event::TaskListMarker(_)
            | Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
    )
}

fn flush(loose: &mut Vec<Inline>, blocks: &mut Vec<Block>) {
    if !loose.is_empty() {
        blocks.push(Block::Paragraph(std::mem::take(loose)));
    }
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

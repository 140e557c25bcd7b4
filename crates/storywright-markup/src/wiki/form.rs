//! What a tree becomes in Jira: everything that its markup cannot say is said in another way, and told.

use crate::address;
use crate::language;
use crate::normal::normalise;
use crate::note::{Loss, Note};
use crate::tree::{Block, Document, Inline, Item, Mark, Raw, text_of};

/// The tree that Jira's markup can say, in normal form, and what had to change for it.
///
/// Every word stays, except comments and the targets of links that may not be followed, which the notes name.
/// A tree without notes keeps its normal form, letter by letter.
///
/// ```
/// use storywright_markup::{Loss, parse_markdown, wiki_form};
/// let (document, notes) = wiki_form(&parse_markdown("<details>open me</details>"));
/// assert_eq!(notes[0].kind, Loss::Html);
/// assert_eq!(document.text(), "<details>open me</details>");
/// ```
#[must_use]
pub fn wiki_form(document: &Document) -> (Document, Vec<Note>) {
    let mut form = normalise(document);
    let mut all = Vec::new();
    // What moved may stand beside another thing of its kind and join it: that is looked at again.
    for pass in 0..PASSES {
        let mut former = Former { notes: Vec::new() };
        let blocks = former.blocks(form.blocks, Inside::default());
        form = normalise(&Document { blocks });
        let news = |note: &Note| pass == 0 || note.kind != Loss::Diagram;
        let notes: Vec<Note> = former.notes.into_iter().filter(news).collect();
        if notes.is_empty() {
            break;
        }
        all.extend(notes);
    }
    (form, all)
}

/// Most times that a tree is looked at. Each time but the first only lists that came together change.
const PASSES: usize = 6;

/// The containers around a block that may not hold another of their kind.
#[derive(Debug, Clone, Copy, Default)]
struct Inside {
    quote: bool,
    panel: bool,
}

struct Former {
    notes: Vec<Note>,
}

impl Former {
    fn note(&mut self, kind: Loss, source: &str) {
        self.notes.push(Note::new(kind, source));
    }

    fn blocks(&mut self, blocks: Vec<Block>, inside: Inside) -> Vec<Block> {
        let mut out = Vec::with_capacity(blocks.len());
        for block in blocks {
            self.block(block, inside, &mut out);
        }
        out
    }

    fn block(&mut self, block: Block, inside: Inside, out: &mut Vec<Block>) {
        match block {
            Block::Paragraph(content) => {
                let content = self.inlines(content);
                if !text_of(&content).trim_matches([' ', '\n']).is_empty() {
                    out.push(Block::Paragraph(content));
                }
            }
            Block::Heading { level, content } => {
                out.push(Block::Heading { level, content: self.inlines(content) });
            }
            Block::Quote(blocks) => {
                let inner = self.blocks(blocks, Inside { quote: true, ..inside });
                if inside.quote {
                    self.note(Loss::Nested, &first_words(&inner));
                    out.extend(inner);
                } else {
                    out.push(Block::Quote(inner));
                }
            }
            Block::Panel { kind, title, blocks } => {
                let inner = self.blocks(blocks, Inside { panel: true, ..inside });
                if inside.panel {
                    self.note(Loss::Nested, &kind.titled(&title));
                    let title = kind.titled(&title);
                    if !title.is_empty() {
                        out.push(Block::Paragraph(vec![strong(vec![Inline::Text(title)])]));
                    }
                    out.extend(inner);
                } else {
                    out.push(Block::Panel { kind, title, blocks: inner });
                }
            }
            Block::Code { language, title, text } => out.push(self.code(language, title, text)),
            Block::List { start, items } => {
                if start.is_some_and(|start| start != 1) {
                    self.note(Loss::ListStart, &first_words(&items.first().map_or(Vec::new(), |i| i.blocks.clone())));
                }
                out.extend(self.list(start.map(|_| 1), items, inside));
            }
            Block::Table { align, head, rows } => {
                if !align.is_empty() {
                    self.note(Loss::Alignment, &head.iter().map(|cell| text_of(cell)).collect::<Vec<_>>().join(", "));
                }
                let head = head.into_iter().map(|cell| self.inlines(cell)).collect();
                let rows = rows.into_iter().map(|row| row.into_iter().map(|cell| self.inlines(cell)).collect());
                out.push(Block::Table { align: Vec::new(), head, rows: rows.collect() });
            }
            Block::Rule => out.push(Block::Rule),
            Block::Raw { kind, source } => out.extend(self.raw(kind, source)),
        }
    }

    fn raw(&mut self, kind: Raw, source: String) -> Option<Block> {
        let loss = match kind {
            Raw::Html => Loss::Html,
            Raw::Comment => Loss::Comment,
            Raw::Footnote => Loss::Footnote,
            Raw::Math => Loss::Math,
        };
        self.note(loss, &source);
        let language = match kind {
            Raw::Comment => return None,
            // The one language of the tree that is never highlighted, so that formulas keep their name.
            Raw::Math => "math".to_owned(),
            Raw::Html | Raw::Footnote => String::new(),
        };
        Some(self.code(language, String::new(), source))
    }

    fn code(&mut self, language: String, title: String, mut text: String) -> Block {
        if language::DIAGRAMS.contains(&language.as_str()) && language != "math" {
            self.note(Loss::Diagram, &text);
        }
        let diagram = language::DIAGRAMS.contains(&language.as_str());
        if text.contains("{noformat") && (diagram || text.contains("{code")) {
            self.note(Loss::CodeDelimiter, &text);
            text = text.replace("{noformat", "{ noformat");
        }
        Block::Code { language, title, text }
    }

    /// The list, and between its parts the blocks that a list cannot hold.
    fn list(&mut self, start: Option<u64>, items: Vec<Item>, inside: Inside) -> Vec<Block> {
        let mut out = Vec::new();
        let mut done: Vec<Item> = Vec::new();
        let close = |done: &mut Vec<Item>, out: &mut Vec<Block>| {
            if !done.is_empty() {
                out.push(Block::List { start, items: std::mem::take(done) });
            }
        };
        for item in items {
            let mut current = Item { task: item.task, blocks: Vec::new() };
            for block in item.blocks {
                for piece in self.in_item(block, inside) {
                    let after_list = matches!(current.blocks.last(), Some(Block::List { .. }));
                    match piece {
                        Block::List { .. } => current.blocks.push(piece),
                        Block::Paragraph(_) | Block::Code { .. } | Block::Quote(_) | Block::Panel { .. }
                            if !after_list =>
                        {
                            current.blocks.push(piece);
                        }
                        outside => {
                            self.note(Loss::BlockInList, &first_words(std::slice::from_ref(&outside)));
                            self.finish(&mut current, &mut done);
                            close(&mut done, &mut out);
                            out.push(outside);
                        }
                    }
                }
            }
            self.finish(&mut current, &mut done);
        }
        close(&mut done, &mut out);
        out
    }

    /// Puts an item that says something among the others. One that begins with a list continues the item before it: Jira
    /// knows items by their own line only.
    fn finish(&mut self, current: &mut Item, done: &mut Vec<Item>) {
        let Item { task, blocks } = std::mem::take(current);
        let headless = task.is_none() && matches!(blocks.first(), Some(Block::List { .. }));
        match (blocks.is_empty(), headless, done.last_mut()) {
            (true, ..) => {}
            (_, true, Some(before)) => {
                self.note(Loss::EmptyItem, &first_words(&blocks));
                before.blocks.extend(blocks);
            }
            _ => done.push(Item { task, blocks }),
        }
    }

    fn in_item(&mut self, block: Block, inside: Inside) -> Vec<Block> {
        match block {
            Block::Heading { content, .. } => {
                self.note(Loss::HeadingInList, &text_of(&content));
                vec![Block::Paragraph(vec![strong(self.inlines(content))])]
            }
            other => {
                let mut out = Vec::new();
                self.block(other, inside, &mut out);
                out
            }
        }
    }

    fn inlines(&mut self, content: Vec<Inline>) -> Vec<Inline> {
        content.into_iter().flat_map(|inline| self.inline(inline)).collect()
    }

    fn inline(&mut self, inline: Inline) -> Vec<Inline> {
        match inline {
            Inline::Marked(mark, content) => vec![Inline::Marked(mark, self.inlines(content))],
            Inline::Link { target, title, content } => {
                if !title.is_empty() {
                    self.note(Loss::LinkTitle, &title);
                }
                let content = self.inlines(content);
                if address::followable(&target) || (target.starts_with('#') && target.len() > 1) {
                    vec![Inline::Link { target, title: String::new(), content }]
                } else {
                    self.note(Loss::LinkTarget, &target);
                    content
                }
            }
            Inline::Image { source, alt } if address::is_file_name(&source) => vec![Inline::Image { source, alt }],
            Inline::Image { source, alt } => {
                self.note(Loss::Image, &source);
                let words = if alt.is_empty() { source.clone() } else { alt };
                // A picture from elsewhere would be fetched by the browser of everybody who opens the issue.
                if address::is_web(&source) {
                    vec![Inline::Link { target: source, title: String::new(), content: vec![Inline::Text(words)] }]
                } else if words == source {
                    vec![Inline::Text(words)]
                } else {
                    vec![Inline::Text(format!("{words} ({source})"))]
                }
            }
            Inline::Raw(source) if source.starts_with("<!--") => {
                self.note(Loss::Comment, &source);
                Vec::new()
            }
            Inline::Raw(source) => {
                self.note(if source.starts_with("[^") { Loss::Footnote } else { Loss::Html }, &source);
                vec![Inline::Text(source)]
            }
            other => vec![other],
        }
    }
}

fn strong(content: Vec<Inline>) -> Inline {
    Inline::Marked(Mark::Strong, content)
}

fn first_words(blocks: &[Block]) -> String {
    Document { blocks: blocks.to_vec() }.text().lines().next().unwrap_or_default().to_owned()
}

//! Chunks and lines as blocks.

use super::chunks::Chunk;
use super::scan::{SPACES, parameter, resolved};
use super::{inline, table};
use crate::language::{self, Shown};
use crate::tree::{Block, Inline, Item, MAX_DEPTH, PanelKind};

/// The blocks of some chunks of a text.
pub(super) fn of(text: &str, chunks: &[Chunk<'_>]) -> Vec<Block> {
    let mut builder = Builder { text, blocks: Vec::new(), lines: String::new(), rows: Vec::new(), list: Vec::new() };
    for (index, chunk) in chunks.iter().enumerate() {
        match chunk {
            Chunk::Text(range) => {
                let after_macro = index > 0 && !matches!(chunks.get(index - 1), Some(Chunk::Row(_)));
                let before_macro = matches!(chunks.get(index + 1), Some(Chunk::Verbatim { .. } | Chunk::Holder { .. }));
                builder.text_chunk(&text[range.clone()], after_macro, before_macro);
            }
            Chunk::Row(range) => {
                builder.close_lines();
                builder.close_list();
                builder.rows.push(table::row(&text[range.clone()]));
            }
            Chunk::Verbatim { name, parameters, text: range } => {
                builder.close_table();
                builder.macro_block(verbatim(name, parameters, &text[range.clone()]));
            }
            Chunk::Holder { name, parameters, chunks } => {
                builder.close_table();
                builder.macro_block(holder(name, parameters, of(text, chunks)));
            }
        }
    }
    builder.close_all();
    builder.blocks
}

fn verbatim(name: &str, parameters: &str, text: &str) -> Block {
    // The first parameter without a name is the language.
    let first = parameters.split('|').map(str::trim).find(|part| !part.is_empty() && !part.contains('='));
    let language = parameter(parameters, "language").or(first).unwrap_or_default();
    let shown = if name == "code" { Shown::As(language) } else { Shown::Not };
    let title = resolved(parameter(parameters, "title").unwrap_or_default());
    let text = text.strip_prefix('\n').unwrap_or(text);
    let text = text.strip_suffix('\n').unwrap_or(text);
    let (language, title) = language::untitled(shown, title.trim_matches(SPACES));
    Block::Code { language, title, text: text.to_owned() }
}

fn holder(name: &str, parameters: &str, blocks: Vec<Block>) -> Block {
    let title = resolved(parameter(parameters, "title").unwrap_or_default());
    let kind = match name {
        "quote" => return Block::Quote(blocks),
        "info" => PanelKind::Info,
        "note" => PanelKind::Note,
        "tip" => PanelKind::Tip,
        "warning" => PanelKind::Warning,
        _ => PanelKind::Plain,
    };
    Block::Panel { kind, title, blocks }
}

/// A list that is being built.
struct Level {
    ordered: bool,
    items: Vec<Item>,
}

struct Builder<'a> {
    text: &'a str,
    blocks: Vec<Block>,
    /// Lines of the paragraph or the item that is being read.
    lines: String,
    rows: Vec<table::Row>,
    /// The open lists, outermost first.
    list: Vec<Level>,
}

impl Builder<'_> {
    fn text_chunk(&mut self, chunk: &str, after_macro: bool, before_macro: bool) {
        debug_assert!(chunk.len() <= self.text.len());
        let count = chunk.split('\n').count();
        for (index, line) in chunk.split('\n').enumerate() {
            let line = line.trim_matches(SPACES);
            let part = (index == 0 && after_macro) || (index + 1 == count && before_macro);
            let last = index + 1 == count;
            match (line.is_empty(), part || last) {
                // The rest of a macro's line is no empty line.
                (true, true) => {}
                (true, false) => self.close_all(),
                (false, _) => self.line(line, last && before_macro, index == 0 && after_macro),
            }
        }
    }

    /// One line that is not empty; `open_end` says that a macro follows on it, `tail` that one stands before it.
    fn line(&mut self, line: &str, open_end: bool, tail: bool) {
        self.close_table();
        if tail {
            self.more(line);
        } else if let Some((path, content)) = item(line, open_end) {
            self.item(path, content);
        } else if let Some((level, content)) = heading(line) {
            self.close_all();
            self.blocks.push(Block::Heading { level, content: inline::pieces(content) });
        } else if let Some(content) = line.strip_prefix("bq. ") {
            self.close_all();
            self.blocks.push(Block::Quote(vec![Block::Paragraph(inline::pieces(content))]));
        } else if line.len() >= 4 && line.bytes().all(|byte| byte == b'-') {
            self.close_all();
            self.blocks.push(Block::Rule);
        } else {
            self.more(line);
        }
    }

    /// A line that goes on with the paragraph or the item before it.
    fn more(&mut self, line: &str) {
        if !self.lines.is_empty() {
            self.lines.push('\n');
        }
        self.lines.push_str(line);
    }

    fn item(&mut self, path: &str, content: &str) {
        self.close_lines();
        let ordered: Vec<bool> = path.bytes().take(MAX_DEPTH).map(|marker| marker == b'#').collect();
        let same = self.list.iter().zip(&ordered).take_while(|(level, ordered)| level.ordered == **ordered).count();
        if same == 0 {
            self.close_list();
        }
        while self.list.len() > same {
            self.close_level();
        }
        for ordered in ordered.get(same..).unwrap_or_default() {
            self.list.push(Level { ordered: *ordered, items: vec![Item::default()] });
        }
        let task = task(content);
        if let Some(level) = self.list.last_mut() {
            if same == ordered.len() {
                level.items.push(Item::default());
            }
            if let (Some((done, _)), Some(item)) = (task, level.items.last_mut()) {
                item.task = Some(done);
            }
        }
        self.lines.push_str(task.map_or(content, |(_, rest)| rest));
    }

    /// A block that a macro makes: it belongs to the item whose line or block stands right before it.
    fn macro_block(&mut self, block: Block) {
        self.close_lines();
        self.place(block);
    }

    fn place(&mut self, block: Block) {
        match self.list.last_mut().and_then(|level| level.items.last_mut()) {
            Some(item) => item.blocks.push(block),
            None => self.blocks.push(block),
        }
    }

    fn close_lines(&mut self) {
        if !self.lines.is_empty() {
            let lines = std::mem::take(&mut self.lines);
            self.place(Block::Paragraph(inline::pieces(&lines)));
        }
    }

    fn close_level(&mut self) {
        if let Some(Level { ordered, items }) = self.list.pop() {
            self.place(Block::List { start: ordered.then_some(1), items });
        }
    }

    fn close_list(&mut self) {
        while !self.list.is_empty() {
            self.close_level();
        }
    }

    fn close_table(&mut self) {
        if !self.rows.is_empty() {
            let rows = std::mem::take(&mut self.rows);
            self.blocks.push(table::table(rows));
        }
    }

    fn close_all(&mut self) {
        self.close_table();
        self.close_lines();
        self.close_list();
    }
}

/// The path of markers and the content of an item's line. A macro may be all of the content.
fn item(line: &str, open_end: bool) -> Option<(&str, &str)> {
    let end = line.find(|c| !matches!(c, '*' | '#' | '-')).unwrap_or(line.len());
    let (path, content) = line.split_at(end);
    // Two hyphens and more are a dash or a rule.
    if path.is_empty() || (path.len() > 1 && path.bytes().all(|byte| byte == b'-')) {
        return None;
    }
    match content.strip_prefix([' ', '\t']) {
        Some(content) => Some((path, content.trim_start_matches(SPACES))),
        None => (content.is_empty() && open_end).then_some((path, "")),
    }
}

fn heading(line: &str) -> Option<(u8, &str)> {
    let rest = line.strip_prefix('h')?;
    let level = rest.bytes().next().filter(|level| (b'1'..=b'6').contains(level))? - b'0';
    let content = rest[1..].strip_prefix('.')?;
    content.starts_with([' ', '\t']).then(|| (level, content.trim_start_matches(SPACES)))
}

/// Whether the item is a task, and what follows its box.
fn task(content: &str) -> Option<(bool, &str)> {
    for (shown, done) in [
        ("\\[ \\]", false),
        ("\\[x\\]", true),
        ("[ ]", false),
        ("[x]", true),
        ("[X]", true),
        ("\\[ ]", false),
        ("\\[x]", true),
    ] {
        if let Some(rest) = content.strip_prefix(shown).and_then(|rest| rest.strip_prefix(' ')) {
            return (!rest.trim_matches(SPACES).is_empty()).then(|| (done, rest.trim_start_matches(SPACES)));
        }
    }
    None
}

/// The lines of a cell: line feeds stand for line breaks, markers of lists for themselves.
pub(super) fn cell(text: &str) -> Vec<Inline> {
    let mut out = Vec::new();
    for line in text.split('\n').map(|line| line.trim_matches(SPACES)).filter(|line| !line.is_empty()) {
        if !out.is_empty() {
            out.push(Inline::Break);
        }
        match item(line, false) {
            Some((path, content)) => {
                out.push(Inline::Text(if path.ends_with('#') { "# " } else { "- " }.to_owned()));
                out.extend(inline::pieces(content));
            }
            None => out.extend(inline::pieces(line)),
        }
    }
    out
}

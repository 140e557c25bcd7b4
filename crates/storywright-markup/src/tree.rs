//! The document tree that every markup is read into and written from.

/// Deepest nesting of lists, quotes and panels that is read. What lies deeper moves up to this level, so that whatever
/// walks a tree needs a bounded stack.
pub const MAX_DEPTH: usize = 24;

/// A text with its structure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// What it consists of, in order.
    pub blocks: Vec<Block>,
}

/// A block: what begins on a line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Running text.
    Paragraph(Vec<Inline>),
    /// A heading.
    Heading {
        /// 1 to 6.
        level: u8,
        /// Its words.
        content: Vec<Inline>,
    },
    /// Somebody else's words.
    Quote(Vec<Block>),
    /// A box around blocks.
    Panel {
        /// What the box says by its looks.
        kind: PanelKind,
        /// Plain text; empty when there is none.
        title: String,
        /// What is in it.
        blocks: Vec<Block>,
    },
    /// Text that is kept letter by letter.
    Code {
        /// The language in lower case as Markdown's users write it (`rust`, `yaml`); empty when unknown.
        language: String,
        /// Plain text, such as a file name; empty when there is none.
        title: String,
        /// The lines, without a line feed after the last.
        text: String,
    },
    /// A list.
    List {
        /// The first number; `None` for bullets.
        start: Option<u64>,
        /// The items in order.
        items: Vec<Item>,
    },
    /// A table. Every row has the same number of cells.
    Table {
        /// The alignment of each column; empty when no column has one.
        align: Vec<Align>,
        /// The head row; empty when there is none.
        head: Vec<Cell>,
        /// The other rows.
        rows: Vec<Vec<Cell>>,
    },
    /// A line across.
    Rule,
    /// What the tree has no words for, as it was typed.
    Raw {
        /// What it is.
        kind: Raw,
        /// The source, which only the markup that it was written in understands.
        source: String,
    },
}

/// A cell of a table: one paragraph at most, with line breaks.
pub type Cell = Vec<Inline>;

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// Whether the task is done; `None` when the item is no task.
    pub task: Option<bool>,
    /// What the item says. A task begins with a paragraph.
    pub blocks: Vec<Block>,
}

/// What a panel says by its looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PanelKind {
    /// A box, no more.
    Plain,
    /// Something to know.
    Info,
    /// Something to keep in mind.
    Note,
    /// Something helpful.
    Tip,
    /// Something that must not be missed.
    Important,
    /// Something that may go wrong.
    Warning,
    /// Something dangerous.
    Caution,
}

/// How a column is aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// As the reader's program likes.
    #[default]
    Default,
    /// To the left.
    Left,
    /// In the middle.
    Center,
    /// To the right.
    Right,
}

/// What is kept as source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw {
    /// HTML elements.
    Html,
    /// An HTML comment: nobody sees it.
    Comment,
    /// The text of a footnote, with its label.
    Footnote,
    /// A formula between double dollar signs.
    Math,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Words.
    Text(String),
    /// Monospaced words without markup in them.
    Code(String),
    /// Words that are set off.
    Marked(Mark, Vec<Inline>),
    /// A link.
    Link {
        /// Where it leads: an address of any scheme, or `#name` on the same page.
        target: String,
        /// What is shown when the pointer rests on it; empty when there is none.
        title: String,
        /// The words to follow.
        content: Vec<Inline>,
    },
    /// A picture, by its file name or address: never the picture itself.
    Image {
        /// A file name (an attachment) or an address.
        source: String,
        /// The words in its place; empty when there are none.
        alt: String,
    },
    /// A person, by user name.
    Mention(String),
    /// An attached file, by name.
    Attachment(String),
    /// A line break.
    Break,
    /// HTML or the label of a footnote, as it was typed.
    Raw(String),
}

/// How words are set off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Strong, usually bold.
    Strong,
    /// Emphasis, usually slanted.
    Emphasis,
    /// Struck out.
    Strike,
    /// Inserted, usually underlined.
    Insert,
    /// Raised.
    Superscript,
    /// Lowered.
    Subscript,
    /// The title of a work.
    Cite,
}

impl PanelKind {
    /// Every kind that has a name.
    pub(crate) const NAMED: [Self; 6] =
        [Self::Info, Self::Note, Self::Tip, Self::Important, Self::Warning, Self::Caution];

    /// The name that people see; empty for a plain box.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Info => "Info",
            Self::Note => "Note",
            Self::Tip => "Tip",
            Self::Important => "Important",
            Self::Warning => "Warning",
            Self::Caution => "Caution",
        }
    }

    /// The kind and the rest of a title that may begin with the name of one: `Note`, `Note: before you start`.
    pub(crate) fn of_title(title: &str) -> (Self, &str) {
        for kind in Self::NAMED {
            if let Some(rest) = title.strip_prefix(kind.name()) {
                if rest.is_empty() {
                    return (kind, "");
                }
                if let Some(rest) = rest.strip_prefix(": ") {
                    return (kind, rest.trim_start_matches(' '));
                }
            }
        }
        (Self::Plain, title)
    }

    /// The title that says kind and title, the other way round.
    pub(crate) fn titled(self, title: &str) -> String {
        match (self.name(), title) {
            (name, "") => name.to_owned(),
            ("", title) => title.to_owned(),
            (name, title) => format!("{name}: {title}"),
        }
    }
}

impl Document {
    /// What a reader sees, without any markup: a line for each paragraph, heading, item, cell and line of code.
    ///
    /// ```
    /// let document = storywright_markup::parse_markdown("# Goal\n\n- **fast** and [safe](https://x.example)");
    /// assert_eq!(document.text(), "Goal\nfast and safe");
    /// ```
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        blocks_text(&self.blocks, &mut lines);
        lines.retain(|line| !line.trim().is_empty());
        lines.join("\n")
    }
}

fn blocks_text(blocks: &[Block], lines: &mut Vec<String>) {
    for block in blocks {
        match block {
            Block::Paragraph(content) | Block::Heading { content, .. } => lines.push(text_of(content)),
            Block::Quote(blocks) => blocks_text(blocks, lines),
            Block::Panel { kind, title, blocks } => {
                lines.push(kind.titled(title));
                blocks_text(blocks, lines);
            }
            Block::Code { title, text, .. } => lines.extend([title.clone(), text.clone()]),
            Block::List { items, .. } => items.iter().for_each(|item| {
                let before = lines.len();
                blocks_text(&item.blocks, lines);
                if let (Some(done), Some(first)) = (item.task, lines.get_mut(before)) {
                    first.insert_str(0, if done { "[x] " } else { "[ ] " });
                }
            }),
            Block::Table { head, rows, .. } => {
                lines.extend(std::iter::once(head).chain(rows).flatten().map(|cell| text_of(cell)));
            }
            Block::Raw { kind: Raw::Comment, .. } | Block::Rule => {}
            Block::Raw { source, .. } => lines.push(source.clone()),
        }
    }
}

/// The words of inline pieces.
pub(crate) fn text_of(inlines: &[Inline]) -> String {
    let mut text = String::new();
    collect(inlines, &mut text);
    text
}

fn collect(inlines: &[Inline], text: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(words) | Inline::Code(words) | Inline::Attachment(words) => text.push_str(words),
            Inline::Marked(_, content) | Inline::Link { content, .. } => collect(content, text),
            Inline::Image { source, alt } => text.push_str(if alt.is_empty() { source } else { alt }),
            Inline::Mention(name) => {
                text.push('@');
                text.push_str(name);
            }
            Inline::Break => text.push('\n'),
            Inline::Raw(source) if source.starts_with("<!--") => {}
            Inline::Raw(source) => text.push_str(source),
        }
    }
}

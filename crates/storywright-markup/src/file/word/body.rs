//! Blocks: paragraphs, headings, list items and tables, in the order in which they stand.

use super::inline::Line;
use super::lists::Entry;
use super::parts::{Links, ListPlace, Numbering, Styles, outline};
use super::{attribute, child, elements, is_on, lists, value};
use crate::tree::{Block, Cell, Inline, text_of};
use roxmltree::Node;
use std::collections::{BTreeMap, BTreeSet};
use storywright_domain::file::FileProblem;

/// Deepest nesting of elements that is read. Word itself writes a few dozen at most.
const DEEPEST: usize = 200;
/// Most columns of a table.
const MOST_COLUMNS: usize = 63;

/// How deep the reader is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Depth(usize);

impl Depth {
    /// One level deeper.
    pub(super) fn deeper(self) -> Result<Self, FileProblem> {
        if self.0 < DEEPEST { Ok(Self(self.0 + 1)) } else { Err(FileProblem::Swollen) }
    }
}

/// Reads the text part, with what the parts beside it say.
pub(super) struct Reader<'parts> {
    styles: &'parts Styles,
    numbering: Numbering,
    pub(super) links: Links,
    /// Footnotes that were pointed to.
    pub(super) notes: BTreeSet<String>,
    /// The last number that a list has given at a level.
    counted: BTreeMap<(String, usize), u64>,
}

impl<'parts> Reader<'parts> {
    pub(super) fn new(styles: &'parts Styles, numbering: Numbering, links: Links) -> Self {
        Self { styles, numbering, links, notes: BTreeSet::new(), counted: BTreeMap::new() }
    }

    /// Whether the text points to this footnote.
    pub(super) fn points_to(&self, note: &str) -> bool {
        self.notes.contains(note)
    }

    /// The blocks in an element.
    pub(super) fn blocks(&mut self, parent: Node<'_, '_>) -> Result<Vec<Block>, FileProblem> {
        self.blocks_at(parent, Depth::default())
    }

    pub(super) fn blocks_at(&mut self, parent: Node<'_, '_>, depth: Depth) -> Result<Vec<Block>, FileProblem> {
        let mut entries = Vec::new();
        self.entries(parent, &mut entries, depth)?;
        Ok(lists::gathered(entries))
    }

    fn entries(&mut self, parent: Node<'_, '_>, out: &mut Vec<Entry>, depth: Depth) -> Result<(), FileProblem> {
        let depth = depth.deeper()?;
        for node in elements(parent) {
            match node.tag_name().name() {
                "p" => self.paragraph(node, out, depth)?,
                "tbl" => self.table(node, out, depth)?,
                "sdt" if is_contents(node) => {}
                "del" | "moveFrom" | "sectPr" | "sdtPr" => {}
                // Controls, tracked insertions, custom XML, text for new programs: what is in them is on the page.
                "Fallback" => {}
                _ => self.entries(node, out, depth)?,
            }
        }
        Ok(())
    }

    fn paragraph(&mut self, node: Node<'_, '_>, out: &mut Vec<Entry>, depth: Depth) -> Result<(), FileProblem> {
        let properties = child(node, "pPr");
        let style = properties.and_then(|properties| value(properties, "pStyle")).unwrap_or_default();
        if self.styles.is_contents(style) {
            return Ok(());
        }
        let mut line = Line::default();
        self.line(node, &mut line, depth)?;
        let heading = properties.and_then(outline).map(|level| level.min(6)).or_else(|| self.styles.heading(style));
        let place = properties.and_then(ListPlace::of).or_else(|| self.styles.list(style));
        if !text_of(&line.pieces).trim().is_empty() {
            out.push(match (heading, place) {
                (Some(level), _) => Entry::Block(Block::Heading { level, content: without_strong(line.pieces) }),
                (None, Some(place)) => self.item(place, line.pieces),
                (None, None) => Entry::Block(Block::Paragraph(line.pieces)),
            });
        }
        out.extend(line.boxes.into_iter().map(Entry::Block));
        Ok(())
    }

    fn item(&mut self, place: ListPlace, content: Vec<Inline>) -> Entry {
        let Some(numbered) = self.numbering.is_numbered(&place) else { return Entry::Block(Block::Paragraph(content)) };
        let number = numbered.then(|| {
            // An item begins the numbers of all levels below it anew.
            self.counted.retain(|(list, level), _| *list != place.list || *level <= place.level);
            let last = self.counted.entry((place.list.clone(), place.level)).or_default();
            *last += 1;
            *last
        });
        Entry::Item { level: place.level, number, content }
    }

    fn table(&mut self, node: Node<'_, '_>, out: &mut Vec<Entry>, depth: Depth) -> Result<(), FileProblem> {
        let depth = depth.deeper()?;
        let rows: Vec<Node<'_, '_>> = elements(node).filter(|row| row.tag_name().name() == "tr").collect();
        let cells = |row: Node<'_, '_>| elements(row).filter(|cell| cell.tag_name().name() == "tc").count();
        // A table of one cell is a box around text.
        if let [row] = rows.as_slice()
            && cells(*row) == 1
        {
            let cell = elements(*row).find(|cell| cell.tag_name().name() == "tc");
            return cell.map_or(Ok(()), |cell| self.entries(cell, out, depth));
        }
        let mut read: Vec<Vec<Cell>> = Vec::with_capacity(rows.len());
        for row in &rows {
            read.push(self.row(*row, depth)?);
        }
        let looks = child(node, "tblPr").and_then(|properties| child(properties, "tblLook"));
        let has_head = rows.first().is_some_and(|row| is_on(child(*row, "trPr"), "tblHeader"))
            || looks.is_some_and(first_row_is_head);
        let head = if has_head && read.len() > 1 { read.remove(0) } else { Vec::new() };
        if !read.is_empty() {
            out.push(Entry::Block(Block::Table { align: Vec::new(), head, rows: read }));
        }
        Ok(())
    }

    fn row(&mut self, row: Node<'_, '_>, depth: Depth) -> Result<Vec<Cell>, FileProblem> {
        let mut read: Vec<Cell> = Vec::new();
        for cell in elements(row).filter(|cell| cell.tag_name().name() == "tc") {
            let properties = child(cell, "tcPr");
            let wide = properties.and_then(|properties| value(properties, "gridSpan"));
            let wide = wide.and_then(|wide| wide.parse::<usize>().ok()).unwrap_or(1);
            read.push(lists::flat(&self.blocks_at(cell, depth)?));
            // A cell over several columns leaves empty ones beside it.
            let fill = wide.min(MOST_COLUMNS).saturating_sub(1);
            read.extend(std::iter::repeat_n(Cell::new(), fill));
        }
        Ok(read)
    }
}

fn first_row_is_head(looks: Node<'_, '_>) -> bool {
    let bits = attribute(looks, "val").and_then(|bits| u32::from_str_radix(bits, 16).ok()).unwrap_or(0);
    match attribute(looks, "firstRow") {
        Some(said) => matches!(said, "1" | "true" | "on"),
        None => bits & 0x20 != 0,
    }
}

/// Whether a control holds a table of contents.
fn is_contents(control: Node<'_, '_>) -> bool {
    let gallery = child(control, "sdtPr").and_then(|properties| child(properties, "docPartObj"));
    gallery.and_then(|gallery| value(gallery, "docPartGallery")) == Some("Table of Contents")
}

/// A heading is strong by itself.
fn without_strong(pieces: Vec<Inline>) -> Vec<Inline> {
    let bare = |piece| match piece {
        Inline::Marked(crate::tree::Mark::Strong, inner) => inner,
        piece => vec![piece],
    };
    pieces.into_iter().flat_map(bare).collect()
}

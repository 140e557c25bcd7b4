//! Rows of tables.

use super::blocks::cell;
use super::chunks::Searches;
use super::inline::{image_at, link_at};
use super::scan::tag;
use crate::tree::{Block, Cell, Inline, Mark};

/// The cells of a row, each with whether it is a head cell.
pub(super) type Row = Vec<(bool, Cell)>;

/// The table of some rows. A first row of head cells alone is the head; head cells elsewhere are strong.
pub(super) fn table(rows: Vec<Row>) -> Block {
    let mut rows = rows.into_iter().peekable();
    let first = rows.next_if(|row| row.iter().all(|(head, _)| *head));
    let head = first.unwrap_or_default().into_iter().map(|(_, cell)| cell).collect();
    let strong = |(head, cell): (bool, Cell)| if head { vec![Inline::Marked(Mark::Strong, cell)] } else { cell };
    Block::Table { align: Vec::new(), head, rows: rows.map(|row| row.into_iter().map(strong).collect()).collect() }
}

/// The cells of a row's source, which begins with a bar.
pub(super) fn row(source: &str) -> Row {
    let source = source.trim_matches([' ', '\t', '\n']);
    let mut searches = Searches::new(source);
    let mut cells = Row::new();
    let mut rest = 0;
    while let Some(bars) = source.get(rest..).filter(|rest| rest.starts_with('|')) {
        let head = bars.starts_with("||");
        let from = rest + if head { 2 } else { 1 };
        let end = cell_end(source, from, &mut searches);
        let inner = source.get(from..end).unwrap_or_default();
        if inner.is_empty() && end >= source.len() {
            break;
        }
        cells.push((head, content(inner)));
        rest = end;
    }
    cells
}

/// Where the next bar is that is neither escaped nor part of a link, a picture or code.
fn cell_end(source: &str, from: usize, searches: &mut Searches<'_>) -> usize {
    let bytes = source.as_bytes();
    let mut here = from;
    while let Some(byte) = bytes.get(here) {
        let skipped = match byte {
            b'|' => return here,
            b'\\' => Some(here + 2),
            b'[' => link_at(source, here).map(|(_, end)| end),
            b'!' => image_at(source, here).map(|(_, end)| end),
            b'{' => tag(source, here).and_then(|tag| searches.verbatim(&tag)).map(|(_, end)| end),
            _ => None,
        };
        here = skipped.unwrap_or(here + 1);
    }
    source.len()
}

/// A cell's pieces. Code in it becomes monospaced lines.
fn content(source: &str) -> Cell {
    let mut searches = Searches::new(source);
    let mut out = Cell::new();
    let mut done = 0;
    let mut here = 0;
    while let Some(at) = source.get(here..).and_then(|rest| rest.find('{')).map(|distance| here + distance) {
        here = at + 1;
        let escaped = source[..at].ends_with('\\') && !source[..at].ends_with("\\\\");
        if let (false, Some((inside, end))) = (escaped, tag(source, at).and_then(|tag| searches.verbatim(&tag))) {
            add(cell(&source[done..at]), &mut out);
            let lines = source[inside].trim_matches('\n').split('\n');
            let mut code = Cell::new();
            for line in lines {
                if !code.is_empty() {
                    code.push(Inline::Break);
                }
                code.push(Inline::Code(line.to_owned()));
            }
            add(code, &mut out);
            done = end;
            here = end;
        }
    }
    add(cell(&source[done..]), &mut out);
    out
}

/// Adds pieces on a line of their own.
fn add(mut pieces: Cell, out: &mut Cell) {
    if !out.is_empty() && !pieces.is_empty() {
        out.push(Inline::Break);
    }
    out.append(&mut pieces);
}

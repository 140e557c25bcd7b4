//! Stories out of a table: RFC 4180 with comma, semicolon or tab, read row by row.

use super::input::{Item, LONGEST_LINE, reads_like_a_story};
use std::io::{self, BufRead};

/// Names of columns that hold a story, the best first.
const STORY_COLUMNS: &[&str] = &[
    "user story",
    "user_story",
    "userstory",
    "story",
    "user stories",
    "text",
    "requirement",
    "requirements",
    "sentence",
    "description",
    "summary",
    "title",
    "name",
];

/// Hands the stories of a table on.
pub fn stories(
    source: Box<dyn BufRead>,
    column: Option<&str>,
    take: &mut dyn FnMut(Item) -> io::Result<()>,
) -> io::Result<()> {
    let mut rows = Rows { source, separator: None, line: 1 };
    let mut row = Vec::new();
    let mut columns: Option<Vec<usize>> = None;
    while let Some(line) = rows.next(&mut row)? {
        if row.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        let Some(chosen) = &columns else {
            let (found, is_header) = choose(&row, column)?;
            if !is_header {
                hand_on(&row, &found, line, take)?;
            }
            columns = Some(found);
            continue;
        };
        hand_on(&row, chosen, line, take)?;
    }
    Ok(())
}

/// Takes the first of the columns that reads like a story, else the first that is not empty.
fn hand_on(
    row: &[String],
    columns: &[usize],
    line: u64,
    take: &mut dyn FnMut(Item) -> io::Result<()>,
) -> io::Result<()> {
    let texts =
        || columns.iter().filter_map(|column| row.get(*column)).map(|text| text.trim()).filter(|text| !text.is_empty());
    let told = if columns.len() > 1 { texts().find(|text| reads_like_a_story(text)) } else { None };
    match told.or_else(|| texts().next()) {
        Some(story) => take(Item { line, column: 0, story: story.split_whitespace().collect::<Vec<_>>().join(" ") }),
        None => Ok(()),
    }
}

/// The columns to look at, and whether the first row names them.
fn choose(row: &[String], wanted: Option<&str>) -> io::Result<(Vec<usize>, bool)> {
    let names: Vec<String> =
        row.iter().map(|field| field.trim().trim_start_matches('\u{feff}').to_lowercase()).collect();
    if let Some(wanted) = wanted {
        let at = names.iter().position(|name| *name == wanted.to_lowercase());
        return at.map(|at| (vec![at], true)).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("there is no column `{wanted}`; the first row names {}", names.join(", ")),
            )
        });
    }
    let found: Vec<usize> =
        STORY_COLUMNS.iter().filter_map(|name| names.iter().position(|other| other == name)).collect();
    if !found.is_empty() {
        return Ok((found, true));
    }
    let longest = (0..row.len()).max_by_key(|at| (reads_like_a_story(&row[*at]), row[*at].len())).unwrap_or(0);
    Ok((vec![longest], false))
}

/// The rows of a table.
struct Rows {
    source: Box<dyn BufRead>,
    separator: Option<u8>,
    line: u64,
}

impl Rows {
    /// Reads the next row and gives the line on which it begins; `None` at the end.
    fn next(&mut self, row: &mut Vec<String>) -> io::Result<Option<u64>> {
        row.clear();
        if self.separator.is_none() {
            let ahead = self.source.fill_buf()?;
            let first = ahead.split(|byte| *byte == b'\n').next().unwrap_or(ahead);
            let count = |wanted: u8| first.iter().filter(|byte| **byte == wanted).count();
            self.separator = [b',', b';', b'\t'].into_iter().max_by_key(|separator| count(*separator));
        }
        let separator = self.separator.unwrap_or(b',');
        let start = self.line;
        let mut field = Vec::new();
        let (mut quoted, mut after_quote, mut any) = (false, false, false);
        loop {
            let Some(byte) = self.source.fill_buf()?.first().copied() else {
                if !any {
                    return Ok(None);
                }
                row.push(String::from_utf8_lossy(&field).into_owned());
                return Ok(Some(start));
            };
            self.source.consume(1);
            any = true;
            if byte == b'\n' {
                self.line += 1;
            }
            if quoted && byte == b'"' {
                quoted = false;
                after_quote = true;
                continue;
            }
            if byte == b'"' && (field.is_empty() || after_quote) {
                if after_quote {
                    field.push(b'"');
                }
                quoted = true;
                after_quote = false;
                continue;
            }
            after_quote = false;
            if !quoted && (byte == separator || byte == b'\n') {
                row.push(String::from_utf8_lossy(&field).into_owned());
                field.clear();
                if byte == b'\n' {
                    return Ok(Some(start));
                }
            } else if field.len() < LONGEST_LINE && (quoted || byte != b'\r') {
                field.push(byte);
            }
        }
    }
}

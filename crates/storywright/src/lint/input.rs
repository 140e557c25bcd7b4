//! Stories out of files: text, Markdown, CSV, a Jira export. One story at a time is in memory.

use super::csv;
use clap::ValueEnum;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::io::{self, BufRead};
use std::path::Path;
use storywright_domain::quality::check;

/// Longest line that is read; the rest of a longer one is passed over.
pub const LONGEST_LINE: usize = 1 << 20;

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A story on each line.
    Text,
    /// List items; headings and paragraphs that read like stories.
    Markdown,
    /// A column of a table.
    Csv,
    /// The answer of a Jira search, or a list of issues.
    Jira,
}

impl Format {
    /// By the end of a file's name.
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("md" | "markdown") => Self::Markdown,
            Some("csv" | "tsv") => Self::Csv,
            Some("json") => Self::Jira,
            _ => Self::Text,
        }
    }
}

/// One story and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// Line of the file, from 1; the number of the issue in a Jira export.
    pub line: u64,
    /// Characters of the line before the story.
    pub column: usize,
    /// The text.
    pub story: String,
}

type Take<'a> = &'a mut dyn FnMut(Item) -> io::Result<()>;

/// Hands the stories of a file on, one by one.
///
/// # Errors
/// What cannot be read, or what `take` gave back.
pub fn read(source: Box<dyn BufRead>, format: Format, column: Option<&str>, take: Take<'_>) -> io::Result<()> {
    match format {
        Format::Text => lines(source, &mut |line, text| {
            let story = text.trim();
            if story.is_empty() {
                return Ok(());
            }
            let column = text[..text.len() - text.trim_start().len()].chars().count();
            take(Item { line, column, story: story.to_owned() })
        }),
        Format::Markdown => markdown(source, take),
        Format::Csv => csv::stories(source, column, take),
        Format::Jira => jira(source, take),
    }
}

/// Lines with their number; bytes that are not UTF-8 become replacement characters.
pub fn lines(mut source: impl BufRead, take: &mut dyn FnMut(u64, &str) -> io::Result<()>) -> io::Result<()> {
    let mut line = Vec::new();
    let mut number = 0;
    while next_line(&mut source, &mut line)? {
        number += 1;
        if number == 1 {
            if line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff") {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it is UTF-16; save it as UTF-8"));
            }
            if line.starts_with(b"\xef\xbb\xbf") {
                line.drain(..3);
            }
        }
        take(number, &String::from_utf8_lossy(&line))?;
    }
    Ok(())
}

/// Reads a line without its end, at most [`LONGEST_LINE`] bytes of it.
fn next_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let chunk = source.fill_buf()?;
        if chunk.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let upto = end.unwrap_or(chunk.len());
        let room = LONGEST_LINE.saturating_sub(line.len());
        line.extend_from_slice(&chunk[..upto.min(room)]);
        let used = upto + usize::from(end.is_some());
        source.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// Whether a text says who wants something, or that somebody wants it.
pub fn reads_like_a_story(text: &str) -> bool {
    let review = check(text);
    review.role.is_some() || review.means.is_some() && review.ends.is_some()
}

fn markdown(source: Box<dyn BufRead>, take: Take<'_>) -> io::Result<()> {
    let mut block = Block::default();
    let mut fenced = false;
    let mut beside = false;
    lines(source, &mut |line, text| {
        let trimmed = text.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            fenced = !fenced;
            return block.end(take);
        }
        if fenced || trimmed.starts_with("<!--") {
            return Ok(());
        }
        let quoted = trimmed.starts_with('>');
        let trimmed = trimmed.trim_start_matches(['>', ' ']);
        if quoted != block.quoted {
            block.end(take)?;
        }
        if trimmed.starts_with('|') {
            block.end(take)?;
            return row(line, text, take);
        }
        if trimmed.is_empty() || trimmed.chars().all(|c| matches!(c, '-' | '=' | '*' | '|' | ':' | ' ')) {
            return block.end(take);
        }
        let heading = trimmed.starts_with('#');
        let item = ["- ", "* ", "+ "].iter().find_map(|bullet| trimmed.strip_prefix(bullet)).or_else(|| {
            let digits = trimmed.len() - trimmed.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            (digits > 0)
                .then(|| trimmed[digits..].strip_prefix(". ").or_else(|| trimmed[digits..].strip_prefix(") ")))
                .flatten()
        });
        if heading {
            block.end(take)?;
            let title = trimmed.trim_start_matches('#').trim();
            let lower = title.to_lowercase();
            beside = ["acceptance", "criteria", "task", "note", "definition of", "akzeptanz", "critère"]
                .iter()
                .any(|word| lower.contains(word));
            block = Block {
                line,
                column: text.chars().count() - title.chars().count(),
                text: title.to_owned(),
                quoted,
                always: false,
            };
            return block.end(take);
        }
        if let Some(item) = item {
            block.end(take)?;
            let nested = text.starts_with([' ', '\t']);
            let column = text.trim_end().chars().count() - item.chars().count();
            block = Block { line, column, text: item.trim().to_owned(), quoted, always: !beside && !nested };
            return Ok(());
        }
        if block.text.is_empty() {
            block = Block { line, column: 0, text: trimmed.to_owned(), quoted, always: false };
        } else if block.text.len() < LONGEST_LINE {
            block.text.push(' ');
            block.text.push_str(trimmed);
        }
        Ok(())
    })?;
    block.end(take)
}

/// The cell of a table's row that reads like a story.
fn row(line: u64, text: &str, take: Take<'_>) -> io::Result<()> {
    let mut column = 0;
    for cell in text.split('|') {
        let story = cell.trim();
        if !story.is_empty() && reads_like_a_story(story) {
            let before = cell.chars().take_while(|letter| letter.is_whitespace()).count();
            return take(Item { line, column: column + before, story: story.to_owned() });
        }
        column += cell.chars().count() + 1;
    }
    Ok(())
}

#[derive(Default)]
struct Block {
    line: u64,
    column: usize,
    text: String,
    quoted: bool,
    always: bool,
}

impl Block {
    fn end(&mut self, take: Take<'_>) -> io::Result<()> {
        let block = std::mem::take(self);
        if block.text.is_empty() || !(block.always || reads_like_a_story(&block.text)) {
            return Ok(());
        }
        take(Item { line: block.line, column: block.column, story: block.text })
    }
}

/// Reads issues one by one, whether the document is a search result or a list.
fn jira(source: Box<dyn BufRead>, take: Take<'_>) -> io::Result<()> {
    let mut state = Issues { number: 0, take, failed: None };
    let mut reader = serde_json::Deserializer::from_reader(source);
    let outcome = Document(&mut state).deserialize(&mut reader);
    if let Some(error) = state.failed {
        return Err(error);
    }
    outcome.map_err(|error| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "it is no Jira export: {error}; export the issues again, or say with `--input` how the file is read"
            ),
        )
    })
}

struct Issues<'a> {
    number: u64,
    take: Take<'a>,
    failed: Option<io::Error>,
}

struct Document<'a, 'b>(&'a mut Issues<'b>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of issues, or an object with `issues`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        while let Some(issue) = sequence.next_element::<Issue>()? {
            self.0.number += 1;
            if let Some(story) = issue.story()
                && let Err(error) = (self.0.take)(Item { line: self.0.number, column: 0, story })
            {
                self.0.failed = Some(error);
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "issues" {
                map.next_value_seed(Document(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Issue {
    #[serde(default)]
    fields: Option<Fields>,
    #[serde(flatten)]
    own: Fields,
}

#[derive(Deserialize, Default)]
struct Fields {
    #[serde(default)]
    summary: Option<String>,
    #[serde(default)]
    description: serde_json::Value,
}

impl Issue {
    /// The paragraph of the description that reads like a story, else the summary.
    fn story(self) -> Option<String> {
        let fields = self.fields.unwrap_or(self.own);
        let mut description = String::new();
        flatten(&fields.description, &mut description, 0);
        let told = description
            .split("\n\n")
            .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
            .find(|paragraph| reads_like_a_story(paragraph));
        told.or(fields.summary.map(|summary| summary.trim().to_owned())).filter(|story| !story.is_empty())
    }
}

/// The text of a description: wiki text as it is, of Atlassian's document format the text nodes.
fn flatten(value: &serde_json::Value, into: &mut String, depth: usize) {
    match value {
        serde_json::Value::String(text) if depth == 0 => into.push_str(&text.replace("\r\n", "\n")),
        serde_json::Value::Object(node) if depth < 40 => {
            if let Some(text) = node.get("text").and_then(|text| text.as_str()) {
                into.push_str(text);
            }
            for child in node.get("content").and_then(|content| content.as_array()).into_iter().flatten() {
                flatten(child, into, depth + 1);
            }
            match node.get("type").and_then(|kind| kind.as_str()) {
                Some("paragraph" | "heading" | "listItem") => into.push_str("\n\n"),
                Some("hardBreak") => into.push('\n'),
                _ => {}
            }
        }
        _ => {}
    }
}

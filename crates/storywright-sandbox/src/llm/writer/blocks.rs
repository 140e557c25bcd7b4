//! Cuts a requirement text (plain or Markdown) into statements: sentences, bullets and table rows, each with its section.

use std::sync::LazyLock;

use regex::Regex;

use super::english::{is_verb_form, upper_first};

static LINK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:!\[[^\]]*\]\([^)]*\))|\[([^\]]*)\]\([^)]*\)").ok());
static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"</?[a-zA-Z][^<>]*>").ok());
static BULLET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:[-*+•–]|\(?\d{1,3}[.)]|\(?[a-z][.)]|(?:REQ|FR|NFR|R|UC|BR)[-_ ]?\d+[.:)]?)\s+(?:\[[ xX]\]\s*)?")
        .ok()
});
static SETEXT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\s*(=+|-{3,})\s*$").ok());
static FIELD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s*-]*(?:components?|priority|epic|labels?|author|status|version|date)[\s*]*:\s*\S").ok()
});
static RULE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\s*\|?[\s:|-]*-{3}[\s:|-]*$").ok());

/// One thing the text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The sentence, without Markdown.
    pub text: String,
    /// The heading it stands under.
    pub section: Option<String>,
    /// True for list items and table rows.
    pub item: bool,
}

/// The whole text: its title, when it has one, and what it says.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// First heading of the highest level.
    pub title: Option<String>,
    /// In reading order.
    pub statements: Vec<Statement>,
}

/// Reads a requirement text.
pub fn read(raw: &str) -> Blocks {
    let mut reader = Reader::default();
    let lines: Vec<&str> = raw.lines().collect();
    let mut in_code = false;
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            reader.flush();
            in_code = !in_code;
        } else if in_code || matches(&RULE, line) && at > 0 && lines[at - 1].contains('|') {
            // Code shows how something looks today; a table's rule line says nothing.
        } else if matches(&FIELD, line) {
            reader.flush();
        } else if is_title(&lines, at) {
            reader.open_section(clean(trimmed));
        } else if matches(&SETEXT, line) {
            reader.setext();
        } else {
            reader.line(trimmed);
        }
    }
    reader.flush();
    reader.blocks
}

#[derive(Default)]
struct Reader {
    blocks: Blocks,
    section: Option<String>,
    paragraph: String,
    columns: Vec<String>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let line = line.trim_start_matches('>').trim_start();
        if line.is_empty() {
            self.flush();
            self.columns.clear();
        } else if let Some(heading) = heading(line) {
            self.flush();
            self.columns.clear();
            self.open_section(heading);
        } else if line.starts_with('|') {
            self.flush();
            self.row(line);
        } else if let Some(found) = BULLET.as_ref().and_then(|b| b.find(line)) {
            self.flush();
            self.paragraph = line[found.end()..].to_owned();
            self.flush_as(true);
        } else {
            if !self.paragraph.is_empty() {
                self.paragraph.push(' ');
            }
            self.paragraph.push_str(line);
        }
    }

    fn setext(&mut self) {
        let heading = std::mem::take(&mut self.paragraph);
        if !heading.is_empty() && heading.len() < 90 {
            self.open_section(clean(&heading));
        } else {
            self.paragraph = heading;
            self.flush();
        }
    }

    fn open_section(&mut self, heading: String) {
        if self.blocks.title.is_none() && self.blocks.statements.is_empty() {
            self.blocks.title = Some(heading.clone());
        }
        self.section = Some(heading);
    }

    fn row(&mut self, line: &str) {
        let cells: Vec<String> = line.trim_matches('|').split('|').map(clean).collect();
        if self.columns.is_empty() {
            self.columns = cells;
            return;
        }
        let sentence = cells.iter().filter(|c| has_verb(c) && c.split_whitespace().count() > 2).max_by_key(|c| c.len());
        let text = match sentence {
            Some(cell) => cell.clone(),
            None => {
                let pairs = self.columns.iter().zip(&cells).skip(1).filter(|(_, cell)| !cell.is_empty());
                let rest: Vec<String> = pairs.map(|(name, cell)| format!("{} {cell}", name.to_lowercase())).collect();
                let head = cells.first().cloned().unwrap_or_default();
                if rest.is_empty() { head } else { format!("{head}: {}", rest.join(", ")) }
            }
        };
        self.push(&text, true);
    }

    fn flush(&mut self) {
        self.flush_as(false);
    }

    fn flush_as(&mut self, item: bool) {
        let paragraph = std::mem::take(&mut self.paragraph);
        for text in sentences(&clean(&paragraph)) {
            self.push(&text, item);
        }
    }

    fn push(&mut self, text: &str, item: bool) {
        let text = text.trim().trim_start_matches(['-', '*', '•']).trim();
        // A line like "Requirements:" opens a list; it is a heading, not a statement.
        if let Some(label) = text.strip_suffix(':') {
            if label.split_whitespace().count() <= 6 && !has_modal(label) {
                self.section = Some(upper_first(label));
            }
            return;
        }
        // "Click here to expand..." and its kind are left over from the page.
        let leftover = text.ends_with("...") && text.split_whitespace().count() <= 5;
        if leftover || text.chars().filter(|c| c.is_alphanumeric()).count() < 3 {
            return;
        }
        self.blocks.statements.push(Statement { text: text.to_owned(), section: self.section.clone(), item });
    }
}

/// A short first line without a full stop, with an empty line below it.
fn is_title(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim();
    let first = lines[..at].iter().all(|l| l.trim().is_empty());
    let alone = lines.get(at + 1).is_some_and(|next| next.trim().is_empty()) && lines.len() > at + 2;
    first
        && alone
        && !line.is_empty()
        && line.split_whitespace().count() <= 8
        && !line.ends_with(['.', '!', '?', ':'])
        && !line.starts_with(['#', '-', '*', '|'])
}

/// True when any word looks like a verb.
pub fn has_verb(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').any(|word| is_verb_form(&word.to_lowercase()))
}

fn has_modal(text: &str) -> bool {
    let words = text.to_lowercase();
    words.split_whitespace().any(|w| matches!(w, "must" | "should" | "can" | "shall" | "want" | "wants" | "needs"))
}

fn heading(line: &str) -> Option<String> {
    let hashes = line.chars().take_while(|c| *c == '#').count();
    if (1..=6).contains(&hashes) && line[hashes..].starts_with(' ') {
        return Some(clean(line[hashes..].trim_end_matches('#'))).filter(|text| !text.is_empty());
    }
    let wiki = line.strip_prefix('h').and_then(|rest| rest.strip_prefix(|c: char| ('1'..='6').contains(&c)));
    if let Some(text) = wiki.and_then(|rest| rest.strip_prefix(". ")) {
        return Some(clean(text));
    }
    let bold = line.strip_prefix("**").and_then(|rest| rest.strip_suffix("**")).filter(|text| !text.contains("**"));
    bold.filter(|text| text.len() < 80 && !text.ends_with('.')).map(|text| clean(text.trim_end_matches(':')))
}

/// Markdown marks, links and tags off; entities and white space made plain.
fn clean(text: &str) -> String {
    let linked = LINK.as_ref().map_or_else(|| text.into(), |link| link.replace_all(text, "$1"));
    let untagged = TAG.as_ref().map_or_else(|| linked.clone(), |tag| tag.replace_all(&linked, " "));
    let plain = untagged.replace("**", "").replace("__", "").replace('`', "").replace("[ ]", "").replace("[x]", "");
    let plain =
        plain.replace("&nbsp;", " ").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace('’', "'");
    let words: Vec<&str> =
        plain.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let joined = words.join(" ");
    let unstarred = joined.strip_prefix('*').unwrap_or(&joined);
    unstarred.trim_end_matches('*').replace("\\", "").trim().to_owned()
}

/// Splits at sentence ends, not after abbreviations or inside numbers.
pub fn sentences(text: &str) -> Vec<String> {
    const ABBREVIATIONS: [&str; 9] = ["e.g.", "i.e.", "etc.", "vs.", "no.", "approx.", "incl.", "min.", "max."];
    let mut found = Vec::new();
    let mut current = String::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
        let bare = word.trim_end_matches(['"', '\'', ')', '”']);
        let ends = bare.ends_with(['.', '!', '?', ';']) && !ABBREVIATIONS.contains(&word.to_lowercase().as_str());
        let next_starts = words
            .peek()
            .is_none_or(|next| next.chars().next().is_some_and(|c| !c.is_lowercase()) || bare.ends_with(';'));
        if ends && next_starts {
            found.push(std::mem::take(&mut current).trim_end_matches(';').to_owned());
        }
    }
    if !current.is_empty() {
        found.push(current);
    }
    found
}

fn matches(pattern: &LazyLock<Option<Regex>>, line: &str) -> bool {
    pattern.as_ref().is_some_and(|p| p.is_match(line))
}

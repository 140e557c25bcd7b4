//! Making text mean itself.

/// What stands beside a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Begin or end of a line.
    Nothing,
    /// Markup without a space in between.
    Markup,
}

impl Beside {
    /// The character that stands for it in the rules below.
    fn as_char(self) -> char {
        match self {
            Self::Nothing => ' ',
            Self::Markup => '\u{1}',
        }
    }
}

/// Pictures that Jira draws for parentheses, without the opening one.
const ICONS: [&str; 20] = [
    "y)", "n)", "i)", "/)", "x)", "!)", "+)", "-)", "?)", "on)", "off)", "*)", "*r)", "*g)", "*b)", "*y)", "flag)",
    "flagoff)", "bulb)", "star)",
];

/// Starts of addresses that Jira turns into links by itself.
const LINK_STARTS: [&str; 6] = ["http://", "https://", "ftp://", "mailto:", "irc://", "news:"];

/// Appends `text` so that Jira shows it as it is. `line_start` says that nothing stands before it on its line.
pub(crate) fn text(text: &str, before: Beside, after: Beside, line_start: bool, out: &mut String) {
    let mut rest = text;
    let mut previous = before.as_char();
    if line_start {
        rest = start_of_line(rest, out);
        if rest.len() < text.len() {
            previous = '\u{1}';
        }
    }
    while let Some(c) = rest.chars().next() {
        if let Some(address) = address(rest, previous) {
            encode(address, out);
            previous = address.chars().next_back().unwrap_or(previous);
            rest = &rest[address.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        let next = rest.chars().next().unwrap_or_else(|| after.as_char());
        if c == '\\' {
            // A backslash cannot be escaped by another: two are a line break.
            out.push_str("&bsol;");
        } else {
            if must_escape(c, previous, next, rest) {
                out.push('\\');
            }
            out.push(c);
        }
        previous = c;
    }
}

fn must_escape(c: char, previous: char, next: char, rest: &str) -> bool {
    match c {
        '{' | '}' | '[' | ']' | '|' => true,
        // Alone between spaces and inside a word they mean themselves; a run of hyphens would become a dash.
        '*' | '_' | '+' | '^' | '~' | '-' => {
            let alone = previous.is_whitespace() && next.is_whitespace();
            let inside = previous.is_alphanumeric() && next.is_alphanumeric();
            !alone && !inside
        }
        '?' => previous == '?' || next == '?',
        '!' => !next.is_whitespace(),
        '(' => {
            let following: String = rest.chars().take(8).collect::<String>().to_ascii_lowercase();
            ICONS.iter().any(|icon| following.starts_with(icon))
        }
        ':' => matches!(next, ')' | '(' | 'P' | 'p' | 'D' | '-'),
        ';' => matches!(next, ')' | '-'),
        '&' => is_entity(rest),
        _ => false,
    }
}

/// Whether what follows an ampersand makes it an entity.
fn is_entity(rest: &str) -> bool {
    let name: &str = rest.split(';').next().unwrap_or_default();
    name.len() < rest.len()
        && (2..=32).contains(&name.len())
        && name.trim_start_matches('#').bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Escapes what would make a line a list, a heading, a quote, a table or a rule; gives the rest.
fn start_of_line<'a>(text: &'a str, out: &mut String) -> &'a str {
    for marker in ["h1.", "h2.", "h3.", "h4.", "h5.", "h6.", "bq."] {
        if let Some(rest) = text.strip_prefix(marker) {
            out.push_str(marker.trim_end_matches('.'));
            out.push_str("&#46;");
            return rest;
        }
    }
    let markers = text.find(|c| !matches!(c, '*' | '#' | '-')).unwrap_or(text.len());
    for c in text[..markers].chars() {
        out.push('\\');
        out.push(c);
    }
    &text[markers..]
}

/// The bare address that `text` begins with, without the punctuation that ends a sentence.
fn address(text: &str, previous: char) -> Option<&str> {
    if previous.is_alphanumeric() {
        return None;
    }
    let start = LINK_STARTS.iter().find(|start| text.starts_with(**start))?;
    let stop = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '|' | '[' | ']' | '{' | '}' | '\\' | '`');
    let end = text.find(stop).unwrap_or(text.len());
    let mut found = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
    while found.ends_with(')') && found.matches(')').count() > found.matches('(').count() {
        found = found[..found.len() - 1].trim_end_matches(['.', ',', ';', ':', '!', '?']);
    }
    (found.len() > start.len()).then_some(found)
}

/// Appends an address with everything encoded that would end it early.
pub(crate) fn encode(address: &str, out: &mut String) {
    for c in address.chars() {
        if c.is_ascii_graphic() && !matches!(c, '[' | ']' | '|' | '{' | '}' | '\\' | '^' | '"' | '<' | '>' | '`') {
            out.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
    }
}

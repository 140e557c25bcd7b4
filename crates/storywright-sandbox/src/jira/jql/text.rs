//! `~`: words and phrases, in the way of a tokenised, case-insensitive index.

/// A text query: every part must be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextQuery {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Words in a row.
    Phrase(Vec<String>),
    /// A word with `*` and `?`.
    Pattern(String),
}

/// The words of a text: runs of letters and digits, in lower case.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

impl TextQuery {
    /// Reads the query; `\` takes the next character literally, quotes make phrases.
    pub(crate) fn parse(query: &str, field: &str) -> Result<Self, String> {
        let invalid = || format!("The text query '{query}' for field '{field}' is not valid.");
        if query.trim().is_empty() {
            return Err(format!("The field '{field}' does not support searching for an empty string."));
        }
        let mut parts = Vec::new();
        let mut current = String::new();
        let mut quoted = false;
        let mut open = Vec::new();
        let mut chars = query.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => current.push(chars.next().filter(|c| c.is_alphanumeric()).unwrap_or(' ')),
                '"' => {
                    push(&mut parts, &current, quoted, query, field)?;
                    current.clear();
                    quoted = !quoted;
                }
                _ if quoted => current.push(c),
                '(' | '[' | '{' => open.push(c),
                ')' | ']' | '}' => {
                    let pair = matches!((open.pop(), c), (Some('('), ')') | (Some('['), ']') | (Some('{'), '}'));
                    if !pair {
                        return Err(invalid());
                    }
                    current.push(' ');
                }
                _ => current.push(c),
            }
        }
        if quoted || !open.is_empty() {
            return Err(invalid());
        }
        push(&mut parts, &current, false, query, field)?;
        Ok(Self { parts })
    }

    /// True when every part is in the text.
    pub(crate) fn found_in(&self, text: &str) -> bool {
        let words = words(text);
        !self.parts.is_empty()
            && self.parts.iter().all(|part| match part {
                Part::Phrase(phrase) => words.windows(phrase.len().max(1)).any(|window| window == phrase.as_slice()),
                Part::Pattern(pattern) => words.iter().any(|word| matches(pattern, word)),
            })
    }
}

fn push(parts: &mut Vec<Part>, text: &str, quoted: bool, query: &str, field: &str) -> Result<(), String> {
    if quoted {
        let phrase = words(text);
        if !phrase.is_empty() {
            parts.push(Part::Phrase(phrase));
        }
        return Ok(());
    }
    for word in text.split_whitespace() {
        if word.starts_with(['*', '?']) {
            return Err(format!(
                "The text query '{query}' for field '{field}' is not allowed to start with '{}'",
                word.chars().next().unwrap_or('*')
            ));
        }
        if word.contains(['*', '?']) {
            let kept: String = word.chars().filter(|c| c.is_alphanumeric() || "*?".contains(*c)).collect();
            parts.push(Part::Pattern(kept.to_lowercase()));
        } else {
            // `foo-bar` is two words that follow one another.
            let phrase = words(word);
            if !phrase.is_empty() {
                parts.push(Part::Phrase(phrase));
            }
        }
    }
    Ok(())
}

fn matches(pattern: &str, word: &str) -> bool {
    let regex = regex::escape(pattern).replace("\\*", ".*").replace("\\?", ".");
    regex::Regex::new(&format!("^{regex}$")).is_ok_and(|regex| regex.is_match(word))
}

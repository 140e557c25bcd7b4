//! A JSON answer as it arrives, character by character: says which text grows at which place of the document, so that a page can show
//! it where it will stay.

/// A piece of text and the place it belongs to, as `stories.0.acceptance_criteria.2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathText {
    /// Keys and indexes joined by dots.
    pub path: String,
    /// The next piece.
    pub text: String,
}

/// Reads JSON text in pieces of any size. Everything before the first brace is skipped; what follows the object is skipped too.
/// Keys and values that are no strings are followed but not reported. Never fails: text that is no JSON reports nothing
/// sensible, and the whole answer is checked at its end in any case.
#[derive(Debug, Default)]
pub struct PathStream {
    stack: Vec<Frame>,
    state: State,
    key: String,
    digits: String,
    high_surrogate: Option<u32>,
    value_begun: bool,
    finished: bool,
}

/// Deeper is no answer of ours: nothing more is reported.
const MAX_DEPTH: usize = 64;

#[derive(Debug)]
enum Frame {
    Object { key: String, expects_key: bool },
    Array { index: usize },
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Structure,
    Text,
    Escape,
    Unicode,
}

impl PathStream {
    /// A stream at its beginning.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece and says what grew.
    pub fn push(&mut self, piece: &str) -> Vec<PathText> {
        let mut grown: Vec<PathText> = Vec::new();
        for c in piece.chars() {
            let Some(decoded) = self.take(c) else { continue };
            match grown.last_mut() {
                Some(last) if !self.value_begun => last.text.push(decoded),
                _ => grown.push(PathText { path: self.path(), text: decoded.to_string() }),
            }
            self.value_begun = false;
        }
        grown
    }

    /// Takes one character; gives one back when it is part of a string value.
    fn take(&mut self, c: char) -> Option<char> {
        if self.finished {
            return None;
        }
        match self.state {
            State::Structure => {
                self.structure(c);
                None
            }
            State::Text => match c {
                '\\' => {
                    self.state = State::Escape;
                    None
                }
                '"' => {
                    self.end_text();
                    None
                }
                other => self.decoded(other),
            },
            State::Escape => self.escape(c),
            State::Unicode => self.unicode(c),
        }
    }

    fn structure(&mut self, c: char) {
        match c {
            '{' | '[' if self.stack.len() >= MAX_DEPTH => self.finished = true,
            '{' => self.stack.push(Frame::Object { key: String::new(), expects_key: true }),
            '[' if !self.stack.is_empty() => self.stack.push(Frame::Array { index: 0 }),
            '}' | ']' => {
                self.stack.pop();
                self.finished = self.stack.is_empty();
            }
            ',' => match self.stack.last_mut() {
                Some(Frame::Object { expects_key, .. }) => *expects_key = true,
                Some(Frame::Array { index }) => *index += 1,
                None => {}
            },
            ':' => {
                if let Some(Frame::Object { expects_key, .. }) = self.stack.last_mut() {
                    *expects_key = false;
                }
            }
            '"' if !self.stack.is_empty() => {
                self.state = State::Text;
                self.key.clear();
                self.value_begun = !self.in_key();
            }
            _ => {}
        }
    }

    fn in_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame::Object { expects_key: true, .. }))
    }

    fn end_text(&mut self) {
        self.state = State::Structure;
        let ended_key = std::mem::take(&mut self.key);
        if let Some(Frame::Object { key, expects_key: true }) = self.stack.last_mut() {
            *key = ended_key;
        }
    }

    fn decoded(&mut self, c: char) -> Option<char> {
        if self.in_key() {
            // A key of a real answer is short; what is longer is no key of ours.
            if self.key.len() < 200 {
                self.key.push(c);
            }
            None
        } else {
            Some(c)
        }
    }

    fn escape(&mut self, c: char) -> Option<char> {
        self.state = State::Text;
        match c {
            'n' => self.decoded('\n'),
            't' => self.decoded('\t'),
            'r' | 'b' | 'f' => None,
            'u' => {
                self.state = State::Unicode;
                self.digits.clear();
                None
            }
            other => self.decoded(other),
        }
    }

    fn unicode(&mut self, c: char) -> Option<char> {
        self.digits.push(c);
        if self.digits.chars().count() < 4 {
            return None;
        }
        self.state = State::Text;
        let unit = u32::from_str_radix(&self.digits, 16).unwrap_or(0xfffd);
        let code = match (self.high_surrogate.take(), unit) {
            (_, 0xd800..=0xdbff) => {
                self.high_surrogate = Some(unit);
                return None;
            }
            (Some(high), 0xdc00..=0xdfff) => 0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00),
            (_, other) => other,
        };
        self.decoded(char::from_u32(code).unwrap_or('\u{fffd}'))
    }

    fn path(&self) -> String {
        let parts: Vec<String> = self
            .stack
            .iter()
            .map(|frame| match frame {
                Frame::Object { key, .. } => key.clone(),
                Frame::Array { index } => index.to_string(),
            })
            .collect();
        parts.join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn gather(pieces: &[&str]) -> BTreeMap<String, String> {
        let mut stream = PathStream::new();
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        for piece in pieces {
            for grown in stream.push(piece) {
                texts.entry(grown.path).or_default().push_str(&grown.text);
            }
        }
        texts
    }

    const ANSWER: &str = "```json\n{\"clarify\":null,\"stories\":[{\"summary\":\"Gr\\u00f6\\u00dfe \\ud83d\\ude80 \\\"q\\\"\",\"narrative\":{\"role\":\"a, b: {c}\"},\"acceptance_criteria\":[\"x\",\"y\\nz\"],\"story_points\":2,\"stlc_notes\":\"n\"},{\"summary\":\"Two\"}]}\n``` { \"after\": \"no\" }";

    #[test]
    fn every_text_is_reported_at_its_place() {
        let texts = gather(&[ANSWER]);
        let expected = [
            ("stories.0.acceptance_criteria.0", "x"),
            ("stories.0.acceptance_criteria.1", "y\nz"),
            ("stories.0.narrative.role", "a, b: {c}"),
            ("stories.0.stlc_notes", "n"),
            ("stories.0.summary", "Größe 🚀 \"q\""),
            ("stories.1.summary", "Two"),
        ];
        let found: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_cut_between_pieces_does_not_matter() {
        let whole = gather(&[ANSWER]);
        for (cut, _) in ANSWER.char_indices() {
            assert_eq!(gather(&[&ANSWER[..cut], &ANSWER[cut..]]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn endless_nesting_is_not_followed() {
        let deep = format!("{{\"a\":{}\"text\"", "[".repeat(100_000));
        let mut stream = PathStream::new();
        assert_eq!(stream.push(&deep), []);
        assert!(stream.stack.len() <= MAX_DEPTH);
        assert_eq!(stream.push("]}, {\"b\":\"c\"}"), []);
    }

    #[test]
    fn a_piece_inside_one_text_is_one_report() {
        let mut stream = PathStream::new();
        stream.push("{\"stories\":[{\"summary\":\"");
        assert_eq!(stream.push("one piece"), [PathText { path: "stories.0.summary".into(), text: "one piece".into() }]);
    }
}

//! Small tools of the readers: searches that remember, macro tags, references to characters.

use html5ever::data::NAMED_ENTITIES;

/// White space that means nothing at the ends of lines. Spaces that do not break mean something.
pub(super) const SPACES: [char; 2] = [' ', '\t'];

/// Where a needle comes next. Remembers the last find, so that asking again and again costs one walk in all.
pub(super) struct Next<'a> {
    text: &'a str,
    needle: &'static str,
    found: Option<usize>,
}

impl<'a> Next<'a> {
    pub(super) fn new(text: &'a str, needle: &'static str) -> Self {
        let found = text.find(needle);
        Self { text, needle, found }
    }

    /// The first place at or after `at`. Places must be asked for in rising order.
    pub(super) fn at(&mut self, at: usize) -> Option<usize> {
        if self.found.is_some_and(|found| found < at) {
            self.found = self.text.get(at..).and_then(|rest| rest.find(self.needle)).map(|distance| at + distance);
        }
        self.found
    }
}

/// The tag of a macro at an opening brace: `{code:java|title=x}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    /// What follows the colon; `None` when there is no colon.
    pub(super) parameters: Option<&'a str>,
    /// The place after the closing brace.
    pub(super) end: usize,
}

/// The tag that begins at `at`, where a `{` stands.
pub(super) fn tag(text: &str, at: usize) -> Option<Tag<'_>> {
    let inner = text.get(at + 1..)?;
    let close = inner.find(['{', '}', '\n'])?;
    if inner.as_bytes().get(close) != Some(&b'}') {
        return None;
    }
    let (name, parameters) = match inner[..close].split_once(':') {
        Some((name, parameters)) => (name, Some(parameters)),
        None => (&inner[..close], None),
    };
    let named = (1..=16).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase());
    named.then_some(Tag { name, parameters, end: at + close + 2 })
}

/// The value of a parameter among `a=b|c=d`.
pub(super) fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters.split('|').find_map(|part| part.trim_matches(SPACES).strip_prefix(name)?.strip_prefix('='))
}

/// The character that a reference such as `&amp;` or `&#46;` stands for, and the length of the reference.
pub(super) fn reference(text: &str) -> Option<(String, usize)> {
    let end = text.bytes().take(34).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let one = |code: u32| char::from_u32(code).filter(|c| *c != '\0').map(String::from);
    let found = if let Some(number) = name.strip_prefix('#') {
        match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok().and_then(one),
            None => number.parse().ok().and_then(one),
        }
    } else {
        let (first, second) = *NAMED_ENTITIES.get(format!("{name};").as_str())?;
        let second = if second == 0 { None } else { one(second) };
        one(first).map(|first| first + &second.unwrap_or_default())
    };
    found.map(|found| (found, end + 1))
}

/// A text with its references resolved.
pub(super) fn resolved(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (found, length) = reference(rest).unwrap_or_else(|| ("&".to_owned(), 1));
        out.push_str(&found);
        rest = &rest[length..];
    }
    out + rest
}

//! Addresses: which may be followed, how they are written, and where a bare one ends.

use std::fmt::Write as _;

/// Schemes that lead somewhere when a person follows them.
const FOLLOWED: [&str; 4] = ["http", "https", "ftp", "mailto"];

/// Starts of addresses that Jira turns into links by itself.
const LINK_STARTS: [&str; 7] = ["http://", "https://", "ftp://", "mailto:", "irc://", "nntp://", "news:"];

/// The scheme of links to attached files in Markdown.
pub(crate) const ATTACHMENT: &str = "attachment:";

/// Whether a link may lead there from an issue.
pub(crate) fn followable(target: &str) -> bool {
    match target.split_once(':') {
        Some((scheme, rest)) => FOLLOWED.iter().any(|known| known.eq_ignore_ascii_case(scheme)) && !rest.is_empty(),
        None => false,
    }
}

/// Whether the address is on the web.
pub(crate) fn is_web(target: &str) -> bool {
    let target = target.trim_start();
    let starts = |with: &str| target.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    starts("http://") || starts("https://")
}

/// The address with everything encoded that would end it early.
pub(crate) fn encoded(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for c in address.trim().chars() {
        if safe(c) {
            out.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn safe(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '[' | ']' | '|' | '{' | '}' | '\\' | '^' | '"' | '<' | '>' | '`')
}

/// The bare address that `text` begins with, without the punctuation that ends a sentence; `previous` stands before it.
/// Reader and writer share this rule: what it finds is neither escaped nor searched for markup.
pub(crate) fn bare(text: &str, previous: Option<char>) -> Option<&str> {
    if previous.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let start = LINK_STARTS.iter().find(|start| text.starts_with(**start))?;
    let ends =
        |(at, c): &(usize, char)| !safe(*c) || matches!(c, '*' | '!') || (*c == '&' && is_reference(&text[at + 1..]));
    let end = text.char_indices().find(ends).map_or(text.len(), |(at, _)| at);
    let mut found = text[..end].trim_end_matches(ends_sentence);
    let opened = found.matches('(').count();
    let mut closed = found.matches(')').count();
    while closed > opened && found.ends_with(')') {
        closed -= 1;
        found = found[..found.len() - 1].trim_end_matches(ends_sentence);
    }
    (found.len() > start.len()).then_some(found)
}

/// Punctuation, and the delimiters of marks, which may stand right after an address.
fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '_' | '-' | '+' | '~' | '&')
}

/// Whether Jira reads `[~name]` as a person.
pub(crate) fn is_user_name(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | ':' | '-'))
}

/// Whether a file may have this name in the markups at hand, beyond what file systems say.
pub(crate) fn is_file_name(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let odd = |c: char| c.is_control() || matches!(c, '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '!' | '^');
    !stem.is_empty()
        && name.len() <= 255
        && !name.chars().any(|c| odd(c) || matches!(c, '{' | '}' | '[' | ']' | '&' | '~' | '`'))
        && !name.starts_with(char::is_whitespace)
        && !name.contains("  ")
        && (1..=5).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a word may hold a bare address somewhere: cheap, and right whenever it says no.
pub(crate) fn may_be_in(word: &str) -> bool {
    word.contains("://") || word.contains("mailto:") || word.contains("news:")
}

/// Whether what follows an ampersand makes it a reference to a character, by its looks.
pub(crate) fn is_reference(rest: &str) -> bool {
    let end = rest.bytes().take(40).position(|byte| byte == b';').unwrap_or_default();
    end >= 2 && rest[..end].trim_start_matches('#').bytes().all(|byte| byte.is_ascii_alphanumeric())
}

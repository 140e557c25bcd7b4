//! Cuts a query into words, quoted texts, operators and brackets.

use super::BadQuery;

/// One piece of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A bare word: field, keyword, value or function name.
    Word(String),
    /// A text in quotation marks, without its escapes.
    Text(String),
    /// `=`, `!=`, `~`, `!~`, `>`, `>=`, `<`, `<=`
    Operator(&'static str),
    Open,
    Close,
    Comma,
}

/// Cuts the whole query.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, BadQuery> {
    let mut found = Vec::new();
    let mut letters = query.chars().peekable();
    while let Some(&letter) = letters.peek() {
        match letter {
            _ if letter.is_whitespace() => {
                letters.next();
            }
            '(' | ')' | ',' => {
                letters.next();
                found.push(match letter {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    _ => Token::Comma,
                });
            }
            '"' | '\'' => {
                letters.next();
                found.push(Token::Text(quoted(&mut letters, letter)?));
            }
            '=' | '~' | '!' | '>' | '<' => {
                letters.next();
                let followed = letters.peek().copied();
                let (operator, takes) = match (letter, followed) {
                    ('=', _) => ("=", false),
                    ('~', _) => ("~", false),
                    ('!', Some('=')) => ("!=", true),
                    ('!', Some('~')) => ("!~", true),
                    ('>', Some('=')) => (">=", true),
                    ('>', _) => (">", false),
                    ('<', Some('=')) => ("<=", true),
                    ('<', _) => ("<", false),
                    _ => return Err(BadQuery("unexpected character '!'".to_owned())),
                };
                if takes {
                    letters.next();
                }
                found.push(Token::Operator(operator));
            }
            _ => {
                let mut word = String::new();
                while let Some(&next) = letters.peek() {
                    if next.is_whitespace() || "(),=~!<>\"'".contains(next) {
                        break;
                    }
                    word.push(next);
                    letters.next();
                }
                found.push(Token::Word(word));
            }
        }
    }
    Ok(found)
}

fn quoted(letters: &mut std::iter::Peekable<std::str::Chars<'_>>, mark: char) -> Result<String, BadQuery> {
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(letters.next()),
            _ if letter == mark => return Ok(text),
            other => text.push(other),
        }
    }
    Err(BadQuery("a quoted text is not closed".to_owned()))
}

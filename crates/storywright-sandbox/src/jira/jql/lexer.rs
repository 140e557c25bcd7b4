//! JQL's words.

/// A word with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Offset in characters.
    pub(crate) at: usize,
}

/// A kind of word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An unquoted word; keywords are recognized by the parser, in any case.
    Word(String),
    /// A quoted string, unescaped.
    Quoted(String),
    /// `=`, `!=`, `~`, `!~`, `<`, `<=`, `>`, `>=`, `(`, `)`, `,`, `!`, `&&`, `||`.
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 16] = ["!=", "!~", "<=", ">=", "&&", "||", "=", "~", "<", ">", "(", ")", ",", "!", "&", "|"];

/// Characters that must be quoted in JQL.
const RESERVED: &str = "?*+-/{}[]%^$#@;'`\\";

/// A word that cannot be read: message and place.
pub(crate) type LexError = (String, usize);

/// Cuts the query into words.
pub(crate) fn tokens(query: &str) -> Result<Vec<Token>, LexError> {
    let chars: Vec<char> = query.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if c.is_whitespace() {
            at += 1;
        } else if c == '"' || c == '\'' {
            let (text, next) = quoted(&chars, at, c)?;
            tokens.push(Token { kind: Kind::Quoted(text), at });
            at = next;
        } else if let Some(sign) = SIGNS.iter().find(|sign| starts_with(&chars, at, sign)) {
            let sign = match *sign {
                "&" => "&&",
                "|" => "||",
                other => other,
            };
            tokens.push(Token { kind: Kind::Sign(sign), at });
            at += SIGNS.iter().find(|s| starts_with(&chars, at, s)).map_or(1, |s| s.len());
        } else {
            let (word, next) = word(&chars, at)?;
            tokens.push(Token { kind: Kind::Word(word), at });
            at = next;
        }
    }
    tokens.push(Token { kind: Kind::End, at: chars.len() });
    Ok(tokens)
}

fn starts_with(chars: &[char], at: usize, sign: &str) -> bool {
    sign.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c))
}

fn quoted(chars: &[char], start: usize, quote: char) -> Result<(String, usize), LexError> {
    let mut text = String::new();
    let mut at = start + 1;
    loop {
        match chars.get(at) {
            None => {
                let message = format!("The quoted string '{text}' has not been completed.");
                return Err((message, start));
            }
            Some('\\') => {
                let (c, next) = escape(chars, at)?;
                text.push(c);
                at = next;
            }
            Some('\n' | '\r') => {
                return Err((format!("The quoted string '{text}' contains an illegal newline character."), start));
            }
            Some(c) if *c == quote => return Ok((text, at + 1)),
            Some(c) => {
                text.push(*c);
                at += 1;
            }
        }
    }
}

fn escape(chars: &[char], at: usize) -> Result<(char, usize), LexError> {
    let illegal = |what: String| (format!("The escape sequence '\\{what}' is not legal in JQL."), at);
    match chars.get(at + 1) {
        Some('n') => Ok(('\n', at + 2)),
        Some('r') => Ok(('\r', at + 2)),
        Some('t') => Ok(('\t', at + 2)),
        Some(c @ ('"' | '\'' | '\\' | ' ')) => Ok((*c, at + 2)),
        Some('u') => {
            let digits: String = chars.iter().skip(at + 2).take(4).collect();
            let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4).and_then(char::from_u32);
            code.map(|c| (c, at + 6)).ok_or_else(|| illegal(format!("u{digits}")))
        }
        Some(c) => Err(illegal(c.to_string())),
        None => Err(illegal(String::new())),
    }
}

fn word(chars: &[char], start: usize) -> Result<(String, usize), LexError> {
    let mut text = String::new();
    let mut at = start;
    while let Some(&c) = chars.get(at) {
        if c.is_whitespace() || "=!~<>(),&|\"'".contains(c) {
            break;
        }
        // `-` and `/` occur in keys, dates and offsets, and brackets in `cf[10106]`.
        let custom_field = (c == '[' && text.eq_ignore_ascii_case("cf")) || (c == ']' && text.contains('['));
        let inner = (c == '-') || (c == '/' && !text.is_empty()) || (c == '+' && text.is_empty());
        let escaped = c == '\\';
        if escaped {
            let (c, next) = escape(chars, at)?;
            text.push(c);
            at = next;
            continue;
        }
        if RESERVED.contains(c) && !custom_field && !inner {
            let message = format!(
                "The character '{c}' is a reserved JQL character. You must enclose it in a string or use the escape '\\u{:04x}' instead.",
                u32::from(c)
            );
            return Err((message, at));
        }
        text.push(c);
        at += 1;
    }
    Ok((text, at))
}

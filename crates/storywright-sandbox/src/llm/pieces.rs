//! Cuts a text into pieces about as large as a model's tokens, and counts them.

/// Longest piece, in characters.
const LONGEST: usize = 7;

/// Pieces that joined give the text again: words with the space before them, longer words in parts.
pub(crate) fn cut(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut current = String::new();
    let mut length = 0;
    for letter in text.chars() {
        let opens = letter == ' ' && length > 0 || matches!(letter, '"' | '{' | '[') && length > 1;
        if length >= LONGEST || opens {
            pieces.push(std::mem::take(&mut current));
            length = 0;
        }
        current.push(letter);
        length += 1;
    }
    if !current.is_empty() {
        pieces.push(current);
    }
    pieces
}

/// Tokens of a prompt, by the usual rule of thumb.
pub(crate) fn count(text: &str) -> usize {
    text.chars().count().div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn pieces_join_to_the_text_and_never_split_a_letter() {
        let text = "{\"summary\": \"Größe prüfen — naïve café 日本語テキスト\"}";
        let pieces = cut(text);
        assert_eq!(pieces.concat(), text);
        assert!(pieces.len() > 5 && pieces.iter().all(|p| p.chars().count() <= 8), "{pieces:?}");
    }
}

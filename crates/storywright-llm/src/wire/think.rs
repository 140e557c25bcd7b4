//! Takes a model's spoken reasoning off the front of its answer.
//!
//! Models that reason aloud put it between `<think>` and `</think>` before the answer. It is removed only there: within the
//! answer the same characters are text that somebody asked for.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Where {
    /// Nothing but white space and whole reasoning blocks so far.
    #[default]
    Start,
    /// Inside reasoning.
    Reasoning,
    /// The answer has begun.
    Answer,
}

/// Takes text in pieces, gives the answer's pieces.
#[derive(Debug, Default)]
pub struct ThinkFilter {
    at: Where,
    /// What might be the beginning of a mark; never longer than a mark and the white space before it.
    held: String,
    reasoned: bool,
}

impl ThinkFilter {
    /// Takes the next piece. What is part of the answer comes back at once; it may be empty.
    pub fn push(&mut self, piece: &str) -> String {
        if self.at == Where::Answer {
            return piece.to_owned();
        }
        self.held.push_str(piece);
        loop {
            match self.at {
                Where::Start => {
                    let start = self.held.len() - self.held.trim_start().len();
                    self.held.drain(..start);
                    if self.held.starts_with(OPEN) {
                        self.held.drain(..OPEN.len());
                        self.at = Where::Reasoning;
                        self.reasoned = true;
                    } else if OPEN.starts_with(&self.held) {
                        return String::new();
                    } else {
                        self.at = Where::Answer;
                    }
                }
                Where::Reasoning => match self.held.find(CLOSE) {
                    Some(at) => {
                        self.held.drain(..at + CLOSE.len());
                        self.at = Where::Start;
                    }
                    None => {
                        let kept = partial_mark(&self.held);
                        self.held.drain(..self.held.len() - kept);
                        return String::new();
                    }
                },
                Where::Answer => return std::mem::take(&mut self.held),
            }
        }
    }

    /// The text has ended: gives what was held back as a possible mark and was none.
    pub fn finish(&mut self) -> String {
        match self.at {
            Where::Reasoning => String::new(),
            Where::Start | Where::Answer => std::mem::take(&mut self.held),
        }
    }

    /// Whether the model reasoned aloud.
    #[must_use]
    pub fn reasoned(&self) -> bool {
        self.reasoned
    }
}

/// How many bytes at the end of `text` could be the beginning of the closing mark.
fn partial_mark(text: &str) -> usize {
    (1..CLOSE.len()).rev().find(|length| text.ends_with(&CLOSE[..*length])).unwrap_or(0)
}

/// Some services strip the opening mark and leave the closing one. Gives the answer behind it, if `text` begins with such
/// reasoning: the answer is expected to be JSON or fenced, so anything else before the mark is none of it.
#[must_use]
pub fn without_unopened_reasoning(text: &str) -> &str {
    let begins_an_answer = |text: &str| text.starts_with(['{', '[']) || text.starts_with("```");
    match text.split_once(CLOSE) {
        Some((before, after)) if !begins_an_answer(before.trim_start()) && begins_an_answer(after.trim_start()) => {
            after.trim_start()
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filtered<'a>(pieces: impl IntoIterator<Item = &'a str>) -> String {
        let mut filter = ThinkFilter::default();
        let mut text: String = pieces.into_iter().map(|piece| filter.push(piece)).collect();
        text.push_str(&filter.finish());
        text
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(filtered([text]), expected, "in one piece");
        let characters: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(filtered(characters.iter().map(String::as_str)), expected, "character by character");
    }

    #[test]
    fn reasoning_before_the_answer_goes() {
        check("<think>first {\"a\":1}</think>\n\n{\"b\":2}", "{\"b\":2}");
        check("\n <think>a</think> <think>b < </th </think>{}", "{}");
        check("<think></think>x", "x");
    }

    #[test]
    fn the_same_characters_within_the_answer_stay() {
        check("{\"a\":\"<think>b</think>\"}", "{\"a\":\"<think>b</think>\"}");
        check("<thinner", "<thinner");
        check("<thi", "<thi");
    }

    #[test]
    fn reasoning_that_never_ends_is_no_answer() {
        check("<think>and so on", "");
    }

    #[test]
    fn an_answer_is_not_held_back() {
        let mut filter = ThinkFilter::default();
        assert_eq!(filter.push("{"), "{");
        assert_eq!(filter.push("<"), "<");
    }

    #[test]
    fn reasoning_without_its_opening_mark_goes_from_the_whole() {
        assert_eq!(without_unopened_reasoning("so I think {x}\n</think>\n{\"a\":1}"), "{\"a\":1}");
        assert_eq!(without_unopened_reasoning("{\"a\":\"</think>{\"}"), "{\"a\":\"</think>{\"}");
        assert_eq!(without_unopened_reasoning("{}"), "{}");
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(text in "(<think>[a<>/think ]{0,20}</think>)?[a<>/think {}é]{0,20}", size in 1..9_usize) {
            let characters: Vec<char> = text.chars().collect();
            let pieces: Vec<String> = characters.chunks(size).map(|piece| piece.iter().collect()).collect();
            prop_assert_eq!(filtered(pieces.iter().map(String::as_str)), filtered([text.as_str()]));
        }
    }
}

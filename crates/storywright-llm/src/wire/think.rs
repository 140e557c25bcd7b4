//! Takes a model's spoken reasoning off the front of its answer.
//!
//! Models that reason aloud put it between `<think>` and `</think>` before the answer. It is removed only there: within the
//! answer the same characters are text that somebody asked for.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
/// Most white space in bytes that is held back in case reasoning follows.
const MOST_SPACE: usize = 1024;

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
    /// White space before the answer is a part of it.
    keeps_space: bool,
}

impl ThinkFilter {
    /// A filter for the rest of a text: white space at its beginning stays, unless there is reasoning behind it.
    pub fn keeping_space() -> Self {
        Self { keeps_space: true, ..Self::default() }
    }

    /// Takes the next piece. What is part of the answer comes back at once; it may be empty.
    pub fn push(&mut self, piece: &str) -> String {
        if self.at == Where::Answer {
            return piece.to_owned();
        }
        self.held.push_str(piece);
        loop {
            match self.at {
                Where::Start => {
                    let mut space = self.held.len() - self.held.trim_start().len();
                    if !self.keeps_space || self.reasoned {
                        self.held.drain(..space);
                        space = 0;
                    }
                    let text = &self.held[space..];
                    if text.starts_with(OPEN) {
                        self.held.drain(..space + OPEN.len());
                        self.at = Where::Reasoning;
                        self.reasoned = true;
                    } else if OPEN.starts_with(text) && space <= MOST_SPACE {
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
    fn white_space_before_the_rest_of_an_answer_is_a_part_of_it() {
        let rest = |text: &str| {
            let mut filter = ThinkFilter::keeping_space();
            let mut kept: String = text.chars().map(|c| filter.push(&c.to_string())).collect();
            kept.push_str(&filter.finish());
            kept
        };
        assert_eq!(rest(" the rest"), " the rest");
        assert_eq!(rest("\n<think>hm</think>\n\nthe rest"), "the rest");
        assert_eq!(rest("  "), "  ");
        assert_eq!(rest(&format!("{}x", " ".repeat(5_000))).len(), 5_001);
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

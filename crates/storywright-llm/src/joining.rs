//! The rest of an answer, joined to what had come before it was cut.
//!
//! A model that is asked to go on is told to repeat nothing. Some repeat the last words all the same, some begin anew, some open a code
//! fence: what has come before is taken off the front of the rest, and a rest that begins anew with other words is none.

use storywright_domain::ports::ChatSink;

/// Bytes that are held back to see how the rest begins.
const WINDOW: usize = 512;
/// Shortest repetition in bytes that is taken for one: shorter ones are words that stand twice.
const SHORTEST: usize = 16;
/// Bytes at the beginning of the first part by which a new beginning is known.
const BEGINNING: usize = 24;

/// A sink for the rest: hands on what is new.
pub(crate) struct Joining<'a> {
    before: &'a str,
    sink: &'a mut dyn ChatSink,
    held: String,
    state: State,
    /// What was handed on.
    rest: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// How it begins is not known yet.
    Open,
    /// It goes on.
    Through,
    /// It began anew with other words: nothing of it is used.
    Anew,
}

impl<'a> Joining<'a> {
    pub(crate) fn new(before: &'a str, sink: &'a mut dyn ChatSink) -> Self {
        Self { before, sink, held: String::new(), state: State::Open, rest: String::new() }
    }

    /// Nothing more comes. Gives what was new; `None` when it began anew.
    pub(crate) fn finish(mut self) -> Option<String> {
        if self.state == State::Open {
            self.decide();
        }
        (self.state != State::Anew).then_some(self.rest)
    }

    /// Whether nothing needs to be known any more about how it begins.
    fn is_decidable(&self) -> bool {
        // As long as it repeats the first part from its beginning, it may go on behind it.
        self.held.len() >= WINDOW && !self.before.trim_start().starts_with(unfenced(&self.held).trim_start())
    }

    fn decide(&mut self) {
        let held = std::mem::take(&mut self.held);
        let new = unfenced(&held);
        let beginning = new.trim_start();
        let known = self.before.trim_start();
        let (new, state) = if known.len() >= SHORTEST && beginning.starts_with(known) {
            (&beginning[known.len()..], State::Through)
        } else if known.len() > BEGINNING && beginning.as_bytes().starts_with(&known.as_bytes()[..BEGINNING]) {
            ("", State::Anew)
        } else {
            (&new[overlap(self.before, new)..], State::Through)
        };
        self.state = state;
        self.give(new);
    }

    fn give(&mut self, text: &str) {
        if !text.is_empty() {
            self.rest.push_str(text);
            self.sink.text(text);
        }
    }
}

impl ChatSink for Joining<'_> {
    fn text(&mut self, piece: &str) {
        match self.state {
            State::Through => self.give(piece),
            State::Anew => {}
            State::Open => {
                self.held.push_str(piece);
                if self.is_decidable() {
                    self.decide();
                }
            }
        }
    }
}

/// The text behind a code fence that it opens.
fn unfenced(text: &str) -> &str {
    let trimmed = text.trim_start();
    match trimmed.strip_prefix("```") {
        Some(behind) => behind.split_once('\n').map_or("", |(_, inner)| inner),
        None => text,
    }
}

/// How many bytes at the beginning of `rest` are the end of `before`.
fn overlap(before: &str, rest: &str) -> usize {
    let longest = rest.len().min(before.len());
    (SHORTEST..=longest)
        .rev()
        .find(|length| rest.is_char_boundary(*length) && before.as_bytes().ends_with(&rest.as_bytes()[..*length]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Kept(String);

    impl ChatSink for Kept {
        fn text(&mut self, piece: &str) {
            self.0.push_str(piece);
        }
    }

    fn joined(before: &str, rest: &str, size: usize) -> Option<String> {
        let mut kept = Kept::default();
        let mut joining = Joining::new(before, &mut kept);
        let characters: Vec<char> = rest.chars().collect();
        characters.chunks(size).for_each(|piece| joining.text(&piece.iter().collect::<String>()));
        let rest = joining.finish();
        assert_eq!(kept.0, rest.clone().unwrap_or_default(), "the sink has what counts");
        rest
    }

    #[track_caller]
    fn check(before: &str, rest: &str, expected: Option<&str>) {
        for size in [1, 7, rest.len().max(1)] {
            assert_eq!(joined(before, rest, size).as_deref(), expected, "in pieces of {size}");
        }
    }

    const BEFORE: &str = r#"{"stories":[{"summary":"Refund within 30 days","labels":["ref"#;

    #[test]
    fn the_rest_goes_on_where_the_first_part_stops() {
        check(BEFORE, r#"und"]}]}"#, Some(r#"und"]}]}"#));
        check("a", " b", Some(" b"));
        check(BEFORE, "", Some(""));
    }

    #[test]
    fn repeated_words_and_fences_are_taken_off() {
        check(BEFORE, r#"days","labels":["refund"]}]}"#, Some(r#"und"]}]}"#));
        check(BEFORE, "```json\nund\"]}]}", Some("und\"]}]}"));
        // Short words may well stand twice.
        check("the cat and the", " the dog", Some(" the dog"));
    }

    #[test]
    fn a_new_beginning_is_followed_if_it_is_the_same_and_dropped_if_not() {
        check(BEFORE, &format!("{BEFORE}und\"]}}]}}"), Some("und\"]}]}"));
        check(BEFORE, &format!("```json\n{BEFORE}und"), Some("und"));
        let long = format!("{{\"stories\":[{}", "\"x\",".repeat(400));
        check(&long, &format!("{long}1]}}"), Some("1]}"));
        check(BEFORE, r#"{"stories":[{"summary":"Another"}]}"#, None);
        check(&long, &format!("{}\"other\"]}}", &long[..1_500]), None);
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(before in "[ab {}\"é]{0,60}", rest in "[ab {}\"é]{0,60}", repeated in 0..40_usize, size in 1..9_usize) {
            let start = before.char_indices().rev().nth(repeated).map_or(0, |(at, _)| at);
            let rest = format!("{}{rest}", &before[start..]);
            let whole = joined(&before, &rest, rest.len().max(1));
            prop_assert_eq!(joined(&before, &rest, size), whole);
        }
    }
}

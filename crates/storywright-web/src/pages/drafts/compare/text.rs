//! What sets two texts apart, as one text: the same, taken out, come in.

use serde::Serialize;
use similar::{Algorithm, ChangeTag, DiffTag, TextDiff, capture_diff_slices};
use std::time::Duration;

/// A difference takes at most this long; after that it is coarser.
const DEADLINE: Duration = Duration::from_millis(200);

/// A piece of a text: the same, taken out, or come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    pub(super) op: &'static str,
    pub(super) text: String,
}

/// Two texts as one, with what was taken out and what came in.
pub fn segments(before: &str, after: &str) -> Vec<Segment> {
    let diff = TextDiff::configure().timeout(DEADLINE).diff_unicode_words(before, after);
    let mut segments: Vec<Segment> = Vec::new();
    for change in diff.iter_all_changes() {
        push(&mut segments, op_of(change.tag()), change.value());
    }
    segments
}

fn op_of(tag: ChangeTag) -> &'static str {
    match tag {
        ChangeTag::Equal => "same",
        ChangeTag::Delete => "del",
        ChangeTag::Insert => "add",
    }
}

fn push(segments: &mut Vec<Segment>, op: &'static str, text: &str) {
    match segments.last_mut() {
        Some(last) if last.op == op => last.text.push_str(text),
        _ => segments.push(Segment { op, text: text.to_owned() }),
    }
}

/// Two longer texts as one: line by line, and word by word only within lines that have most of their words in common. Whole sentences
/// that go or come stay in one piece.
#[must_use]
pub fn by_line(before: &str, after: &str) -> Vec<Segment> {
    let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<&str>>();
    let (old, new) = (lines(before), lines(after));
    let mut segments = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (old, new) = (&old[op.old_range()], &new[op.new_range()]);
        match op.tag() {
            DiffTag::Equal => new.iter().for_each(|line| push(&mut segments, "same", line)),
            DiffTag::Delete => old.iter().for_each(|line| push(&mut segments, "del", line)),
            DiffTag::Insert => new.iter().for_each(|line| push(&mut segments, "add", line)),
            DiffTag::Replace => replaced(old, new, &mut segments),
        }
    }
    segments
}

/// Lines that took the place of others: each beside the next old one that is much like it, if there is one near.
fn replaced(old: &[&str], new: &[&str], segments: &mut Vec<Segment>) {
    const NEAR: usize = 6;
    const ALIKE: f32 = 0.5;
    let mut at = 0;
    for line in new {
        let near = at..old.len().min(at + NEAR);
        let alike = |index: &usize| {
            TextDiff::configure().timeout(DEADLINE).diff_unicode_words(old[*index], *line).ratio() >= ALIKE
        };
        match near.filter(|index| !line.trim().is_empty() && !old[*index].trim().is_empty()).find(alike) {
            Some(index) => {
                old[at..index].iter().for_each(|gone| push(segments, "del", gone));
                for segment in self::segments(old[index], line) {
                    push(segments, segment.op, &segment.text);
                }
                at = index + 1;
            }
            None => push(segments, "add", line),
        }
    }
    old[at..].iter().for_each(|gone| push(segments, "del", gone));
}

/// The changes with a little of what stands around them: longer stretches of the same are cut in their middle.
#[must_use]
pub fn around(segments: Vec<Segment>) -> Vec<Segment> {
    const CONTEXT: usize = 160;
    let last = segments.len().saturating_sub(1);
    let shortened = |(index, segment): (usize, Segment)| {
        let chars: Vec<char> = segment.text.chars().collect();
        let (head, tail) = (if index == 0 { 0 } else { CONTEXT }, if index == last { 0 } else { CONTEXT });
        if segment.op != "same" || chars.len() <= head + tail + 40 {
            return segment;
        }
        let text: String = chars[..head].iter().chain(&['\n', '…', '\n']).chain(&chars[chars.len() - tail..]).collect();
        Segment { text: text.trim_start().to_owned(), ..segment }
    };
    segments.into_iter().enumerate().map(shortened).collect()
}

//! What a model judged of a story: an answer to a question of the team, with words of the story that it rests on.
//!
//! The model's answer is untrusted. A quote that does not stand in the story word for word makes the answer uncertain, and nothing here
//! becomes a [`Finding`](crate::finding::Finding).

use crate::finding::{Place, within};
use crate::judged::{JudgedRule, YesNo};
use crate::leak;
use crate::story::{Document, Story};
use crate::{DraftId, JobId, Timestamp, UserId};

/// Longest quote in characters.
pub const MAX_QUOTE_CHARS: usize = 400;
/// Longest text of one story that is judged, in bytes.
pub const MAX_JUDGED_BYTES: usize = 60_000;

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// An answer that rests on words of the story.
    Answered {
        /// The answer.
        answer: YesNo,
        /// The words, as the model gave them; they stand in the story but for white space.
        quote: String,
    },
    /// An answer whose quote does not stand in the story: uncertain.
    NotQuoted {
        /// The answer.
        answer: YesNo,
        /// What the model gave as words of the story, cut. Untrusted.
        quote: String,
    },
    /// No answer that could be used.
    NotJudged {
        /// Why: stable code, colon, words.
        problem: String,
    },
}

/// A judgement of one story by one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Of which draft.
    pub draft: DraftId,
    /// Whose draft it is.
    pub user: UserId,
    /// Version of the draft whose words were judged.
    pub version: u32,
    /// Local reference of the story.
    pub story: String,
    /// Name of the rule.
    pub rule: String,
    /// SHA-256 of [`subject`], in hexadecimal digits: the judgement lapses when the words or the question change.
    pub fingerprint: String,
    /// What came of it.
    pub verdict: Verdict,
    /// The job that asked.
    pub job: JobId,
    /// LLM service that was asked.
    pub service: String,
    /// The model, as the service names it.
    pub model: String,
    /// When.
    pub at: Timestamp,
}

/// A text of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Path inside the story: `narrative.goal`, `acceptance_criteria.0`.
    pub field: String,
    /// The text.
    pub text: String,
}

/// The texts of a story that are judged, in order.
#[must_use]
pub fn passages(story: &Story) -> Vec<Passage> {
    let alone = Document::of_stories(vec![story.clone()]);
    leak::texts(&alone).into_iter().map(|(_, path, text)| Passage { field: within(&path).to_owned(), text }).collect()
}

/// The texts as the model is given them: each under the name of its field.
#[must_use]
pub fn told(passages: &[Passage]) -> String {
    let one = |passage: &Passage| format!("{}: {}", passage.field, passage.text.trim());
    passages.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// What a judgement is bound to: the question and every text of the story.
#[must_use]
pub fn subject(rule: &JudgedRule, passages: &[Passage]) -> String {
    let mut subject = rule.question.trim().to_owned();
    for passage in passages {
        for part in [&passage.field, &passage.text] {
            subject.push('\u{1f}');
            subject.push_str(part);
        }
    }
    subject
}

/// The verdict that an answer comes to.
#[must_use]
pub fn verdict(answer: YesNo, quote: &str, passages: &[Passage]) -> Verdict {
    let cut = |most: usize| quote.chars().filter(|letter| !letter.is_control()).take(most).collect::<String>();
    match quoted(quote, passages) {
        Some(_) => Verdict::Answered { answer, quote: quote.to_owned() },
        None => Verdict::NotQuoted { answer, quote: cut(MAX_QUOTE_CHARS) },
    }
}

/// Where a quote stands: in one of the texts, word for word, white space aside. Half words and bare signs are no quote.
#[must_use]
pub fn quoted<'a>(quote: &str, passages: &'a [Passage]) -> Option<(&'a Passage, Place)> {
    let quote: Vec<&str> = quote.split_whitespace().collect();
    let quote = quote.join(" ");
    if quote.chars().count() > MAX_QUOTE_CHARS || !quote.chars().any(char::is_alphanumeric) {
        return None;
    }
    passages.iter().find_map(|passage| place_of(&quote, &passage.text).map(|place| (passage, place)))
}

fn place_of(quote: &str, text: &str) -> Option<Place> {
    let (text, places) = single_spaced(text);
    let outside = |neighbour: Option<char>, edge: Option<char>| {
        !(neighbour.is_some_and(char::is_alphanumeric) && edge.is_some_and(char::is_alphanumeric))
    };
    let whole = |at: &usize| {
        outside(text[..*at].chars().next_back(), quote.chars().next())
            && outside(text[at + quote.len()..].chars().next(), quote.chars().next_back())
    };
    let at = text.match_indices(quote).map(|(at, _)| at).find(whole)?;
    let first = text[..at].chars().count();
    let last = first + quote.chars().count() - 1;
    Some(Place { start: *places.get(first)?, end: places.get(last)? + 1 })
}

/// The text with single spaces between its words, and for each of its characters where it stood.
fn single_spaced(text: &str) -> (String, Vec<usize>) {
    let (mut spaced, mut places) = (String::with_capacity(text.len()), Vec::with_capacity(text.len()));
    let mut gap = false;
    for (place, letter) in text.chars().enumerate() {
        if letter.is_whitespace() {
            gap = !spaced.is_empty();
            continue;
        }
        if gap {
            spaced.push(' ');
            places.push(place - 1);
            gap = false;
        }
        spaced.push(letter);
        places.push(place);
    }
    (spaced, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Narrative;
    use proptest::prelude::*;

    fn story() -> Story {
        Story {
            summary: "Refund  a\tpayment".to_owned(),
            narrative: Some(Narrative {
                role: "clerk".to_owned(),
                goal: "give money back".to_owned(),
                benefit: "Kunden zufrieden sind: ähnlich".to_owned(),
            }),
            acceptance_criteria: vec!["A refund of 10 € is\nlogged.".to_owned()],
            ..Story::default()
        }
    }

    #[track_caller]
    fn check(quote: &str, expected: Option<(&str, usize, usize)>) {
        let passages = passages(&story());
        let found = quoted(quote, &passages);
        let found = found.map(|(passage, place)| (passage.field.as_str(), place.start, place.end));
        assert_eq!(found, expected, "{quote}");
        let answered = matches!(verdict(YesNo::Yes, quote, &passages), Verdict::Answered { .. });
        assert_eq!(answered, expected.is_some(), "{quote}");
    }

    #[test]
    fn a_quote_stands_in_one_text_word_for_word() {
        check("Refund a payment", Some(("summary", 0, 17)));
        check(" a   payment ", Some(("summary", 8, 17)));
        check("10 € is logged", Some(("acceptance_criteria.0", 12, 26)));
        check("ähnlich", Some(("narrative.benefit", 23, 30)));
        check("refund a payment", None);
        check("efund a pay", None);
        check("clerk give money back", None);
        check("", None);
        check(" . ", None);
        check("<script>alert(1)</script>", None);
    }

    #[test]
    fn words_and_question_bind_a_judgement() {
        let rule = |question: &str| JudgedRule {
            name: "a".to_owned(),
            question: question.to_owned(),
            finding_when: YesNo::No,
            severity: crate::judged::Advice::Info,
            cure: String::new(),
        };
        let of = |rule: &JudgedRule, story: &Story| subject(rule, &passages(story));
        let before = of(&rule("Is it so, or not?"), &story());
        assert_ne!(of(&rule("Is it not so?"), &story()), before);
        let other = Story { stlc_notes: "More.".to_owned(), ..story() };
        assert_ne!(of(&rule("Is it so, or not?"), &other), before);
        // What is no text of the story does not count, nor does its reference.
        let same = Story { id: "s9".to_owned(), labels: vec!["x".to_owned()], ..story() };
        assert_eq!(of(&rule(" Is it so, or not? "), &same), before);
    }

    #[test]
    fn the_model_is_given_each_text_under_its_name() {
        let told = told(&passages(&story()));
        assert_eq!(told.lines().count(), 6, "{told}");
        assert!(told.contains("narrative.goal: give money back\n"), "{told}");
    }

    proptest! {
        #[test]
        fn the_place_of_a_quote_holds_its_words(text in "[aä .\n\tb<]{0,40}", from in 0_usize..40, length in 1_usize..20) {
            let quote: String = text.chars().skip(from).take(length).collect();
            let passages = [Passage { field: "summary".to_owned(), text: text.clone() }];
            if let Some((_, place)) = quoted(&quote, &passages) {
                let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
                let found: String = text.chars().skip(place.start).take(place.end - place.start).collect();
                prop_assert_eq!(words(&found), words(&quote));
            }
        }
    }
}

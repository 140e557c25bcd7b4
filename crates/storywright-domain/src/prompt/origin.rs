//! From which prompt the words of a draft came, and whether they are still the prompt's own.

use super::{Piece, PromptBody, PromptVersion, cleaned, pieces};
use crate::PromptId;
use serde::{Deserialize, Serialize};

/// The prompt that words came from, as it was when they were taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptOrigin {
    /// Which prompt; it may be gone by now, or no longer be shared.
    pub prompt: PromptId,
    /// Which of its versions.
    pub version: u32,
    /// Its name at that time.
    pub name: String,
    /// Whether somebody has changed the words: they are not what this version gives with any values.
    pub changed: bool,
}

impl PromptOrigin {
    /// The origin of these words in this version.
    #[must_use]
    pub fn of(version: &PromptVersion, words: &str) -> Self {
        let changed = !version.body.gives(words);
        Self { prompt: version.prompt, version: version.number, name: version.name.clone(), changed }
    }

    /// The origin of what a person has made of the words: other words are changed ones, none came from nowhere.
    #[must_use]
    pub fn after_edit(self, before: &str, after: &str) -> Option<Self> {
        let changed = self.changed || before.trim() != after.trim();
        (!after.trim().is_empty()).then_some(Self { changed, ..self })
    }
}

impl PromptBody {
    /// Whether this text with some values in the place of its variables gives these words. Values are not blank, and one variable that
    /// stands in several places may have got several.
    #[must_use]
    pub fn gives(&self, words: &str) -> bool {
        let words = cleaned(words);
        let mut rest = words.trim();
        let parts = pieces(&self.text);
        let mut open = false;
        let last = parts.iter().rposition(|piece| matches!(piece, Piece::Text(text) if !text.is_empty()));
        for (place, piece) in parts.iter().enumerate() {
            match piece {
                Piece::Text("") => {}
                Piece::Text(text) => {
                    let ends = Some(place) == last && !variable_follows(&parts[place..]);
                    let Some(behind) = after(rest, text, open, ends) else { return false };
                    (rest, open) = (behind, false);
                }
                Piece::Variable(_) => open = true,
                Piece::Malformed(_) => return false,
            }
        }
        if open { !rest.is_empty() } else { rest.is_empty() }
    }
}

fn variable_follows(parts: &[Piece<'_>]) -> bool {
    parts.iter().any(|piece| matches!(piece, Piece::Variable(_)))
}

/// What stands behind `text`: at the beginning, or with a value before it somewhere, or at the very end.
fn after<'a>(words: &'a str, text: &str, value_before: bool, ends: bool) -> Option<&'a str> {
    if !value_before {
        return words.strip_prefix(text);
    }
    if ends {
        return words.strip_suffix(text).filter(|value| !value.is_empty()).map(|_| "");
    }
    let first = words.chars().next()?.len_utf8();
    words[first..].find(text).map(|at| &words[first + at + text.len()..])
}

#[cfg(test)]
mod tests {
    use super::super::PromptVariable;
    use super::*;
    use crate::Timestamp;

    fn body(text: &str, names: &[&str]) -> PromptBody {
        let variable = |name: &&str| PromptVariable {
            name: (*name).to_owned(),
            description: String::new(),
            default: String::new(),
        };
        PromptBody::parse(text, &names.iter().map(variable).collect::<Vec<_>>()).unwrap()
    }

    #[track_caller]
    fn check(text: &str, words: &str, gives: bool) {
        assert_eq!(body(text, &["a", "b"]).gives(words), gives, "{text:?} and {words:?}");
    }

    #[test]
    fn words_are_those_of_a_prompt_when_values_alone_differ() {
        check("Be brief.", "Be brief.\r\n", true);
        check("Be brief.", "Be brief. Always.", false);
        check("Within {{a}} days.", "Within two days.", true);
        check("Within {{a}} days.", "Within two days. days.", true);
        check("Within {{a}} days.", "Within  days.", false);
        check("Within {{a}} days.", "Within days.", false);
        check("{{a}} and {{b}}", "one and two and three", true);
        check("{{a}} and {{b}}", "one and", false);
        check("{{a}}", "", false);
        check("{{a}}{{b}}!", "x!", true);
        check("Für {{a}}: é {{b}} ü", "Für ß: é ö ü", true);
        check("a {{a}} b", "a {{b}} b", true);
        check("end {{a}}", "other end x", false);
    }

    #[test]
    fn what_a_prompt_renders_is_what_it_gives() {
        let one = body("x {{a}} y {{b}}", &["a", "b"]);
        let values = [("a", "y x"), ("b", "x {{a}} y")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert!(one.gives(&one.render(&values.into()).unwrap()));
    }

    #[test]
    fn an_edit_is_remembered_and_blank_words_come_from_nowhere() {
        let version = PromptVersion {
            prompt: PromptId(7),
            number: 3,
            name: "Brief".to_owned(),
            description: String::new(),
            note: String::new(),
            body: body("Be brief.", &[]),
            created_at: Timestamp(0),
        };
        let origin = PromptOrigin::of(&version, "Be brief.");
        assert_eq!((origin.version, origin.changed), (3, false));
        assert!(PromptOrigin::of(&version, "Be long.").changed);
        assert_eq!(origin.clone().after_edit("Be brief.", "Be brief. "), Some(origin.clone()));
        let changed = origin.clone().after_edit("Be brief.", "Be long.").unwrap();
        assert!(changed.changed);
        assert!(changed.after_edit("Be long.", "Be brief.").unwrap().changed, "it may be the same words by chance");
        assert_eq!(origin.after_edit("Be brief.", " "), None);
    }
}

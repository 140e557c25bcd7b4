//! What the model said in a turn: calls, a question, or that it knows enough.

use serde::{Deserialize, Serialize};
use storywright_domain::ports::{ChatAnswer, Finish, ToolUse};

/// Longest question in characters.
const MAX_QUESTION: usize = 2_000;

/// As it is kept with its step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Said {
    /// Tools that it wants called.
    #[serde(default)]
    pub(super) calls: Vec<ToolUse>,
    /// What it asks the person.
    #[serde(default)]
    pub(super) ask: Option<String>,
    /// What it says of what it knows.
    #[serde(default)]
    pub(super) note: String,
}

impl Said {
    /// Reads an answer. What is neither a call nor a question means that it knows enough: there is nothing else that it could do.
    pub(super) fn of(answer: &ChatAnswer, may_ask: bool) -> Self {
        if answer.finish != Finish::Stop {
            return Self::default();
        }
        if !answer.calls.is_empty() {
            return Self { calls: answer.calls.clone(), ..Self::default() };
        }
        let object = answer.text.find('{').zip(answer.text.rfind('}')).filter(|(start, end)| start < end);
        let said = object.and_then(|(start, end)| serde_json::from_str::<Answer>(&answer.text[start..=end]).ok());
        let said = said.unwrap_or_default();
        let ask = said.ask.map(|question| visible(&question)).filter(|question| may_ask && !question.is_empty());
        Self { calls: Vec::new(), ask, note: visible(&said.note) }
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn of_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

#[derive(Default, Deserialize)]
struct Answer {
    #[serde(default)]
    ask: Option<String>,
    #[serde(default)]
    note: String,
}

fn visible(text: &str) -> String {
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}');
    let kept = text.chars().filter(|c| matches!(c, '\n' | '\t') || !(c.is_control() || hidden(*c)));
    kept.take(MAX_QUESTION).collect::<String>().trim().to_owned()
}

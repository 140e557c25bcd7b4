//! Rules that a model judges: a question with yes or no in the team's own words. They advise and never block: their type has no severity
//! that could, and what comes of them is no [`Finding`](crate::finding::Finding).

use crate::finding::Severity;
use crate::leak::leaks;
use crate::rule_keeping::{RuleSetProblem, is_id};
use serde::{Deserialize, Serialize};

/// Most of them in one rule set: all are asked of each story in one call.
pub const MOST_JUDGED: usize = 10;
/// Shortest and longest question in characters.
pub const QUESTION_CHARS: std::ops::RangeInclusive<usize> = 10..=300;
/// Longest cure in characters.
pub const MAX_CURE_CHARS: usize = 300;

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum YesNo {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl YesNo {
    /// The word in the database, the API and the answers of the model.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
        }
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        [Self::Yes, Self::No].into_iter().find(|answer| answer.as_str() == raw)
    }
}

/// How much a rule weighs that a model judges. There is nothing here that blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Shown among what should be looked at.
    Warning,
    /// A hint.
    Info,
}

impl Advice {
    /// The word in pages and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// As a severity; never [`Severity::Error`].
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

/// A rule that a model judges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedRule {
    /// Short stable name, unique in its rule set: `names-who-benefits`.
    pub name: String,
    /// A question about one story that can be answered yes or no.
    pub question: String,
    /// The answer that is worth telling.
    pub finding_when: YesNo,
    /// How much it weighs then.
    #[serde(default = "warning")]
    pub severity: Advice,
    /// What to do then, as a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cure: String,
}

fn warning() -> Advice {
    Advice::Warning
}

impl JudgedRule {
    /// Its code in pages, the API and logs. No code of the review has a colon, so none can be taken for another.
    #[must_use]
    pub fn code(&self) -> String {
        format!("judged:{}", self.name)
    }
}

/// What is wrong with such rules of a set.
pub(crate) fn problems(rules: &[JudgedRule]) -> Vec<RuleSetProblem> {
    let mut problems = Vec::new();
    let mut wrong = |key: String, problem: String| problems.push(RuleSetProblem { key, problem });
    if rules.len() > MOST_JUDGED {
        wrong("judged".to_owned(), format!("there are more than {MOST_JUDGED}: remove some"));
    }
    for (number, rule) in rules.iter().enumerate() {
        let at = |part: &str| format!("judged.{number}.{part}");
        if !is_id(&rule.name) {
            let words = "use 1 to 60 small letters, digits and hyphens, beginning with a letter or digit";
            wrong(at("name"), words.to_owned());
        } else if rules[..number].iter().any(|other| other.name == rule.name) {
            wrong(at("name"), format!("`{}` is there twice: choose another name", rule.name));
        }
        let one_line = |text: &str| !text.chars().any(char::is_control);
        if !QUESTION_CHARS.contains(&rule.question.trim().chars().count()) || !one_line(&rule.question) {
            let (least, most) = (QUESTION_CHARS.start(), QUESTION_CHARS.end());
            wrong(at("question"), format!("ask in {least} to {most} characters in one line"));
        }
        if rule.cure.chars().count() > MAX_CURE_CHARS || !one_line(&rule.cure) {
            wrong(at("cure"), format!("use at most {MAX_CURE_CHARS} characters in one line"));
        }
        // The question goes to the model with every story.
        if let Some(leak) = leaks(&rule.question).first() {
            wrong(at("question"), format!("it holds what looks like {} (`{}`): take it out", leak.kind, leak.hint));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleSet;

    fn rule(name: &str, question: &str) -> JudgedRule {
        let (finding_when, severity) = (YesNo::No, Advice::Warning);
        JudgedRule { name: name.to_owned(), question: question.to_owned(), finding_when, severity, cure: String::new() }
    }

    #[test]
    fn limits_are_told_with_their_place() {
        let question = "Does the story name who benefits?";
        let secret = "Is the password ghp_0123456789abcdefghijklmnopqrstuvwxyz used?";
        let rules = [
            rule("benefit", question),
            rule("benefit", question),
            rule("Not so", "Short?"),
            JudgedRule { cure: "a\nb".to_owned(), ..rule("c", secret) },
        ];
        let keys = |rules: &[JudgedRule]| problems(rules).into_iter().map(|one| one.key).collect::<Vec<_>>();
        let expected = ["judged.1.name", "judged.2.name", "judged.2.question", "judged.3.cure", "judged.3.question"];
        assert_eq!(keys(&rules), expected);
        let many: Vec<JudgedRule> = (0..=MOST_JUDGED).map(|number| rule(&format!("r{number}"), question)).collect();
        assert_eq!(keys(&many), ["judged"]);
        assert!(keys(&many[..MOST_JUDGED]).is_empty());
        let set = RuleSet { judged: rules.to_vec(), ..RuleSet::default() };
        assert_eq!(set.check().unwrap_err().len(), expected.len());
    }

    #[test]
    fn no_words_make_one_that_blocks() {
        let json = |severity: &str| {
            let rule = serde_json::json!({"name": "a", "question": "Is it so, or not?", "finding_when": "yes", "severity": severity});
            serde_json::from_value::<JudgedRule>(rule)
        };
        assert!(json("error").is_err() && json("off").is_err());
        assert_eq!(json("info").map(|rule| rule.severity.severity()).ok(), Some(Severity::Info));
        // Nor does a severity of the rule set reach them.
        let severity = [("judged:a".to_owned(), crate::team::Weight::Error)].into();
        let set = RuleSet { severity, judged: vec![json("warning").unwrap()], ..RuleSet::default() };
        assert_eq!(set.check().unwrap_err()[0].key, "severity");
    }
}

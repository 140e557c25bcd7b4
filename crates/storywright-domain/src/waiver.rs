//! Waivers: findings that a person lets pass, with a reason. A waiver is about certain words: when they change, it lapses.

use crate::finding::{Finding, Severity};
use crate::rules::WEIGHABLE;
use crate::{DraftId, Timestamp, UserId};
use serde::Serialize;

/// Longest reason in characters.
pub const MAX_REASON_CHARS: usize = 500;
/// Shortest reason in characters: "ok" tells nobody anything.
pub const MIN_REASON_CHARS: usize = 5;
/// Most waivers of one draft.
pub const MOST_WAIVERS: usize = 500;

/// A waiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Of which draft.
    pub draft: DraftId,
    /// Whose draft it is, and who waived.
    pub user: UserId,
    /// SHA-256 of the finding, its story and the words that it is about, in hexadecimal digits.
    pub fingerprint: String,
    /// Code of the finding.
    pub code: String,
    /// Where it stood when it was waived: `stories.0.summary`.
    pub place: String,
    /// Why it may pass.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A waiver that stood when a plan was approved, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StandingWaiver {
    /// Fingerprint of the waiver.
    pub fingerprint: String,
    /// Local reference of the story, sub-task or epic that the finding was about.
    pub story: String,
    /// Code of the finding.
    pub code: String,
    /// Where it stood in the approved document: `stories.0.summary`.
    pub place: String,
    /// How much it weighed.
    pub severity: Severity,
    /// What it said.
    pub message: String,
    /// Why it may pass.
    pub reason: String,
    /// When it was waived.
    pub at: Timestamp,
}

impl StandingWaiver {
    /// Whether it is about the story, or a sub-task of the story, that an issue was made of.
    #[must_use]
    pub fn is_about(&self, reference: &str) -> bool {
        let story = |reference: &str| reference.split('.').next().map(str::to_owned);
        story(&self.story) == story(reference)
    }
}

/// Why a reason is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("say in {MIN_REASON_CHARS} to {MAX_REASON_CHARS} characters why it may pass")]
pub struct BadReason;

/// A reason as it is kept.
///
/// # Errors
/// [`BadReason`].
pub fn reason(typed: &str) -> Result<String, BadReason> {
    let typed: String = typed.chars().filter(|letter| !letter.is_control() || *letter == '\n').collect();
    let typed = typed.trim();
    match typed.chars().count() {
        MIN_REASON_CHARS..=MAX_REASON_CHARS => Ok(typed.to_owned()),
        _ => Err(BadReason),
    }
}

/// Whether a person may let a finding pass, whatever it weighs: one of the team's rules, or a secret that is none. What Jira would refuse cannot
/// be waived, nor what is about the draft as a whole and so about no words.
#[must_use]
pub fn is_waivable(finding: &Finding) -> bool {
    let by_rules = finding.criterion.is_some() || WEIGHABLE.contains(&finding.code.as_str());
    !finding.field.is_empty() && (by_rules || finding.code == "secret_suspected")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::review;
    use crate::rules::RuleSet;
    use crate::story::{Document, Story, StoryFormat};

    fn found(document: &Document) -> Finding {
        let findings = review(document, StoryFormat::Classic, &RuleSet::default());
        findings.into_iter().find(|finding| finding.code == "acceptance_criteria_missing").expect("it is found")
    }

    #[test]
    fn what_jira_would_refuse_cannot_be_waived() {
        let story = Story { id: "s1".into(), summary: String::new(), labels: vec!["a b".into()], ..Story::default() };
        let document = Document::of_stories(vec![story]);
        let findings = review(&document, StoryFormat::Classic, &RuleSet::default());
        let waivable = |code: &str| findings.iter().find(|one| one.code == code).map(is_waivable);
        assert_eq!((waivable("summary_missing"), waivable("label_has_spaces")), (Some(false), Some(false)));
        assert!(is_waivable(&found(&document)));
    }

    #[test]
    fn warnings_and_hints_are_waived_as_errors_are() {
        let finding = found(&Document::of_stories(vec![Story { id: "s1".into(), ..Story::default() }]));
        for severity in [Severity::Error, Severity::Warning, Severity::Info] {
            assert!(is_waivable(&Finding { severity, ..finding.clone() }), "{severity:?}");
            assert!(
                !is_waivable(&Finding { severity, field: String::new(), ..finding.clone() }),
                "no words: {severity:?}"
            );
        }
    }

    #[test]
    fn a_reason_says_something() {
        assert_eq!(reason(" A test\u{7} card. "), Ok("A test card.".to_owned()));
        assert_eq!((reason(" ok "), reason(&"x".repeat(501))), (Err(BadReason), Err(BadReason)));
    }
}

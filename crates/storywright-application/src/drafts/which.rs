//! Which finding of a draft is meant.

use serde_json::Value;
use storywright_domain::finding::Finding;

/// Which finding of a draft.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Which<'a> {
    /// Its code.
    pub code: &'a str,
    /// Its path in the document.
    pub field: &'a str,
    /// The first of its characters in the field, where it has a place; there may be several of a code in one field.
    pub start: Option<usize>,
    /// What it says, where several of a code begin at one character: two patterns of a team.
    pub message: Option<&'a str>,
}

impl Which<'_> {
    /// Whether this finding is meant; what is not given fits each of a code in the field.
    #[must_use]
    pub fn is(&self, finding: &Finding) -> bool {
        finding.code == self.code
            && finding.field == self.field
            && self.start.is_none_or(|start| finding.place.is_some_and(|place| place.start == start))
            && self.message.is_none_or(|message| finding.message == message)
    }
}

/// Where several findings say the same of one field: which of them this is by its place, from 1, and how many there are.
#[must_use]
pub fn number_among(findings: &[Finding], finding: &Finding) -> Option<(usize, usize)> {
    let same = |other: &&Finding| {
        (&other.code, &other.field, &other.message) == (&finding.code, &finding.field, &finding.message)
    };
    let start = |finding: &Finding| finding.place.map(|place| place.start);
    let before = findings.iter().filter(same).filter(|other| start(other) < start(finding)).count();
    let count = findings.iter().filter(same).count();
    (count > 1 && finding.place.is_some()).then_some((before + 1, count))
}

/// The value at a path of a document.
pub(super) fn value_at<'v>(document: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(document, |value, part| match part.parse::<usize>() {
        Ok(index) => value.get(index),
        Err(_) => value.get(part),
    })
}

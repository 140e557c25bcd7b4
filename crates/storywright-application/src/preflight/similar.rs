//! What exists already: candidates from Jira's index, ranked by our own measure.

use crate::Ports;
use crate::access;
use crate::catalog::CatalogError;
use storywright_domain::jira::{Issue, ProjectKey};
use storywright_domain::person::Actor;
use storywright_domain::similarity::{ALIKE, IssueProfile, keywords};

/// Words that candidates are searched by.
const WORDS: usize = 8;
/// Candidates that are ranked.
const CANDIDATES: u32 = 50;
/// Most issues that are shown.
const SHOWN: usize = 5;
/// Worth showing, though not worth a warning: see [`SimilarIssue::is_alike`].
const WORTH_SHOWING: f64 = 0.3;

/// An issue that may be about the same.
#[derive(Debug, Clone, PartialEq)]
pub struct SimilarIssue {
    /// The issue.
    pub issue: Issue,
    /// How alike, between 0 and 1.
    pub score: f64,
}

impl SimilarIssue {
    /// Whether a person should look before another one is created.
    #[must_use]
    pub fn is_alike(&self) -> bool {
        self.score >= ALIKE
    }
}

/// Issues of the project that may be about the same, most alike first, at most five.
///
/// # Errors
/// [`CatalogError`].
pub fn similar_issues(
    ports: &Ports,
    actor: &Actor,
    project: &ProjectKey,
    summary: &str,
    description: &str,
) -> Result<Vec<SimilarIssue>, CatalogError> {
    let words = keywords(summary, description, WORDS);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let access = access::jira(ports, actor)?;
    let candidates = ports.jira.similar(&access, project.as_str(), &words, CANDIDATES)?;
    let wanted = IssueProfile::of(summary, description);
    let mut ranked: Vec<SimilarIssue> = candidates
        .into_iter()
        .map(|issue| {
            let score = wanted.similarity(&IssueProfile::of(&issue.summary, &issue.description));
            SimilarIssue { issue, score }
        })
        .filter(|similar| similar.score >= WORTH_SHOWING)
        .collect();
    ranked.sort_by(|one, other| other.score.total_cmp(&one.score).then_with(|| one.issue.key.cmp(&other.issue.key)));
    ranked.truncate(SHOWN);
    Ok(ranked)
}

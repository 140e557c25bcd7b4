//! Jira Data Center 10.3, under `/jira`.

use actix_web::web::ServiceConfig;
use serde::{Deserialize, Serialize};

use crate::{clock::Millis, people::Person};

/// What the service keeps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Store {}

/// One issue as tests count it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueSummary {
    /// Numeric id.
    pub id: u64,
    /// Key, as in `PAY-12`.
    pub key: String,
    /// Project key.
    pub project: String,
    /// Name of the issue type.
    pub issue_type: String,
    /// Summary.
    pub summary: String,
    /// Key of the parent, for sub-tasks.
    pub parent: Option<String>,
    /// Labels.
    pub labels: Vec<String>,
    /// Handle of the person who created it.
    pub creator: String,
    /// Creation, milliseconds UTC.
    pub created: i64,
    /// True for issues that the company had from the start.
    pub seeded: bool,
}

impl Store {
    /// The store of a fresh company.
    pub(crate) fn seeded(_people: &[Person], _now: Millis) -> Self {
        Self::default()
    }

    /// Every issue, oldest first.
    pub(crate) fn summaries(&self) -> Vec<IssueSummary> {
        Vec::new()
    }
}

/// Adds the routes below `/jira`.
pub(crate) fn configure(_cfg: &mut ServiceConfig) {}

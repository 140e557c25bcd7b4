//! Issues as tests count them.

use serde::{Deserialize, Serialize};

use super::store::Store;

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
    /// Key of the epic, for stories and tasks.
    pub epic: Option<String>,
    /// Labels.
    pub labels: Vec<String>,
    /// Jira key of the person who created it.
    pub creator: String,
    /// Creation, milliseconds UTC.
    pub created: i64,
    /// True for issues that the company had from the start.
    pub seeded: bool,
}

impl Store {
    /// Every issue, oldest first.
    pub(crate) fn summaries(&self) -> Vec<IssueSummary> {
        let key = |id: u64| self.get(id).map(super::store::Issue::key);
        let summary = |issue: &super::store::Issue| IssueSummary {
            id: issue.id,
            key: issue.key(),
            project: issue.project.clone(),
            issue_type: issue.issue_type().map(|t| t.name).unwrap_or_default().to_owned(),
            summary: issue.text("summary").to_owned(),
            parent: issue.parent.and_then(key),
            epic: issue.fields.get("customfield_10100").and_then(serde_json::Value::as_u64).and_then(key),
            labels: issue.list("labels").into_iter().map(str::to_owned).collect(),
            creator: issue.creator.clone(),
            created: issue.created,
            seeded: issue.seeded,
        };
        self.issues.values().map(summary).collect()
    }
}

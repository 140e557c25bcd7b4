//! Issues and what hangs on them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalog::{self, IssueType, Project};
use crate::clock::Millis;

/// What Jira keeps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Store {
    pub(crate) issues: BTreeMap<u64, Issue>,
    pub(crate) links: Vec<Link>,
    next_issue: u64,
    next_other: u64,
    last_number: BTreeMap<String, u64>,
}

/// An issue. Field values are kept in a plain form: ids of options, priorities and components, keys of people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) project: String,
    pub(crate) number: u64,
    /// Keys it had before it was moved.
    pub(crate) old_keys: Vec<String>,
    pub(crate) type_id: String,
    pub(crate) parent: Option<u64>,
    pub(crate) status: String,
    pub(crate) resolution: Option<String>,
    pub(crate) resolved: Option<Millis>,
    /// Jira key of the creator.
    pub(crate) creator: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    pub(crate) fields: BTreeMap<String, Value>,
    pub(crate) properties: BTreeMap<String, Value>,
    pub(crate) remote_links: Vec<RemoteLink>,
    pub(crate) comments: Vec<Comment>,
    /// Jira keys of the watchers.
    pub(crate) watchers: Vec<String>,
    pub(crate) seeded: bool,
}

/// A link between two issues: `from` *outward* `to`, as in "from blocks to".
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) id: u64,
    pub(crate) type_id: String,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// A link to another system.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RemoteLink {
    pub(crate) id: u64,
    pub(crate) global_id: Option<String>,
    pub(crate) application: Value,
    pub(crate) relationship: Option<String>,
    pub(crate) object: Value,
}

/// A comment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    /// Jira key.
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

impl Issue {
    pub(crate) fn key(&self) -> String {
        format!("{}-{}", self.project, self.number)
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn list(&self, field: &str) -> Vec<&str> {
        self.fields
            .get(field)
            .and_then(Value::as_array)
            .map(|values| values.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }

    pub(crate) fn project(&self) -> Option<&'static Project> {
        catalog::project(&self.project)
    }

    pub(crate) fn issue_type(&self) -> Option<&'static IssueType> {
        catalog::issue_type(&self.type_id)
    }

    /// Puts a value in, or takes the field out for `null` and empty lists.
    pub(crate) fn set(&mut self, field: &str, value: Value) {
        if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
            self.fields.remove(field);
        } else {
            self.fields.insert(field.to_owned(), value);
        }
    }
}

/// What a new issue starts with.
pub(crate) struct NewIssue {
    pub(crate) project: &'static Project,
    pub(crate) issue_type: &'static IssueType,
    pub(crate) parent: Option<u64>,
    pub(crate) creator: String,
    pub(crate) fields: BTreeMap<String, Value>,
    pub(crate) properties: BTreeMap<String, Value>,
    pub(crate) seeded: bool,
}

impl Store {
    /// A number for a comment, link or remote link.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.next_other += 1;
        10_000 + self.next_other
    }

    /// Adds an issue and gives its id.
    pub(crate) fn insert(&mut self, new: NewIssue, now: Millis) -> u64 {
        self.next_issue += 1;
        let id = 10_000 + self.next_issue;
        let number = self.next_number(new.project.key);
        let watchers = vec![new.creator.clone()];
        let issue = Issue {
            id,
            project: new.project.key.to_owned(),
            number,
            old_keys: Vec::new(),
            type_id: new.issue_type.id.to_owned(),
            parent: new.parent,
            status: catalog::STATUSES[0].id.to_owned(),
            resolution: None,
            resolved: None,
            creator: new.creator,
            created: now,
            updated: now,
            fields: new.fields,
            properties: new.properties,
            remote_links: Vec::new(),
            comments: Vec::new(),
            watchers,
            seeded: new.seeded,
        };
        self.issues.insert(id, issue);
        id
    }

    fn next_number(&mut self, project: &str) -> u64 {
        let last = self.last_number.entry(project.to_owned()).or_insert(0);
        *last += 1;
        *last
    }

    /// Finds an issue by id, key, or a key it had before it was moved.
    pub(crate) fn find(&self, id_or_key: &str) -> Option<&Issue> {
        if let Ok(id) = id_or_key.parse::<u64>() {
            return self.issues.get(&id);
        }
        let key = id_or_key.to_ascii_uppercase();
        self.issues
            .values()
            .find(|i| i.key() == key)
            .or_else(|| self.issues.values().find(|i| i.old_keys.contains(&key)))
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Issue> {
        self.issues.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Issue> {
        self.issues.get_mut(&id)
    }

    /// Sub-tasks, oldest first.
    pub(crate) fn subtasks(&self, id: u64) -> impl Iterator<Item = &Issue> {
        self.issues.values().filter(move |i| i.parent == Some(id))
    }

    /// Takes an issue out with its links.
    pub(crate) fn remove(&mut self, id: u64) {
        self.issues.remove(&id);
        self.links.retain(|l| l.from != id && l.to != id);
    }

    /// Gives the issue a key in another project, as Jira's Move does; its sub-tasks go along. `None` when either is unknown.
    pub(crate) fn move_issue(&mut self, id_or_key: &str, project_key: &str) -> Option<String> {
        let id = self.find(id_or_key)?.id;
        let project = catalog::project(project_key)?;
        let moving: Vec<u64> = std::iter::once(id).chain(self.subtasks(id).map(|i| i.id)).collect();
        for id in moving {
            let number = self.next_number(project.key);
            let issue = self.issues.get_mut(&id)?;
            issue.old_keys.push(issue.key());
            let role = issue.issue_type()?.role;
            issue.type_id = project.types.iter().find(|t| t.role == role)?.id.to_owned();
            issue.project = project.key.to_owned();
            issue.number = number;
        }
        Some(self.get(id)?.key())
    }
}

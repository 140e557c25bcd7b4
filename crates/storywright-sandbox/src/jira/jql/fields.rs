//! What JQL's fields are, and what they read of an issue.

use serde_json::Value;

use crate::jira::{
    catalog::{self, Field, Kind},
    store::Issue,
};

/// A field as JQL sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Clause {
    Project,
    Key,
    Type,
    Status,
    Category,
    Resolution,
    Priority,
    Labels,
    Components,
    Versions,
    /// `assignee`, `reporter`, a user field, or `creator`.
    Person(&'static str),
    Parent,
    EpicLink,
    Created,
    Updated,
    Resolved,
    /// A date without time.
    Day(&'static Field),
    Number(&'static Field),
    Choice(&'static Field),
    /// One text field.
    Words(&'static str),
    /// `text`: all of them, and the comments.
    AllWords,
    Comment,
}

/// Finds a field by its JQL name, in any case.
pub(crate) fn clause(name: &str) -> Option<Clause> {
    let clause = match name.to_lowercase().as_str() {
        "project" => Clause::Project,
        "key" | "issuekey" | "issue" | "id" => Clause::Key,
        "issuetype" | "type" => Clause::Type,
        "status" => Clause::Status,
        "statuscategory" => Clause::Category,
        "resolution" => Clause::Resolution,
        "priority" => Clause::Priority,
        "labels" => Clause::Labels,
        "component" => Clause::Components,
        "fixversion" => Clause::Versions,
        "assignee" => Clause::Person("assignee"),
        "reporter" => Clause::Person("reporter"),
        "creator" => Clause::Person("creator"),
        "parent" => Clause::Parent,
        "created" | "createddate" => Clause::Created,
        "updated" | "updateddate" => Clause::Updated,
        "resolved" | "resolutiondate" => Clause::Resolved,
        "due" | "duedate" => Clause::Day(catalog::field("duedate")?),
        "summary" => Clause::Words("summary"),
        "description" => Clause::Words("description"),
        "environment" => Clause::Words("environment"),
        "text" => Clause::AllWords,
        "comment" => Clause::Comment,
        _ => custom(catalog::field_by_name(name).filter(|f| f.custom.is_some())?)?,
    };
    Some(clause)
}

fn custom(field: &'static Field) -> Option<Clause> {
    Some(match field.kind {
        Kind::EpicLink => Clause::EpicLink,
        Kind::Number => Clause::Number(field),
        Kind::Date => Clause::Day(field),
        Kind::User => Clause::Person(field.id),
        Kind::Select(_) | Kind::MultiSelect(_) | Kind::Cascading(_) => Clause::Choice(field),
        Kind::Line | Kind::Text | Kind::EpicName => Clause::Words(field.id),
        _ => return None,
    })
}

/// The ids that an issue has in a field that is compared by id.
pub(crate) fn ids(clause: Clause, issue: &Issue) -> Vec<String> {
    let kept = |field: &str| -> Vec<String> {
        match issue.fields.get(field) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => values.iter().map(crate::jira::values::plain).collect(),
            Some(value) => vec![crate::jira::values::plain(value)],
        }
    };
    let optional = |value: &Option<String>| value.iter().cloned().collect();
    match clause {
        Clause::Project => vec![issue.project.clone()],
        Clause::Key => vec![issue.id.to_string()],
        Clause::Type => vec![issue.type_id.clone()],
        Clause::Status => vec![issue.status.clone()],
        Clause::Category => catalog::status(&issue.status).map(|s| s.category.id.to_string()).into_iter().collect(),
        Clause::Resolution => optional(&issue.resolution),
        Clause::Priority => kept("priority"),
        Clause::Labels => kept("labels").iter().map(|l| l.to_lowercase()).collect(),
        Clause::Components => kept("components"),
        Clause::Versions => kept("fixVersions"),
        Clause::Person("creator") => vec![issue.creator.clone()],
        Clause::Person(field) => kept(field),
        Clause::Parent => issue.parent.map(|id| id.to_string()).into_iter().collect(),
        Clause::EpicLink => kept("customfield_10100"),
        Clause::Choice(field) => match issue.fields.get(field.id) {
            // A cascading value counts as its parent and as its child.
            Some(Value::Object(both)) => both.values().map(crate::jira::values::plain).collect(),
            _ => kept(field.id),
        },
        _ => Vec::new(),
    }
}

/// The number that an issue has in a field that can be greater or less.
pub(crate) fn measure(clause: Clause, issue: &Issue) -> Option<f64> {
    let time = |at: i64| at as f64;
    match clause {
        Clause::Created => Some(time(issue.created)),
        Clause::Updated => Some(time(issue.updated)),
        Clause::Resolved => issue.resolved.map(time),
        Clause::Key => Some(issue.number as f64),
        Clause::Number(field) => issue.fields.get(field.id)?.as_f64(),
        Clause::Day(field) => {
            let date: jiff::civil::Date = issue.fields.get(field.id)?.as_str()?.parse().ok()?;
            let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            Some(time(midnight.timestamp().as_millisecond()))
        }
        // Priorities are ranked from the top.
        Clause::Priority => issue.text("priority").parse::<f64>().ok().map(|rank| -rank),
        _ => None,
    }
}

/// The texts that `~` looks into.
pub(crate) fn texts(clause: Clause, issue: &Issue) -> Vec<String> {
    let comments = || issue.comments.iter().map(|c| c.body.clone());
    match clause {
        Clause::Words(field) => match issue.fields.get(field) {
            Some(Value::String(text)) => vec![text.clone()],
            _ => Vec::new(),
        },
        Clause::Comment => comments().collect(),
        Clause::AllWords => {
            let fields = catalog::FIELDS.iter().filter(|f| matches!(f.kind, Kind::Line | Kind::Text));
            let texts = fields.filter_map(|f| issue.fields.get(f.id)?.as_str().map(str::to_owned));
            texts.chain(comments()).collect()
        }
        _ => Vec::new(),
    }
}

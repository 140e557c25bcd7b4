//! Looking for an issue whose answer was lost: candidates by the run's label, proof by the issue property.

use super::plan::{ORIGIN_PROPERTY, origin};
use crate::Ports;
use storywright_domain::publishing::{Run, RunItem};
use storywright_domain::remote::{Access, RemoteError};

/// The id and key of the issue that is this item, if it can be proved. The index may lag, so `None` proves nothing.
pub(super) fn find(
    ports: &Ports,
    access: &Access,
    run: &Run,
    items: &[RunItem],
    item: &RunItem,
) -> Result<Option<(String, String)>, RemoteError> {
    let known: Vec<&str> = items.iter().filter_map(|other| other.jira_id.as_deref()).collect();
    let wanted = same_json(&origin(&run.run_label, &item.reference));
    for candidate in ports.jira.issues_with_label(access, &run.project, &run.run_label)? {
        if known.contains(&candidate.id.as_str()) {
            continue;
        }
        // A hit of the index is no proof: the issue itself is read, from the database, with its property.
        let Some(issue) = ports.jira.issue(access, &candidate.id, Some(ORIGIN_PROPERTY))? else { continue };
        if issue.property.as_deref().map(same_json) == Some(wanted.clone()) {
            return Ok(Some((issue.id, issue.key)));
        }
    }
    Ok(None)
}

fn same_json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or(serde_json::Value::Null)
}

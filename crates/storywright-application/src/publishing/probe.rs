//! Looking for issues whose answers were lost: candidates by the run's label, proof by the issue property.

use super::plan::{ORIGIN_PROPERTY, origin};
use crate::Ports;
use serde_json::Value;
use storywright_domain::ItemId;
use storywright_domain::publishing::{Run, RunItem};
use storywright_domain::remote::{Access, RemoteError};

/// An item with the id and key of the issue that it is.
pub(super) type Found = (ItemId, (String, String));

/// Those of the wanted items that can be proved to be in Jira. The index may lag, so an item that is not found is not absent.
/// Ends early, with what was found, when `stop` says so.
pub(super) fn find(
    ports: &Ports,
    access: &Access,
    run: &Run,
    items: &[RunItem],
    wanted: &[ItemId],
    stop: &dyn Fn() -> bool,
) -> Result<Vec<Found>, RemoteError> {
    let known: Vec<&str> = items.iter().filter_map(|other| other.jira_id.as_deref()).collect();
    let mut missing: Vec<(ItemId, Value)> = items
        .iter()
        .filter(|item| wanted.contains(&item.id))
        .map(|item| (item.id, same_json(&origin(&run.run_label, &item.reference))))
        .collect();
    let mut found = Vec::new();
    for candidate in ports.jira.issues_with_label(access, &run.project, &run.run_label)? {
        if missing.is_empty() || stop() {
            break;
        }
        if known.contains(&candidate.id.as_str()) {
            continue;
        }
        // A hit of the index is no proof: the issue itself is read, from the database, with its property.
        let Some(issue) = ports.jira.issue(access, &candidate.id, Some(ORIGIN_PROPERTY))? else { continue };
        let Some(proof) = issue.property.as_deref().map(same_json) else { continue };
        if let Some(index) = missing.iter().position(|(_, origin)| *origin == proof) {
            let (item, _) = missing.swap_remove(index);
            found.push((item, (issue.id, issue.key)));
        }
    }
    Ok(found)
}

fn same_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

//! The names that Jira takes for components, priorities and required choices, so that the model writes no others.

use crate::Ports;
use crate::access;
use crate::preflight;
use std::sync::mpsc;
use std::time::Duration;
use storywright_domain::RequestId;
use storywright_domain::draft::Draft;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::jira::{CreateField, FieldKind};

/// Longest wait for Jira: a draft is worth more than its list of components.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most names of one field; longer lists are for people to pick from.
const MOST_NAMES: usize = 40;
/// Most characters of a name.
const MOST_CHARS: usize = 80;

/// One line for each field; empty when Jira is not connected or does not answer soon.
pub(super) fn allowed(ports: &Ports, draft: &Draft, request_id: &RequestId) -> String {
    let (tell, told) = mpsc::channel();
    let (ports, project, kind) = (ports.clone(), draft.project.clone(), draft.issue_type.clone());
    let (user, request_id) = (draft.user, request_id.clone());
    // On a thread of its own: a call to a site that hangs cannot be cut short. What it finds is remembered for the next time.
    let asking = std::thread::Builder::new().name("allowed-values".to_owned()).spawn(move || {
        let fields = access::tested(&ports, user, IntegrationKind::Jira)
            .and_then(|jira| access::open_site(&ports, &jira, &request_id))
            .map_err(|error| error.to_string())
            .and_then(|access| preflight::fields(&ports, &access, &project, &kind).map_err(|error| error.to_string()));
        // Nobody listens any more when it took too long.
        let _ = tell.send(fields);
    });
    match asking.map(|_| told.recv_timeout(PATIENCE)) {
        Ok(Ok(Ok(fields))) => lines(&fields),
        Ok(Ok(Err(problem))) => {
            log::info!(problem = problem.as_str(); "the model is not told what Jira allows");
            String::new()
        }
        Ok(Err(_)) | Err(_) => {
            log::info!("the model is not told what Jira allows: no answer in time");
            String::new()
        }
    }
}

fn lines(fields: &[CreateField]) -> String {
    let line = |field: &CreateField| {
        let name = match field.kind {
            FieldKind::Components => "components".to_owned(),
            FieldKind::Priority => "priority".to_owned(),
            FieldKind::Option | FieldKind::Options | FieldKind::Cascading if field.required => {
                format!("{} (filled in by the person)", short(&field.name))
            }
            _ => return None,
        };
        if field.allowed.is_empty() || field.allowed.len() > MOST_NAMES {
            return None;
        }
        let names: Vec<String> = field.allowed.iter().map(|value| short(&value.name)).collect();
        Some(format!("{name}: {}", names.join(" | ")))
    };
    fields.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// One line, not too long: names are written by people at the site.
fn short(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MOST_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use storywright_domain::jira::AllowedValue;

    fn field(name: &str, kind: FieldKind, required: bool, allowed: &[&str]) -> CreateField {
        let value = |name: &&str| AllowedValue { id: "1".to_owned(), name: (*name).to_owned(), children: Vec::new() };
        CreateField {
            id: name.to_owned(),
            name: name.to_owned(),
            required,
            has_default: false,
            kind,
            allowed: allowed.iter().map(value).collect(),
        }
    }

    #[test]
    fn closed_lists_that_matter_are_told_compactly() {
        let many: Vec<String> = (0..50).map(|number| format!("C{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let fields = [
            field("Summary", FieldKind::Text, true, &[]),
            field("Composants", FieldKind::Components, false, &["Public API", "Re\nfunds"]),
            field("Priorité", FieldKind::Priority, false, &["High", "Low"]),
            field("Environment", FieldKind::Option, true, &["Staging"]),
            field("Optional", FieldKind::Option, false, &["x"]),
            field("Teams", FieldKind::Options, true, &many),
        ];
        let expected =
            "components: Public API | Re funds\npriority: High | Low\nEnvironment (filled in by the person): Staging";
        assert_eq!(lines(&fields), expected);
        assert_eq!(lines(&[]), "");
    }
}

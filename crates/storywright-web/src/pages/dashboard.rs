//! The dashboard: what is connected, what was worked on, what was created.

use super::desk::Desk;
use super::integrations::words;
use super::lists::{DraftRow, IssueRow};
use crate::errors::AppError;
use crate::view::{Page, Time, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::Serialize;
use storywright_application::overview::overview;
use storywright_application::tools::ServerView;
use storywright_domain::integration::{Health, Integration, IntegrationKind};

/// What the dashboard shows.
#[derive(Serialize)]
pub struct Dashboard {
    health: Vec<HealthLine>,
    can_draft: bool,
    drafts: Vec<DraftRow>,
    issues: Vec<IssueRow>,
}

impl View for Dashboard {
    const TEMPLATE: &'static str = "dashboard.html";
}

impl Page for Dashboard {
    const ACTIVE: &'static str = "dashboard";
}

/// How a connection is.
#[derive(Serialize)]
pub struct HealthLine {
    kind: &'static str,
    name: &'static str,
    state: &'static str,
    detail: String,
    cure: Option<Cure>,
    tested: Option<Time>,
}

#[derive(Serialize)]
struct Cure {
    label: &'static str,
    href: String,
}

/// The name of a connection on pages.
#[must_use]
pub fn connection_name(kind: IntegrationKind) -> &'static str {
    match kind {
        IntegrationKind::Jira => "Jira",
        IntegrationKind::Confluence => "Confluence",
        IntegrationKind::Llm => "Language model",
    }
}

/// The word for how a connection is.
#[must_use]
pub fn connection_state(integration: Option<&Integration>) -> &'static str {
    match integration.map(|integration| &integration.health) {
        None => "missing",
        Some(Health::Untested) => "untested",
        Some(Health::Ok { .. }) => "ok",
        Some(Health::Broken { .. }) => "broken",
    }
}

impl HealthLine {
    fn of(desk: &Desk<'_>, kind: IntegrationKind, integration: Option<&Integration>) -> Self {
        let (detail, cure, tested) = match integration.map(|integration| &integration.health) {
            None => ("Not connected.".to_owned(), Some("Connect it"), None),
            Some(Health::Untested) => ("Not tested yet.".to_owned(), Some("Test it"), None),
            Some(Health::Ok { employee_id, at }) => (format!("Signed in as {employee_id}."), None, Some(*at)),
            Some(Health::Broken { code, detail, at, .. }) => (words(code, detail), Some("Repair it"), Some(*at)),
        };
        Self {
            kind: kind.as_str(),
            name: connection_name(kind),
            state: connection_state(integration),
            detail,
            cure: cure.map(|label| Cure { label, href: format!("/integrations#card-{}", kind.as_str()) }),
            tested: tested.map(|at| desk.time(at)),
        }
    }
}

/// What can be looked up with the tools of the listed servers; none when no server is listed.
fn tools_line(servers: &[ServerView]) -> Option<HealthLine> {
    let first = servers.first()?;
    let count = |states: &[&str]| -> usize {
        states.iter().map(|state| servers.iter().map(|server| server.count(state)).sum::<usize>()).sum()
    };
    let connected = servers.iter().filter(|server| server.known.is_some()).count();
    let (approved, changed, undecided) = (count(&["offered", "kept"]), count(&["changed", "raised"]), count(&["new"]));
    let mut detail = match servers.len() {
        1 if connected == 1 => format!("{} connected", first.server.name),
        1 => format!("{} not connected", first.server.name),
        all => format!("{connected} of {all} servers connected"),
    };
    for (number, what) in [(approved, "approved"), (changed, "changed"), (undecided, "undecided")] {
        if number > 0 {
            detail.push_str(&format!(", {number} {what}"));
        }
    }
    let silent = servers.iter().any(|server| server.problem.is_some());
    let (state, label) = match connected {
        _ if changed > 0 => ("broken", "Look at the changes"),
        _ if silent => ("untested", "See what went wrong"),
        0 => ("missing", "See what they need"),
        _ => ("ok", "See the tools"),
    };
    Some(HealthLine {
        kind: "tools",
        name: "Tools",
        state,
        detail: format!("{detail}."),
        cure: Some(Cure { label, href: "/tools".to_owned() }),
        tested: None,
    })
}

/// The dashboard.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    me.serve(|desk| {
        let found = overview(desk.ports, &desk.state.counts, &desk.who.actor)?;
        let can_draft = found
            .integrations
            .iter()
            .filter(|(kind, _)| *kind != IntegrationKind::Confluence)
            .all(|(_, integration)| integration.as_ref().is_some_and(|one| one.health.is_ok()));
        let connections = found.integrations.iter().map(|(kind, one)| HealthLine::of(desk, *kind, one.as_ref()));
        let health: Vec<HealthLine> = connections.chain(tools_line(&found.tools)).collect();
        let view = Dashboard {
            health,
            can_draft,
            drafts: found.drafts.into_iter().map(|line| DraftRow::of(desk, line)).collect(),
            issues: found.created.into_iter().filter_map(|(item, site)| IssueRow::of(desk, item, &site)).collect(),
        };
        desk.page_with_jobs(&view, &found.open_jobs)
    })
    .await
}

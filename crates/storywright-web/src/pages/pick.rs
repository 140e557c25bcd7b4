//! Lists to choose from while somebody types: people and epics of a project, as the person's own account sees them.

use super::desk::Params;
use crate::errors::AppError;
use crate::view::View;
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use storywright_application::catalog::{list_epics, list_users};
use storywright_domain::jira::ProjectKey;

/// Longest text that is searched for, in characters.
const MAX_QUERY_CHARS: usize = 100;

/// What is typed, and where.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    project: String,
    #[serde(default)]
    q: String,
}

impl Typed {
    fn query(&self) -> String {
        self.q.trim().chars().take(MAX_QUERY_CHARS).collect()
    }

    fn project(&self) -> Result<ProjectKey, AppError> {
        ProjectKey::parse(&self.project)
            .map_err(|error| AppError::field("project", "project_key_invalid", &error.to_string()))
    }
}

#[derive(Serialize)]
struct PickList {
    items: Vec<Item>,
    nothing: &'static str,
}

/// One line of the list.
#[derive(Serialize)]
struct Item {
    /// What is kept.
    value: String,
    /// What the field says once it is chosen.
    label: String,
    /// What stands beside it.
    more: String,
}

impl View for PickList {
    const TEMPLATE: &'static str = "fragments/pick_list.html";
}

/// People to whom issues of the project can be assigned.
pub async fn users(me: SignedIn, typed: Params<Typed>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let found = list_users(desk.ports, &desk.who.actor, &typed.0.project()?, &typed.0.query())?;
        let active = found.into_iter().filter(|user| user.active);
        let items = active.map(|user| Item {
            more: if user.name.contains(':') { String::new() } else { user.name.clone() },
            value: user.name,
            label: user.display_name,
        });
        desk.fragment(&PickList { items: items.collect(), nothing: "Jira finds nobody of this name." })
    })
    .await
}

/// Epics of the project.
pub async fn epics(me: SignedIn, typed: Params<Typed>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let found = list_epics(desk.ports, &desk.who.actor, &typed.0.project()?, &typed.0.query())?;
        let items = found.into_iter().map(|epic| Item { label: epic.key.clone(), value: epic.key, more: epic.summary });
        desk.fragment(&PickList { items: items.collect(), nothing: "Jira finds no such epic." })
    })
    .await
}

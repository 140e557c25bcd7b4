//! The list of drafts, the bin.

use super::{draft_id, draft_not_found};
use crate::errors::AppError;
use crate::pages::desk::{Answer, Desk, Params, encoded};
use crate::pages::lists::DraftRow;
use crate::view::{Page, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use storywright_application::drafts::{delete_draft, draft, undelete_draft};
use storywright_application::overview::{draft_line, list_draft_lines};

/// States that the list can be filtered by.
const STATES: [(&str, &str); 5] =
    [("", "All"), ("ready", "Ready"), ("blocked", "To fix"), ("generating", "Writing"), ("published", "In Jira")];
/// Most drafts looked at for one page of a filtered list.
const LOOKED_AT: usize = 200;

/// What the list is filtered by.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    q: String,
    state: String,
    project: String,
    #[serde(skip_serializing)]
    cursor: String,
}

#[derive(Serialize)]
struct State {
    value: &'static str,
    label: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct DraftsPage {
    filter: Filter,
    states: Vec<State>,
    projects: BTreeSet<String>,
    drafts: Vec<DraftRow>,
    next_url: Option<String>,
    total: usize,
}

impl View for DraftsPage {
    const TEMPLATE: &'static str = "drafts.html";
}

impl Page for DraftsPage {
    const ACTIVE: &'static str = "drafts";
}

#[derive(Serialize)]
#[serde(transparent)]
struct DraftList(DraftsPage);

impl View for DraftList {
    const TEMPLATE: &'static str = "fragments/draft_list.html";
}

#[derive(Serialize)]
#[serde(transparent)]
struct DraftRows(DraftsPage);

impl View for DraftRows {
    const TEMPLATE: &'static str = "fragments/draft_rows.html";
}

#[derive(Serialize)]
struct Deleted {
    draft: DeletedDraft,
}

#[derive(Serialize)]
struct DeletedDraft {
    id: String,
    title: String,
}

impl View for Deleted {
    const TEMPLATE: &'static str = "fragments/draft_deleted.html";
}

#[derive(Serialize)]
struct OneRow {
    draft: DraftRow,
}

impl View for OneRow {
    const TEMPLATE: &'static str = "fragments/draft_row.html";
}

/// The list, or the part of it that htmx asks for.
pub async fn page(me: SignedIn, filter: Params<Filter>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let more = !filter.0.cursor.is_empty();
        let view = read(desk, filter.0)?;
        match (desk.visit.htmx, more) {
            (true, true) => desk.fragment(&DraftRows(view)),
            (true, false) if desk.visit.htmx_target == "draft-list" => desk.fragment(&DraftList(view)),
            _ => desk.page(&view),
        }
    })
    .await
}

/// Reads on until a page is full: state and project are known only after a draft was looked at. The first page also counts what comes
/// after it.
fn read(desk: &Desk<'_>, filter: Filter) -> Result<DraftsPage, AppError> {
    let filtered = !filter.state.is_empty() || !filter.project.is_empty();
    let first_page = filter.cursor.is_empty();
    let mut cursor = Some(filter.cursor.clone()).filter(|cursor| !cursor.is_empty());
    let mut states: Vec<State> = STATES.iter().map(|(value, label)| State { value, label, count: 0 }).collect();
    let mut projects = BTreeSet::new();
    let mut drafts: Vec<DraftRow> = Vec::new();
    let (mut full, mut next, mut looked_at, mut total) = (false, None, 0, 0);
    loop {
        let words = Some(filter.q.as_str());
        let slice = list_draft_lines(desk.ports, &desk.state.counts, &desk.who.actor, words, cursor.as_deref())?;
        looked_at += slice.items.len();
        for line in slice.items {
            let row = DraftRow::of(desk, line);
            projects.insert(row.project_key.clone());
            for state in states.iter_mut().filter(|state| state.value.is_empty() || state.value == row.state) {
                state.count += 1;
            }
            let fits = (filter.state.is_empty() || filter.state == row.state)
                && (filter.project.is_empty() || filter.project == row.project_key);
            total += usize::from(fits);
            if fits && !full {
                drafts.push(row);
            }
        }
        if !full && (!filtered || drafts.len() >= 10 || looked_at >= LOOKED_AT) {
            full = true;
            next.clone_from(&slice.next);
        }
        cursor = slice.next;
        if cursor.is_none() || looked_at >= LOOKED_AT || (full && !first_page) {
            break;
        }
    }
    let next_url = next.map(|cursor| {
        format!(
            "/drafts?q={}&state={}&project={}&cursor={}",
            encoded(&filter.q),
            encoded(&filter.state),
            encoded(&filter.project),
            encoded(&cursor)
        )
    });
    Ok(DraftsPage { filter, states, projects, drafts, next_url, total })
}

/// Puts a draft in the bin.
pub async fn delete(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        let title = draft(desk.ports, &desk.who.actor, id)?.ok_or_else(draft_not_found)?.title;
        delete_draft(desk.ports, &desk.who.actor, id)?;
        if desk.visit.htmx {
            desk.fragment(&Deleted { draft: DeletedDraft { id: id.to_string(), title } })
        } else {
            desk.go_and_say("/drafts", "info", &format!("“{title}” is deleted."))
        }
    })
    .await
}

/// Takes a draft out of the bin.
pub async fn undelete(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = draft_id(me.request())?;
    me.serve(move |desk| {
        undelete_draft(desk.ports, &desk.who.actor, id)?;
        let line = draft_line(desk.ports, &desk.state.counts, &desk.who.actor, id)?.ok_or_else(draft_not_found)?;
        if desk.visit.htmx {
            desk.fragment(&OneRow { draft: DraftRow::of(desk, line) })
        } else {
            Ok::<Answer, AppError>(desk.go("/drafts"))
        }
    })
    .await
}

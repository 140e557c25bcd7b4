//! Search: drafts by words, created issues by key and summary, pages by name.

use super::desk::{Desk, Params};
use super::lists::{DraftRow, IssueRow};
use crate::errors::AppError;
use crate::view::{Page, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use storywright_application::overview::{list_draft_lines, recently_created};

/// Issues looked at.
const ISSUES: u32 = 200;
/// Lines of each kind that are shown while somebody types.
const QUICK: usize = 6;
/// Pages that can be found by name.
const PAGES: [(&str, &str, &str); 8] = [
    ("Dashboard", "/", "layout-dashboard"),
    ("Drafts", "/drafts", "file-text"),
    ("New draft", "/drafts/new", "plus"),
    ("Created in Jira", "/runs", "send"),
    ("Integrations", "/integrations", "plug"),
    ("Jobs", "/jobs", "list-checks"),
    ("My audit log", "/audit", "scroll-text"),
    ("Profile", "/profile", "user"),
];

#[derive(Serialize)]
struct SearchPage {
    q: String,
    drafts: Vec<DraftRow>,
    issues: Vec<IssueRow>,
    pages: Vec<PageLine>,
}

impl View for SearchPage {
    const TEMPLATE: &'static str = "search.html";
}

impl Page for SearchPage {
    const ACTIVE: &'static str = "search";

    fn query(&self) -> &str {
        &self.q
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct SearchResults(SearchPage);

impl View for SearchResults {
    const TEMPLATE: &'static str = "fragments/search_results.html";
}

#[derive(Serialize)]
struct PageLine {
    label: &'static str,
    href: &'static str,
    icon: &'static str,
}

/// What is looked for.
#[derive(Deserialize)]
pub struct Words {
    #[serde(default)]
    q: String,
}

/// The page, or the lines under the search field.
pub async fn page(me: SignedIn, words: Params<Words>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let q: String = words.0.q.trim().chars().take(200).collect();
        let quick = desk.visit.htmx && desk.visit.htmx_target == "search-results";
        let view = find(desk, q, if quick { QUICK } else { usize::MAX })?;
        if quick { desk.fragment(&SearchResults(view)) } else { desk.page(&view) }
    })
    .await
}

fn find(desk: &Desk<'_>, q: String, most: usize) -> Result<SearchPage, AppError> {
    if q.is_empty() {
        return Ok(SearchPage { q, drafts: Vec::new(), issues: Vec::new(), pages: Vec::new() });
    }
    let found = list_draft_lines(desk.ports, &desk.state.counts, &desk.who.actor, Some(&q), None)?;
    let issues = recently_created(desk.ports, &desk.who.actor, ISSUES)?
        .into_iter()
        .filter_map(|(item, site)| IssueRow::of(desk, item, &site))
        .filter(|issue| issue.matches(&q))
        .take(most.min(50))
        .collect();
    let lower = q.to_lowercase();
    Ok(SearchPage {
        drafts: found.items.into_iter().take(most).map(|line| DraftRow::of(desk, line)).collect(),
        issues,
        pages: PAGES
            .iter()
            .filter(|(label, _, _)| label.to_lowercase().contains(&lower))
            .map(|(label, href, icon)| PageLine { label, href, icon })
            .collect(),
        q,
    })
}

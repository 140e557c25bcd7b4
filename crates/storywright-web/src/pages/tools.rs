//! Tools: what each MCP server offers, what was approved, what changed; for administrators the decisions.

use super::desk::{Answer, Desk, Form};
use super::drafts::compare::{Segment, segments};
use crate::errors::{AppError, sentence};
use crate::view::{Page, Time, View};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use storywright_application::integrations::label;
use storywright_application::tools::{
    NewApproval, ServerView, ToolState, ToolView, approve_suggested, approve_tool, revoke_tool, start_refresh,
    tool_servers,
};
use storywright_domain::person::Administrator;
use storywright_domain::tool::ToolClass;

/// Longest definition that a page shows.
const SHOWN: usize = 20_000;

#[derive(Serialize)]
struct ToolsPage {
    servers: Vec<Server>,
    administrator: bool,
}

impl View for ToolsPage {
    const TEMPLATE: &'static str = "tools.html";
}

impl Page for ToolsPage {
    const ACTIVE: &'static str = "tools";
}

#[derive(Serialize)]
struct Server {
    id: String,
    name: String,
    introduced_as: String,
    protocol: String,
    unusable: Option<String>,
    fetched: Option<Time>,
    fresh_until: Option<Time>,
    stale: bool,
    problem: Option<Problem>,
    refreshing: bool,
    limits: String,
    counts: String,
    suggested: usize,
    tools: Vec<Tool>,
}

#[derive(Serialize)]
struct Problem {
    what: String,
    code: String,
    at: Time,
}

#[derive(Serialize)]
struct Tool {
    name: String,
    offered_name: Option<String>,
    hash: String,
    short_hash: String,
    state: &'static str,
    why: String,
    class: Option<&'static str>,
    words: String,
    approved_by: Option<String>,
    approved: Option<Time>,
    definition: Option<String>,
    change: Vec<Segment>,
    decidable: bool,
}

/// Which server, or which tool of it, and what was decided.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    server: String,
    #[serde(default)]
    tool: String,
    #[serde(default)]
    hash: String,
    #[serde(default)]
    class: String,
    #[serde(default)]
    words: String,
}

/// The page.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    me.serve(|desk| {
        let administrator = desk.who.actor.as_administrator().is_some();
        let views = tool_servers(desk.ports, &desk.who.actor, true)?;
        let servers = views.into_iter().map(|view| Server::of(desk, view)).collect();
        desk.page(&ToolsPage { servers, administrator })
    })
    .await
}

/// Asks a server for its tools anew.
pub async fn refresh(me: SignedIn, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| match start_refresh(desk.ports, &desk.who.actor, &typed.0.server) {
        Ok(_) => desk.go_and_say("/tools", "info", "The server is asked for its tools."),
        Err(error) => refused(desk, &error.to_string()),
    })
    .await
}

/// Approves one tool.
pub async fn approve(me: SignedIn, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let by = administrator(desk)?;
        let Typed { server, tool, hash, class, words } = typed.0;
        let (class, auto_read) = match class.as_str() {
            "read_open_auto" => (ToolClass::ReadOpen, true),
            other => match ToolClass::parse(other) {
                Some(class) => (class, false),
                None => return refused(desk, "choose what the tool may be used for"),
            },
        };
        match approve_tool(desk.ports, by, &NewApproval { server, tool, hash, class, words, auto_read }) {
            Ok(approval) => desk.go_and_say("/tools", "ok", &format!("{} is approved as it is now.", approval.tool)),
            Err(error) => refused(desk, &error.to_string()),
        }
    })
    .await
}

/// Approves all suggested reads of a server.
pub async fn approve_all(me: SignedIn, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| match approve_suggested(desk.ports, administrator(desk)?, &typed.0.server) {
        Ok(approved) => {
            desk.go_and_say("/tools", "ok", &format!("{} tools are approved as they are now.", approved.len()))
        }
        Err(error) => refused(desk, &error.to_string()),
    })
    .await
}

/// Withdraws an approval.
pub async fn revoke(me: SignedIn, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let by = administrator(desk)?;
        if revoke_tool(desk.ports, by, &typed.0.server, &typed.0.tool)? {
            desk.go_and_say("/tools", "ok", "The approval is withdrawn, for everybody.")
        } else {
            refused(desk, "the tool was not approved")
        }
    })
    .await
}

fn refused(desk: &Desk<'_>, words: &str) -> Result<Answer, AppError> {
    desk.go_and_say("/tools", "bad", &sentence(words))
}

fn administrator<'a>(desk: &'a Desk<'_>) -> Result<Administrator<'a>, AppError> {
    desk.who.actor.as_administrator().ok_or_else(AppError::administrators_only)
}

impl Server {
    fn of(desk: &Desk<'_>, view: ServerView) -> Self {
        let counts = [
            ("offered", "in use"),
            ("new", "not approved"),
            ("changed", "changed"),
            ("refused", "refused"),
            ("gone", "gone"),
        ]
        .into_iter()
        .map(|(state, words)| (view.count(state), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect::<Vec<_>>()
        .join(" · ");
        let limits = [("Projects", &view.server.projects), ("Spaces", &view.server.spaces)]
            .into_iter()
            .filter(|(_, keys)| !keys.is_empty())
            .map(|(what, keys)| format!("{what}: {}", keys.join(", ")))
            .collect::<Vec<_>>()
            .join(" · ");
        let needs = view.needs.iter().map(|kind| label(*kind)).collect::<Vec<_>>().join(" and ");
        Self {
            unusable: view.unusable.map(|error| {
                format!("{} Its tools need {needs}: connect and test it first.", sentence(&error.to_string()))
            }),
            fetched: view.known.as_ref().map(|known| desk.time(known.fetched_at)),
            fresh_until: view.known.as_ref().map(|known| desk.time(known.fresh_until)),
            protocol: view.known.as_ref().map(|known| known.protocol.clone()).unwrap_or_default(),
            introduced_as: view.known.as_ref().map(|known| known.introduced_as.clone()).unwrap_or_default(),
            stale: view.stale,
            problem: view.problem.map(|problem| Problem {
                what: sentence(&problem.detail),
                code: problem.code,
                at: desk.time(problem.at),
            }),
            refreshing: view.job.is_some(),
            suggested: view
                .tools
                .iter()
                .filter(|tool| tool.state == ToolState::New && tool.suggestion.is_some())
                .count(),
            tools: view.tools.into_iter().map(|tool| Tool::of(desk, tool)).collect(),
            id: view.server.id,
            name: view.server.name,
            limits,
            counts,
        }
    }
}

impl Tool {
    fn of(desk: &Desk<'_>, view: ToolView) -> Self {
        let why = match &view.state {
            ToolState::Offered => String::new(),
            ToolState::New => "Nobody has approved it yet.".to_owned(),
            ToolState::Changed => {
                "It is not what was approved. Nobody can use it until an administrator has looked at it.".to_owned()
            }
            ToolState::Raised(class) => {
                format!("The server says that it does more than it was approved for ({}).", class_words(*class))
            }
            ToolState::Kept(class) => format!("The agent does not use it by itself ({}).", class_words(*class)),
            ToolState::Refused(reason) => format!("It is never used: {reason}."),
            ToolState::Gone => "The server does not offer it to you any more.".to_owned(),
        };
        let definition = view.definition.as_deref().map(readable);
        let approval = view.approval.as_ref();
        let change = view.change().map(|(before, after)| segments(&readable(before), &readable(after)));
        let suggested = view.suggestion.map(|suggestion| suggestion.words).unwrap_or_default();
        Self {
            change: change.unwrap_or_default(),
            why,
            state: view.state.as_str(),
            class: approval.map(|approval| class_words(approval.class)),
            words: approval.map_or(suggested, |approval| approval.words.as_str()).to_owned(),
            approved_by: approval.map(|approval| approval.by_name.clone()),
            approved: approval.map(|approval| desk.time(approval.at)),
            decidable: !matches!(view.state, ToolState::Refused(_) | ToolState::Gone) && definition.is_some(),
            definition,
            short_hash: view.hash.chars().take(12).collect(),
            hash: view.hash,
            offered_name: view.offered_name,
            name: view.name,
        }
    }
}

fn class_words(class: ToolClass) -> &'static str {
    match class {
        ToolClass::Read => "reads",
        ToolClass::ReadOpen => "reads from elsewhere",
        ToolClass::Write => "creates",
        ToolClass::Change => "changes or deletes",
        ToolClass::Open => "anything",
    }
}

/// JSON over several lines, cut to what a page can show.
fn readable(definition: &str) -> String {
    let value: Option<serde_json::Value> = serde_json::from_str(definition).ok();
    let text =
        value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| definition.to_owned());
    if text.chars().count() <= SHOWN {
        return text;
    }
    let kept: String = text.chars().take(SHOWN).collect();
    format!("{kept}\n… (cut: {} characters in all)", text.chars().count())
}

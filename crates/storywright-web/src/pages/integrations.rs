//! Connections: saving them, testing them, trusting a company's certificates.

use super::dashboard::{connection_name, connection_state};
use super::desk::{Answer, Desk, Form, part};
use super::sign_up::{SiteChoice, site_choices};
use crate::errors::{AppError, kinds, sentence};
use crate::view::{Errors, Page, Time, View, errors_of};
use crate::visit::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use storywright_application::drafts::list_drafts;
use storywright_application::integrations::{NewIntegration, list_integrations, save_integration, test_integration};
use storywright_application::tools::{ServerView, tool_servers_of};
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::remote::SiteKind;

#[derive(Serialize)]
struct IntegrationsPage {
    cards: Vec<Card>,
    may_disable_tls: bool,
}

impl View for IntegrationsPage {
    const TEMPLATE: &'static str = "integrations.html";
}

impl Page for IntegrationsPage {
    const ACTIVE: &'static str = "integrations";
}

#[derive(Serialize)]
struct CardPart {
    card: Card,
    may_disable_tls: bool,
}

impl View for CardPart {
    const TEMPLATE: &'static str = "fragments/integration_card.html";
}

#[derive(Serialize)]
struct Card {
    kind: &'static str,
    name: &'static str,
    purpose: &'static str,
    state: &'static str,
    options: Vec<SiteChoice>,
    chosen: String,
    owner: Option<Owner>,
    expected_employee_id: String,
    tested: Option<Time>,
    secret_name: &'static str,
    secret_tail: Option<String>,
    secret_help: &'static str,
    verify_tls: bool,
    ca: Option<Ca>,
    has_tls: bool,
    problem: Option<Problem>,
    steps: Vec<Step>,
    job_id: Option<String>,
    last_event_id: u64,
    required: bool,
    errors: Errors,
    open: bool,
    /// The credential was just refused: the person goes on in its field.
    focus: bool,
    /// The way on when everything needed is there.
    next: Option<&'static str>,
    /// Lists of tools that this connection opens.
    tools: Vec<ToolsLine>,
}

#[derive(Serialize)]
struct ToolsLine {
    id: String,
    name: String,
    words: String,
    fetched: Option<Time>,
    stale: bool,
    problem: Option<String>,
}

#[derive(Serialize)]
struct Owner {
    employee_id: String,
    name: String,
}

#[derive(Serialize)]
struct Ca {
    subject: String,
    expires: String,
    fingerprint: String,
}

#[derive(Serialize)]
struct Problem {
    what: String,
    cure: &'static str,
}

#[derive(Serialize)]
struct Step {
    name: &'static str,
    state: &'static str,
    detail: Option<String>,
    ms: Option<u64>,
}

/// What was entered. It holds a token, so it has no `Debug`.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    site: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    verify_tls: String,
}

/// Certificates, or the wish to have none.
#[derive(Deserialize)]
pub struct TypedCa {
    #[serde(default)]
    ca_pem: String,
    #[serde(default)]
    remove: String,
}

fn kind_of(req: &HttpRequest) -> Result<IntegrationKind, AppError> {
    IntegrationKind::parse(&part(req, "kind")).ok_or_else(|| {
        AppError::new(&kinds::NOT_FOUND, "There is no such connection", "Choose one on the page of integrations")
    })
}

/// The page.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    me.serve(|desk| {
        let cards: Vec<Card> = list_integrations(desk.ports, &desk.who.actor)?
            .iter()
            .map(|(kind, one)| Card::of(desk, *kind, one.as_ref()))
            .collect::<Result<_, _>>()?;
        desk.page(&IntegrationsPage { may_disable_tls: may_disable_tls(desk), cards })
    })
    .await
}

/// One card.
pub async fn card(me: SignedIn) -> Result<HttpResponse, AppError> {
    let kind = kind_of(me.request())?;
    me.serve(move |desk| show(desk, kind, Errors::new())).await
}

/// Saves a connection and tests it at once.
pub async fn save(me: SignedIn, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    let kind = kind_of(me.request())?;
    me.serve(move |desk| {
        let Typed { site, secret, verify_tls } = typed.0;
        let optional = kind != IntegrationKind::Llm && may_disable_tls(desk);
        let new = NewIntegration {
            kind,
            target: site,
            credential: Some(secret).filter(|secret| !secret.trim().is_empty()),
            verify_tls: !optional || verify_tls == "on",
            ca_pem: None,
        };
        match save_integration(desk.ports, &desk.who.actor, &new).map_err(AppError::from) {
            Ok(_) => tested(desk, kind),
            Err(error) if error.status() < 500 => show_with(desk, kind, errors_of_card(&error), |card| {
                // What was chosen stays; the secret does not come back.
                card.verify_tls = new.verify_tls;
                card.chosen.clone_from(&new.target);
            }),
            Err(error) => Err(error),
        }
    })
    .await
}

/// Tests a connection.
pub async fn test(me: SignedIn) -> Result<HttpResponse, AppError> {
    let kind = kind_of(me.request())?;
    me.serve(move |desk| tested(desk, kind)).await
}

/// Trusts certificates beside the public ones, or no longer.
pub async fn trust(me: SignedIn, typed: Form<TypedCa>) -> Result<HttpResponse, AppError> {
    let kind = IntegrationKind::Confluence;
    me.serve(move |desk| {
        let stored = stored(desk, kind)?;
        let Some(stored) = stored else {
            let text = "Save the connection first, then add its certificate.".to_owned();
            return show(desk, kind, Errors::from([("ca_pem".to_owned(), text)]));
        };
        // An empty text is kept as such: it stands for no certificates.
        let pem = if typed.0.remove == "1" {
            String::new()
        } else {
            match (desk.state.certificate_check)(&typed.0.ca_pem) {
                Ok(checked) => checked.pem,
                Err(words) => return show(desk, kind, Errors::from([("ca_pem".to_owned(), sentence(&words))])),
            }
        };
        let new = NewIntegration {
            kind,
            target: stored.target,
            credential: None,
            verify_tls: stored.tls.verify,
            ca_pem: Some(pem),
        };
        match save_integration(desk.ports, &desk.who.actor, &new).map_err(AppError::from) {
            Ok(_) => show(desk, kind, Errors::new()),
            Err(error) if error.status() < 500 => show(desk, kind, errors_of_card(&error)),
            Err(error) => Err(error),
        }
    })
    .await
}

fn tested(desk: &Desk<'_>, kind: IntegrationKind) -> Result<Answer, AppError> {
    match test_integration(desk.ports, &desk.who.actor, kind).map_err(AppError::from) {
        Ok(_) => show_with(desk, kind, Errors::new(), |card| card.focus = card.open),
        Err(error) if error.status() < 500 => show(desk, kind, errors_of_card(&error)),
        Err(error) => Err(error),
    }
}

/// The card, or the page for browsers without scripts; with problems it answers 422.
fn show(desk: &Desk<'_>, kind: IntegrationKind, errors: Errors) -> Result<Answer, AppError> {
    show_with(desk, kind, errors, |_| {})
}

fn show_with(
    desk: &Desk<'_>,
    kind: IntegrationKind,
    errors: Errors,
    change: impl FnOnce(&mut Card),
) -> Result<Answer, AppError> {
    if !desk.visit.htmx {
        return match errors.into_values().next() {
            None => Ok(desk.go("/integrations")),
            Some(words) => desk.go_and_say("/integrations", "bad", &words),
        };
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut card = Card::of(desk, kind, stored(desk, kind)?.as_ref())?;
    card.open |= !errors.is_empty();
    card.errors = errors;
    change(&mut card);
    Ok(desk.fragment(&CardPart { card, may_disable_tls: may_disable_tls(desk) })?.with_status(status))
}

fn stored(desk: &Desk<'_>, kind: IntegrationKind) -> Result<Option<Integration>, AppError> {
    let all = list_integrations(desk.ports, &desk.who.actor)?;
    Ok(all.into_iter().find(|(one, _)| *one == kind).and_then(|(_, integration)| integration))
}

/// Names of the use case's fields as the card names them.
fn errors_of_card(error: &AppError) -> Errors {
    let mut errors =
        errors_of(error, &["target", "site", "service", "credential", "secret", "pat", "cookie", "ca_pem"]);
    for (theirs, ours) in
        [("target", "site"), ("service", "site"), ("credential", "secret"), ("pat", "secret"), ("cookie", "secret")]
    {
        if let Some(text) = errors.remove(theirs) {
            errors.insert(ours.to_owned(), text);
        }
    }
    errors
}

fn may_disable_tls(desk: &Desk<'_>) -> bool {
    desk.ports.settings.sites.iter().any(|site| site.allow_unverified_tls)
}

impl Card {
    fn of(desk: &Desk<'_>, kind: IntegrationKind, integration: Option<&Integration>) -> Result<Self, AppError> {
        let options = match kind {
            IntegrationKind::Jira => site_choices(desk.ports, SiteKind::Jira),
            IntegrationKind::Confluence => site_choices(desk.ports, SiteKind::Confluence),
            IntegrationKind::Llm => services(desk),
        };
        let (purpose, secret_name, secret_help) = match kind {
            IntegrationKind::Jira => {
                ("Projects, fields, and the issues you create.", "Personal access token", TOKEN_HELP)
            }
            IntegrationKind::Confluence => {
                ("Pages as requirements, and links back to them.", "Personal access token", TOKEN_HELP)
            }
            IntegrationKind::Llm => (
                "Writes and refines the stories.",
                "Cookie",
                "The cookie or token of your session at the company service. Encrypted at once; only its last four characters are shown.",
            ),
        };
        let health = integration.map(|one| &one.health);
        let (owner, at) = match health {
            Some(Health::Ok { employee_id, at }) => (Some(employee_id.clone()), Some(*at)),
            Some(Health::Broken { employee_id, at, .. }) => (employee_id.clone(), Some(*at)),
            Some(Health::Untested) | None => (None, None),
        };
        let person = &desk.who.person;
        Ok(Self {
            kind: kind.as_str(),
            name: connection_name(kind),
            purpose,
            state: connection_state(integration),
            chosen: integration
                .map(|one| one.target.clone())
                .or_else(|| options.first().map(|option| option.id.clone()))
                .unwrap_or_default(),
            options,
            owner: owner.map(|id| Owner {
                name: if id.eq_ignore_ascii_case(&person.employee_id) {
                    person.display_name.clone()
                } else {
                    id.clone()
                },
                // Spelled as ours when it is ours, so that the page can compare.
                employee_id: if id.eq_ignore_ascii_case(&person.employee_id) { person.employee_id.clone() } else { id },
            }),
            expected_employee_id: person.employee_id.clone(),
            tested: at.map(|at| desk.time(at)),
            secret_name,
            secret_tail: integration.map(|one| one.credential_hint.clone()),
            secret_help,
            verify_tls: integration.is_none_or(|one| one.tls.verify),
            ca: integration.and_then(|one| ca(desk, one)),
            has_tls: kind != IntegrationKind::Llm,
            problem: health.and_then(problem),
            steps: health.map(steps).unwrap_or_default(),
            job_id: None,
            last_event_id: 0,
            required: kind != IntegrationKind::Confluence,
            errors: Errors::new(),
            open: health.is_some_and(credential_is_at_fault),
            focus: false,
            next: next(desk, kind, integration),
            tools: tools(desk, kind, integration)?,
        })
    }
}

/// What the servers that need this connection offer; nothing before it was tested.
fn tools(
    desk: &Desk<'_>,
    kind: IntegrationKind,
    integration: Option<&Integration>,
) -> Result<Vec<ToolsLine>, AppError> {
    if !integration.is_some_and(|one| one.health.is_ok()) {
        return Ok(Vec::new());
    }
    let views = tool_servers_of(desk.ports, &desk.who.actor, kind)?;
    Ok(views.into_iter().map(|view| ToolsLine::of(desk, view)).collect())
}

impl ToolsLine {
    fn of(desk: &Desk<'_>, view: ServerView) -> Self {
        let known = view.known.as_ref();
        let gone = view.count("gone");
        let words = match (&view.unusable, known) {
            (Some(error), _) => sentence(&error.to_string()),
            (None, _) if view.job.is_some() => "Asking for its tools now.".to_owned(),
            (None, None) => "Never listed with your present credentials.".to_owned(),
            (None, Some(_)) => format!("{} tools, {} in use.", view.tools.len() - gone, view.count("offered")),
        };
        Self {
            fetched: known.map(|known| desk.time(known.fetched_at)),
            stale: view.stale,
            problem: view.problem.map(|problem| sentence(&problem.detail)),
            id: view.server.id,
            name: view.server.name,
            words,
        }
    }
}

/// Whether another credential is the cure.
fn credential_is_at_fault(health: &Health) -> bool {
    let codes = ["credential_refused", "llm_credential_refused", "employee_id_mismatch", "login_page"];
    matches!(health, Health::Broken { code, .. } if codes.contains(&code.as_str()))
}

/// With the model connected people can begin.
fn next(desk: &Desk<'_>, kind: IntegrationKind, integration: Option<&Integration>) -> Option<&'static str> {
    if kind != IntegrationKind::Llm || !integration.is_some_and(|one| one.health.is_ok()) {
        return None;
    }
    let drafts = list_drafts(desk.ports, &desk.who.actor, None, None).ok()?;
    Some(if drafts.items.is_empty() { "Write your first draft" } else { "New draft" })
}

const TOKEN_HELP: &str = "Encrypted at once; only its last four characters are shown.";

fn services(desk: &Desk<'_>) -> Vec<SiteChoice> {
    let choice =
        |name: String| SiteChoice { id: name.clone(), name, base_url: "company service".to_owned(), token_url: None };
    desk.ports.chat.services().into_iter().map(choice).collect()
}

fn ca(desk: &Desk<'_>, integration: &Integration) -> Option<Ca> {
    let pem = integration.tls.ca_pem.as_deref().filter(|pem| !pem.trim().is_empty())?;
    let facts = (desk.state.certificate_check)(pem).ok()?.certificates;
    let first = facts.first()?;
    let more = if facts.len() > 1 { format!(" and {} more", facts.len() - 1) } else { String::new() };
    let pairs: Vec<String> = first
        .sha256
        .to_uppercase()
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect();
    Some(Ca {
        subject: format!("{}{more}", first.subject),
        expires: desk.time(first.not_after).exact,
        fingerprint: pairs.join(":"),
    })
}

fn problem(health: &Health) -> Option<Problem> {
    let Health::Broken { code, detail, .. } = health else { return None };
    let cure = match code.as_str() {
        "employee_id_mismatch" => "Make a token with your own account there, and replace this one.",
        "credential_refused" | "llm_credential_refused" => {
            "It may have expired or been revoked: make a new one and replace it."
        }
        "login_page" => {
            "A sign-in page answered instead of data: make a new token or cookie, or ask whether a proxy stands before the site."
        }
        "captcha_required" => "Sign in to the site in a browser once and solve the CAPTCHA, then test again.",
        "certificate_untrusted" => "If your company has its own authority, add its certificate below.",
        "rate_limited_there" | "llm_rate_limited" => "Wait a minute, then test again.",
        "unavailable" | "llm_unavailable" => "Try again in a moment; if it stays, ask whether the site is down.",
        _ => "Check what you entered, then test again.",
    };
    Some(Problem { what: words(code, detail), cure })
}

/// What went wrong in a sentence; the service's own words are told as such, lest its session be taken for ours.
pub(super) fn words(code: &str, detail: &str) -> String {
    let told = sentence(detail);
    if code == "llm_credential_refused" {
        format!("The service refused the cookie. It says: “{told}”")
    } else {
        told
    }
}

/// How far the last test came.
fn steps(health: &Health) -> Vec<Step> {
    const NAMES: [&str; 4] = ["Reach", "Authenticate", "Identify", "Match"];
    let failed = match health {
        Health::Untested => return Vec::new(),
        Health::Ok { .. } => NAMES.len(),
        // What went wrong stands above the steps.
        Health::Broken { code, .. } => match code.as_str() {
            "unavailable" | "llm_unavailable" | "certificate_untrusted" | "site_not_allowed" => 0,
            "employee_id_mismatch" => 3,
            "malformed_answer" | "llm_malformed" | "account_inactive" | "not_found_there" => 2,
            _ => 1,
        },
    };
    let step = |(index, name): (usize, &&'static str)| Step {
        name,
        state: match index.cmp(&failed) {
            std::cmp::Ordering::Less => "ok",
            std::cmp::Ordering::Equal => "failed",
            std::cmp::Ordering::Greater => "skipped",
        },
        detail: None,
        ms: None,
    };
    NAMES.iter().enumerate().map(step).collect()
}

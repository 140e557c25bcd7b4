//! The person's own page: details, theme, password, sessions, API tokens.

use super::desk::{Answer, Desk, Form, SessionChange, part};
use super::sign_in::open_session;
use super::usage::UseView;
use crate::errors::{AppError, kinds};
use crate::view::{Choice, Errors, Page, Preferences, Theme, Time, View, avatar_url, errors_of, initials};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use storywright_application::meter::meter_of;
use storywright_application::people::{
    IssueTokenError, MIN_PASSWORD_CHARS, ProofError, change_password, end_other_sessions, end_session_of,
    issue_token_for, list_sessions, list_tokens, revoke_token, save_preferences,
};
use storywright_domain::person::{ApiToken, Session};
use storywright_domain::{Millis, Secret, SessionId, TokenId};

#[derive(Serialize)]
struct ProfilePage {
    profile: Details,
    errors: Errors,
    min_length: usize,
    saved: bool,
    sessions: Vec<SessionRow>,
    tokens: Vec<TokenRow>,
    new_token: Option<NewToken>,
    token_form: TokenForm,
    token_errors: Errors,
    token_lifetimes: Vec<Choice>,
    llm_use: UseView,
}

impl View for ProfilePage {
    const TEMPLATE: &'static str = "profile.html";
}

impl Page for ProfilePage {
    const ACTIVE: &'static str = "profile";
}

macro_rules! part_of_profile {
    ($($name:ident $template:literal)*) => {
        $(
            #[derive(Serialize)]
            #[serde(transparent)]
            struct $name(ProfilePage);

            impl View for $name {
                const TEMPLATE: &'static str = $template;
            }
        )*
    };
}

part_of_profile! {
    PasswordPart "fragments/password_form.html"
    SessionsPart "fragments/sessions.html"
    TokensPart "fragments/tokens.html"
}

#[derive(Serialize)]
struct Details {
    name: String,
    employee_id: String,
    email: String,
    avatar_url: Option<String>,
    initials: String,
    jira_site: String,
    since: Time,
}

#[derive(Serialize)]
struct SessionRow {
    id: String,
    current: bool,
    device: String,
    kind: &'static str,
    address: String,
    seen: Time,
    started: Time,
}

#[derive(Serialize)]
struct TokenRow {
    id: String,
    name: String,
    created: Time,
    expires: Time,
    last_used: Option<Time>,
    expired: bool,
}

/// A token that is shown once.
#[derive(Serialize)]
struct NewToken {
    name: String,
    value: String,
}

/// What was typed for a new token.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TokenForm {
    name: String,
    days: String,
}

/// A wish for a token, with the password that proves whose wish it is. It holds a password, so it has no `Debug`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct TokenWish {
    name: String,
    days: String,
    password: String,
}

/// A change of the password. It holds passwords, so it has no `Debug`.
#[derive(Deserialize)]
pub struct TypedPasswords {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    password_repeat: String,
}

/// A theme.
#[derive(Deserialize)]
pub struct TypedTheme {
    theme: Theme,
}

/// How the navigation stands.
#[derive(Deserialize)]
pub struct TypedNavigation {
    #[serde(default)]
    mode: String,
    width: Option<u32>,
}

/// The page.
pub async fn page(me: SignedIn) -> Result<HttpResponse, AppError> {
    me.serve(|desk| desk.page(&read(desk)?)).await
}

fn read(desk: &Desk<'_>) -> Result<ProfilePage, AppError> {
    let person = &desk.who.person;
    let current = desk.who.session.id;
    let sessions = list_sessions(desk.ports, &desk.who.actor)?;
    let tokens = list_tokens(desk.ports, &desk.who.actor)?;
    let llm_use = UseView::of(&meter_of(desk.ports, &desk.who.actor)?);
    Ok(ProfilePage {
        profile: Details {
            name: person.display_name.clone(),
            employee_id: person.employee_id.clone(),
            email: person.email.clone(),
            avatar_url: avatar_url(person),
            initials: initials(&person.display_name),
            jira_site: desk
                .ports
                .settings
                .site(&person.jira_site)
                .map_or_else(|| person.jira_site.clone(), |site| site.name.clone()),
            since: desk.time(person.created_at),
        },
        errors: Errors::new(),
        min_length: MIN_PASSWORD_CHARS,
        saved: false,
        sessions: sessions.into_iter().map(|session| session_row(desk, session, current)).collect(),
        tokens: tokens
            .into_iter()
            .filter(|token| token.revoked_at.is_none())
            .map(|token| token_row(desk, token))
            .collect(),
        new_token: None,
        token_form: TokenForm { name: String::new(), days: "30".to_owned() },
        token_errors: Errors::new(),
        token_lifetimes: LIFETIMES.iter().map(|(days, label)| Choice::new(days, label)).collect(),
        llm_use,
    })
}

/// Lives that a token can be given.
const LIFETIMES: [(&str, &str); 4] = [("1", "1 day"), ("7", "7 days"), ("30", "30 days"), ("90", "90 days")];

fn session_row(desk: &Desk<'_>, session: Session, current: SessionId) -> SessionRow {
    let (device, kind) = device(&session.user_agent);
    SessionRow {
        id: session.id.to_string(),
        current: session.id == current,
        device,
        kind,
        address: session.address,
        seen: desk.time(session.last_seen_at),
        started: desk.time(session.created_at),
    }
}

fn token_row(desk: &Desk<'_>, token: ApiToken) -> TokenRow {
    TokenRow {
        id: token.id.to_string(),
        name: token.name,
        created: desk.time(token.created_at),
        expires: desk.time(token.expires_at),
        last_used: token.last_used_at.map(|at| desk.time(at)),
        expired: token.expires_at <= desk.now,
    }
}

/// Browser and system, as far as the browser tells them.
fn device(user_agent: &str) -> (String, &'static str) {
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = named(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = named(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    let phone = matches!(system, Some("iPhone" | "Android"));
    let text = match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown browser".to_owned(),
    };
    (text, if phone { "phone" } else { "desktop" })
}

/// Limits guesses by person, from wherever: a stolen session is no place to guess the password at leisure.
fn guard_password(desk: &Desk<'_>) -> Result<(), AppError> {
    let name = format!("password of {}", desk.who.person.id);
    desk.state.limits.sign_in(desk.visit.address, &name, false)
}

/// Changes the password: every session and token ends, this browser gets a new session.
pub async fn password(me: SignedIn, typed: Form<TypedPasswords>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        guard_password(desk)?;
        let TypedPasswords { current, password, password_repeat } = typed.0;
        let changed = if password == password_repeat {
            change_password(desk.ports, &desk.who.actor, &Secret::new(current), &Secret::new(password))
                .map_err(AppError::from)
        } else {
            Err(AppError::field("password_repeat", "field_invalid", "the two passwords differ"))
        };
        match changed {
            Ok(person) => {
                let token = open_session(desk.ports, &person, desk.visit)?;
                let text = "The password is changed. Your other sessions and tokens have ended.";
                // The whole page, because its request token belongs to the session that ended.
                Ok(desk.go("/profile").with_session(SessionChange::SignIn(token)).with_toast("ok", text))
            }
            Err(error) if error.status() < 500 && error.kind != &kinds::ACCOUNT_GONE => {
                let mut view = read(desk)?;
                let mut errors = errors_of(&error, &["current", "password", "password_repeat"]);
                if error.kind == &kinds::PASSWORD_WRONG && !errors.contains_key("current") {
                    errors.remove("form");
                    errors.insert("current".to_owned(), error.detail());
                }
                view.errors = errors;
                part_or_page(desk, view, PasswordPart, StatusCode::UNPROCESSABLE_ENTITY)
            }
            Err(error) => Err(error),
        }
    })
    .await
}

fn part_or_page<V: View>(
    desk: &Desk<'_>,
    view: ProfilePage,
    wrap: fn(ProfilePage) -> V,
    status: StatusCode,
) -> Result<Answer, AppError> {
    let answer = if desk.visit.htmx { desk.fragment(&wrap(view))? } else { desk.page(&view)? };
    Ok(answer.with_status(status))
}

/// Ends all sessions but this one.
pub async fn end_others(me: SignedIn) -> Result<HttpResponse, AppError> {
    me.serve(|desk| {
        end_other_sessions(desk.ports, &desk.who.actor, Some(desk.who.session.id))?;
        sessions_again(desk)
    })
    .await
}

/// Ends one session.
pub async fn end_session(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = SessionId::parse(&part(me.request(), "id")).map_err(|_| gone("session"))?;
    me.serve(move |desk| {
        if !end_session_of(desk.ports, &desk.who.actor, id)? {
            return Err(gone("session"));
        }
        sessions_again(desk)
    })
    .await
}

fn sessions_again(desk: &Desk<'_>) -> Result<Answer, AppError> {
    if !desk.visit.htmx {
        return Ok(desk.go("/profile"));
    }
    desk.fragment(&SessionsPart(read(desk)?))
}

fn gone(what: &str) -> AppError {
    AppError::new(
        &kinds::NOT_FOUND,
        &format!("There is no such {what} among yours"),
        "It may have ended: reload the page",
    )
}

/// Makes an API token.
pub async fn make_token(me: SignedIn, typed: Form<TokenWish>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let TokenWish { name, days, password } = typed.0;
        let form = TokenForm { name, days };
        let days = LIFETIMES.iter().find(|(days, _)| *days == form.days).and_then(|(days, _)| days.parse::<i64>().ok());
        let mut errors = Errors::new();
        if form.name.trim().is_empty() {
            errors.insert("name".to_owned(), "Give the token a name, so that you know it again.".to_owned());
        }
        let refused = |form: TokenForm, errors: Errors| {
            let mut view = read(desk)?;
            view.token_form = form;
            view.token_errors = errors;
            part_or_page(desk, view, TokensPart, StatusCode::UNPROCESSABLE_ENTITY)
        };
        let Some(days) = days.filter(|_| errors.is_empty()) else {
            errors.entry("form".to_owned()).or_insert_with(|| "Choose a lifetime of the list.".to_owned());
            return refused(form, errors);
        };
        guard_password(desk)?;
        let life = Millis::hours(days * 24);
        let issued = match issue_token_for(desk.ports, &desk.who.actor, &Secret::new(password), &form.name, life) {
            Ok(issued) => issued,
            Err(IssueTokenError::Proof(ProofError::WrongPassword)) => {
                errors.insert("password".to_owned(), "This is not your password: type it again.".to_owned());
                return refused(form, errors);
            }
            Err(error) => return Err(error.into()),
        };
        let mut view = read(desk)?;
        view.new_token = Some(NewToken { name: form.name.trim().to_owned(), value: issued.token.reveal().to_owned() });
        part_or_page(desk, view, TokensPart, StatusCode::OK)
    })
    .await
}

/// Revokes an API token.
pub async fn revoke(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = TokenId::parse(&part(me.request(), "id")).map_err(|_| gone("token"))?;
    me.serve(move |desk| {
        if !revoke_token(desk.ports, &desk.who.actor, id)? {
            return Err(gone("token"));
        }
        if !desk.visit.htmx {
            return Ok(desk.go("/profile"));
        }
        desk.fragment(&TokensPart(read(desk)?))
    })
    .await
}

/// Keeps the theme.
pub async fn theme(me: SignedIn, typed: Form<TypedTheme>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        keep(desk, |before| Preferences { theme: typed.0.theme, ..before })?;
        Ok(nothing_or_profile(desk))
    })
    .await
}

/// Keeps how the navigation stands.
pub async fn navigation(me: SignedIn, typed: Form<TypedNavigation>) -> Result<HttpResponse, AppError> {
    me.serve(move |desk| {
        let TypedNavigation { mode, width } = typed.0;
        keep(desk, |before| Preferences {
            rail: if mode.is_empty() { before.rail } else { mode == "rail" },
            nav_width: width.unwrap_or(before.nav_width),
            ..before
        })?;
        Ok(nothing_or_profile(desk))
    })
    .await
}

fn keep(desk: &Desk<'_>, change: impl FnOnce(Preferences) -> Preferences) -> Result<(), AppError> {
    let after = change(Preferences::of(&desk.who.person.preferences)).within_bounds();
    Ok(save_preferences(desk.ports, &desk.who.actor, &after.to_json())?)
}

/// Scripts want nothing back; a plain form wants its page.
fn nothing_or_profile(desk: &Desk<'_>) -> Answer {
    if desk.visit.navigates { desk.go("/profile") } else { Answer::empty(StatusCode::NO_CONTENT) }
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn devices_are_told_apart() {
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox on Linux", "desktop")),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
                ("Safari on iPhone", "phone"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                ("Edge on Windows", "desktop"),
            ),
            ("curl/8", ("Unknown browser", "desktop")),
        ] {
            let (text, kind) = device(agent);
            assert_eq!((text.as_str(), kind), expected, "{agent}");
        }
    }
}

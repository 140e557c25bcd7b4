//! Signing in and out, and signing in again without leaving a page.

use super::cookies;
use super::desk::{Answer, Form, Lobby, Params, SessionChange};
use crate::errors::{AppError, kinds};
use crate::guard::request_token;
use crate::state::AppState;
use crate::view::{Errors, View};
use crate::visit::Visit;
use actix_web::HttpResponse;
use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use storywright_application::Ports;
use storywright_application::people::{create_session, load_session, sign_in};
use storywright_domain::Secret;
use storywright_domain::person::Person;

/// A browser is remembered this long after a sign-in.
const REMEMBERED: Duration = Duration::days(180);

/// What the sign-in page shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SignInPage {
    form: Shown,
    errors: Errors,
    notice: Option<String>,
}

impl View for SignInPage {
    const TEMPLATE: &'static str = "sign_in.html";
}

#[derive(Serialize)]
struct SignInForm<'a> {
    form: &'a Shown,
    errors: &'a Errors,
}

impl View for SignInForm<'_> {
    const TEMPLATE: &'static str = "fragments/sign_in_form.html";
}

#[derive(Serialize)]
struct RenewForm<'a> {
    username: &'a str,
    errors: Errors,
}

impl View for RenewForm<'_> {
    const TEMPLATE: &'static str = "fragments/session_renew.html";
}

#[derive(Debug, Clone, Default, Serialize)]
struct Shown {
    username: String,
    next: String,
}

/// Where to go after signing in, and why one came here.
#[derive(Deserialize)]
pub struct Way {
    #[serde(default)]
    next: String,
    #[serde(default)]
    notice: String,
}

/// What was typed. It holds a password, so it has no `Debug`.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// Only places of this server.
fn safe_place(raw: &str) -> &str {
    let local = raw.starts_with('/') && !raw.starts_with("//") && !raw.contains(['\\', '\r', '\n', '\t']);
    if local && raw.len() <= 1_000 { raw } else { "/" }
}

/// The sign-in page.
pub async fn page(lobby: Lobby, way: Params<Way>) -> Result<HttpResponse, AppError> {
    let notice = match way.0.notice.as_str() {
        "signed-out" => Some("You are signed out.".to_owned()),
        _ if !way.0.next.is_empty() => Some("Sign in to go on.".to_owned()),
        _ => None,
    };
    let next = safe_place(&way.0.next).to_owned();
    let view = SignInPage { form: Shown { username: String::new(), next }, errors: Errors::new(), notice };
    Ok(lobby.send(lobby.page(&view)?))
}

/// Signs in.
pub async fn submit(lobby: Lobby, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    let Typed { username, password, next } = typed.0;
    let shown = Shown { username: username.chars().take(254).collect(), next: safe_place(&next).to_owned() };
    match enter(&lobby, &username, password).await {
        Ok((person, token)) => {
            let answer = Answer::go(&lobby.visit, &shown.next)
                .with_session(SessionChange::SignIn(token))
                .with_cookie(remember(&lobby.state, &person));
            Ok(lobby.send(answer))
        }
        Err(error) => {
            let status = refused_status(&error)?;
            let errors = errors_of_sign_in(&error);
            let answer = if lobby.visit.htmx {
                lobby.fragment(&SignInForm { form: &shown, errors: &errors })?
            } else {
                lobby.page(&SignInPage { form: shown, errors, notice: None })?
            };
            Ok(lobby.send(with_wait(answer.with_status(status), &error)))
        }
    }
}

/// Signs in again inside a page whose session has ended.
pub async fn renew(lobby: Lobby, typed: Form<Typed>) -> Result<HttpResponse, AppError> {
    let before = lobby.session_token();
    let username = typed.0.username;
    match enter(&lobby, &username, typed.0.password).await {
        Ok((person, token)) => {
            let other = other_person(&lobby, before, &person).await?;
            let csrf = request_token(&lobby.state.ports, &token);
            let mut answer = Answer::empty(StatusCode::OK)
                .with_header("x-csrf-token", &csrf)
                .with_session(SessionChange::SignIn(token))
                .with_cookie(remember(&lobby.state, &person));
            if other || !names(&person).contains(&username.trim().to_lowercase()) {
                answer = answer.with_header("hx-redirect", "/");
            }
            Ok(lobby.send(answer))
        }
        Err(error) => {
            let status = refused_status(&error)?;
            let mut errors = errors_of_sign_in(&error);
            if let Some(text) = errors.remove("form") {
                errors.insert("password".to_owned(), text);
            }
            let view = RenewForm { username: &username.chars().take(254).collect::<String>(), errors };
            Ok(lobby.send(with_wait(lobby.fragment(&view)?.with_status(status), &error)))
        }
    }
}

/// Signs out: the session ends here and on every other server.
pub async fn sign_out(lobby: Lobby) -> HttpResponse {
    let answer = Answer::go(&lobby.visit, "/sign-in?notice=signed-out")
        .with_session(SessionChange::End)
        .with_header("clear-site-data", "\"cache\", \"storage\"");
    lobby.send(answer)
}

async fn enter(lobby: &Lobby, username: &str, password: String) -> Result<(Person, String), AppError> {
    let known = is_known(lobby, username);
    lobby.state.limits.sign_in(lobby.visit.address, username, known)?;
    let (visit, name, password): (Visit, String, Secret) =
        (lobby.visit.clone(), username.to_owned(), Secret::new(password));
    lobby
        .state
        .blocking(move |ports| {
            let person = sign_in(ports, &name, &password, &visit.request_id)?;
            let token = open_session(ports, &person, &visit)?;
            Ok::<_, AppError>((person, token))
        })
        .await
}

/// A session for a person who has just proved who they are.
pub fn open_session(ports: &Ports, person: &Person, visit: &Visit) -> Result<String, AppError> {
    let (token, _) = create_session(ports, Some(person), "{}", &visit.visitor())?;
    Ok(token)
}

async fn other_person(lobby: &Lobby, before: Option<String>, now: &Person) -> Result<bool, AppError> {
    let Some(token) = before else { return Ok(false) };
    let live = lobby.state.blocking(move |ports| load_session(ports, &token, false)).await?;
    Ok(live.and_then(|live| live.person).is_some_and(|person| person.id != now.id))
}

/// Statuses that are shown in the form; everything else is a page of its own.
fn refused_status(error: &AppError) -> Result<StatusCode, AppError> {
    if error.kind == &kinds::SIGN_IN_REFUSED {
        Ok(StatusCode::UNPROCESSABLE_ENTITY)
    } else if error.kind == &kinds::TOO_MANY_SIGN_INS || error.kind == &kinds::BUSY {
        StatusCode::from_u16(error.status()).map_err(AppError::internal)
    } else {
        Err(error.clone())
    }
}

fn with_wait(answer: Answer, error: &AppError) -> Answer {
    match error.retry_after_seconds() {
        Some(seconds) => answer.with_header("retry-after", &seconds.to_string()),
        None => answer,
    }
}

fn errors_of_sign_in(error: &AppError) -> Errors {
    Errors::from([("form".to_owned(), error.detail())])
}

fn names(person: &Person) -> [String; 2] {
    [person.employee_id.to_lowercase(), person.email.to_lowercase()]
}

fn digest(state: &AppState, name: &str) -> String {
    let text = format!("storywright known browser\n{}", name.trim().to_lowercase());
    state.ports.sha256.hex(text.as_bytes()).chars().take(32).collect()
}

fn is_known(lobby: &Lobby, username: &str) -> bool {
    cookies::read(lobby.request(), &lobby.state, cookies::KNOWN)
        .is_some_and(|known| known.split('.').any(|one| one == digest(&lobby.state, username)))
}

/// Marks the browser as one that this person has signed in with.
pub fn remember(state: &AppState, person: &Person) -> actix_web::cookie::Cookie<'static> {
    let digests: Vec<String> =
        names(person).iter().filter(|name| !name.is_empty()).map(|name| digest(state, name)).collect();
    cookies::make(state, cookies::KNOWN, &digests.join("."), Some(REMEMBERED))
}

#[cfg(test)]
mod tests {
    use super::safe_place;

    #[test]
    fn only_places_of_this_server_are_gone_to() {
        for (raw, place) in [
            ("/drafts?q=a%20b", "/drafts?q=a%20b"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nset-cookie: x", "/"),
            ("drafts", "/"),
        ] {
            assert_eq!(safe_place(raw), place, "{raw}");
        }
    }
}

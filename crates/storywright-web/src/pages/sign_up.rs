//! Signing up: a Jira token says who somebody is, a password makes the account, or takes the place of a forgotten one.

use super::cookies;
use super::desk::{Answer, Form, Lobby, SessionChange, part};
use super::sign_in::{open_session, remember};
use crate::errors::{AppError, kinds};
use crate::view::{Errors, View, errors_of, initials};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use storywright_application::Ports;
use storywright_application::catalog::list_sites;
use storywright_application::people::{MIN_PASSWORD_CHARS, confirm_or_reset, pending_registration, register};
use storywright_domain::person::Registration;
use storywright_domain::remote::SiteKind;
use storywright_domain::{RegistrationId, Secret};

#[derive(Serialize)]
struct SignUpPage {
    form: Shown,
    sites: Vec<SiteChoice>,
    errors: Errors,
}

impl View for SignUpPage {
    const TEMPLATE: &'static str = "sign_up.html";
}

#[derive(Serialize)]
#[serde(transparent)]
struct SignUpForm(SignUpPage);

impl View for SignUpForm {
    const TEMPLATE: &'static str = "fragments/sign_up_form.html";
}

#[derive(Serialize)]
struct Shown {
    jira_site: String,
}

/// A listed site as forms show it.
#[derive(Debug, Clone, Serialize)]
pub struct SiteChoice {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub base_url: String,
    /// Where tokens are made.
    pub token_url: Option<String>,
}

/// The listed sites of a kind as forms show them.
#[must_use]
pub fn site_choices(ports: &Ports, kind: SiteKind) -> Vec<SiteChoice> {
    let page = match kind {
        SiteKind::Jira => {
            "/secure/ViewProfile.jspa?selectedTab=com.atlassian.pats.pats-plugin:jira-user-personal-access-tokens"
        }
        SiteKind::Confluence => "/plugins/personalaccesstokens/usertokens.action",
    };
    let choice = |site: storywright_domain::remote::Site| SiteChoice {
        token_url: Some(format!("{}{page}", site.base_url)),
        id: site.id,
        name: site.name,
        base_url: site.base_url,
    };
    list_sites(ports, kind).into_iter().map(choice).collect()
}

#[derive(Serialize)]
struct ConfirmPage {
    registration: ShownRegistration,
    errors: Errors,
    min_length: usize,
}

impl View for ConfirmPage {
    const TEMPLATE: &'static str = "sign_up_confirm.html";
}

#[derive(Serialize)]
#[serde(transparent)]
struct ConfirmForm(ConfirmPage);

impl View for ConfirmForm {
    const TEMPLATE: &'static str = "fragments/sign_up_confirm_form.html";
}

#[derive(Serialize)]
struct ShownRegistration {
    id: String,
    employee_id: String,
    name: String,
    email: String,
    avatar_url: Option<String>,
    initials: String,
    site_name: String,
    /// The person has an account, and this sets its password.
    resets: bool,
}

/// What was typed in the first step. It holds a token, so it has no `Debug`.
#[derive(Deserialize)]
pub struct TypedToken {
    #[serde(default)]
    jira_site: String,
    #[serde(default)]
    jira_pat: String,
}

/// What was typed in the second step. It holds a password, so it has no `Debug`.
#[derive(Deserialize)]
pub struct TypedPassword {
    #[serde(default)]
    password: String,
    #[serde(default)]
    password_repeat: String,
}

fn first_step(lobby: &Lobby, jira_site: String, errors: Errors) -> SignUpPage {
    SignUpPage { form: Shown { jira_site }, sites: site_choices(&lobby.state.ports, SiteKind::Jira), errors }
}

/// The first step.
pub async fn page(lobby: Lobby) -> Result<HttpResponse, AppError> {
    let view = first_step(&lobby, String::new(), Errors::new());
    Ok(lobby.send(lobby.page(&view)?))
}

/// Asks Jira whose the token is.
pub async fn submit(lobby: Lobby, typed: Form<TypedToken>) -> Result<HttpResponse, AppError> {
    let TypedToken { jira_site, jira_pat } = typed.0;
    let site = jira_site.clone();
    let request_id = lobby.visit.request_id.clone();
    let result = match lobby.state.limits.sign_up(lobby.visit.address) {
        Ok(()) => lobby.state.blocking_for(true, move |ports| register(ports, &site, &jira_pat, &request_id)).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(registration) => {
            let id = registration.id.to_string();
            let cookie = cookies::make(&lobby.state, cookies::SIGN_UP, &id, None);
            let place = format!("/sign-up/{}", public_name(&lobby.state.ports, registration.id));
            Ok(lobby.send(Answer::go(&lobby.visit, &place).with_cookie(cookie)))
        }
        Err(error) if shown_in_form(&error) => {
            let view = first_step(&lobby, jira_site, errors_of(&error, &["jira_site", "jira_pat"]));
            let answer = if lobby.visit.htmx { lobby.fragment(&SignUpForm(view))? } else { lobby.page(&view)? };
            Ok(lobby.send(answer.with_status(form_status(&error))))
        }
        Err(error) => Err(error),
    }
}

/// What a person can mend by typing something else, or by trying again, stands in the form.
fn shown_in_form(error: &AppError) -> bool {
    error.status() != 500 && error.kind != &kinds::REGISTRATION_NOT_FOUND
}

fn form_status(error: &AppError) -> StatusCode {
    match error.status() {
        429 => StatusCode::TOO_MANY_REQUESTS,
        503 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// What stands in the address of a sign-up. Not its id: whoever knows that may set the password (the JSON API asks for nothing else), and
/// addresses are kept by proxies and in histories.
fn public_name(ports: &Ports, id: RegistrationId) -> String {
    let digest = ports.sha256.hex(format!("storywright sign-up page\n{id}").as_bytes());
    digest.chars().take(32).collect()
}

/// The sign-up of this address, if it belongs to this browser.
fn own_registration(lobby: &Lobby) -> Result<RegistrationId, AppError> {
    let own = cookies::read(lobby.request(), &lobby.state, cookies::SIGN_UP);
    let id = own.and_then(|own| RegistrationId::parse(&own).ok()).ok_or_else(expired)?;
    if part(lobby.request(), "id") == public_name(&lobby.state.ports, id) { Ok(id) } else { Err(expired()) }
}

fn expired() -> AppError {
    AppError::new(
        &kinds::REGISTRATION_NOT_FOUND,
        "This sign-up has expired or was finished",
        "Start again with your Jira token",
    )
}

fn second_step(ports: &Ports, registration: Registration, errors: Errors) -> ConfirmPage {
    let site_name = ports.settings.site(&registration.site).map_or(registration.site, |site| site.name.clone());
    ConfirmPage {
        registration: ShownRegistration {
            id: public_name(ports, registration.id),
            initials: initials(&registration.user.display_name),
            employee_id: registration.user.name,
            name: registration.user.display_name,
            email: registration.user.email,
            avatar_url: registration.avatar,
            site_name,
            resets: registration.resets.is_some(),
        },
        errors,
        min_length: MIN_PASSWORD_CHARS,
    }
}

/// The second step.
pub async fn confirm_page(lobby: Lobby) -> Result<HttpResponse, AppError> {
    let found = match own_registration(&lobby) {
        Ok(id) => lobby.state.blocking(move |ports| pending_registration(ports, id)).await?.ok_or_else(expired),
        Err(error) => Err(error),
    };
    let registration = match found {
        Ok(registration) => registration,
        // The way back in the browser, after the account was made.
        Err(_) if lobby.session_token().is_some() && !lobby.visit.htmx => {
            return Ok(lobby.send(Answer::go(&lobby.visit, "/")));
        }
        Err(error) => return Err(error),
    };
    let view = second_step(&lobby.state.ports, registration, Errors::new());
    Ok(lobby.send(lobby.page(&view)?))
}

/// Makes the account or sets its password, and signs in.
pub async fn confirm(lobby: Lobby, typed: Form<TypedPassword>) -> Result<HttpResponse, AppError> {
    let id = own_registration(&lobby)?;
    lobby.state.limits.sign_up(lobby.visit.address)?;
    let TypedPassword { password, password_repeat } = typed.0;
    let visit = lobby.visit.clone();
    let result = lobby
        .state
        .blocking(move |ports| {
            if password != password_repeat {
                let error = AppError::field("password_repeat", "field_invalid", "the two passwords differ");
                return Ok::<_, AppError>(Err((pending_registration(ports, id)?.ok_or_else(expired)?, error)));
            }
            match confirm_or_reset(ports, id, &Secret::new(password), &visit.request_id).map_err(AppError::from) {
                Ok(person) => Ok(Ok((open_session(ports, &person, &visit)?, person))),
                Err(error) if shown_in_form(&error) => match pending_registration(ports, id)? {
                    Some(registration) => Ok(Err((registration, error))),
                    None => Err(error),
                },
                Err(error) => Err(error),
            }
        })
        .await?;
    match result {
        Ok((token, person)) => {
            let answer = Answer::go(&lobby.visit, "/integrations")
                .with_session(SessionChange::SignIn(token))
                .with_cookie(remember(&lobby.state, &person));
            Ok(lobby.send(answer))
        }
        Err((registration, error)) => {
            let errors = errors_of(&error, &["password", "password_repeat"]);
            let view = second_step(&lobby.state.ports, registration, errors);
            let answer = if lobby.visit.htmx { lobby.fragment(&ConfirmForm(view))? } else { lobby.page(&view)? };
            Ok(lobby.send(answer.with_status(form_status(&error))))
        }
    }
}

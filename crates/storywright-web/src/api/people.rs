//! Signing up, tokens, the person behind a token.

use super::body::Json;
use super::catalog::site_id;
use super::{Answer, Caller, json, ok, rfc3339};
use crate::errors::AppError;
use crate::state::AppState;
use crate::visit::Visit;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Deserializer, Serialize};
use storywright_application::people::{self, ConfirmError};
use storywright_domain::person::{Person, Role};
use storywright_domain::remote::SiteKind;
use storywright_domain::{RegistrationId, Secret};
use utoipa::ToSchema;

/// A text that must not be seen; it has no `Debug`.
pub(super) struct SecretText(pub Secret);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

/// A sign-up: where the person's Jira is, and a token that proves who they are there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRegistration {
    /// Id or base address of a listed Jira site; see `GET /sites`.
    #[schema(example = "jira")]
    jira_site: String,
    /// Personal access token of that Jira.
    #[schema(value_type = String, format = Password, example = "NjI0NDk3NjE4ODU1OkN1c3RvbWVyVG9rZW4")]
    jira_pat: SecretText,
}

/// Who the token belongs to; the sign-up waits for its password.
#[derive(Serialize, ToSchema)]
pub struct RegistrationJson {
    /// Names the sign-up. Whoever knows it may set the password.
    #[schema(example = "5d41402abc4b2a76b9719d911017c592")]
    registration_id: String,
    /// Jira's login name.
    #[schema(example = "E10234")]
    employee_id: String,
    /// Name for people.
    #[schema(example = "Alice Archer")]
    name: String,
    /// E-mail address; empty when Jira hides it.
    #[schema(example = "alice.archer@corp.example")]
    email: String,
    /// The 48x48 picture as a `data:` URL.
    #[schema(required)]
    avatar_url: Option<String>,
    /// The person has an account: confirming sets its password anew, and only with `reset`.
    resets_account: bool,
    /// Until when it can be confirmed.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// The password that makes the account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// 15 to 256 characters, such as four or five unrelated words.
    #[schema(value_type = String, format = Password, min_length = 15, max_length = 256, example = "copper lantern meadow train")]
    password: SecretText,
    /// For a person who has an account and has forgotten its password: sets it, ends all sessions, revokes all API tokens, stops jobs under way, and removes
    /// the stored Confluence token and LLM credential. Drafts, runs and rules stay.
    #[serde(default)]
    reset: bool,
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Employee ID or e-mail address.
    #[schema(example = "E10234")]
    username: String,
    /// The password.
    #[schema(value_type = String, format = Password, example = "copper lantern meadow train")]
    password: SecretText,
}

/// A token that was just made; it is shown this once.
#[derive(Serialize, ToSchema)]
pub struct TokenJson {
    /// Send it as `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// When it ends.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// The person behind a token.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// Jira's login name.
    #[schema(example = "E10234")]
    employee_id: String,
    /// Name for people.
    #[schema(example = "Alice Archer")]
    name: String,
    /// E-mail address; empty when Jira hides it.
    email: String,
    /// The 48x48 picture as a `data:` URL.
    #[schema(required)]
    avatar_url: Option<String>,
    /// `member` or `administrator`.
    #[schema(example = "member")]
    role: &'static str,
    /// Id of the person's Jira site.
    #[schema(example = "jira")]
    jira_site: String,
    /// When they signed up.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Person> for Me {
    fn from(person: Person) -> Self {
        Self {
            employee_id: person.employee_id,
            name: person.display_name,
            email: person.email,
            avatar_url: person.avatar,
            role: match person.role {
                Role::Member => "member",
                Role::Administrator => "administrator",
            },
            jira_site: person.jira_site,
            created_at: rfc3339(person.created_at),
        }
    }
}

/// Starts a sign-up: asks Jira whose the token is.
#[utoipa::path(post, path = "/api/v1/registrations", tag = "People", operation_id = "register", request_body = NewRegistration,
    responses((status = 201, description = "Jira knows the token; set a password to finish.", body = RegistrationJson),
        (status = 403, description = "The Jira account is inactive or deleted."), (status = 409, description = "There is an account, and this is the token that it has: only a new one sets its password.")))]
pub async fn register(state: web::Data<AppState>, visit: Visit, body: Json<NewRegistration>) -> Answer {
    state.limits.sign_up(visit.address)?;
    let body = body.read()?;
    let registration = state
        .blocking_for(true, move |ports| {
            let site = site_id(ports, SiteKind::Jira, &body.jira_site);
            people::register(ports, &site, body.jira_pat.0.reveal(), &visit.request_id)
        })
        .await?;
    let answer = RegistrationJson {
        registration_id: registration.id.to_string(),
        employee_id: registration.user.name,
        name: registration.user.display_name,
        email: registration.user.email,
        avatar_url: registration.avatar,
        resets_account: registration.resets.is_some(),
        expires_at: rfc3339(registration.expires_at),
    };
    Ok(json(StatusCode::CREATED, &answer))
}

/// Finishes a sign-up: sets the password and makes the account, or with `reset` takes the place of a forgotten password.
#[utoipa::path(post, path = "/api/v1/registrations/{id}/confirm", tag = "People", operation_id = "confirmRegistration",
    params(("id" = String, Path, description = "Registration id.", pattern = "^[0-9a-f]{32}$")), request_body = Confirmation,
    responses((status = 201, description = "The account is there; get a token.", body = Me), (status = 409, description = "There is an account already; `reset` sets its password.")))]
pub async fn confirm(
    state: web::Data<AppState>,
    visit: Visit,
    id: web::Path<String>,
    body: Json<Confirmation>,
) -> Answer {
    state.limits.sign_up(visit.address)?;
    let body = body.read()?;
    let id = RegistrationId::parse(&id).map_err(|_| AppError::from(ConfirmError::NotFound))?;
    let person = state
        .blocking(move |ports| {
            let set = if body.reset { people::confirm_or_reset } else { people::confirm_registration };
            set(ports, id, &body.password.0, &visit.request_id)
        })
        .await?;
    Ok(json(StatusCode::CREATED, &Me::from(person)))
}

/// Makes a token for name and password.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "People", operation_id = "createToken", request_body = Credentials,
    responses((status = 201, description = "A token; it is shown this once.", body = TokenJson), (status = 401, description = "Name or password is wrong.")))]
pub async fn issue_token(state: web::Data<AppState>, visit: Visit, body: Json<Credentials>) -> Answer {
    let body = body.read()?;
    state.limits.sign_in(visit.address, &body.username, false)?;
    let issued = state
        .blocking(move |ports| people::issue_token(ports, &body.username, &body.password.0, &visit.request_id))
        .await?;
    let answer = TokenJson {
        access_token: issued.token.reveal().to_owned(),
        token_type: "Bearer",
        expires_at: rfc3339(issued.expires_at),
    };
    let mut answer = json(StatusCode::CREATED, &answer);
    answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// Revokes the token that this request carries.
#[utoipa::path(delete, path = "/api/v1/tokens/current", tag = "People", operation_id = "revokeToken",
    responses((status = 204, description = "The token does not hold any more.")))]
pub async fn revoke_token(caller: Caller) -> Answer {
    caller.run_with_token(|ports, actor, token| Ok(people::revoke_token(ports, actor, token)?)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The person behind the token.
#[utoipa::path(get, path = "/api/v1/me", tag = "People", operation_id = "getMe",
    responses((status = 200, description = "The person.", body = Me)))]
pub async fn me(caller: Caller) -> Answer {
    let person = caller.run(|ports, actor| Ok(people::profile(ports, actor)?)).await?;
    let person = person.ok_or_else(|| AppError::from(people::ProofError::Gone))?;
    Ok(ok(&Me::from(person)))
}

//! Connections: looking, saving, testing.

use super::body::Json;
use super::catalog::{SiteJson, site_id};
use super::people::SecretText;
use super::{Answer, Caller, ok, rfc3339};
use crate::errors::{AppError, kinds};
use crate::state::AppState;
use actix_web::web;
use serde::{Deserialize, Serialize};
use storywright_application::Ports;
use storywright_application::access::AccessError;
use storywright_application::catalog::list_sites;
use storywright_application::integrations::{
    NewIntegration, TestReport, list_integrations, save_integration, test_integration,
};
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::person::Actor;
use storywright_domain::remote::SiteKind;
use utoipa::ToSchema;

/// A connection of the person. The credential itself is never sent back.
#[derive(Serialize, ToSchema)]
pub struct IntegrationJson {
    /// `jira`, `confluence` or `llm`.
    #[schema(example = "confluence")]
    kind: &'static str,
    /// `not_connected`, `untested`, `ok` or `broken`.
    #[schema(example = "ok")]
    state: &'static str,
    /// Site id or name of the LLM service.
    #[schema(required)]
    target: Option<String>,
    /// The last four characters of the credential.
    #[schema(required)]
    credential_hint: Option<String>,
    /// Whether the certificate is verified.
    verify_tls: bool,
    /// Whether a certificate of the company was uploaded.
    has_ca: bool,
    /// Employee ID that the other side gave in the last test.
    #[schema(required)]
    employee_id: Option<String>,
    /// Stable code when it is broken.
    #[schema(required)]
    code: Option<String>,
    /// What happened, when it is broken.
    #[schema(required)]
    detail: Option<String>,
    /// When it was tested last.
    #[schema(required, format = DateTime)]
    tested_at: Option<String>,
    /// What can be connected to.
    choices: Choices,
}

/// What a connection can be made to.
#[derive(Serialize, ToSchema)]
pub struct Choices {
    /// Listed sites, for Jira and Confluence.
    sites: Vec<SiteJson>,
    /// Service names, for the LLM.
    services: Vec<String>,
}

/// All connections.
#[derive(Serialize, ToSchema)]
pub struct Integrations {
    items: Vec<IntegrationJson>,
}

/// A new Jira token; the site is the one that the person signed up with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveJira {
    /// Personal access token.
    #[schema(value_type = String, format = Password)]
    pat: SecretText,
}

/// A Confluence connection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveConfluence {
    /// Id or base address of a listed site.
    #[schema(example = "confluence")]
    site: String,
    /// Personal access token; the stored one stays when it is left out.
    #[schema(value_type = Option<String>, format = Password)]
    pat: Option<SecretText>,
    /// Whether the certificate is verified; `true` when left out. `false` only where the administrator allows it.
    verify_tls: Option<bool>,
    /// Certificates of the company to trust besides the public ones, PEM.
    ca_pem: Option<String>,
}

/// A connection to the company LLM.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveLlm {
    /// Name of a configured service.
    #[schema(example = "company")]
    service: String,
    /// Cookie or token; the stored one stays when it is left out.
    #[schema(value_type = Option<String>, format = Password)]
    credential: Option<SecretText>,
}

/// What a test found out.
#[derive(Serialize, ToSchema)]
pub struct TestAnswer {
    /// Whether the connection may be used.
    ok: bool,
    /// Employee ID that the other side gave.
    #[schema(required, example = "E10234")]
    employee_id: Option<String>,
    /// Employee ID of this person.
    #[schema(example = "E10234")]
    expected_employee_id: String,
    /// Stable code when it is not ok.
    #[schema(required)]
    code: Option<String>,
    /// What happened and what to do.
    detail: String,
}

impl From<TestReport> for TestAnswer {
    fn from(report: TestReport) -> Self {
        Self {
            ok: report.ok,
            employee_id: report.employee_id,
            expected_employee_id: report.expected_employee_id,
            code: report.code,
            detail: crate::errors::sentence(&report.detail),
        }
    }
}

fn shown(ports: &Ports, kind: IntegrationKind, stored: Option<&Integration>) -> IntegrationJson {
    let sites = |kind| list_sites(ports, kind).iter().map(SiteJson::from).collect();
    let choices = match kind {
        IntegrationKind::Jira => Choices { sites: sites(SiteKind::Jira), services: Vec::new() },
        IntegrationKind::Confluence => Choices { sites: sites(SiteKind::Confluence), services: Vec::new() },
        IntegrationKind::Llm => Choices { sites: Vec::new(), services: ports.chat.services() },
    };
    let health = stored.map(|stored| &stored.health);
    let (state, employee_id, code, detail, at) = match health {
        None => ("not_connected", None, None, None, None),
        Some(Health::Untested) => ("untested", None, None, None, None),
        Some(Health::Ok { employee_id, at }) => ("ok", Some(employee_id.clone()), None, None, Some(*at)),
        Some(Health::Broken { code, detail, employee_id, at }) => {
            ("broken", employee_id.clone(), Some(code.clone()), Some(detail.clone()), Some(*at))
        }
    };
    IntegrationJson {
        kind: kind.as_str(),
        state,
        target: stored.map(|stored| stored.target.clone()),
        credential_hint: stored.map(|stored| stored.credential_hint.clone()),
        verify_tls: stored.is_none_or(|stored| stored.tls.verify),
        has_ca: stored.is_some_and(|stored| stored.tls.ca_pem.is_some()),
        employee_id,
        code,
        detail,
        tested_at: at.map(rfc3339),
        choices,
    }
}

/// All connections of the person, set up or not.
#[utoipa::path(get, path = "/api/v1/integrations", tag = "Integrations", operation_id = "listIntegrations",
    responses((status = 200, description = "The connections.", body = Integrations)))]
pub async fn list(caller: Caller) -> Answer {
    let items = caller
        .run(|ports, actor| {
            let all = list_integrations(ports, actor)?;
            Ok(all.iter().map(|(kind, stored)| shown(ports, *kind, stored.as_ref())).collect())
        })
        .await?;
    Ok(ok(&Integrations { items }))
}

/// Replaces the Jira token. It counts as untested afterwards.
#[utoipa::path(put, path = "/api/v1/integrations/jira", tag = "Integrations", operation_id = "saveJira", request_body = SaveJira,
    responses((status = 200, description = "Saved; test it next.", body = IntegrationJson)))]
pub async fn save_jira(caller: Caller, body: Json<SaveJira>) -> Answer {
    let saved = caller
        .run(move |ports, actor| {
            let body = body.read()?;
            let stored = list_integrations(ports, actor)?
                .into_iter()
                .find_map(|(kind, stored)| stored.filter(|_| kind == IntegrationKind::Jira))
                .ok_or(AccessError::NotConnected(IntegrationKind::Jira))?;
            let new = NewIntegration {
                kind: IntegrationKind::Jira,
                target: stored.target,
                credential: Some(body.pat.0.reveal().to_owned()),
                verify_tls: stored.tls.verify,
                ca_pem: None,
            };
            save(ports, actor, &new, "site", "pat")
        })
        .await?;
    Ok(ok(&saved))
}

/// Saves the Confluence connection. It counts as untested afterwards.
#[utoipa::path(put, path = "/api/v1/integrations/confluence", tag = "Integrations", operation_id = "saveConfluence", request_body = SaveConfluence,
    responses((status = 200, description = "Saved; test it next.", body = IntegrationJson)))]
pub async fn save_confluence(caller: Caller, body: Json<SaveConfluence>) -> Answer {
    let state = caller.state.clone();
    let saved = caller
        .run(move |ports, actor| {
            let body = body.read()?;
            let new = NewIntegration {
                kind: IntegrationKind::Confluence,
                target: site_id(ports, SiteKind::Confluence, &body.site),
                credential: body.pat.map(|pat| pat.0.reveal().to_owned()),
                verify_tls: body.verify_tls.unwrap_or(true),
                ca_pem: body.ca_pem.map(|pem| checked(&state, &pem)).transpose()?,
            };
            save(ports, actor, &new, "site", "pat")
        })
        .await?;
    Ok(ok(&saved))
}

/// Saves the connection to the LLM. It counts as untested afterwards.
#[utoipa::path(put, path = "/api/v1/integrations/llm", tag = "Integrations", operation_id = "saveLlm", request_body = SaveLlm,
    responses((status = 200, description = "Saved; test it next.", body = IntegrationJson)))]
pub async fn save_llm(caller: Caller, body: Json<SaveLlm>) -> Answer {
    let saved = caller
        .run(move |ports, actor| {
            let body = body.read()?;
            let new = NewIntegration {
                kind: IntegrationKind::Llm,
                target: body.service,
                credential: body.credential.map(|credential| credential.0.reveal().to_owned()),
                verify_tls: true,
                ca_pem: None,
            };
            save(ports, actor, &new, "service", "credential")
        })
        .await?;
    Ok(ok(&saved))
}

/// Saves, and names fields as this call does.
fn save(
    ports: &Ports,
    actor: &Actor,
    new: &NewIntegration,
    target: &str,
    credential: &str,
) -> Result<IntegrationJson, AppError> {
    let stored = save_integration(ports, actor, new)
        .map_err(|error| AppError::from(error).rename_field("target", target).rename_field("credential", credential))?;
    Ok(shown(ports, new.kind, Some(&stored)))
}

/// Certificates in the form in which they are kept.
fn checked(state: &AppState, pem: &str) -> Result<String, AppError> {
    (state.certificate_check)(pem)
        .map(|checked| checked.pem)
        .map_err(|words| AppError::field("ca_pem", "certificate_refused", &words).of_kind(&kinds::CERTIFICATE_REFUSED))
}

/// Calls the other side, asks whose the credential is, and compares employee IDs.
#[utoipa::path(post, path = "/api/v1/integrations/{kind}/test", tag = "Integrations", operation_id = "testIntegration",
    params(("kind" = IntegrationName, Path, description = "Which connection.")),
    responses((status = 200, description = "What the other side said; look at `ok`.", body = TestAnswer),
        (status = 409, description = "It was never set up.")))]
pub async fn test(caller: Caller, kind: web::Path<String>) -> Answer {
    let report = caller
        .run(move |ports, actor| {
            let kind = IntegrationKind::parse(&kind).ok_or_else(no_such_kind)?;
            Ok(test_integration(ports, actor, kind)?)
        })
        .await?;
    Ok(ok(&TestAnswer::from(report)))
}

/// Names of connections.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the description of the API uses it")]
pub enum IntegrationName {
    /// Jira.
    Jira,
    /// Confluence.
    Confluence,
    /// The company LLM.
    Llm,
}

fn no_such_kind() -> AppError {
    AppError::new(&kinds::NOT_FOUND, "There is no such connection", "Use jira, confluence or llm")
}

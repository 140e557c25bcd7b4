//! Connections: saving them, testing them, and matching employee IDs across Jira, Confluence and the LLM.

use crate::Ports;
use crate::access::{AccessError, listed_site, open_chat, open_site, place};
use crate::tools::fetch_missing_lists;
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::person::Actor;
use storywright_domain::ports::{ChatError, SealError, StorageError, StorageExt};
use storywright_domain::remote::{Access, RemoteError, SiteKind, TlsTrust};
use storywright_domain::secret::BadCredential;
use storywright_domain::{Secret, Timestamp, UserId};

/// What a person enters for a connection. It holds what was pasted, so it has no `Debug`.
pub struct NewIntegration {
    /// Which connection.
    pub kind: IntegrationKind,
    /// Site id of the administrator's list, or LLM service name.
    pub target: String,
    /// Token or cookie as pasted; `None` keeps the stored one.
    pub credential: Option<String>,
    /// Whether the certificate is verified.
    pub verify_tls: bool,
    /// Certificates to trust, PEM, already checked by the caller's certificate check; `None` keeps the stored ones, blank removes them.
    pub ca_pem: Option<String>,
}

/// Why a connection was not saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SaveIntegrationError {
    /// Not on the administrator's list, or no such LLM service.
    #[error("`{0}` is not on the administrator's list")]
    NotListed(String),
    /// The credential cannot be used as it was pasted.
    #[error(transparent)]
    BadCredential(#[from] BadCredential),
    /// Nothing is stored yet, so a credential is needed.
    #[error("paste the token")]
    CredentialMissing,
    /// The administrator does not allow unverified certificates for this site.
    #[error("certificates of this site must be verified")]
    TlsMustBeVerified,
    /// The credential belongs to another site: it must be entered again when the site changes.
    #[error("paste the token of the new site")]
    CredentialOfOtherSite,
    /// It cannot be kept.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What a test found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestReport {
    /// Whether the connection may be used.
    pub ok: bool,
    /// Employee ID that the other side gave.
    pub employee_id: Option<String>,
    /// Employee ID of this person.
    pub expected_employee_id: String,
    /// Stable code when it is not ok.
    pub code: Option<String>,
    /// What happened, for people.
    pub detail: String,
}

/// Why a test could not be made at all.
pub type TestError = AccessError;

/// All connections of a person, set up or not.
///
/// # Errors
/// [`StorageError`].
pub fn list_integrations(
    ports: &Ports,
    actor: &Actor,
) -> Result<Vec<(IntegrationKind, Option<Integration>)>, StorageError> {
    ports.storage.read(|tx| {
        IntegrationKind::ALL.into_iter().map(|kind| Ok((kind, tx.integration(actor.user(), kind)?))).collect()
    })
}

/// Saves a connection; it counts as untested afterwards.
///
/// # Errors
/// [`SaveIntegrationError`].
pub fn save_integration(
    ports: &Ports,
    actor: &Actor,
    new: &NewIntegration,
) -> Result<Integration, SaveIntegrationError> {
    let not_listed = || SaveIntegrationError::NotListed(new.target.chars().take(100).collect());
    let may_skip_tls = match new.kind {
        IntegrationKind::Jira => {
            listed_site(ports, SiteKind::Jira, &new.target).ok_or_else(not_listed)?.allow_unverified_tls
        }
        IntegrationKind::Confluence => {
            listed_site(ports, SiteKind::Confluence, &new.target).ok_or_else(not_listed)?.allow_unverified_tls
        }
        IntegrationKind::Llm => {
            if !ports.chat.services().contains(&new.target) {
                return Err(not_listed());
            }
            false
        }
    };
    if !new.verify_tls && !may_skip_tls {
        return Err(SaveIntegrationError::TlsMustBeVerified);
    }
    let user = actor.user();
    let given = match &new.credential {
        Some(raw) if !raw.trim().is_empty() => {
            let credential = Secret::pasted(raw)?;
            Some((ports.sealer.seal(&place(user, new.kind), &credential)?, credential.hint()))
        }
        _ => None,
    };
    let now = ports.clock.now();
    let entry = ports.audit_entry(
        Some(user),
        actor.request_id(),
        "integration_saved",
        new.kind.as_str().to_owned(),
        new.target.clone(),
    );
    ports.storage.write(|tx| {
        let stored = tx.integration(user, new.kind)?;
        let (sealed_credential, credential_hint) = match (&given, &stored) {
            (Some(given), _) => given.clone(),
            // A stored credential never follows its person to another site: that would hand it to a host it was not made for.
            (None, Some(stored)) if stored.target == new.target => {
                (stored.sealed_credential.clone(), stored.credential_hint.clone())
            }
            (None, Some(_)) => return Err(SaveIntegrationError::CredentialOfOtherSite),
            (None, None) => return Err(SaveIntegrationError::CredentialMissing),
        };
        let kept_ca = stored.filter(|stored| stored.target == new.target).and_then(|stored| stored.tls.ca_pem);
        let ca_pem = new.ca_pem.clone().or(kept_ca).filter(|pem| !pem.trim().is_empty());
        let integration = Integration {
            user,
            kind: new.kind,
            target: new.target.clone(),
            sealed_credential,
            credential_hint,
            tls: TlsTrust { verify: new.verify_tls, ca_pem },
            health: Health::Untested,
            updated_at: now,
        };
        tx.save_integration(&integration)?;
        tx.audit(&entry)?;
        Ok(integration)
    })
}

/// Calls the other side, asks whose the credential is, compares employee IDs, and keeps the result.
///
/// # Errors
/// [`TestError`] when there is nothing to test; everything that the other side says is part of the report.
pub fn test_integration(ports: &Ports, actor: &Actor, kind: IntegrationKind) -> Result<TestReport, TestError> {
    let integration =
        ports.storage.read(|tx| tx.integration(actor.user(), kind))?.ok_or(AccessError::NotConnected(kind))?;
    let expected = actor.employee_id().to_owned();
    let answer = ask_owner(ports, actor, &integration)?;
    let at = ports.clock.now();
    let (health, report) = judge(kind, answer, expected, at);
    let entry = ports.audit_entry(
        Some(actor.user()),
        actor.request_id(),
        "integration_tested",
        kind.as_str().to_owned(),
        report.code.clone().unwrap_or_else(|| "ok".to_owned()),
    );
    ports.storage.write(|tx| {
        // Saved again meanwhile: the result belongs to what is no longer stored.
        if let Some(stored) = tx.integration(actor.user(), kind)?.filter(|stored| same_connection(stored, &integration))
        {
            tx.save_integration(&Integration { health: health.clone(), ..stored })?;
        }
        tx.audit(&entry)
    })?;
    if report.ok {
        // The tools that this credential opens are listed at once.
        fetch_missing_lists(ports, actor, Some(kind))?;
    }
    Ok(report)
}

/// Whether a call over the one would be the same as over the other.
fn same_connection(one: &Integration, other: &Integration) -> bool {
    one.target == other.target && one.tls == other.tls && one.sealed_credential == other.sealed_credential
}

/// Whose a credential is, or code and words of what went wrong.
type Owner = Result<String, (String, String)>;

fn ask_owner(ports: &Ports, actor: &Actor, integration: &Integration) -> Result<Owner, AccessError> {
    let remote = |error: RemoteError| (error.code().to_owned(), error.to_string());
    Ok(match integration.kind {
        IntegrationKind::Jira => {
            let access = open_site(ports, integration, actor.request_id())?;
            ports.jira.current_user(&access).map_err(remote).and_then(|user| {
                if user.active && !user.deleted {
                    Ok(user.name)
                } else {
                    Err(("account_inactive".to_owned(), format!("the Jira account `{}` is not active", user.name)))
                }
            })
        }
        IntegrationKind::Confluence => {
            let access = open_site(ports, integration, actor.request_id())?;
            ports.confluence.current_user(&access).map(|user| user.username).map_err(remote)
        }
        IntegrationKind::Llm => {
            let access = open_chat(ports, integration, actor.request_id())?;
            ports
                .chat
                .identify(&access)
                .map(|owner| owner.employee_id)
                .map_err(|error: ChatError| (error.code().to_owned(), error.to_string()))
        }
    })
}

fn judge(kind: IntegrationKind, answer: Owner, expected: String, at: Timestamp) -> (Health, TestReport) {
    match answer {
        Ok(owner) if owner.eq_ignore_ascii_case(&expected) => {
            let detail = format!("The credential belongs to {owner}.");
            (
                Health::Ok { employee_id: owner.clone(), at },
                TestReport { ok: true, employee_id: Some(owner), expected_employee_id: expected, code: None, detail },
            )
        }
        Ok(owner) => {
            let code = "employee_id_mismatch".to_owned();
            let detail = format!(
                "The {} credential belongs to {owner}, but you are {expected}. Use a credential of your own.",
                label(kind)
            );
            let health =
                Health::Broken { code: code.clone(), detail: detail.clone(), employee_id: Some(owner.clone()), at };
            (
                health,
                TestReport {
                    ok: false,
                    employee_id: Some(owner),
                    expected_employee_id: expected,
                    code: Some(code),
                    detail,
                },
            )
        }
        Err((code, detail)) => {
            let health = Health::Broken { code: code.clone(), detail: detail.clone(), employee_id: None, at };
            (
                health,
                TestReport { ok: false, employee_id: None, expected_employee_id: expected, code: Some(code), detail },
            )
        }
    }
}

/// The name of a connection as people say it.
#[must_use]
pub fn label(kind: IntegrationKind) -> &'static str {
    match kind {
        IntegrationKind::Jira => "Jira",
        IntegrationKind::Confluence => "Confluence",
        IntegrationKind::Llm => "LLM",
    }
}

/// Notes that a connection stopped working in the middle of something, so that the dashboard says so; nothing when the credential that
/// was refused has been replaced meanwhile.
///
/// # Errors
/// [`StorageError`].
pub fn mark_broken(
    ports: &Ports,
    user: UserId,
    kind: IntegrationKind,
    refused: &Secret,
    code: &str,
    detail: &str,
) -> Result<(), StorageError> {
    let Some(seen) = ports.storage.read(|tx| tx.integration(user, kind))? else { return Ok(()) };
    let is_refused = ports.sealer.open(&place(user, kind), &seen.sealed_credential).is_ok_and(|kept| kept == *refused);
    if !is_refused {
        return Ok(());
    }
    let at = ports.clock.now();
    ports.storage.write(|tx| match tx.integration(user, kind)?.filter(|stored| same_connection(stored, &seen)) {
        Some(stored) => {
            let health = Health::Broken { code: code.to_owned(), detail: detail.to_owned(), employee_id: None, at };
            tx.save_integration(&Integration { health, ..stored })
        }
        None => Ok(()),
    })
}

/// Notes a credential that a site refused in the middle of something with its connection. That it cannot be noted stands in the log.
pub(crate) fn note_refusal(ports: &Ports, user: UserId, access: &Access, error: &RemoteError) {
    if !matches!(error, RemoteError::Unauthorized { .. }) {
        return;
    }
    let kind = match access.site.kind {
        SiteKind::Jira => IntegrationKind::Jira,
        SiteKind::Confluence => IntegrationKind::Confluence,
    };
    if let Err(error) = mark_broken(ports, user, kind, &access.credential, error.code(), &error.to_string()) {
        log::error!(integration = kind.as_str(), error = error.to_string().as_str(); "the connection could not be marked as broken");
    }
}

//! Words for failures around people: signing up, signing in, passwords, connections.

use super::{AppError, FieldProblem, kinds};
use storywright_application::access::AccessError;
use storywright_application::integrations::{SaveIntegrationError, label};
use storywright_application::people::{
    BadPassword, ChangePasswordError, ConfirmError, IssueTokenError, ProofError, RegisterError, SignInError,
};
use storywright_domain::secret::BadCredential;

/// The code of a credential that cannot be used as it was pasted.
fn credential_code(error: BadCredential) -> &'static str {
    match error {
        BadCredential::Empty => "credential_empty",
        BadCredential::TooLong => "credential_too_long",
        BadCredential::Unprintable => "credential_unprintable",
    }
}

/// The code of a refused password.
fn password_code(error: &BadPassword) -> &'static str {
    match error {
        BadPassword::TooShort(_) => "password_too_short",
        BadPassword::TooLong(_) => "password_too_long",
        BadPassword::Common => "password_common",
        BadPassword::Personal => "password_personal",
    }
}

impl From<BadPassword> for AppError {
    fn from(error: BadPassword) -> Self {
        Self::field("password", password_code(&error), &error.to_string()).of_kind(&kinds::PASSWORD_REFUSED)
    }
}

impl From<RegisterError> for AppError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::SiteNotListed(site) => Self::field(
                "jira_site",
                "site_not_listed",
                &format!("`{site}` is not on the administrator's list: choose a site from the list"),
            ),
            RegisterError::BadToken(error) => Self::field("jira_pat", credential_code(error), &error.to_string()),
            RegisterError::Remote(error) => Self::from(error).about_field("jira_pat"),
            RegisterError::Inactive(name) => Self::new(
                &kinds::ACCOUNT_INACTIVE,
                &format!("The Jira account `{name}` is not active"),
                "Ask a Jira administrator to activate it, or paste the token of another account",
            )
            .about_field("jira_pat"),
            RegisterError::Deleted(name) => Self::new(
                &kinds::ACCOUNT_DELETED,
                &format!("The Jira account `{name}` is deleted"),
                "Paste the token of an account that is in use",
            )
            .about_field("jira_pat"),
            RegisterError::AlreadyRegistered(name) => already_registered(&name),
            RegisterError::Seal(error) => error.into(),
            RegisterError::Storage(error) => error.into(),
        }
    }
}

fn already_registered(name: &str) -> AppError {
    AppError::new(
        &kinds::ALREADY_REGISTERED,
        &format!("There is an account for `{name}` already"),
        "Sign in instead. If you have forgotten the password, make a new token in Jira and come again with that one; if it was not you who signed up, tell your administrator",
    )
}

impl From<ConfirmError> for AppError {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::NotFound => Self::new(
                &kinds::REGISTRATION_NOT_FOUND,
                "This sign-up has expired or was finished already",
                "Sign in if you have set a password; else begin again with your Jira token",
            ),
            ConfirmError::BadPassword(error) => error.into(),
            ConfirmError::Busy(error) => error.into(),
            ConfirmError::AlreadyRegistered(name) => already_registered(&name),
            ConfirmError::Seal(error) => error.into(),
            ConfirmError::Storage(error) => error.into(),
        }
    }
}

impl From<SignInError> for AppError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => Self::new(
                &kinds::SIGN_IN_REFUSED,
                "The name or the password is wrong",
                "Check both; the name is your employee ID or your e-mail address",
            ),
            SignInError::Busy(error) => error.into(),
            SignInError::Storage(error) => error.into(),
        }
    }
}

impl From<ProofError> for AppError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::WrongPassword => {
                Self::field("current", "current_password_wrong", "the current password is wrong: type it again")
                    .of_kind(&kinds::PASSWORD_WRONG)
            }
            ProofError::Busy(error) => error.into(),
            ProofError::Gone => {
                Self::new(&kinds::ACCOUNT_GONE, "This account is gone", "Sign up again, or ask your administrator")
            }
            ProofError::Storage(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for AppError {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::Proof(error) => error.into(),
            ChangePasswordError::BadPassword(error) => error.into(),
            ChangePasswordError::Busy(error) => error.into(),
            ChangePasswordError::Storage(error) => error.into(),
        }
    }
}

impl From<IssueTokenError> for AppError {
    fn from(error: IssueTokenError) -> Self {
        match error {
            IssueTokenError::Proof(error) => error.into(),
            IssueTokenError::Storage(error) => error.into(),
            IssueTokenError::Seal(error) => error.into(),
        }
    }
}

impl From<AccessError> for AppError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::NotConnected(kind) => Self::new(
                &kinds::NOT_CONNECTED,
                &format!("{} is not connected yet", label(kind)),
                &format!("Open Integrations, set up {} and test it", label(kind)),
            ),
            AccessError::NotTested(kind) => Self::new(
                &kinds::NOT_TESTED,
                &format!("The last test of {} did not succeed, or there was none", label(kind)),
                &format!("Open Integrations and test {}", label(kind)),
            ),
            AccessError::Unreadable(kind) => Self::new(
                &kinds::UNREADABLE,
                &format!("The stored credential of {} cannot be read any more", label(kind)),
                "Open Integrations and paste it again",
            ),
            AccessError::Unlisted(kind) => Self::new(
                &kinds::UNLISTED,
                &format!("What {} is connected to is no longer on the administrator's list", label(kind)),
                "Open Integrations and choose another one from the list",
            ),
            AccessError::Storage(error) => error.into(),
        }
    }
}

impl From<SaveIntegrationError> for AppError {
    fn from(error: SaveIntegrationError) -> Self {
        match error {
            SaveIntegrationError::NotListed(target) => Self::field(
                "target",
                "target_not_listed",
                &format!("`{target}` is not on the administrator's list: choose one from the list"),
            ),
            SaveIntegrationError::BadCredential(error) => {
                Self::field("credential", credential_code(error), &error.to_string())
            }
            SaveIntegrationError::CredentialMissing => {
                Self::field("credential", "credential_missing", "nothing is stored yet: paste the token")
            }
            SaveIntegrationError::TlsMustBeVerified => Self::field(
                "verify_tls",
                "tls_must_be_verified",
                "the administrator wants the certificate of this site to be verified: turn verification on, and upload the company's CA if it is not known",
            ),
            SaveIntegrationError::CredentialOfOtherSite => Self::field(
                "credential",
                "credential_of_other_site",
                "the stored token belongs to another site: paste the token of the new one",
            ),
            SaveIntegrationError::Seal(error) => error.into(),
            SaveIntegrationError::Storage(error) => error.into(),
        }
    }
}

impl AppError {
    /// The same failure as a fault of one field of the input, when it is one that another input would cure: a wrong token that was
    /// just pasted is 422, a stored one that stopped working is 409.
    #[must_use]
    fn about_field(self, field: &str) -> Self {
        let pasted =
            [&kinds::CREDENTIAL_REFUSED, &kinds::LOGIN_PAGE, &kinds::ACCOUNT_INACTIVE, &kinds::ACCOUNT_DELETED];
        if !pasted.contains(&self.kind) {
            return self;
        }
        let problem = FieldProblem::new(field, self.kind.code, &self.detail());
        let refused = [&kinds::CREDENTIAL_REFUSED, &kinds::LOGIN_PAGE].contains(&self.kind);
        let kind = if refused { &kinds::INVALID_INPUT } else { self.kind };
        Self { kind, errors: vec![problem], ..self }
    }
}

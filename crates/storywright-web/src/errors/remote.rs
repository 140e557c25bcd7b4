//! Words for what other sites say.

use super::{AppError, FieldProblem, kinds};
use storywright_application::catalog::CatalogError;
use storywright_domain::Millis;
use storywright_domain::remote::RemoteError;

impl From<RemoteError> for AppError {
    fn from(error: RemoteError) -> Self {
        match error {
            RemoteError::Unauthorized { detail } => Self::new(
                &kinds::CREDENTIAL_REFUSED,
                &format!("The site did not accept the token ({detail})"),
                "It may be wrong, expired or revoked: make a new one there and paste it",
            ),
            RemoteError::LoginPage { detail } => Self::new(
                &kinds::LOGIN_PAGE,
                &format!("The site answered with a sign-in page instead of data ({detail})"),
                "Check that the token is still good; if it is, ask your administrator whether a proxy asks for a sign-in",
            ),
            RemoteError::Captcha { login_url } => Self::new(
                &kinds::CAPTCHA,
                "The site wants you to solve a CAPTCHA first",
                &match login_url {
                    Some(url) => format!("Sign in at {url} in your browser, then try again"),
                    None => "Sign in there in your browser, then try again".to_owned(),
                },
            ),
            RemoteError::Forbidden { detail } => Self::new(
                &kinds::FORBIDDEN_THERE,
                &format!("The site does not let you do this ({detail})"),
                "Ask the administrator of the project for the permission",
            ),
            RemoteError::NotFound => Self::new(
                &kinds::NOT_FOUND_THERE,
                "The site has no such thing, or you may not see it",
                "Check the name, or choose another one",
            ),
            RemoteError::Rejected { messages, fields } => {
                let what =
                    if messages.is_empty() { "the site refused the request".to_owned() } else { messages.join("; ") };
                let errors = fields
                    .iter()
                    .map(|refusal| FieldProblem::new(&refusal.field, "refused_there", &refusal.message))
                    .collect();
                Self::new(&kinds::REJECTED_THERE, &what, "Change what it names, then try again").with_errors(errors)
            }
            RemoteError::RateLimited { retry_after_ms } => Self::new(
                &kinds::RATE_LIMITED_THERE,
                &format!("The site asks to wait {} s", retry_after_ms / 1_000),
                "Try again after that time",
            )
            .with_retry_after(Millis(retry_after_ms)),
            RemoteError::Unavailable { detail } => Self::new(
                &kinds::UNAVAILABLE,
                &format!("The site does not answer ({detail})"),
                "Try again in a minute; what you typed is kept",
            )
            .with_hidden(&detail),
            RemoteError::Certificate { detail } => Self::new(
                &kinds::CERTIFICATE_UNTRUSTED,
                &format!("The certificate of the site is not trusted ({detail})"),
                "Upload the certificate of your company's authority under Integrations, or ask your administrator",
            ),
            RemoteError::NotAllowed { detail } => Self::new(
                &kinds::SITE_NOT_ALLOWED,
                &format!("This address may not be called ({detail})"),
                "Ask your administrator to put the site on the list",
            ),
            RemoteError::Malformed { detail } => Self::new(
                &kinds::MALFORMED_ANSWER,
                &format!("The answer of the site was not understood ({detail})"),
                "Try again; if it stays, give the request id to your administrator",
            )
            .with_hidden(&detail),
        }
    }
}

impl From<CatalogError> for AppError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Access(error) => error.into(),
            CatalogError::Remote(error) => error.into(),
        }
    }
}

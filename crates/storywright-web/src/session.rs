//! Browser sessions. The cookie holds a signed token; the row is kept by the application, under the token's hash.
//!
//! The store does not look the row up when a request begins: the handler does, in the same trip to the blocking pool as its own
//! work ([`crate::visit::SignedIn`]). A token that nobody signed in with has no row at all: it only ties a form's request token to
//! one browser, so visitors cost nothing.

use crate::state::AppState;
use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::SameSite;
use actix_web::cookie::time::Duration;
use actix_web::web;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use storywright_application::Ports;
use storywright_application::people::end_session;

/// The only key of the state that the framework carries.
const TOKEN: &str = "token";
/// Begins a token without a row.
const VISITOR: &str = "visitor-";

/// The middleware for pages.
pub fn middleware(state: &web::Data<AppState>) -> SessionMiddleware<Store> {
    let settings = &state.settings;
    SessionMiddleware::builder(Store { ports: Arc::clone(&state.ports) }, settings.cookie_key.clone())
        .cookie_name(cookie_name(settings.cookie_secure).to_owned())
        .cookie_secure(settings.cookie_secure)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(BrowserSession::default())
        .build()
}

/// Name of the cookie; the prefix makes browsers refuse one that another host or plain HTTP has set.
#[must_use]
pub fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-sid" } else { "sid" }
}

/// The token of the browser, if it brought one.
pub fn token_of(session: &Session) -> Option<String> {
    session.get::<String>(TOKEN).ok().flatten()
}

/// Whether somebody signed in with this token; whether the session still holds is for the row to say.
pub fn is_signed_in(token: &str) -> bool {
    !token.starts_with(VISITOR)
}

/// The browser's token, or a new one without a row.
pub fn token_or_visitor(session: &Session, ports: &Ports) -> String {
    token_of(session).unwrap_or_else(|| {
        let token = format!("{VISITOR}{}", ports.random_token());
        // Cannot fail: a text is always JSON.
        let _ = session.insert(TOKEN, &token);
        token
    })
}

/// Gives the browser the token of a session that was just created; the old one ends.
pub fn sign_in_with(session: &Session, token: &str) {
    session.renew();
    let _ = session.insert(TOKEN, token);
}

/// The store behind the middleware.
pub struct Store {
    ports: Arc<Ports>,
}

impl Store {
    fn key(state: &HashMap<String, String>) -> Result<SessionKey, io::Error> {
        let token = state.get(TOKEN).and_then(|text| serde_json::from_str::<String>(text).ok());
        token
            .and_then(|token| SessionKey::try_from(token).ok())
            .ok_or_else(|| io::Error::other("a session was to be kept without its token"))
    }
}

impl SessionStore for Store {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let text = serde_json::to_string(key.as_ref()).map_err(|error| LoadError::Other(error.into()))?;
        Ok(Some(HashMap::from([(TOKEN.to_owned(), text)])))
    }

    async fn save(&self, state: HashMap<String, String>, _ttl: &Duration) -> Result<SessionKey, SaveError> {
        Self::key(&state).map_err(|error| SaveError::Other(error.into()))
    }

    async fn update(
        &self,
        _key: SessionKey,
        state: HashMap<String, String>,
        _ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        Self::key(&state).map_err(|error| UpdateError::Other(error.into()))
    }

    async fn update_ttl(&self, _key: &SessionKey, _ttl: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let token = key.as_ref().to_owned();
        if !is_signed_in(&token) {
            return Ok(());
        }
        let ports = Arc::clone(&self.ports);
        web::block(move || end_session(&ports, &token)).await??;
        Ok(())
    }
}

//! Small signed cookies beside the session: what a browser may tell us again, and could not have made up.

use crate::state::AppState;
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, SameSite};

/// Which sign-up belongs to this browser: its address alone is worth nothing elsewhere.
pub const SIGN_UP: &str = "sign-up";
/// Who signed in with this browser before, as digests of their names.
pub const KNOWN: &str = "known";

fn full_name(state: &AppState, name: &str) -> String {
    if state.settings.cookie_secure { format!("__Host-{name}") } else { name.to_owned() }
}

/// A signed cookie of this host.
#[must_use]
pub fn make(state: &AppState, name: &str, value: &str, life: Option<Duration>) -> Cookie<'static> {
    let mut cookie = Cookie::build(full_name(state, name), value.to_owned())
        .path("/")
        .http_only(true)
        .secure(state.settings.cookie_secure)
        .same_site(SameSite::Lax)
        .finish();
    cookie.set_max_age(life);
    let mut jar = CookieJar::new();
    let name = cookie.name().to_owned();
    jar.signed_mut(&state.settings.cookie_key).add(cookie);
    jar.get(&name).cloned().unwrap_or_else(|| Cookie::new(name, String::new()))
}

/// The value of a cookie that we signed; `None` for every other.
#[must_use]
pub fn read(req: &HttpRequest, state: &AppState, name: &str) -> Option<String> {
    let cookie = req.cookie(&full_name(state, name))?;
    let mut jar = CookieJar::new();
    jar.add_original(cookie);
    jar.signed(&state.settings.cookie_key).get(&full_name(state, name)).map(|cookie| cookie.value().to_owned())
}

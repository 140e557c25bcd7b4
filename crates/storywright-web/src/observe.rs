//! Around every request: its id, the headers that every answer carries, and one log line.

use crate::route::Route;
use crate::state::AppState;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use std::time::Instant;
use storywright_domain::{RequestId, UserId};

/// Header in which a request id comes and goes.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Set by a handler whose caller proved who they are; for the log line.
#[derive(Debug, Clone, Copy)]
pub struct Caller(pub UserId);

/// The nonce of an answer that holds scripts of ours; without one, nothing may run.
#[derive(Debug, Clone)]
pub struct Nonce(pub String);

/// Gives the request its id, passes it on, adds headers, writes one line.
///
/// # Errors
/// Never of its own.
pub async fn observe(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    #[expect(clippy::disallowed_methods, reason = "measures how long the answer took")]
    let begun = Instant::now();
    let state = req.app_data::<web::Data<AppState>>().cloned();
    let given = req.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok()).and_then(RequestId::parse);
    let request_id =
        given.unwrap_or_else(|| RequestId::from_number(state.as_ref().map_or(0, |state| state.ports.ids.id())));
    req.extensions_mut().insert(request_id.clone());
    let mut res = next.call(req).await?;
    let (route, caller, nonce) = {
        let seen = res.request().extensions();
        let route = seen.get::<&'static Route>().map_or("-", |route| route.path);
        (route, seen.get::<Caller>().copied(), seen.get::<Nonce>().cloned())
    };
    let secure = state.is_some_and(|state| state.settings.cookie_secure);
    add_headers(res.headers_mut(), &request_id, nonce.as_ref(), secure);
    let status = res.status().as_u16();
    let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let method = res.request().method().as_str();
    match caller {
        Some(Caller(user)) => {
            let user_id = user.to_string();
            log::info!(request_id = request_id.as_str(), user_id = user_id.as_str(), method, route, status, duration_ms; "request");
        }
        None => {
            log::info!(request_id = request_id.as_str(), method, route, status, duration_ms; "request");
        }
    }
    Ok(res)
}

fn add_headers(headers: &mut HeaderMap, request_id: &RequestId, nonce: Option<&Nonce>, secure: bool) {
    let fixed = |text: &'static str| HeaderValue::from_static(text);
    if let Ok(value) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert(REQUEST_ID, value);
    }
    let policy = nonce.and_then(|Nonce(nonce)| {
        HeaderValue::from_str(&format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
        ))
        .ok()
    });
    let closed = || fixed("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.unwrap_or_else(closed));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    headers.insert(header::REFERRER_POLICY, fixed("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), fixed("same-origin"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        fixed("camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    );
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, fixed("max-age=31536000; includeSubDomains"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, fixed("no-store"));
    }
}

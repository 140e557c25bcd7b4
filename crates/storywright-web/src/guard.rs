//! What stands between a request and its handler: policy, body limit, origin and request token; and what turns a failure into the form
//! that the caller understands.

use crate::errors::{AppError, kinds};
use crate::route::{LARGE, Policy, Route};
use crate::session;
use crate::state::AppState;
use crate::visit::{self, Visit};
use crate::{api, pages};
use actix_session::SessionExt;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError, dev};
use futures_util::StreamExt;
use std::future::{Ready, ready};
use std::time::Duration;
use storywright_application::Ports;
use subtle::ConstantTimeEq;
use tokio::sync::OwnedSemaphorePermit;

/// A body must have arrived within this time.
const BODY_DEADLINE: Duration = Duration::from_secs(20);
/// A body with files, within this time: they are larger, and come from home as well.
const FILES_DEADLINE: Duration = Duration::from_secs(60);

/// The whole body of a request, already within the limit of its route.
#[derive(Debug, Clone, Default)]
pub struct Body(pub Bytes);

impl FromRequest for Body {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(req.extensions().get::<Self>().cloned().unwrap_or_default()))
    }
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Without words: [`check`] knows who asked and adds them.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        HttpResponse::new(self.status_code())
    }
}

/// Enforces a route's declaration, then calls its handler.
///
/// # Errors
/// Never: every failure has become an answer.
pub async fn check(
    route: &'static Route,
    mut req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    req.extensions_mut().insert(route);
    // Held until the answer is made: bodies with files take memory as long as that.
    let mut place = None;
    match admit(route, &mut req, &mut place).await {
        Ok(()) => {
            let res = next.call(req).await?;
            let failure = res.response().error().and_then(|error| error.as_error::<AppError>()).cloned();
            Ok(match failure {
                Some(error) => {
                    let answer = answer(res.request(), &error);
                    res.into_response(answer)
                }
                None => res,
            })
        }
        Err(error) => {
            let answer = answer(req.request(), &error);
            Ok(req.into_response(answer))
        }
    }
}

async fn admit(
    route: &Route,
    req: &mut ServiceRequest,
    place: &mut Option<OwnedSemaphorePermit>,
) -> Result<(), AppError> {
    let token = match route.policy {
        Policy::Bearer | Policy::PublicApi => None,
        Policy::Public | Policy::SignedIn => session::token_of(&req.get_session()),
    };
    if route.policy == Policy::SignedIn && !token.as_deref().is_some_and(session::is_signed_in) {
        return Err(visit::sign_in_required());
    }
    if route.body_limit > LARGE {
        *place = Some(place_for_files(route, req, token.as_deref()).await?);
    }
    if route.body_limit > 0 {
        let body = read_body(route.body_limit, req).await?;
        req.extensions_mut().insert(Body(body.clone()));
        req.set_payload(dev::Payload::from(body));
    }
    let changes = !matches!(route.method, crate::route::Verb::Get);
    if changes && !route.policy.is_api() {
        same_origin(req.request(), route.csrf)?;
    }
    if route.csrf {
        let state = req.app_data::<web::Data<AppState>>().ok_or_else(|| AppError::internal("no application"))?;
        let good = token
            .zip(sent_token(req.request()))
            .is_some_and(|(session, sent)| token_fits(&state.ports, &session, &sent));
        if !good {
            return Err(cross_site("The form is from an earlier session or another window"));
        }
    }
    Ok(())
}

/// Who sends files must have shown who they are before the first byte of them is taken; and only so many forms with files are taken at
/// a time.
async fn place_for_files(
    route: &Route,
    req: &mut ServiceRequest,
    token: Option<&str>,
) -> Result<OwnedSemaphorePermit, AppError> {
    let state = req.app_data::<web::Data<AppState>>().ok_or_else(|| AppError::internal("no application"))?.clone();
    if route.policy == Policy::Bearer {
        req.extract::<api::Caller>().await?.prove().await?;
    } else {
        same_origin(req.request(), route.csrf)?;
        let sent = req.headers().get("x-csrf-token").and_then(|value| value.to_str().ok());
        if !token.zip(sent).is_some_and(|(session, sent)| token_fits(&state.ports, session, sent)) {
            return Err(cross_site("The form is from an earlier session or another window"));
        }
    }
    state.place_for_files().await
}

async fn read_body(limit: usize, req: &mut ServiceRequest) -> Result<Bytes, AppError> {
    let too_large = || {
        let kib = limit / 1_024;
        AppError::new(
            &kinds::BODY_TOO_LARGE,
            &format!("What was sent is larger than the {kib} KiB that are taken here"),
            "Shorten it, or split it",
        )
    };
    let announced =
        req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > u64::try_from(limit).unwrap_or(u64::MAX)) {
        return Err(too_large());
    }
    let mut payload = req.take_payload();
    let read = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| {
                AppError::new(&kinds::INVALID_BODY, "The request broke off", "Send it again")
                    .with_hidden(&error.to_string())
            })?;
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    let deadline = if limit > LARGE { FILES_DEADLINE } else { BODY_DEADLINE };
    tokio::time::timeout(deadline, read).await.unwrap_or_else(|_| {
        Err(AppError::new(&kinds::BODY_TOO_SLOW, "The request did not arrive in time", "Send it again"))
    })
}

/// The request comes from a page of ours, as far as the browser says. With `optional`, a browser that says nothing is let through to the
/// check of the token.
fn same_origin(req: &HttpRequest, optional: bool) -> Result<(), AppError> {
    let text = |name: &str| req.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let elsewhere = || cross_site("The request did not come from a page of Storywright");
    match text("sec-fetch-site") {
        Some("same-origin") => return Ok(()),
        Some(_) => return Err(elsewhere()),
        None => {}
    }
    let Some(origin) = text("origin") else { return if optional { Ok(()) } else { Err(elsewhere()) } };
    let ours = req.app_data::<web::Data<AppState>>().map(|state| state.settings.public_url.origin());
    let same_host = origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == text("host"));
    let good = same_host || url::Url::parse(origin).ok().is_some_and(|origin| Some(origin.origin()) == ours);
    if good { Ok(()) } else { Err(elsewhere()) }
}

fn cross_site(what: &str) -> AppError {
    AppError::new(&kinds::CROSS_SITE, what, "Reload the page and try again; what you typed stays if you copy it first")
}

/// The request token: in the header, or in the field `csrf` of a form.
fn sent_token(req: &HttpRequest) -> Option<String> {
    if let Some(value) = req.headers().get("x-csrf-token") {
        return value.to_str().ok().map(str::to_owned);
    }
    #[derive(serde::Deserialize)]
    struct Field {
        csrf: String,
    }
    let extensions = req.extensions();
    let text = std::str::from_utf8(&extensions.get::<Body>()?.0).ok()?;
    web::Query::<Field>::from_query(text).ok().map(|field| field.into_inner().csrf)
}

/// A request token for pages of this session: bound to it by a one-way function, different on each page, so that compression
/// gives nothing away.
#[must_use]
pub fn request_token(ports: &Ports, session: &str) -> String {
    let secret = session_secret(ports, session);
    let mask = ports.ids.secret();
    let mut text = String::with_capacity(64);
    let masked = mask.iter().zip(&secret).map(|(mask, byte)| mask ^ byte);
    for byte in mask.iter().take(16).copied().chain(masked) {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

fn session_secret(ports: &Ports, session: &str) -> [u8; 16] {
    let digest = ports.sha256.hex(format!("storywright request token\n{session}").as_bytes());
    let mut secret = [0; 16];
    fill_from_hex(&digest, &mut secret);
    secret
}

fn fill_from_hex(text: &str, bytes: &mut [u8]) -> bool {
    let digits = text.as_bytes();
    digits.len() >= bytes.len() * 2
        && bytes.iter_mut().zip(digits.chunks_exact(2)).all(|(byte, pair)| {
            let parsed = std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
            *byte = parsed.unwrap_or(0);
            parsed.is_some()
        })
}

fn token_fits(ports: &Ports, session: &str, sent: &str) -> bool {
    let mut bytes = [0; 32];
    if sent.len() != 64 || !fill_from_hex(sent, &mut bytes) {
        return false;
    }
    let (mask, masked) = bytes.split_at(16);
    let unmasked: Vec<u8> = mask.iter().zip(masked).map(|(mask, byte)| mask ^ byte).collect();
    unmasked.ct_eq(&session_secret(ports, session)).into()
}

/// A failure as the caller understands it: problem+json for the API, a page or a fragment for browsers.
#[must_use]
pub fn answer(req: &HttpRequest, error: &AppError) -> HttpResponse {
    let visit = Visit::of(req);
    error.log(visit.request_id.as_str(), visit.route.map_or("-", |route| route.path));
    let for_api = visit.route.is_some_and(|route| route.policy.is_api()) || req.path().starts_with("/api/");
    let mut answer =
        if for_api { api::problem(error, &visit.request_id) } else { pages::error::answer(req, &visit, error) };
    if let Some(seconds) = error.retry_after_seconds() {
        answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    }
    answer
}

/// No such address.
pub async fn not_found(req: HttpRequest) -> HttpResponse {
    let error = AppError::new(&kinds::NOT_FOUND, "There is no such page", "Check the address, or go back to the start");
    let kept = if req.path().starts_with("/api/") { None } else { pages::error::missing(&req, &error).await };
    kept.unwrap_or_else(|| answer(&req, &error))
}

/// The address exists, the method does not; these are `allowed`.
pub async fn method_not_allowed(req: HttpRequest, allowed: String) -> HttpResponse {
    let error =
        AppError::new(&kinds::METHOD_NOT_ALLOWED, "This address cannot be used in this way", "Go back to the start");
    let mut answer = answer(&req, &error);
    if let Ok(allowed) = header::HeaderValue::from_str(&allowed) {
        answer.headers_mut().insert(header::ALLOW, allowed);
    }
    answer
}

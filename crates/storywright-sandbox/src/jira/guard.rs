//! What stands before every Jira resource: login headers, basic authentication, XSRF, rate limits.

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{HeaderMap, HeaderName, HeaderValue, ORIGIN, USER_AGENT},
    },
    middleware::Next,
    web::Data,
};
use serde_json::json;

use super::limits::{Limited, Spent};
use crate::{
    auth::{Presented, Scheme},
    state::Shared,
};

/// The middleware of the scope `/jira`.
pub(crate) async fn guard(req: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let presented = req.extensions().get::<Presented>().cloned().unwrap_or(Presented::Nothing);
    let spent = req.app_data::<Data<Shared>>().and_then(|shared| take_token(shared, &presented));
    let on_cloud = super::on_cloud(req.path());
    let refusal = match &presented {
        Presented::Unknown(_) if on_cloud => Some(not_authenticated()),
        _ => refuse(&req, &presented, spent.as_ref()),
    };
    let mut answer = match refusal {
        Some(refusal) => req.into_response(refusal),
        None => next.call(req).await?,
    };
    if on_cloud {
        stamp_cloud(answer.headers_mut(), &presented);
    } else {
        stamp(answer.headers_mut(), &presented, spent.as_ref());
    }
    Ok(answer)
}

/// What Cloud says to a wrong API token.
fn not_authenticated() -> HttpResponse {
    HttpResponse::Unauthorized()
        .insert_header(("WWW-Authenticate", "OAuth realm=\"jira\""))
        .json(json!({"message": "Client must be authenticated to access this resource.", "status-code": 401}))
}

fn stamp_cloud(headers: &mut HeaderMap, presented: &Presented) {
    if let Some(person) = presented.person()
        && let Ok(value) = HeaderValue::from_str(&super::cloud::account_id(person))
    {
        headers.insert(HeaderName::from_static("x-aaccountid"), value);
    }
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
}

fn take_token(shared: &Shared, presented: &Presented) -> Option<Spent> {
    let person = presented.person()?;
    let per_second = shared.settings().jira_requests_per_second?;
    Some(shared.limiter.take(&person.employee_id, per_second, shared.clock.now()))
}

fn refuse(req: &ServiceRequest, presented: &Presented, spent: Option<&Spent>) -> Option<HttpResponse> {
    // Seraph refuses a wrong password everywhere, and in HTML; a wrong token only makes the request anonymous.
    if *presented == Presented::Unknown(Scheme::Basic) {
        let page = "<html><head><title>Unauthorized (401)</title></head><body><p>Encountered a \
            <code>\"401 - Unauthorized\"</code> error while loading this page.</p>\
            <p>Basic Authentication Failure - Reason : AUTHENTICATED_FAILED</p></body></html>";
        return Some(
            HttpResponse::Unauthorized()
                .insert_header(("WWW-Authenticate", "OAuth realm=\"jira\""))
                .content_type("text/html;charset=UTF-8")
                .body(page),
        );
    }
    if spent.is_some_and(|spent| spent.outcome == Limited::Yes) {
        return Some(HttpResponse::TooManyRequests().json(json!({"message": "Rate limit exceeded."})));
    }
    if looks_like_a_page(req) {
        return Some(HttpResponse::Forbidden().content_type("text/plain").body("XSRF check failed"));
    }
    None
}

/// A writing request that a browser's page could have sent, without the header that a page cannot set.
fn looks_like_a_page(req: &ServiceRequest) -> bool {
    let headers = req.headers();
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let browser = text(USER_AGENT).is_some_and(|agent| agent.starts_with("Mozilla/")) || headers.contains_key(ORIGIN);
    let waived = headers
        .get("X-Atlassian-Token")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value == "no-check" || value == "nocheck");
    let reads = matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    browser && !waived && !reads
}

fn stamp(headers: &mut HeaderMap, presented: &Presented, spent: Option<&Spent>) {
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    match presented {
        Presented::Person(person, _) => {
            set("x-seraph-loginreason", "OK");
            set("x-ausername", &person.employee_id);
        }
        Presented::Unknown(_) => {
            set("x-seraph-loginreason", "AUTHENTICATED_FAILED");
            set("x-ausername", "anonymous");
        }
        Presented::Nothing => set("x-ausername", "anonymous"),
    }
    set("x-anodeid", "node1");
    set("x-content-type-options", "nosniff");
    if let Some(spent) = spent {
        set("x-ratelimit-limit", &spent.limit.to_string());
        set("x-ratelimit-remaining", &spent.remaining.to_string());
        set("x-ratelimit-interval-seconds", "1");
        set("x-ratelimit-fillrate", &spent.limit.to_string());
        set("retry-after", if spent.outcome == Limited::Yes { "1" } else { "0" });
    }
}

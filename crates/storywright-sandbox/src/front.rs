//! The front door: every request to a service is logged here and meets its faults here.

use std::time::Duration;

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{self, BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web::{Bytes, Data},
};
use serde_json::{Value, json};

use crate::{
    auth::Presented,
    fault_kind::FaultKind,
    faults::{Decision, Seen},
    log::{self, LoggedBody},
    mcp::{self, Spoils},
    state::{Service, Shared},
    wire::{CutBody, Entry, Then, WatchedBody, Wire},
};

/// The middleware. Handlers find `Presented` (who sent it) and `Effects` (index lag, anonymous) in the extensions.
pub(crate) async fn front(mut req: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let (Some(service), Some(shared)) = (Service::of_path(req.path()), req.app_data::<Data<Shared>>().cloned()) else {
        return next.call(req).await;
    };
    let body = req.extract::<Bytes>().await?;
    let presented = shared.presented(service, req.path(), req.headers());
    let (sequence, mut decision) = admit(&shared, service, &req, &presented, &body);
    req.set_payload(Payload::from(body));
    req.extensions_mut().insert(decision.effects);
    req.extensions_mut().insert(Spoils(std::mem::take(&mut decision.spoils)));
    req.extensions_mut().insert(if decision.effects.anonymous { nobody(&presented) } else { presented });

    // Spawned, because a real server finishes its work also when the client hangs up during it.
    let work = actix_web::rt::spawn(serve(shared.clone(), req, next, decision, sequence));
    work.await.map_err(actix_web::error::ErrorInternalServerError)?
}

fn nobody(presented: &Presented) -> Presented {
    match presented.scheme() {
        Some(scheme) => Presented::Unknown(scheme),
        None => Presented::Nothing,
    }
}

fn admit(
    shared: &Shared,
    service: Service,
    req: &ServiceRequest,
    presented: &Presented,
    body: &Bytes,
) -> (u64, Decision) {
    let person = presented.person();
    let decision = shared.faults.decide(&Seen {
        service,
        method: req.method().as_str(),
        path: &mcp::place(service, req.path(), body),
        person: person.map(|p| [p.handle.as_str(), p.employee_id.as_str(), p.jira_key.as_str()]),
    });
    let mut entry =
        log::arrival(shared.clock.now(), service, req.method().as_str(), req.uri().path(), req.query_string());
    entry.person = person.map(|p| p.handle.clone());
    entry.credential = presented.scheme().map(|scheme| scheme.name().to_owned());
    entry.headers = log::kept_headers(req.headers());
    entry.user_agent = entry.headers.get("user-agent").cloned();
    entry.request_id = entry.headers.get("x-request-id").cloned();
    entry.body = LoggedBody::from_bytes(body);
    entry.body_bytes = body.len();
    entry.faults = decision.names.iter().map(|name| (*name).to_owned()).collect();
    (shared.log.arrived(entry), decision)
}

async fn serve(
    shared: Data<Shared>,
    req: ServiceRequest,
    next: Next<BoxBody>,
    decision: Decision,
    sequence: u64,
) -> Result<ServiceResponse, Error> {
    pause(decision.delay_before_ms).await;
    let (before, after) = match decision.action {
        Some(
            kind @ (FaultKind::DropBefore
            | FaultKind::Status { .. }
            | FaultKind::RetryAfter { .. }
            | FaultKind::HtmlLogin),
        ) => (Some(kind), None),
        other => (None, other),
    };
    let mut answer = if let Some(kind) = before {
        instead(req, &kind)
    } else {
        let changes = !matches!(*req.method(), Method::GET | Method::HEAD);
        let answer = match next.call(req).await {
            Ok(answer) => answer,
            Err(error) => {
                let status = error.as_response_error().status_code().as_u16();
                shared.log.update(shared.clock.now(), sequence, Some(status), "answered");
                return Err(error);
            }
        };
        if changes && let Err(error) = shared.save() {
            ::log::error!("the state file was not written: {error}");
        }
        answer
    };
    if let Some(kind) = after {
        if Service::of_path(answer.request().path()) == Some(Service::Mcp) {
            answer = mcp::finished(answer, &kind).await;
        }
        let entry = Entry { shared: shared.clone(), sequence, status: answer.status().as_u16() };
        answer = afterwards(answer, kind, entry).await;
    }
    pause(decision.delay_after_ms).await;
    Ok(watch(answer, shared, sequence))
}

async fn pause(millis: u64) {
    if millis > 0 {
        actix_web::rt::time::sleep(Duration::from_millis(millis)).await;
    }
}

/// Answers in place of the service.
fn instead(req: ServiceRequest, kind: &FaultKind) -> ServiceResponse {
    let response = match kind {
        FaultKind::DropBefore => return hang_up(req.into_parts().0),
        FaultKind::Status { code, body, headers } => {
            let code = status(*code);
            let standard = || json!({"errorMessages": [code.canonical_reason().unwrap_or("Error")], "errors": {}});
            scripted(code, body.clone().unwrap_or_else(standard), headers.iter())
        }
        FaultKind::RetryAfter { seconds, code } => {
            let seconds = seconds.to_string();
            let headers = [
                ("Retry-After", seconds.as_str()),
                ("X-RateLimit-Limit", "10"),
                ("X-RateLimit-Remaining", "0"),
                ("X-RateLimit-Interval-Seconds", "1"),
                ("X-RateLimit-FillRate", "10"),
            ];
            let mut builder = HttpResponse::build(status(*code));
            for header in headers {
                builder.insert_header(header);
            }
            builder.json(json!({"message": "Rate limit exceeded."}))
        }
        _ => HttpResponse::Ok().content_type("text/html;charset=UTF-8").body(LOGIN_PAGE),
    };
    req.into_response(response)
}

/// Spoils the answer of work that is done.
async fn afterwards(answer: ServiceResponse, kind: FaultKind, entry: Entry) -> ServiceResponse {
    match kind {
        FaultKind::DropAfter => hang_up(answer.into_parts().0),
        FaultKind::StatusAfterCommit { code, body, headers } => {
            let request = answer.into_parts().0;
            let code = status(code);
            let response = match body {
                Some(body) => scripted(code, body, headers.iter()),
                None => {
                    let reason = code.canonical_reason().unwrap_or("Error");
                    let number = code.as_u16();
                    let page =
                        format!("<html><head><title>{number} {reason}</title></head><body>{reason}</body></html>");
                    let headers = headers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
                    let html = std::iter::once(("Content-Type", "text/html"));
                    let mut builder = HttpResponse::build(code);
                    for header in html.chain(headers) {
                        builder.insert_header(header);
                    }
                    builder.body(page)
                }
            };
            ServiceResponse::new(request, response)
        }
        FaultKind::Truncate { after_bytes } => {
            let then = Then::Close(answer.request().conn_data::<Wire>().and_then(Wire::again), entry);
            answer.map_body(|_, body| BoxBody::new(CutBody::new(body, after_bytes, then)))
        }
        FaultKind::Stall { after_bytes } => {
            answer.map_body(|_, body| BoxBody::new(CutBody::new(body, after_bytes, Then::Silence)))
        }
        FaultKind::MalformedJson => malformed(answer).await,
        _ => answer,
    }
}

/// Keeps status and headers, and breaks the JSON off.
async fn malformed(answer: ServiceResponse) -> ServiceResponse {
    let (request, response) = answer.into_parts();
    let (head, body) = response.into_parts();
    let bytes = body::to_bytes(body).await.unwrap_or_default();
    let kept = bytes.len().saturating_sub((bytes.len() / 3).max(1));
    let broken = if bytes.is_empty() { Bytes::from_static(b"{\"broken\": ") } else { bytes.slice(..kept) };
    ServiceResponse::new(request, head.set_body(BoxBody::new(broken)))
}

/// Marks the answer as one for which the socket is closed.
fn hang_up(request: HttpRequest) -> ServiceResponse {
    let mut response = HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE);
    response.extensions_mut().insert(HungUp);
    ServiceResponse::new(request, response)
}

/// Marks a response that is never sent.
struct HungUp;

fn watch(answer: ServiceResponse, shared: Data<Shared>, sequence: u64) -> ServiceResponse {
    if answer.response().extensions().get::<HungUp>().is_some() {
        // Written down first: who sees the socket close may look at the log at once.
        shared.log.update(shared.clock.now(), sequence, None, "closed");
        // The response that actix still writes reaches nobody.
        if let Some(wire) = answer.request().conn_data::<Wire>() {
            wire.close();
        }
        return answer;
    }
    let status = answer.status().as_u16();
    let whole = matches!(answer.response().body().size(), BodySize::None | BodySize::Sized(0));
    if whole || *answer.request().method() == Method::HEAD {
        shared.log.update(shared.clock.now(), sequence, Some(status), "answered");
        return answer;
    }
    if matches!(answer.response().body().size(), BodySize::Stream) {
        shared.log.update(shared.clock.now(), sequence, Some(status), "streaming");
        let entry = Entry { shared, sequence, status };
        return answer.map_body(|_, body| BoxBody::new(WatchedBody::new(body, entry)));
    }
    shared.log.update(shared.clock.now(), sequence, Some(status), "answered");
    answer
}

fn scripted<'a>(
    code: StatusCode,
    body: Value,
    headers: impl Iterator<Item = (&'a String, &'a String)>,
) -> HttpResponse {
    let mut builder = HttpResponse::build(code);
    let text = match body {
        Value::String(text) => {
            builder.insert_header((header::CONTENT_TYPE, "text/plain;charset=UTF-8"));
            text
        }
        other => {
            builder.insert_header((header::CONTENT_TYPE, "application/json;charset=UTF-8"));
            other.to_string()
        }
    };
    for (name, value) in headers {
        builder.insert_header((name.as_str(), value.as_str()));
    }
    builder.body(text)
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// What a company's single sign-on sends instead of an answer.
const LOGIN_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Sign in - Example Corp SSO</title></head>\n\
<body><h1>Sign in</h1><form method=\"post\" action=\"/sso/login\"><label>User name <input name=\"username\"></label>\n\
<label>Password <input name=\"password\" type=\"password\"></label><button>Continue</button></form></body></html>\n";

//! From actix to the SDK's HTTP service and back. The two know different releases of the `http` crate.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{StatusCode, header::HeaderMap},
    web::{Bytes, Data},
};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use serde_json::json;
use std::convert::Infallible;

use super::{server::Servers, spoil::Spoils};
use crate::{
    auth::{Presented, mcp_headers},
    faults::Effects,
    state::Service,
};

/// Who calls, and what goes wrong for them. The SDK hands it on to the tool with the request's head.
#[derive(Clone)]
pub(super) struct Caller {
    /// `Authorization` for Jira or Confluence; `None` when the credential counts as nobody's.
    pub(super) authorization: Option<String>,
    /// `X-Request-Id` as it came.
    pub(super) request_id: Option<String>,
    pub(super) spoils: Spoils,
}

/// Every request to an MCP server.
pub(super) async fn enter(req: HttpRequest, body: Bytes, servers: Data<Servers>) -> HttpResponse {
    let product = super::product(req.path());
    let presented = req.extensions().get::<Presented>().cloned().unwrap_or(Presented::Nothing);
    if presented == Presented::Nothing {
        // In plain JSON and for every message, `initialize` among them.
        let error = "Authentication required: no Atlassian credentials were provided.";
        return HttpResponse::Unauthorized().json(json!({"error": error}));
    }
    match translated(&req, body, caller(&req, product)) {
        Ok(request) => answered(servers.of(product).handle(request).await).await,
        Err(error) => HttpResponse::BadRequest().body(error.to_string()),
    }
}

fn caller(req: &HttpRequest, product: Service) -> Caller {
    let extensions = req.extensions();
    let anonymous = extensions.get::<Effects>().is_some_and(|effects| effects.anonymous);
    let text = |name: &str| req.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Caller {
        authorization: if anonymous { None } else { authorization(req.headers(), product) },
        request_id: text("x-request-id"),
        spoils: extensions.get::<Spoils>().cloned().unwrap_or_default(),
    }
}

/// A PAT travels on as a bearer token, however it came.
fn authorization(headers: &HeaderMap, product: Service) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    match text("authorization") {
        Some(value) => match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("token") => Some(format!("Bearer {}", token.trim())),
            _ => Some(value.to_owned()),
        },
        None => text(mcp_headers(product)[1]).map(|token| format!("Bearer {token}")),
    }
}

fn translated(req: &HttpRequest, body: Bytes, caller: Caller) -> Result<http::Request<Full<Bytes>>, http::Error> {
    let mut request = http::Request::builder().method(req.method().as_str()).uri(req.uri().to_string());
    for (name, value) in req.headers() {
        request = request.header(name.as_str(), value.as_bytes());
    }
    request.extension(caller).body(Full::new(body))
}

async fn answered(answer: http::Response<BoxBody<Bytes, Infallible>>) -> HttpResponse {
    let (head, body) = answer.into_parts();
    let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in head.headers.iter().filter(|(name, _)| *name != http::header::CONTENT_LENGTH) {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    let streams = head.headers.get(http::header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
    if streams {
        return response.streaming(body.into_data_stream());
    }
    let Ok(whole) = body.collect().await;
    response.body(whole.to_bytes())
}

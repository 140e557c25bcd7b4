//! MCP servers at `/mcp/jira` and `/mcp/confluence`: the official SDK's server, with tools named and shaped like those of
//! mcp-atlassian 0.23.
//!
//! A tool is a client of this company's own REST API over loopback, with the credential of whoever calls it. So an issue has the
//! right reporter, Jira's rules and faults hold, and every step stands in the log.

mod confluence;
mod door;
mod jira;
mod jira_create;
mod markdown;
mod rest;
mod server;
mod spoil;
mod tool;

use std::borrow::Cow;

use actix_web::{
    body::{self, BoxBody, MessageBody},
    dev::ServiceResponse,
    http::Method,
    web::{self, ServiceConfig},
};
use serde_json::Value;

pub(crate) use self::{server::Servers, spoil::Spoils};
use crate::{fault_kind::FaultKind, state::Service};

/// Adds the routes.
pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/mcp/jira", web::to(door::enter)).route("/mcp/confluence", web::to(door::enter));
}

/// The product behind the MCP server at this path.
pub(crate) fn product(path: &str) -> Service {
    if path.starts_with("/mcp/confluence") { Service::Confluence } else { Service::Jira }
}

/// The path as faults see it: a message to an MCP server has its method, and the tool that it calls, at the end.
pub(crate) fn place<'a>(service: Service, path: &'a str, body: &[u8]) -> Cow<'a, str> {
    if service != Service::Mcp {
        return Cow::Borrowed(path);
    }
    let message: Value = serde_json::from_slice(body).unwrap_or_default();
    match (message["method"].as_str(), message["params"]["name"].as_str()) {
        (Some("tools/call"), Some(tool)) => Cow::Owned(format!("{path}/tools/call/{tool}")),
        (Some(method), _) => Cow::Owned(format!("{path}/{method}")),
        (None, _) => Cow::Borrowed(path),
    }
}

/// Waits until the work is done, for faults that come after it: the head of a stream of events tells nothing of that.
pub(crate) async fn finished(answer: ServiceResponse, fault: &FaultKind) -> ServiceResponse {
    let comes_after = matches!(fault, FaultKind::DropAfter | FaultKind::StatusAfterCommit { .. });
    if !comes_after || *answer.request().method() != Method::POST {
        return answer;
    }
    let (request, response) = answer.into_parts();
    let (head, stream) = response.into_parts();
    // A body that breaks off has done what it did.
    let whole = body::to_bytes(stream).await.unwrap_or_default();
    ServiceResponse::new(request, head.set_body(BoxBody::new(whole.boxed())))
}

//! Who owns a cookie, and what somebody without a valid one gets.

use actix_web::{HttpMessage, HttpRequest, HttpResponse, http::header, web::Data};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{auth::Presented, people::Person, state::Shared};

/// The answer to a missing, unknown or expired cookie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Login {
    /// 302 to the login page, as most single sign-on gateways do.
    #[default]
    Redirect,
    /// 200 with the login page.
    Page,
    /// 401 with a JSON error.
    Json,
}

/// The person whose cookie this is, or the answer that sends them to sign in.
pub(crate) fn owner(req: &HttpRequest, shared: &Shared) -> Result<Person, Box<HttpResponse>> {
    let person = req.extensions().get::<Presented>().and_then(Presented::person).cloned();
    let store = shared.llm();
    match person {
        Some(person) if person.active && !person.deleted && !store.expired.contains(&person.llm.credential) => {
            Ok(person)
        }
        _ => Err(Box::new(refusal(store.login))),
    }
}

/// `GET /llm/me`: `{"user":{"id":"E10234","name":"…"}}`.
pub(crate) async fn me(req: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    match owner(&req, &shared) {
        Ok(person) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(json!({"user": {"id": person.llm.employee_id, "name": person.display_name, "email": person.email}})),
        Err(refusal) => *refusal,
    }
}

/// `GET /llm/login`: the company's sign-in page.
pub(crate) async fn login_page() -> HttpResponse {
    page()
}

fn refusal(login: Login) -> HttpResponse {
    match login {
        Login::Redirect => HttpResponse::Found()
            .insert_header((header::LOCATION, "/llm/login?reason=session"))
            .content_type("text/html; charset=utf-8")
            .body("<html><head><title>302 Found</title></head><body>Please sign in.</body></html>"),
        Login::Page => page(),
        Login::Json => HttpResponse::Unauthorized().json(json!({"error": {
            "message": "Your session has expired. Sign in again.",
            "type": "authentication_error",
            "param": null,
            "code": "session_expired",
        }})),
    }
}

fn page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Sign in - Example Corp AI Gateway</title></head>\n<body>\
         <h1>Sign in</h1><p>Your session has expired.</p><form method=\"post\" action=\"/llm/login\">\
         <label>Employee ID <input name=\"user\"></label> <label>Password <input name=\"password\" type=\"password\"></label> \
         <button>Sign in</button></form></body></html>\n",
    )
}

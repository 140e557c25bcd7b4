//! A failure as browsers get it: a page, a fragment for htmx, or a way to the sign-in page.

use crate::errors::{AppError, kinds};
use crate::observe::Nonce;
use crate::state::AppState;
use crate::view::{Page, Public, Theme, View};
use crate::visit::{SignedIn, Visit};
use actix_web::http::{Method, StatusCode, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use serde::Serialize;

#[derive(Serialize)]
struct ErrorPage {
    status: u16,
    code: &'static str,
    title: &'static str,
    what: String,
    cure: String,
    retry_url: Option<String>,
    home_url: &'static str,
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "error.html";
}

#[derive(Serialize)]
struct ErrorFragment {
    status: u16,
    code: &'static str,
    title: &'static str,
    what: String,
    cure: String,
    request_id: String,
    retry_url: Option<String>,
}

impl View for ErrorFragment {
    const TEMPLATE: &'static str = "fragments/error.html";
}

/// An address that nobody answers, for people who are signed in: their navigation stays.
#[derive(Serialize)]
struct MissingPage {
    title: &'static str,
    what: String,
    cure: String,
}

impl View for MissingPage {
    const TEMPLATE: &'static str = "missing.html";
}

impl Page for MissingPage {
    const ACTIVE: &'static str = "";
}

/// The page for an unknown address; `None` for visitors and for requests that show no page.
pub async fn missing(req: &HttpRequest, error: &AppError) -> Option<HttpResponse> {
    let visit = Visit::of(req);
    let me = SignedIn::extract(req).await.ok().filter(|_| visit.navigates && !visit.htmx)?;
    let view = MissingPage { title: error.kind.title, what: error.what.clone(), cure: error.cure.clone() };
    let code = error.code();
    let served = me
        .serve(move |desk| Ok(desk.page(&view)?.with_status(StatusCode::NOT_FOUND).with_header("x-error-code", code)));
    served.await.ok()
}

/// The failure in the form that the browser needs.
#[must_use]
pub fn answer(req: &HttpRequest, visit: &Visit, error: &AppError) -> HttpResponse {
    if error.kind == &kinds::SIGN_IN_REQUIRED || error.kind == &kinds::ACCOUNT_GONE {
        return to_sign_in(req, visit, error);
    }
    let Some(state) = req.app_data::<web::Data<AppState>>() else {
        return HttpResponse::InternalServerError().finish();
    };
    let retry_url = (req.method() == Method::GET && error.status() >= 500).then(|| req.path().to_owned());
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let rendered = if visit.htmx {
        let view = ErrorFragment {
            status: error.status(),
            code: error.code(),
            title: error.kind.title,
            what: error.what.clone(),
            cure: error.cure.clone(),
            request_id: visit.request_id.as_str().to_owned(),
            retry_url,
        };
        state.views.render(&view, |_| {})
    } else {
        let view = ErrorPage {
            status: error.status(),
            code: error.code(),
            title: error.kind.title,
            what: error.what.clone(),
            cure: error.cure.clone(),
            retry_url,
            home_url: "/",
        };
        let nonce = new_nonce(req, state);
        state.views.render(&view, |context| {
            let public = Public {
                nonce: &nonce,
                theme: Theme::System,
                request_id: visit.request_id.as_str(),
                version: &state.settings.version,
            };
            context.insert("public", &public);
        })
    };
    let mut answer = HttpResponse::build(status);
    answer.insert_header(("x-error-code", error.code()));
    match rendered {
        Ok(html) => answer.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(html),
        Err(problem) => {
            log::error!(request_id = visit.request_id.as_str(), problem = problem.as_str(); "the error page cannot be rendered");
            answer.insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8")).body(format!(
                "{} ({}, {})",
                error.detail(),
                error.code(),
                visit.request_id.as_str()
            ))
        }
    }
}

fn to_sign_in(req: &HttpRequest, visit: &Visit, error: &AppError) -> HttpResponse {
    if visit.htmx || !visit.navigates {
        // The page that asked keeps what was typed and shows its own sign-in form.
        return HttpResponse::Unauthorized()
            .insert_header(("hx-redirect", "/sign-in"))
            .insert_header(("x-error-code", error.code()))
            .finish();
    }
    let shown = req.method() == Method::GET;
    let next = req.uri().path_and_query().filter(|_| shown).map_or("/", |address| address.as_str());
    let place = if next == "/" {
        "/sign-in".to_owned()
    } else {
        let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
        format!("/sign-in?next={next}")
    };
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, place))
        .insert_header(("x-error-code", error.code()))
        .finish()
}

/// A nonce for this answer, and the note that puts it into the header.
pub fn new_nonce(req: &HttpRequest, state: &AppState) -> String {
    let nonce: String = state.ports.ids.secret().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    req.extensions_mut().insert(Nonce(nonce.clone()));
    nonce
}

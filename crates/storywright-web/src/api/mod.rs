//! The JSON API.

use crate::errors::AppError;
use crate::route::Route;
use actix_web::HttpResponse;
use storywright_domain::RequestId;

/// Routes of the API.
pub const ROUTES: &[Route] = &[];

/// A failure as problem+json.
#[must_use]
pub fn problem(error: &AppError, request_id: &RequestId) -> HttpResponse {
    let _ = request_id;
    HttpResponse::build(
        actix_web::http::StatusCode::from_u16(error.status())
            .unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR),
    )
    .finish()
}

//! Is the process alive, and can it work?

use crate::errors::{AppError, kinds};
use crate::state::AppState;
use actix_web::{HttpResponse, web};
use storywright_domain::ports::StorageError;

/// The process answers.
pub async fn healthz(state: web::Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"status": "ok", "version": state.settings.version}))
}

/// The database answers and takes writes, and the process is not ending.
pub async fn readyz(state: web::Data<AppState>) -> Result<HttpResponse, AppError> {
    if state.ports.running.is_shutting_down() {
        return Err(AppError::new(&kinds::SHUTTING_DOWN, "The server is ending", "Try again in a moment"));
    }
    state.blocking(|ports| ports.storage.ping().map_err(not_ready)).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({"status": "ready"})))
}

/// Why the database cannot be worked with, for whoever watches the server; the system's own words stay in the log.
fn not_ready(error: StorageError) -> AppError {
    let (what, cure) = match &error {
        StorageError::Unavailable(_) => (
            "The database does not answer or takes no writes",
            "Look at its disk, which may be full; the server is ready again by itself as soon as writing succeeds",
        ),
        StorageError::Corrupt { .. } => (
            "The database is damaged, and nothing is written to it any more",
            "Stop the server and restore the database from a backup",
        ),
    };
    AppError::new(&kinds::DATABASE_UNAVAILABLE, what, cure).with_hidden(&error.to_string())
}

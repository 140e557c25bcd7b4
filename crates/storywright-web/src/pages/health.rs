//! Is the process alive, and can it work?

use crate::errors::{AppError, kinds};
use crate::state::AppState;
use actix_web::{HttpResponse, web};

/// The process answers.
pub async fn healthz(state: web::Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({"status": "ok", "version": state.settings.version}))
}

/// The database answers, and the process is not ending.
pub async fn readyz(state: web::Data<AppState>) -> Result<HttpResponse, AppError> {
    if state.ports.running.is_shutting_down() {
        return Err(AppError::new(&kinds::SHUTTING_DOWN, "The server is ending", "Try again in a moment"));
    }
    state.blocking(|ports| ports.storage.ping()).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({"status": "ready"})))
}

//! Static files: their address holds a hash of their content, so browsers may keep them for ever.

use crate::errors::{AppError, kinds};
use crate::state::AppState;
use actix_web::http::header;
use actix_web::{HttpResponse, web};

/// A static file.
pub async fn file(state: web::Data<AppState>, path: web::Path<(String, String)>) -> Result<HttpResponse, AppError> {
    let (hash, name) = path.into_inner();
    let asset = state.views.asset(&name).ok_or_else(|| {
        AppError::new(&kinds::NOT_FOUND, "There is no such file", "Reload the page that asked for it")
    })?;
    // An old address is answered, for pages that are open during an upgrade, but not kept.
    let caching = if asset.hash == hash { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::CONTENT_TYPE, asset.content_type))
        .body(asset.bytes))
}

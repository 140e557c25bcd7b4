//! The signed-in person's own picture. Its address changes with the picture, so browsers keep it; pages stay small.

use crate::errors::{AppError, kinds};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use actix_web::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The types that are kept of what Jira serves as avatars.
const TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// The picture.
pub async fn picture(me: SignedIn) -> Result<HttpResponse, AppError> {
    let avatar = me.run(|_, who| Ok::<_, AppError>(who.person.avatar.clone())).await?;
    let (content_type, bytes) = avatar.as_deref().and_then(decoded).ok_or_else(|| {
        AppError::new(&kinds::NOT_FOUND, "There is no picture", "Jira had none when the account was made")
    })?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, max-age=31536000, immutable"))
        .insert_header((header::CONTENT_TYPE, content_type))
        .body(bytes))
}

fn decoded(url: &str) -> Option<(&'static str, Vec<u8>)> {
    let (kind, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    let kind = TYPES.into_iter().find(|known| *known == kind)?;
    Some((kind, STANDARD.decode(data).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_served() {
        assert_eq!(decoded("data:image/png;base64,AAEC"), Some(("image/png", vec![0, 1, 2])));
        for other in ["data:text/html;base64,AAEC", "data:image/png,AAEC", "data:image/png;base64,!", "https://a/b.png"]
        {
            assert_eq!(decoded(other), None, "{other}");
        }
    }
}

//! Files that a browser or a program sends: a form in parts (`multipart/form-data`), already within the limit of its route.

use crate::errors::{AppError, FieldProblem, kinds};
use crate::guard::Body;
use actix_multipart::{Multipart, MultipartError};
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest};
use futures_util::{StreamExt, stream};

/// The field that holds files.
pub const FIELD: &str = "files";
/// Most files of one form.
pub const MOST: usize = 10;
/// Most parts of one form, whatever they are.
const MOST_PARTS: usize = 20;

/// A file as it was sent. Its name is what the sender calls it: for showing only.
pub struct Upload {
    /// Name.
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// The files of a form, in the order in which they were sent.
///
/// # Errors
/// `wrong_content_type`, `invalid_body`, `files_missing`.
pub async fn files(req: &HttpRequest) -> Result<Vec<Upload>, AppError> {
    let body = req.extensions().get::<Body>().cloned().unwrap_or_default();
    let whole = stream::once(async move { Ok::<Bytes, actix_web::error::PayloadError>(body.0) });
    let mut form = Multipart::new(req.headers(), whole);
    let mut files = Vec::new();
    let mut parts = 0;
    while let Some(part) = form.next().await {
        let mut part = part.map_err(|error| refused(&error))?;
        parts += 1;
        if parts > MOST_PARTS || files.len() > MOST {
            return Err(count());
        }
        let is_file = part.name() == Some(FIELD);
        let name = part.content_disposition().map(file_name).unwrap_or_default();
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|error| refused(&error))?;
            if is_file {
                bytes.extend_from_slice(&chunk);
            }
        }
        // A browser sends an empty part without a name when nothing was chosen.
        if is_file && !(name.is_empty() && bytes.is_empty()) {
            files.push(Upload { name, bytes });
        }
    }
    if files.is_empty() || files.len() > MOST { Err(count()) } else { Ok(files) }
}

/// The form with its wider spelling of names, where one was sent.
fn file_name(disposition: &header::ContentDisposition) -> String {
    let wide = disposition.get_filename_ext().and_then(|name| String::from_utf8(name.value.clone()).ok());
    wide.or_else(|| disposition.get_filename().map(str::to_owned)).unwrap_or_default()
}

fn count() -> AppError {
    let message = format!("send 1 to {MOST} files in the field `{FIELD}`");
    AppError::invalid(vec![FieldProblem::new(FIELD, "files_missing", &message)])
}

fn refused(error: &MultipartError) -> AppError {
    match error {
        MultipartError::ContentTypeMissing
        | MultipartError::ContentTypeParse
        | MultipartError::ContentTypeIncompatible
        | MultipartError::BoundaryMissing => AppError::new(
            &kinds::WRONG_CONTENT_TYPE,
            "The files did not come as a form in parts",
            "Send them as multipart/form-data with a boundary",
        ),
        error => AppError::new(&kinds::INVALID_BODY, "The form cannot be read", "Send it again")
            .with_hidden(&error.to_string()),
    }
}

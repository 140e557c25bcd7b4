//! Adding files to the sources of a draft.

use super::sources::after_files;
use crate::errors::AppError;
use crate::upload::{self, Upload};
use crate::visit::SignedIn;
use actix_web::HttpResponse;
use storywright_application::sources;

/// Adds files. Those that cannot be read are told by name; the others are in the list.
pub async fn add(me: SignedIn) -> Result<HttpResponse, AppError> {
    let id = super::draft_id(me.request())?;
    let files = upload::files(me.request()).await;
    me.serve(move |desk| {
        let mut refused = Vec::new();
        match files {
            Ok(files) => {
                for Upload { name, bytes } in files {
                    match sources::add_file(desk.ports, &desk.who.actor, id, &name, &bytes).map_err(AppError::from) {
                        Ok(_) => {}
                        Err(error) if error.status() == 404 => return Err(error),
                        Err(error) => {
                            error.log(desk.visit.request_id.as_str(), "/drafts/{id}/files");
                            refused.push(desk.issue(&error));
                        }
                    }
                }
            }
            Err(error) => refused.push(desk.issue(&error)),
        }
        after_files(desk, id, refused)
    })
    .await
}

//! The company's confluence service.

use actix_web::web::ServiceConfig;
use serde::{Deserialize, Serialize};

use crate::{clock::Millis, people::Person};

/// What the service keeps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Store {}

impl Store {
    /// The store of a fresh company.
    pub(crate) fn seeded(_people: &[Person], _now: Millis) -> Self {
        Self::default()
    }
}

/// Adds the routes below `/confluence`. Handlers take `web::Data<Shared>`; the request's extensions hold `Presented` and `Effects`.
pub(crate) fn configure(_cfg: &mut ServiceConfig) {}

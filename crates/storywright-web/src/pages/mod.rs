//! The pages: what each address shows and does. Handlers extract, call one use case, answer.

pub mod error;
mod files;
mod health;

use crate::route::{Policy, Route};
use actix_web::web;

/// Routes without a session.
pub const PLAIN_ROUTES: &[Route] = &[
    Route::get("/healthz", Policy::Public, || web::to(health::healthz)).background(),
    Route::get("/readyz", Policy::Public, || web::to(health::readyz)).background(),
    Route::get("/static/{hash}/{name:.+}", Policy::Public, || web::to(files::file)).background(),
];

/// Routes of pages.
pub const ROUTES: &[Route] = &[];

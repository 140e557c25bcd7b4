//! Who calls the JSON API: the holder of a bearer token. Cookies are never looked at. [`Caller`] is the only way from a token to a
//! person's data.

use crate::errors::{AppError, kinds};
use crate::observe::Caller as Seen;
use crate::state::AppState;
use crate::visit::Visit;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use std::future::{Ready, ready};
use storywright_application::Ports;
use storywright_application::people::authenticate_token;
use storywright_domain::person::Actor;
use storywright_domain::{TokenId, UserId};

/// A program that brought a bearer token. Whether the token holds is found out by [`Caller::run`].
pub struct Caller {
    /// The request.
    pub visit: Visit,
    /// Shared state.
    pub state: web::Data<AppState>,
    token: String,
    req: HttpRequest,
}

impl Caller {
    /// The token: a secret of the program.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The request itself.
    #[must_use]
    pub fn request(&self) -> &HttpRequest {
        &self.req
    }

    /// Checks the token, before anything large is taken from its holder.
    ///
    /// # Errors
    /// `sign_in_required` when it does not hold.
    pub async fn prove(&self) -> Result<(), AppError> {
        let (token, request_id) = (self.token.clone(), self.visit.request_id.clone());
        let known = self.state.blocking(move |ports| authenticate_token(ports, &token, &request_id)).await?;
        known.map(drop).ok_or_else(token_refused)
    }

    /// Checks the token and runs `work` for its person, in one trip to the blocking pool.
    ///
    /// # Errors
    /// `sign_in_required` when the token does not hold, `forbidden` when the route is for administrators and the person is none,
    /// `too_many_requests` when it reaches outside and is used too often, and what `work` returns.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ports, &Actor) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.run_with_token(|ports, actor, _| work(ports, actor)).await
    }

    /// As [`Caller::run`], for work that is about the token itself.
    ///
    /// # Errors
    /// As [`Caller::run`].
    pub async fn run_with_token<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Ports, &Actor, TokenId) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let token = self.token.clone();
        let request_id = self.visit.request_id.clone();
        let outside = self.visit.route.is_some_and(|route| route.reaches_outside);
        let costly = self.visit.route.is_some_and(|route| route.costly);
        let administrators_only = self.visit.route.is_some_and(|route| route.administrators_only);
        let state = self.state.clone();
        let (user, result) = self
            .state
            .blocking_for(outside, move |ports| {
                let Some((actor, id)) = authenticate_token(ports, &token, &request_id)? else {
                    return Err(token_refused());
                };
                let allowed = if administrators_only && actor.as_administrator().is_none() {
                    Err(AppError::administrators_only())
                } else {
                    state.limits.of_route(actor.user(), outside, costly)
                };
                let result = allowed.and_then(|()| work(ports, &actor, id));
                Ok::<(UserId, Result<T, AppError>), AppError>((actor.user(), result))
            })
            .await?;
        self.req.extensions_mut().insert(Seen(user));
        result
    }
}

impl FromRequest for Caller {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = req.app_data::<web::Data<AppState>>().cloned();
        ready(match (bearer(req), state) {
            (Some(token), Some(state)) => Ok(Self { visit: Visit::of(req), state, token, req: req.clone() }),
            (None, Some(_)) => Err(AppError::new(
                &kinds::SIGN_IN_REQUIRED,
                "The request carries no bearer token",
                "Get one with POST /api/v1/tokens and send it as Authorization: Bearer",
            )),
            (_, None) => Err(AppError::internal("a handler ran outside the application")),
        })
    }
}

fn token_refused() -> AppError {
    AppError::new(
        &kinds::SIGN_IN_REQUIRED,
        "The token is not valid, has expired or was revoked",
        "Get a new one with POST /api/v1/tokens",
    )
}

/// The token of `Authorization: Bearer …`; two such headers are none.
fn bearer(req: &HttpRequest) -> Option<String> {
    let mut values = req.headers().get_all(header::AUTHORIZATION);
    let (value, more) = (values.next()?.to_str().ok()?, values.next());
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let good = more.is_none() && scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= 4_096;
    good.then(|| token.to_owned())
}

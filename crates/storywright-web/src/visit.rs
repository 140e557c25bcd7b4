//! Who is asking, from where, and how. [`SignedIn`] is the only way from a cookie to a person's data.

use crate::errors::{AppError, kinds};
use crate::observe::Caller;
use crate::route::Route;
use crate::session;
use crate::state::AppState;
use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use std::future::{Ready, ready};
use std::net::{IpAddr, SocketAddr};
use storywright_application::Ports;
use storywright_application::people::{Visitor, load_session};
use storywright_domain::person::{Actor, Person, Session};
use storywright_domain::{RequestId, UserId};

/// What is known of a request before anybody's data is touched.
#[derive(Clone)]
pub struct Visit {
    /// Its id.
    pub request_id: RequestId,
    /// Network address of the person, as far as trusted proxies say.
    pub address: IpAddr,
    /// Browser, as it names itself; untrusted.
    pub user_agent: String,
    /// Whether htmx asks for a fragment.
    pub htmx: bool,
    /// Whether the browser will show the answer as a page.
    pub navigates: bool,
    /// Where htmx will put the answer: id of an element, or empty.
    pub htmx_target: String,
    /// The route's declaration.
    pub route: Option<&'static Route>,
}

impl Visit {
    /// Reads it from a request.
    #[must_use]
    pub fn of(req: &HttpRequest) -> Self {
        let text = |name: &str| req.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            request_id: request_id(req),
            address: address(req),
            user_agent: text("user-agent").chars().take(200).collect(),
            htmx: text("hx-request") == "true",
            navigates: navigates(req),
            htmx_target: text("hx-target").chars().take(60).collect(),
            route: req.extensions().get::<&'static Route>().copied(),
        }
    }

    /// For the list of sessions.
    #[must_use]
    pub fn visitor(&self) -> Visitor {
        Visitor { address: self.address.to_string(), user_agent: self.user_agent.clone() }
    }
}

impl FromRequest for Visit {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(req)))
    }
}

fn navigates(req: &HttpRequest) -> bool {
    let text = |name: &str| req.headers().get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => {
            matches!(*req.method(), Method::GET | Method::HEAD | Method::POST)
                && text("accept").is_none_or(|types| types.contains("text/html"))
        }
    }
}

/// The id that the outermost layer gave the request.
#[must_use]
pub fn request_id(req: &HttpRequest) -> RequestId {
    req.extensions().get::<RequestId>().cloned().unwrap_or_else(|| RequestId::from_number(0))
}

/// The person's network address: the peer, or what the nearest untrusted hop is according to the trusted proxies before it.
#[must_use]
pub fn address(req: &HttpRequest) -> IpAddr {
    let unknown = IpAddr::from([0, 0, 0, 0]);
    let Some(peer) = req.peer_addr().map(|peer| peer.ip().to_canonical()) else { return unknown };
    let Some(state) = req.app_data::<web::Data<AppState>>() else { return peer };
    let trusted = |address: IpAddr| state.settings.trusted_proxies.iter().any(|network| network.contains(address));
    let mut nearest = peer;
    let mut hops: Vec<&str> = req
        .headers()
        .get_all(header::X_FORWARDED_FOR)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    while trusted(nearest) {
        let Some(next) = hops.pop().and_then(|hop| hop_address(hop.trim())) else { break };
        nearest = next.to_canonical();
    }
    nearest
}

/// The address of one hop; some proxies add the port.
fn hop_address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port)
}

/// A person whose session was found to hold in the course of this request.
pub struct Who {
    /// What use cases ask for.
    pub actor: Actor,
    /// The person.
    pub person: Person,
    /// The session.
    pub session: Session,
}

/// A browser that brought a session token. Whether the session holds is found out by [`SignedIn::run`].
pub struct SignedIn {
    /// The request.
    pub visit: Visit,
    /// Shared state.
    pub state: web::Data<AppState>,
    token: String,
    req: HttpRequest,
}

impl SignedIn {
    /// The session token: a secret of the browser.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The request itself.
    #[must_use]
    pub fn request(&self) -> &HttpRequest {
        &self.req
    }

    /// Checks the session and runs `work` for its person, in one trip to the blocking pool.
    ///
    /// # Errors
    /// `sign_in_required` when the session does not hold, `forbidden` when the route is for administrators and the person is none,
    /// `too_many_requests` when it reaches outside or is costly and is used too often, and what `work` returns.
    pub async fn run<T, E>(
        &self,
        work: impl FnOnce(&Ports, &Who) -> Result<T, E> + Send + 'static,
    ) -> Result<T, AppError>
    where
        T: Send + 'static,
        E: Into<AppError> + Send + 'static,
    {
        let token = self.token.clone();
        let request_id = self.visit.request_id.clone();
        let counts = self.visit.route.is_none_or(|route| route.counts_as_use);
        let outside = self.visit.route.is_some_and(|route| route.reaches_outside);
        let costly = self.visit.route.is_some_and(|route| route.costly);
        let administrators_only = self.visit.route.is_some_and(|route| route.administrators_only);
        let state = self.state.clone();
        let (caller, result) = self
            .state
            .blocking_for(outside, move |ports| {
                let live = load_session(ports, &token, counts)?;
                let Some((session, person)) = live.and_then(|live| Some((live.session, live.person?))) else {
                    return Err(sign_in_required());
                };
                let user = person.id;
                if let Err(error) = state.limits.of_route(user, outside, costly) {
                    return Ok((user, Err(error)));
                }
                let who = Who { actor: Actor::of(&person, request_id), person, session };
                if administrators_only && who.actor.as_administrator().is_none() {
                    return Ok((user, Err(AppError::administrators_only())));
                }
                Ok::<(UserId, Result<T, AppError>), AppError>((user, work(ports, &who).map_err(Into::into)))
            })
            .await?;
        self.req.extensions_mut().insert(Caller(caller));
        result
    }
}

impl FromRequest for SignedIn {
    type Error = AppError;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = session::token_of(&req.get_session()).filter(|token| session::is_signed_in(token));
        let state = req.app_data::<web::Data<AppState>>().cloned();
        ready(match (token, state) {
            (Some(token), Some(state)) => Ok(Self { visit: Visit::of(req), state, token, req: req.clone() }),
            (None, Some(_)) => Err(sign_in_required()),
            (_, None) => Err(AppError::internal("a handler ran outside the application")),
        })
    }
}

/// Nobody is signed in.
#[must_use]
pub fn sign_in_required() -> AppError {
    AppError::new(&kinds::SIGN_IN_REQUIRED, "You are not signed in, or your session has ended", "Sign in again")
}

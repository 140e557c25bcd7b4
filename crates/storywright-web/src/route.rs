//! The route table: every route is declared once, with its policy; routing is built from the table, so a route without a policy
//! cannot exist.

use crate::guard;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, guard as match_on, web};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Anybody.
    Public,
    /// Somebody with a session that holds; an own session cookie is the proof.
    SignedIn,
    /// Somebody with an API token that holds; cookies count for nothing.
    Bearer,
    /// Anybody, on the JSON API: cookies count for nothing, so nothing can be forged in a person's name.
    PublicApi,
}

impl Policy {
    /// Whether it belongs to the JSON API, where cookies count for nothing.
    #[must_use]
    pub const fn is_api(self) -> bool {
        matches!(self, Self::Bearer | Self::PublicApi)
    }
}

/// What answers a request: `|| web::to(handler)`.
pub type Handler = fn() -> actix_web::Route;

/// Largest body by default: 64 KiB.
pub const SMALL: usize = 64 * 1_024;
/// Largest body of requests that carry requirements or documents: the longest requirements, three times as long in a form, and a document.
pub const LARGE: usize = 4 * 1_024 * 1_024;
/// Largest body of requests that carry files: one of the largest with what a form puts around it, or several smaller ones.
pub const FILES: usize = storywright_domain::file::MAX_FILE_BYTES + 1_024 * 1_024;

/// One route.
#[derive(Clone, Copy)]
pub struct Route {
    /// Method; GET routes answer HEAD as well.
    pub method: Verb,
    /// Pattern: `/drafts/{id}`.
    pub path: &'static str,
    /// Who may call it.
    pub policy: Policy,
    /// Whether the request must prove that it comes from one of our pages.
    pub csrf: bool,
    /// Largest body in bytes.
    pub body_limit: usize,
    /// Whether it calls Jira, Confluence or the LLM, so that its use is limited per person.
    pub reaches_outside: bool,
    /// Whether it keeps a processor busy for long, so that its use is limited per person.
    pub costly: bool,
    /// Whether a call counts as use of the session; polling and streams do not.
    pub counts_as_use: bool,
    /// Whether only administrators may call it.
    pub administrators_only: bool,
    handler: Handler,
}

/// The methods that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// GET and HEAD.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

impl Verb {
    /// The method as the framework knows it.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Delete => Method::DELETE,
        }
    }
}

impl Route {
    const fn new(method: Verb, path: &'static str, policy: Policy, handler: Handler) -> Self {
        let changes = !matches!(method, Verb::Get);
        Self {
            method,
            path,
            policy,
            csrf: changes && !policy.is_api(),
            body_limit: if changes { SMALL } else { 0 },
            reaches_outside: false,
            costly: false,
            counts_as_use: true,
            administrators_only: false,
            handler,
        }
    }

    /// A route that changes nothing.
    #[must_use]
    pub const fn get(path: &'static str, policy: Policy, handler: Handler) -> Self {
        Self::new(Verb::Get, path, policy, handler)
    }

    /// A route that changes something; protected against forged requests unless it belongs to the JSON API.
    #[must_use]
    pub const fn post(path: &'static str, policy: Policy, handler: Handler) -> Self {
        Self::new(Verb::Post, path, policy, handler)
    }

    /// As [`Route::post`].
    #[must_use]
    pub const fn put(path: &'static str, policy: Policy, handler: Handler) -> Self {
        Self::new(Verb::Put, path, policy, handler)
    }

    /// As [`Route::post`].
    #[must_use]
    pub const fn delete(path: &'static str, policy: Policy, handler: Handler) -> Self {
        Self::new(Verb::Delete, path, policy, handler)
    }

    /// It calls Jira, Confluence or the LLM.
    #[must_use]
    pub const fn outside(self) -> Self {
        Self { reaches_outside: true, ..self }
    }

    /// It keeps a processor busy for long.
    #[must_use]
    pub const fn costly(self) -> Self {
        Self { costly: true, ..self }
    }

    /// It takes a body of at most this many bytes.
    #[must_use]
    pub const fn body(self, limit: usize) -> Self {
        Self { body_limit: limit, ..self }
    }

    /// Calling it does not extend a session.
    #[must_use]
    pub const fn background(self) -> Self {
        Self { counts_as_use: false, ..self }
    }

    /// Only administrators may call it: what it changes is for everybody.
    #[must_use]
    pub const fn administrators(self) -> Self {
        Self { administrators_only: true, ..self }
    }

    /// The request token is not asked for: origin headers alone are the proof. For public routes whose callers cannot have one.
    #[must_use]
    pub const fn without_csrf_token(self) -> Self {
        Self { csrf: false, ..self }
    }
}

/// Builds the routing of a table: resources in the order of the table, other methods answered with 405.
pub fn register(cfg: &mut ServiceConfig, routes: &'static [Route]) {
    let mut done: Vec<&str> = Vec::new();
    for first in routes {
        if done.contains(&first.path) {
            continue;
        }
        done.push(first.path);
        let allowed = allowed(routes, first.path);
        let refuse = move |req: HttpRequest| guard::method_not_allowed(req, allowed.clone());
        let mut resource = web::resource(first.path).default_service(web::to(refuse));
        for route in routes.iter().filter(|route| route.path == first.path) {
            let method = match_on::Method(route.method.method());
            let served = (route.handler)();
            let served = if route.method == Verb::Get {
                served.guard(match_on::Any(method).or(match_on::Head()))
            } else {
                served.guard(method)
            };
            resource = resource.route(served.wrap(from_fn(move |req, next| guard::check(route, req, next))));
        }
        cfg.service(resource);
    }
}

/// The value of `Allow` for a path: `GET, HEAD, POST`.
fn allowed(routes: &[Route], path: &str) -> String {
    let methods = routes.iter().filter(|route| route.path == path).map(|route| match route.method {
        Verb::Get => "GET, HEAD",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Delete => "DELETE",
    });
    methods.collect::<Vec<_>>().join(", ")
}

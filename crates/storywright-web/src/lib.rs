//! Pages, JSON API and event streams on actix-web. A handler extracts, calls one use case of `storywright-application`, answers.
//!
//! Everything that a request must be before a handler sees it is decided in one place: the route table ([`route`]) says who may call, how
//! large a body may be, whether the request must prove where it comes from; [`guard`] enforces it. A session or token is checked
//! in the same trip to the blocking pool as the use case itself, and only that check makes an
//! [`Actor`](storywright_domain::person::Actor), so no handler can touch a person's data without it.

pub mod api;
pub mod errors;
pub mod guard;
pub mod limits;
pub mod observe;
pub mod pages;
pub mod route;
mod session;
pub mod settings;
pub mod sse;
mod state;
pub mod upload;
pub mod view;
pub mod visit;

pub use errors::AppError;
pub use settings::{BadNetwork, Network, Rates, WebSettings};
pub use state::{AppState, CertificateCheck, CertificateFacts, CheckedCertificates, StartError};

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpServer};
use std::net::TcpListener;
use std::time::Duration;

/// Registers every route of every table.
pub fn configure(cfg: &mut ServiceConfig, state: &web::Data<AppState>) {
    cfg.app_data(state.clone());
    route::register(cfg, api::ROUTES);
    route::register(cfg, pages::PLAIN_ROUTES);
    // Last, because it also answers every address that nobody else does.
    cfg.service(
        web::scope("")
            .wrap(session::middleware(state))
            .configure(|cfg| route::register(cfg, pages::ROUTES))
            .default_service(web::to(guard::not_found)),
    );
}

/// The application, as served and as tested.
pub fn app(
    state: &web::Data<AppState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let state = state.clone();
    App::new().configure(|cfg| configure(cfg, &state)).wrap(Compress::default()).wrap(from_fn(observe::observe))
}

/// The server on a listening socket. The returned value is the future to await and gives the handle that stops it.
///
/// # Errors
/// When the socket cannot be used.
pub fn serve(state: web::Data<AppState>, listener: TcpListener) -> std::io::Result<Server> {
    let settings = state.settings.clone();
    sse::let_stuck_connections_end(&listener)?;
    let server = HttpServer::new(move || app(&state))
        .workers(settings.workers.max(1))
        .worker_max_blocking_threads(settings.blocking_threads.max(1))
        .max_connections(settings.max_connections)
        .client_request_timeout(Duration::from_secs(5))
        .client_disconnect_timeout(Duration::from_secs(5))
        .keep_alive(Duration::from_secs(15))
        // Events are small; none may wait for the acknowledgement of the one before.
        .tcp_nodelay(true)
        // A browser that has gone is noticed at once, also by a stream that has nothing to say.
        .h1_allow_half_closed(false)
        .shutdown_timeout(settings.shutdown.as_secs())
        .disable_signals()
        .listen(listener)?
        .run();
    Ok(server)
}

//! Pages, JSON API and event streams on actix-web.

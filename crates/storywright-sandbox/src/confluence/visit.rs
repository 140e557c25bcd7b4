//! One request's view of Confluence: who asks, what to expand, which part of a list.

use std::future::{Ready, ready};

use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::errors::Refused;
use crate::{
    auth::Presented,
    clock::Millis,
    faults::Effects,
    people::Person,
    state::{Service, Shared},
};

/// Everything handlers need beside the store.
pub(super) struct Visit {
    pub(super) shared: Data<Shared>,
    pub(super) presented: Presented,
    pub(super) people: Vec<Person>,
    pub(super) now: Millis,
    /// `http://127.0.0.1:9900/confluence`
    pub(super) base: String,
    effects: Effects,
    query: Vec<(String, String)>,
}

impl FromRequest for Visit {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(shared) = req.app_data::<Data<Shared>>().cloned() else {
            return ready(Err(actix_web::error::ErrorInternalServerError("no shared state")));
        };
        let presented = req.extensions().get::<Presented>().cloned();
        let presented = presented.unwrap_or_else(|| shared.presented(Service::Confluence, req.path(), req.headers()));
        let effects = req.extensions().get::<Effects>().copied().unwrap_or_default();
        let decoded = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
        let query = req
            .query_string()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        // People are copied before any store is locked: one order of locks for everybody.
        let people = shared.people();
        let (now, base) = (shared.clock.now(), format!("{}/confluence", shared.base_url));
        ready(Ok(Self { shared, presented, people, now, base, effects, query }))
    }
}

impl Visit {
    /// Who asks; nobody for anonymous requests and for people who are switched off.
    pub(super) fn me(&self) -> Option<&Person> {
        self.presented.person().filter(|p| p.active && !p.deleted)
    }

    /// Who asks, or 403.
    pub(super) fn signed_in(&self) -> Result<&Person, Refused> {
        self.me().ok_or_else(Refused::anonymous)
    }

    /// A parameter of the query; blank counts as missing.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str()).filter(|v| !v.is_empty())
    }

    /// The query without paging, for `next` links.
    pub(super) fn other_params(&self) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.query.iter().filter(|(n, _)| n != "start" && n != "limit") {
            pairs.append_pair(name, value);
        }
        pairs.finish()
    }

    /// Start and limit; `limit` is capped.
    pub(super) fn window(&self, default: usize, most: usize) -> (usize, usize) {
        let number = |name: &str| self.param(name).and_then(|v| v.parse::<usize>().ok());
        (number("start").unwrap_or(0), number("limit").unwrap_or(default).min(most))
    }

    /// What to expand; `default` when the parameter is missing.
    pub(super) fn expand(&self, default: &str) -> Expand {
        Expand(self.param("expand").unwrap_or(default).split(',').map(|path| path.trim().to_owned()).collect())
    }

    /// The person with this user key.
    pub(super) fn by_key(&self, key: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.confluence.user_key == key)
    }

    /// Content created after this is not in the index yet.
    pub(super) fn indexed_until(&self, seeded_at: Millis) -> Millis {
        match self.effects.index_lag_ms {
            None => Millis::MAX,
            Some(lag) if lag < 0 => seeded_at,
            Some(lag) => self.now - lag,
        }
    }
}

/// The `expand` parameter.
#[derive(Debug, Clone, Default)]
pub(super) struct Expand(Vec<String>);

impl Expand {
    /// Is `path` asked for, itself or with something below it?
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.iter().any(|p| p == path || p.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
    }

    /// What is asked for below `path`.
    pub(super) fn below(&self, path: &str) -> Self {
        Self(self.0.iter().filter_map(|p| p.strip_prefix(path)?.strip_prefix('.').map(str::to_owned)).collect())
    }
}

/// Reads a JSON body, or says 400 as Confluence does.
pub(super) fn json_body(bytes: &[u8]) -> Result<Value, Refused> {
    serde_json::from_slice(bytes).map_err(|error| Refused::bad(format!("Could not parse the request body: {error}")))
}

/// A content id in a path.
pub(super) fn content_id(raw: &str) -> Result<u64, Refused> {
    raw.parse().map_err(|_| Refused::no_content(raw))
}

impl From<Vec<String>> for Expand {
    fn from(paths: Vec<String>) -> Self {
        Self(paths)
    }
}

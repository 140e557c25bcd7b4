//! `/llm/__…`: pace, misbehavior, login mode and figures, for tests.

use actix_web::{
    HttpResponse,
    web::{Data, Json},
};
use serde::Deserialize;
use serde_json::json;

use super::{behave::Behavior, identity::Login};
use crate::state::Shared;

/// `GET /llm/__pace`
pub(crate) async fn pace(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.llm().pace)
}

#[derive(Deserialize)]
pub(crate) struct NewPace {
    first_ms: Option<u64>,
    chunk_ms: Option<u64>,
}

/// `POST /llm/__pace {"chunk_ms":0,"first_ms":0}`; what is left out stays.
pub(crate) async fn set_pace(shared: Data<Shared>, wanted: Json<NewPace>) -> HttpResponse {
    let mut store = shared.llm();
    store.pace.first_ms = wanted.first_ms.unwrap_or(store.pace.first_ms);
    store.pace.chunk_ms = wanted.chunk_ms.unwrap_or(store.pace.chunk_ms);
    HttpResponse::Ok().json(store.pace)
}

#[derive(Deserialize)]
pub(crate) struct NewLogin {
    mode: Login,
}

/// `POST /llm/__login {"mode":"redirect"|"page"|"json"}`
pub(crate) async fn set_login(shared: Data<Shared>, wanted: Json<NewLogin>) -> HttpResponse {
    shared.llm().login = wanted.mode;
    HttpResponse::Ok().json(json!({"mode": wanted.mode}))
}

/// `GET /llm/__behave`: what still waits.
pub(crate) async fn behaviors(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(&shared.llm().behaviors)
}

/// `POST /llm/__behave {"kind":"length_cut","n":5,"times":1,"contains":"…"}`
pub(crate) async fn behave(shared: Data<Shared>, wanted: Json<Behavior>) -> HttpResponse {
    let mut store = shared.llm();
    store.behaviors.push(wanted.into_inner());
    HttpResponse::Created().json(&store.behaviors)
}

/// `DELETE /llm/__behave`
pub(crate) async fn calm_down(shared: Data<Shared>) -> HttpResponse {
    shared.llm().behaviors.clear();
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
pub(crate) struct Renewal {
    who: String,
}

/// `POST /llm/__renew {"who":"alice"}`: a cookie that ran out works again, as after a new sign-in.
pub(crate) async fn renew(shared: Data<Shared>, renewal: Json<Renewal>) -> HttpResponse {
    let Some(person) = shared.person(&renewal.who) else {
        return HttpResponse::NotFound().json(json!({"error": "no such person"}));
    };
    shared.llm().expired.remove(&person.llm.credential);
    HttpResponse::NoContent().finish()
}

/// `GET /llm/__stats`
pub(crate) async fn stats(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(shared.llm().stats)
}

//! `/rest/api/user`: who one is, and who others are.

use actix_web::{
    HttpResponse,
    web::{self, Path},
};
use serde_json::{Value, json};

use super::{errors::Refused, json::known, visit::Visit};
use crate::people::Person;

/// Adds the routes.
pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/user/current", web::get().to(current))
        .route("/user/anonymous", web::get().to(nobody))
        .route("/user/memberof", web::get().to(groups))
        .route("/user", web::get().to(user))
        .route("/group/{name}/member", web::get().to(members));
}

/// A wrong PAT is not refused here: the answer is 200 and `anonymous`.
async fn current(visit: Visit) -> HttpResponse {
    HttpResponse::Ok().json(visit.me().map_or_else(|| anonymous(&visit), |me| known(me, &visit.base)))
}

async fn nobody(visit: Visit) -> HttpResponse {
    HttpResponse::Ok().json(anonymous(&visit))
}

async fn user(visit: Visit) -> Result<HttpResponse, Refused> {
    visit.signed_in()?;
    let found = visit.people.iter().filter(|p| !p.deleted).find(|p| {
        let by_name = visit.param("username").is_some_and(|name| p.confluence.employee_id.eq_ignore_ascii_case(name));
        by_name || visit.param("key").is_some_and(|key| p.confluence.user_key == key)
    });
    match found {
        Some(person) => {
            let mut json = known(person, &visit.base);
            if visit.expand("").has("status") {
                json["status"] = json!(if person.active { "ACTIVE" } else { "DEACTIVATED" });
            }
            Ok(HttpResponse::Ok().json(json))
        }
        None => Err(Refused::missing("No user found with the given username or key")),
    }
}

async fn groups(visit: Visit) -> Result<HttpResponse, Refused> {
    let me = visit.signed_in()?;
    let mut names = vec!["confluence-users"];
    if me.admin {
        names.push("confluence-administrators");
    }
    let groups: Vec<Value> = names.into_iter().map(|name| json!({"type": "group", "name": name})).collect();
    Ok(HttpResponse::Ok().json(json!({"results": groups, "start": 0, "limit": 200, "size": groups.len()})))
}

async fn members(visit: Visit, name: Path<String>) -> Result<HttpResponse, Refused> {
    visit.signed_in()?;
    let admins_only = match name.as_str() {
        "confluence-users" => false,
        "confluence-administrators" => true,
        _ => return Err(Refused::missing(format!("No group found with name : {name}"))),
    };
    let (start, limit) = visit.window(200, 200);
    let found: Vec<&Person> = visit
        .people
        .iter()
        .filter(|p| p.active && !p.deleted && (p.admin || !admins_only))
        .skip(start)
        .take(limit)
        .collect();
    let users: Vec<Value> = found.into_iter().map(|person| known(person, &visit.base)).collect();
    Ok(HttpResponse::Ok().json(json!({"results": users, "start": start, "limit": limit, "size": users.len()})))
}

fn anonymous(visit: &Visit) -> Value {
    json!({
        "type": "anonymous",
        "profilePicture": {"path": "/confluence/images/icons/profilepics/anonymous.svg", "width": 48, "height": 48, "isDefault": true},
        "displayName": "Anonymous",
        "_links": {"base": visit.base, "context": "/confluence", "self": format!("{}/rest/api/user/anonymous", visit.base)},
    })
}

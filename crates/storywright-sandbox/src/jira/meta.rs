//! Fields, createmeta and editmeta, priorities, statuses, resolutions, issue types.

use actix_web::{
    HttpResponse,
    web::{self, Path, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    catalog::{self, Choice, Field, IssueType, Kind, Project, Slot},
    desk::Desk,
    errors::JiraError,
    render,
    store::Issue,
};

type Answer = Result<HttpResponse, JiraError>;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/issue/createmeta/{project}/issuetypes", web::get().to(create_types))
        .route("/issue/createmeta/{project}/issuetypes/{type}", web::get().to(create_fields))
        .route("/field", web::get().to(fields))
        .route("/priority", web::get().to(priorities))
        .route("/priority/{id}", web::get().to(one_priority))
        .route("/status", web::get().to(statuses))
        .route("/status/{id}", web::get().to(one_status))
        .route("/statuscategory", web::get().to(categories))
        .route("/resolution", web::get().to(resolutions))
        .route("/issuetype", web::get().to(types))
        .route("/issuetype/{id}", web::get().to(one_type));
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    start_at: Option<usize>,
    max_results: Option<usize>,
}

/// A page of createmeta. Cloud calls its rows by their name, and tells neither page size nor end.
fn paged(desk: &Desk, page: &Page, rows: &str, values: Vec<Value>) -> HttpResponse {
    let total = values.len();
    let (start, max) = (page.start_at.unwrap_or(0), page.max_results.unwrap_or(50).min(desk.most_hits(200)));
    let values: Vec<Value> = values.into_iter().skip(start).take(max).collect();
    if desk.cloud {
        let mut answer = json!({"maxResults": max, "startAt": start, "total": total});
        answer[rows] = json!(values);
        return HttpResponse::Ok().json(answer);
    }
    let last = start + values.len() >= total;
    HttpResponse::Ok()
        .json(json!({"maxResults": max, "startAt": start, "total": total, "isLast": last, "values": values}))
}

fn visible_project(desk: &Desk, key_or_id: &str) -> Result<&'static Project, JiraError> {
    let project = catalog::project(key_or_id).filter(|p| desk.sees(p.key));
    project.ok_or_else(|| JiraError::new(400, format!("The project with key or id '{key_or_id}' does not exist.")))
}

async fn create_types(desk: Desk, project: Path<String>, page: Query<Page>) -> Answer {
    let project = visible_project(&desk, &project)?;
    let allowed = desk.me().is_some_and(|p| p.may_create(project.key));
    let types = if allowed { project.types } else { &[] };
    Ok(paged(&desk, &page, "issueTypes", types.iter().map(|t| render::issue_type(&desk, t)).collect()))
}

async fn create_fields(desk: Desk, path: Path<(String, String)>, page: Query<Page>) -> Answer {
    let (project, type_id) = path.into_inner();
    let project = visible_project(&desk, &project)?;
    if !desk.me().is_some_and(|p| p.may_create(project.key)) {
        return Ok(paged(&desk, &page, "fields", Vec::new()));
    }
    let Some(issue_type) = project.issue_type(&type_id) else {
        return Err(JiraError::new(400, format!("The issue type with id '{type_id}' does not exist in the project.")));
    };
    let slots = desk.screen(project, issue_type, false);
    let shown = slots.iter().filter(|slot| slot.shown).map(|slot| {
        let mut described = describe(&desk, project, issue_type, slot);
        described["fieldId"] = json!(slot.field.id);
        if desk.cloud {
            described["key"] = json!(slot.field.id);
        }
        described
    });
    Ok(paged(&desk, &page, "fields", shown.collect()))
}

/// The fields of an issue that its editor may set, by id.
pub(crate) fn edit_fields(desk: &Desk, issue: &Issue) -> Value {
    let (Some(project), Some(issue_type)) = (issue.project(), issue.issue_type()) else {
        return json!({});
    };
    if !desk.me().is_some_and(|p| p.may_edit(project.key)) {
        return json!({});
    }
    let slots = desk.screen(project, issue_type, true);
    let editable = slots.iter().filter(|slot| !matches!(slot.field.id, "project" | "issuetype" | "parent"));
    let fields: Map<String, Value> =
        editable.map(|slot| (slot.field.id.to_owned(), describe(desk, project, issue_type, slot))).collect();
    Value::Object(fields)
}

fn describe(desk: &Desk, project: &Project, issue_type: &IssueType, slot: &Slot) -> Value {
    let field = slot.field;
    let operations: &[&str] = if field.plural() { &["add", "set", "remove"] } else { &["set"] };
    let mut described = json!({
        "required": slot.required, "schema": schema(field), "name": field.name,
        "hasDefaultValue": slot.default.is_some() || field.id == "priority" || field.id == "reporter",
        "operations": operations,
    });
    if let Some(default) = slot.default.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        described["defaultValue"] = default_shown(desk, field, default);
    }
    match field.kind {
        Kind::Project => described["allowedValues"] = json!([super::projects::small(desk, project)]),
        Kind::IssueType => described["allowedValues"] = json!([render::issue_type(desk, issue_type)]),
        Kind::Priority => {
            described["allowedValues"] = catalog::PRIORITIES.iter().map(|p| render::priority(desk, p)).collect();
            let default = catalog::PRIORITIES.iter().find(|p| p.id == catalog::DEFAULT_PRIORITY);
            described["defaultValue"] = default.map_or(Value::Null, |p| render::priority(desk, p));
        }
        Kind::Components => described["allowedValues"] = named(desk, project.components, "component"),
        Kind::Versions => described["allowedValues"] = named(desk, project.versions, "version"),
        Kind::Select(choices) | Kind::MultiSelect(choices) | Kind::Cascading(choices) => {
            described["allowedValues"] = choices.iter().map(|c| choice(desk, c)).collect();
        }
        Kind::Labels => {
            described["autoCompleteUrl"] = json!(format!("{}/rest/api/1.0/labels/suggest?query=", desk.base()));
        }
        Kind::User => {
            let word = if desk.cloud { "query" } else { "username" };
            described["autoCompleteUrl"] = json!(format!("{}/rest/api/latest/user/search?{word}=", desk.base()));
        }
        _ => {}
    }
    described
}

fn default_shown(desk: &Desk, field: &Field, sent: Value) -> Value {
    let (Kind::Select(choices) | Kind::MultiSelect(choices)) = field.kind else {
        return sent;
    };
    let one = |sent: &Value| {
        choices.iter().find(|c| sent.get("id").and_then(Value::as_str) == Some(c.id)).map(|c| choice(desk, c))
    };
    match &sent {
        Value::Array(list) => list.iter().filter_map(one).collect(),
        single => one(single).unwrap_or(Value::Null),
    }
}

fn named(desk: &Desk, list: &[catalog::Named], path: &str) -> Value {
    list.iter().map(|n| json!({"self": desk.api(&format!("{path}/{}", n.id)), "id": n.id, "name": n.name})).collect()
}

fn choice(desk: &Desk, choice: &Choice) -> Value {
    let link = |c: &Choice| desk.api(&format!("customFieldOption/{}", c.id));
    let mut shown = json!({"self": link(choice), "value": choice.value, "id": choice.id, "disabled": false});
    if !choice.children.is_empty() {
        let child = |c: &Choice| json!({"self": link(c), "value": c.value, "id": c.id, "disabled": false});
        shown["children"] = choice.children.iter().map(child).collect();
    }
    shown
}

/// A field's schema: type, items, and `system` or `custom` with `customId`.
pub(crate) fn schema(field: &Field) -> Value {
    let (kind, items) = match field.kind {
        Kind::Line | Kind::Text => ("string", None),
        Kind::Number => ("number", None),
        Kind::Date => ("date", None),
        Kind::Labels => ("array", Some("string")),
        Kind::Select(_) => ("option", None),
        Kind::MultiSelect(_) => ("array", Some("option")),
        Kind::Cascading(_) => ("option-with-child", None),
        Kind::User => ("user", None),
        Kind::Priority => ("priority", None),
        Kind::Components => ("array", Some("component")),
        Kind::Versions => ("array", Some("version")),
        Kind::EpicLink => ("any", None),
        Kind::EpicName => ("string", None),
        Kind::Sprint => ("array", Some("string")),
        Kind::Project => ("project", None),
        Kind::IssueType => ("issuetype", None),
        Kind::Parent => ("issuelink", None),
        Kind::Computed(kind) => (kind, None),
        Kind::ComputedList(items) => ("array", Some(items)),
    };
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!(kind));
    if let Some(items) = items {
        schema.insert("items".to_owned(), json!(items));
    }
    match field.custom {
        Some(custom) => {
            schema.insert("custom".to_owned(), json!(custom));
            schema.insert("customId".to_owned(), json!(field.custom_id()));
        }
        None => {
            schema.insert("system".to_owned(), json!(field.id));
        }
    }
    Value::Object(schema)
}

async fn fields(desk: Desk) -> HttpResponse {
    // Custom fields are for people who are signed in.
    let visible = catalog::FIELDS.iter().filter(|f| f.custom.is_none() || desk.me().is_some());
    let all: Vec<Value> = visible
        .map(|f| {
            let mut clauses = vec![f.name.to_owned()];
            match f.custom_id() {
                Some(id) => clauses.insert(0, format!("cf[{id}]")),
                None => clauses = vec![f.id.to_lowercase()],
            }
            json!({
                "id": f.id, "name": f.name, "custom": f.custom.is_some(), "orderable": !matches!(f.kind, Kind::Computed(_)),
                "navigable": f.navigable, "searchable": true, "clauseNames": clauses, "schema": schema(f),
            })
        })
        .collect();
    HttpResponse::Ok().json(all)
}

fn one(found: Option<Value>, what: &str) -> Answer {
    found
        .map(|value| HttpResponse::Ok().json(value))
        .ok_or_else(|| JiraError::new(404, format!("The {what} does not exist.")))
}

async fn priorities(desk: Desk) -> HttpResponse {
    HttpResponse::Ok().json(catalog::PRIORITIES.iter().map(|p| render::priority(&desk, p)).collect::<Vec<_>>())
}

async fn one_priority(desk: Desk, id: Path<String>) -> Answer {
    one(catalog::PRIORITIES.iter().find(|p| p.id == id.as_str()).map(|p| render::priority(&desk, p)), "priority")
}

async fn statuses(desk: Desk) -> HttpResponse {
    HttpResponse::Ok().json(catalog::STATUSES.iter().map(|s| render::status(&desk, s)).collect::<Vec<_>>())
}

async fn one_status(desk: Desk, id: Path<String>) -> Answer {
    let found = catalog::STATUSES.iter().find(|s| s.id == id.as_str() || s.name == id.as_str());
    one(found.map(|s| render::status(&desk, s)), "status")
}

async fn categories(desk: Desk) -> HttpResponse {
    HttpResponse::Ok().json(catalog::CATEGORIES.iter().map(|c| render::category(&desk, c)).collect::<Vec<_>>())
}

async fn resolutions(desk: Desk) -> HttpResponse {
    HttpResponse::Ok().json(catalog::RESOLUTIONS.iter().map(|r| render::resolution(&desk, r)).collect::<Vec<_>>())
}

async fn types(desk: Desk) -> HttpResponse {
    HttpResponse::Ok().json(catalog::issue_types().map(|t| render::issue_type(&desk, t)).collect::<Vec<_>>())
}

async fn one_type(desk: Desk, id: Path<String>) -> Answer {
    one(catalog::issue_type(&id).map(|t| render::issue_type(&desk, t)), "issue type")
}

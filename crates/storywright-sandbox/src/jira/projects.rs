//! `/project` and permissions.

use actix_web::{
    HttpResponse,
    web::{self, Path, Query, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    catalog::{self, Project},
    desk::Desk,
    errors::JiraError,
    render,
};

type Answer = Result<HttpResponse, JiraError>;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/project", web::get().to(list))
        .route("/project/{project}", web::get().to(get))
        .route("/project/{project}/components", web::get().to(components))
        .route("/project/{project}/versions", web::get().to(versions))
        .route("/project/{project}/statuses", web::get().to(statuses))
        .route("/mypermissions", web::get().to(permissions));
}

fn visible(desk: &Desk, key_or_id: &str) -> Result<&'static Project, JiraError> {
    let project = catalog::project(key_or_id).filter(|p| desk.sees(p.key));
    project.ok_or_else(|| JiraError::new(404, format!("No project could be found with key '{key_or_id}'.")))
}

/// A project inside other things.
pub(crate) fn small(desk: &Desk, project: &Project) -> Value {
    let avatar = format!("{}/secure/projectavatar?pid={}&avatarId=10324", desk.base(), project.id);
    json!({
        "self": desk.api(&format!("project/{}", project.id)), "id": project.id, "key": project.key, "name": project.name,
        "projectTypeKey": "software",
        "avatarUrls": {
            "48x48": avatar, "24x24": format!("{avatar}&size=small"), "16x16": format!("{avatar}&size=xsmall"),
            "32x32": format!("{avatar}&size=medium"),
        },
    })
}

fn named(desk: &Desk, project: &Project, list: &[catalog::Named], path: &str) -> Vec<Value> {
    let one = |n: &catalog::Named| {
        json!({
            "self": desk.api(&format!("{path}/{}", n.id)), "id": n.id, "name": n.name, "project": project.key,
            "projectId": project.id.parse::<u64>().unwrap_or_default(), "archived": false, "released": false,
        })
    };
    list.iter().map(one).collect()
}

async fn list(desk: Desk) -> HttpResponse {
    let projects = catalog::PROJECTS.iter().filter(|p| desk.sees(p.key)).map(|p| {
        let mut shown = small(&desk, p);
        shown["expand"] = json!("description,lead,url,projectKeys");
        shown["archived"] = json!(false);
        shown
    });
    HttpResponse::Ok().json(projects.collect::<Vec<_>>())
}

async fn get(desk: Desk, key: Path<String>) -> Answer {
    let project = visible(&desk, &key)?;
    let mut shown = small(&desk, project);
    shown["expand"] = json!("description,lead,url,projectKeys");
    shown["description"] = json!(project.description);
    shown["lead"] =
        desk.people.iter().find(|p| p.handle == project.lead).map_or(Value::Null, |person| desk.user(person));
    shown["components"] = named(&desk, project, project.components, "component").into();
    shown["versions"] = named(&desk, project, project.versions, "version").into();
    shown["issueTypes"] = project.types.iter().map(|t| render::issue_type(&desk, t)).collect();
    shown["assigneeType"] = json!("UNASSIGNED");
    shown["archived"] = json!(false);
    shown["roles"] = json!({});
    Ok(HttpResponse::Ok().json(shown))
}

async fn components(desk: Desk, key: Path<String>) -> Answer {
    let project = visible(&desk, &key)?;
    Ok(HttpResponse::Ok().json(named(&desk, project, project.components, "component")))
}

async fn versions(desk: Desk, key: Path<String>) -> Answer {
    let project = visible(&desk, &key)?;
    Ok(HttpResponse::Ok().json(named(&desk, project, project.versions, "version")))
}

async fn statuses(desk: Desk, key: Path<String>) -> Answer {
    let project = visible(&desk, &key)?;
    let all: Vec<Value> = catalog::STATUSES.iter().map(|s| render::status(&desk, s)).collect();
    let types = project.types.iter().map(|t| {
        json!({
            "self": desk.api(&format!("issuetype/{}", t.id)), "id": t.id, "name": t.name, "subtask": t.subtask(),
            "statuses": all,
        })
    });
    Ok(HttpResponse::Ok().json(types.collect::<Vec<_>>()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PermissionQuery {
    project_key: Option<String>,
    project_id: Option<String>,
    issue_key: Option<String>,
}

async fn permissions(desk: Desk, query: Query<PermissionQuery>) -> HttpResponse {
    let from_issue = query.issue_key.as_deref().and_then(|key| key.split('-').next());
    let named = query.project_key.as_deref().or(query.project_id.as_deref()).or(from_issue);
    let projects: Vec<&str> = match named {
        Some(named) => catalog::project(named).into_iter().map(|p| p.key).collect(),
        None => catalog::PROJECTS.iter().map(|p| p.key).collect(),
    };
    let any = |test: &dyn Fn(&crate::people::Person, &str) -> bool| {
        desk.me().is_some_and(|person| projects.iter().any(|project| test(person, project)))
    };
    let list = [
        ("1", "BROWSE_PROJECTS", "Browse Projects", any(&|p, k| p.may_browse(k))),
        ("2", "CREATE_ISSUES", "Create Issues", any(&|p, k| p.may_create(k))),
        ("3", "EDIT_ISSUES", "Edit Issues", any(&|p, k| p.may_edit(k))),
        ("4", "LINK_ISSUES", "Link Issues", any(&|p, k| p.may_edit(k))),
        ("5", "DELETE_ISSUES", "Delete Issues", any(&|p, k| p.may_delete(k))),
        ("6", "ADMINISTER", "Jira Administrators", desk.me().is_some_and(|p| p.admin)),
    ];
    let permissions: Map<String, Value> = list
        .into_iter()
        .map(|(id, key, name, have)| {
            let shown = json!({
                "id": id, "key": key, "name": name, "type": "PROJECT", "description": "", "havePermission": have,
            });
            (key.to_owned(), shown)
        })
        .collect();
    HttpResponse::Ok().json(json!({"permissions": permissions}))
}

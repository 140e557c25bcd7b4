//! An issue as JSON: fields asked for, expansions, properties.

use serde_json::{Map, Value, json};

use super::{
    catalog::{self, Field, IssueType, Kind, Named, Status},
    cloud, comments,
    desk::Desk,
    links, meta,
    store::{Issue, Store},
    transitions,
};
use crate::clock::atlassian_time;

/// What a client wants to see of an issue.
pub(crate) struct Wanted {
    fields: Vec<String>,
    expand: Vec<String>,
    properties: Vec<String>,
}

fn split(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

impl Wanted {
    /// From comma lists; `default` stands for absent `fields`.
    pub(crate) fn new(fields: Option<&str>, expand: Option<&str>, properties: Option<&str>, default: &str) -> Self {
        let fields = fields.map(split).filter(|list| !list.is_empty()).unwrap_or_else(|| split(default));
        Self { fields, expand: split(expand.unwrap_or_default()), properties: split(properties.unwrap_or_default()) }
    }

    fn shows(&self, field: &Field) -> bool {
        let excluded = |name: &String| name.strip_prefix('-').is_some_and(|id| id == field.id);
        if self.fields.iter().any(excluded) {
            return false;
        }
        let mut only_exclusions = true;
        for name in &self.fields {
            if name.starts_with('-') {
                continue;
            }
            only_exclusions = false;
            let asked = match name.as_str() {
                "*all" => true,
                "*navigable" => field.navigable,
                id => id == field.id,
            };
            if asked {
                return true;
            }
        }
        only_exclusions
    }

    pub(crate) fn expands(&self, what: &str) -> bool {
        self.expand.iter().any(|one| one == what || one.split('.').next() == Some(what))
    }
}

/// The issue as `GET /issue/{key}` shows it.
pub(crate) fn issue(desk: &Desk, store: &Store, issue: &Issue, wanted: &Wanted) -> Value {
    let mut shown = json!({
        "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
        "id": issue.id.to_string(),
        "self": desk.api(&format!("issue/{}", issue.id)),
        "key": issue.key(),
    });
    let on_screens = relevant(desk, issue);
    let mut fields = Map::new();
    for field in catalog::FIELDS.iter().filter(|f| wanted.shows(f)) {
        // Custom fields without a place in the project are not part of its issues.
        if field.custom.is_some() && !on_screens.contains(&field.id) && !issue.fields.contains_key(field.id) {
            continue;
        }
        let above = desk.parent_of(issue);
        if field.id == "parent" && above.is_none() {
            continue;
        }
        // Cloud has no Epic Link any more: the epic is the parent.
        if desk.cloud && matches!(field.id, cloud::EPIC_LINK | "customfield_10101") {
            continue;
        }
        fields.insert(field.id.to_owned(), value(desk, store, issue, field));
    }
    if wanted.expands("renderedFields") {
        shown["renderedFields"] = rendered(&fields);
    }
    if wanted.expands("names") {
        shown["names"] = names(&fields);
    }
    if wanted.expands("schema") {
        shown["schema"] = schemas(&fields);
    }
    if wanted.expands("transitions") {
        shown["transitions"] = transitions::list(desk, issue, None);
    }
    if wanted.expands("editmeta") {
        shown["editmeta"] = json!({"fields": meta::edit_fields(desk, issue)});
    }
    if wanted.expands("changelog") {
        shown["changelog"] = json!({"startAt": 0, "maxResults": 0, "total": 0, "histories": []});
    }
    if !wanted.properties.is_empty() {
        let all = wanted.properties.iter().any(|name| name == "*all");
        let properties: Map<String, Value> = issue
            .properties
            .iter()
            .filter(|(key, _)| all || wanted.properties.contains(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        shown["properties"] = Value::Object(properties);
    }
    shown["fields"] = Value::Object(fields);
    shown
}

fn relevant(desk: &Desk, issue: &Issue) -> Vec<&'static str> {
    let (Some(project), Some(issue_type)) = (issue.project(), issue.issue_type()) else {
        return Vec::new();
    };
    desk.screen(project, issue_type, true).iter().map(|slot| slot.field.id).collect()
}

/// Names of the shown fields, for `expand=names`.
pub(crate) fn names(fields: &Map<String, Value>) -> Value {
    fields.keys().filter_map(|id| Some((id.clone(), json!(catalog::field(id)?.name)))).collect::<Map<_, _>>().into()
}

/// Schemas of the shown fields, for `expand=schema`.
pub(crate) fn schemas(fields: &Map<String, Value>) -> Value {
    fields.keys().filter_map(|id| Some((id.clone(), meta::schema(catalog::field(id)?)))).collect::<Map<_, _>>().into()
}

/// Wiki fields as HTML; everything else is null.
fn rendered(fields: &Map<String, Value>) -> Value {
    fields
        .iter()
        .map(|(id, value)| {
            let text =
                matches!(catalog::field(id).map(|f| f.kind), Some(Kind::Text)).then_some(value.as_str()).flatten();
            (id.clone(), text.map_or(Value::Null, |text| json!(super::wiki::html(text))))
        })
        .collect::<Map<_, _>>()
        .into()
}

fn value(desk: &Desk, store: &Store, issue: &Issue, field: &Field) -> Value {
    let kept = issue.fields.get(field.id);
    let time = |at: i64| json!(atlassian_time(at));
    match field.id {
        "issuetype" => issue.issue_type().map_or(Value::Null, |t| issue_type(desk, t)),
        "project" => issue.project().map_or(Value::Null, |p| super::projects::small(desk, p)),
        "parent" => desk.parent_of(issue).and_then(|id| store.get(id)).map_or(Value::Null, |p| small(desk, p)),
        "status" => catalog::status(&issue.status).map_or(Value::Null, |s| status(desk, s)),
        "resolution" => issue
            .resolution
            .as_deref()
            .and_then(|id| catalog::RESOLUTIONS.iter().find(|r| r.id == id))
            .map_or(Value::Null, |r| resolution(desk, r)),
        "resolutiondate" => issue.resolved.map_or(Value::Null, time),
        "created" => time(issue.created),
        "updated" => time(issue.updated),
        "creator" => desk.user_by_key(&issue.creator),
        "issuelinks" => links::of_issue(desk, store, issue),
        "subtasks" => store.subtasks(issue.id).map(|i| small(desk, i)).collect(),
        "comment" => comments::page(desk, issue, 0, usize::MAX),
        "worklog" => json!({"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []}),
        "attachment" => json!([]),
        "watches" => json!({
            "self": desk.api(&format!("issue/{}/watchers", issue.key())), "watchCount": issue.watchers.len(),
            "isWatching": desk.me().is_some_and(|p| issue.watchers.contains(&p.jira_key)),
        }),
        "votes" => {
            json!({"self": desk.api(&format!("issue/{}/votes", issue.key())), "votes": 0, "hasVoted": false})
        }
        _ => match kept {
            None | Some(Value::Null) if field.plural() => match field.custom {
                Some(_) => Value::Null,
                None => json!([]),
            },
            None | Some(Value::Null) => Value::Null,
            Some(kept) => shown_value(desk, store, field, kept),
        },
    }
}

fn shown_value(desk: &Desk, store: &Store, field: &Field, kept: &Value) -> Value {
    let id = kept.as_str().unwrap_or_default();
    let many = |one: &dyn Fn(&str) -> Value| -> Value {
        kept.as_array().into_iter().flatten().filter_map(Value::as_str).map(one).collect()
    };
    let all_of = |pick: fn(&'static catalog::Project) -> &'static [Named], id: &str, path: &str| {
        catalog::PROJECTS
            .iter()
            .flat_map(pick)
            .find(|n| n.id == id)
            .map_or(Value::Null, |n| json!({"self": desk.api(&format!("{path}/{}", n.id)), "id": n.id, "name": n.name}))
    };
    match field.kind {
        Kind::Select(choices) => choice(desk, choices, id),
        Kind::MultiSelect(choices) => many(&|id| choice(desk, choices, id)),
        Kind::Cascading(choices) => {
            let parent = kept.get("id").and_then(Value::as_str).unwrap_or_default();
            let mut shown = choice(desk, choices, parent);
            if let Some(child) = kept.get("child").and_then(Value::as_str) {
                let children = choices.iter().find(|c| c.id == parent).map(|c| c.children).unwrap_or_default();
                shown["child"] = choice(desk, children, child);
            }
            shown
        }
        Kind::User => desk.user_by_key(id),
        Kind::Priority => catalog::PRIORITIES.iter().find(|p| p.id == id).map_or(Value::Null, |p| priority(desk, p)),
        Kind::Components => many(&|id| all_of(|p| p.components, id, "component")),
        Kind::Versions => many(&|id| {
            let mut version = all_of(|p| p.versions, id, "version");
            version["archived"] = json!(false);
            version["released"] = json!(false);
            version
        }),
        Kind::EpicLink => kept.as_u64().and_then(|id| store.get(id)).map_or(Value::Null, |epic| json!(epic.key())),
        _ => kept.clone(),
    }
}

fn choice(desk: &Desk, choices: &[catalog::Choice], id: &str) -> Value {
    choices.iter().find(|c| c.id == id).map_or(Value::Null, |c| {
        json!({"self": desk.api(&format!("customFieldOption/{}", c.id)), "value": c.value, "id": c.id, "disabled": false})
    })
}

/// An issue inside another one.
pub(crate) fn small(desk: &Desk, issue: &Issue) -> Value {
    let mut fields = Map::new();
    fields.insert("summary".to_owned(), json!(issue.text("summary")));
    if let Some(s) = catalog::status(&issue.status) {
        fields.insert("status".to_owned(), status(desk, s));
    }
    if let Some(p) = catalog::PRIORITIES.iter().find(|p| p.id == issue.text("priority")) {
        fields.insert("priority".to_owned(), priority(desk, p));
    }
    if let Some(t) = issue.issue_type() {
        fields.insert("issuetype".to_owned(), issue_type(desk, t));
    }
    json!({
        "id": issue.id.to_string(), "key": issue.key(), "self": desk.api(&format!("issue/{}", issue.id)), "fields": fields,
    })
}

pub(crate) fn issue_type(desk: &Desk, issue_type: &IssueType) -> Value {
    let mut shown = json!({
        "self": desk.api(&format!("issuetype/{}", issue_type.id)),
        "id": issue_type.id,
        "description": issue_type.description,
        "iconUrl": format!("{}/secure/viewavatar?size=xsmall&avatarId={}&avatarType=issuetype", desk.base(), issue_type.avatar),
        "name": issue_type.name,
        "subtask": issue_type.subtask(),
        "avatarId": issue_type.avatar,
    });
    if desk.cloud {
        shown["hierarchyLevel"] = json!(cloud::level(issue_type));
    }
    shown
}

pub(crate) fn priority(desk: &Desk, priority: &Named) -> Value {
    json!({
        "self": desk.api(&format!("priority/{}", priority.id)),
        "iconUrl": format!("{}/images/icons/priorities/{}.svg", desk.base(), priority.name.to_lowercase()),
        "name": priority.name,
        "id": priority.id,
    })
}

pub(crate) fn category(desk: &Desk, category: &catalog::Category) -> Value {
    json!({
        "self": desk.api(&format!("statuscategory/{}", category.id)), "id": category.id, "key": category.key,
        "colorName": category.color, "name": category.name,
    })
}

pub(crate) fn status(desk: &Desk, status: &Status) -> Value {
    json!({
        "self": desk.api(&format!("status/{}", status.id)), "description": "",
        "iconUrl": format!("{}/images/icons/statuses/generic.png", desk.base()),
        "name": status.name, "id": status.id, "statusCategory": category(desk, status.category),
    })
}

pub(crate) fn resolution(desk: &Desk, resolution: &Named) -> Value {
    json!({
        "self": desk.api(&format!("resolution/{}", resolution.id)), "id": resolution.id, "description": "",
        "name": resolution.name,
    })
}

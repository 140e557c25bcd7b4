//! Content, spaces and people as JSON, with what was asked to be expanded.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::{
    render::{Context, Mode, web_path},
    store::{Content, Kind, Space, Store, Version},
    tiny,
    visit::{Expand, Visit},
};
use crate::{clock::Millis, people::Person};

/// Expansion nested deeper than this is not followed.
const DEEPEST: usize = 4;

/// Builds JSON for one visit.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) visit: &'a Visit,
    pub(super) store: &'a Store,
}

impl<'a> Shown<'a> {
    /// A content in its current version.
    pub(super) fn content(&self, content: &'a Content, expand: &Expand) -> Value {
        self.version_of(content, content.number(), expand, 0)
    }

    /// A content in one of its versions, counted from 1.
    pub(super) fn version_of(&self, content: &'a Content, number: usize, expand: &Expand, depth: usize) -> Value {
        let version = content.versions.get(number.saturating_sub(1)).unwrap_or(content.current());
        let mut json = Map::new();
        let mut left_out = Map::new();
        let id = content.id;
        json.insert("id".to_owned(), json!(shown_id(content)));
        json.insert("type".to_owned(), json!(content.kind.name()));
        json.insert("status".to_owned(), json!(if content.trashed { "trashed" } else { "current" }));
        json.insert("title".to_owned(), json!(version.title));
        if content.kind == Kind::Page {
            json.insert("position".to_owned(), json!(-1));
        }
        let mut part = |name: &str, path: String, value: &dyn Fn() -> Value| {
            if expand.has(name) && depth < DEEPEST {
                json.insert(name.to_owned(), value());
            } else {
                left_out.insert(name.to_owned(), json!(path));
            }
        };
        let rest = |path: &str| format!("/rest/api/{path}");
        part("space", rest(&format!("space/{}", content.space)), &|| self.space_of(content));
        part("history", rest(&format!("content/{id}/history")), &|| self.history(content, &expand.below("history")));
        part("version", String::new(), &|| self.version(content, number, version));
        part("ancestors", String::new(), &|| {
            let above = self.store.with_ancestors(content);
            let pages = above.into_iter().skip(1).filter(|c| c.kind == Kind::Page).rev();
            Value::Array(
                pages.map(|page| self.version_of(page, page.number(), &expand.below("ancestors"), depth + 1)).collect(),
            )
        });
        part("container", rest(&format!("space/{}", content.space)), &|| match content
            .parent
            .and_then(|p| self.store.contents.get(&p))
        {
            Some(page) if content.kind != Kind::Page => {
                self.version_of(page, page.number(), &Expand::default(), depth + 1)
            }
            _ => self.space_of(content),
        });
        part("body", String::new(), &|| self.body(content, version, &expand.below("body")));
        part("children", rest(&format!("content/{id}/child")), &|| {
            self.children(content, &expand.below("children"), depth)
        });
        part("descendants", rest(&format!("content/{id}/descendant")), &|| {
            self.children(content, &expand.below("descendants"), depth)
        });
        part("metadata", String::new(), &|| self.metadata(content, &expand.below("metadata")));
        part("restrictions", rest(&format!("content/{id}/restriction/byOperation")), &|| self.restrictions(content));
        part("operations", String::new(), &|| self.operations(content));
        if let Some(file) = &content.file {
            json.insert(
                "extensions".to_owned(),
                json!({"mediaType": file.media_type, "fileSize": file.text.len(), "comment": version.message}),
            );
        } else if content.kind == Kind::Comment {
            json.insert("extensions".to_owned(), json!({"location": "footer"}));
        } else {
            json.insert("extensions".to_owned(), json!({"position": "none"}));
        }
        json.insert("_links".to_owned(), self.links(content));
        json.insert("_expandable".to_owned(), Value::Object(left_out));
        Value::Object(json)
    }

    /// A list in Confluence's paging shape; `path` is the address below the context path.
    pub(super) fn list(&self, items: Vec<Value>, path: &str, start: usize, limit: usize, more: bool) -> Value {
        let mut links =
            json!({"self": format!("{}{path}", self.visit.base), "base": self.visit.base, "context": "/confluence"});
        let others = self.visit.other_params();
        let joint = if others.is_empty() { "" } else { "&" };
        let page = |start: usize| json!(format!("{path}?{others}{joint}limit={limit}&start={start}"));
        if more {
            links["next"] = page(start + items.len());
        }
        if start > 0 {
            links["prev"] = page(start.saturating_sub(limit));
        }
        json!({"start": start, "limit": limit, "size": items.len(), "results": items, "_links": links})
    }

    /// A space.
    pub(super) fn space(&self, space: &Space, expand: &Expand) -> Value {
        let mut json = json!({
            "id": space.id, "key": space.key, "name": space.name, "status": "CURRENT", "type": "global",
            "_links": {"webui": format!("/display/{}", space.key), "self": format!("{}/rest/api/space/{}", self.visit.base, space.key)},
            "_expandable": {"metadata": "", "icon": "", "description": "", "retentionPolicy": "", "homepage": format!("/rest/api/content/{}", space.homepage)},
        });
        if expand.has("description") {
            json["description"] =
                json!({"plain": {"value": space.description, "representation": "plain"}, "_expandable": {"view": ""}});
        }
        if expand.has("homepage")
            && let Some(page) = self.store.contents.get(&space.homepage)
        {
            json["homepage"] = self.version_of(page, page.number(), &Expand::default(), 1);
        }
        if expand.has("metadata") {
            json["metadata"] =
                json!({"labels": {"results": [], "start": 0, "limit": 200, "size": 0}, "_expandable": {}});
        }
        json
    }

    /// Somebody, by user key.
    pub(super) fn user(&self, key: &str) -> Value {
        self.visit.by_key(key).map_or_else(
            || json!({"type": "known", "username": key, "userKey": key, "displayName": "Unknown User"}),
            |person| known(person, &self.visit.base),
        )
    }

    /// Labels of a content.
    pub(super) fn labels(&self, content: &Content) -> Value {
        let labels: Vec<Value> = content
            .labels
            .iter()
            .map(|name| json!({"prefix": "global", "name": name, "id": label_id(name).to_string(), "label": name}))
            .collect();
        let own = format!("{}/rest/api/content/{}/label", self.visit.base, content.id);
        json!({"size": labels.len(), "start": 0, "limit": 200, "results": labels, "_links": {"self": own, "base": self.visit.base, "context": "/confluence"}})
    }

    /// Restrictions of a content, by operation.
    pub(super) fn restrictions(&self, content: &Content) -> Value {
        let one = |operation: &str, handles: &[String]| {
            let users: Vec<Value> = handles
                .iter()
                .filter_map(|handle| self.visit.people.iter().find(|p| p.handle == *handle))
                .map(|person| known(person, &self.visit.base))
                .collect();
            json!({
                "operation": operation,
                "restrictions": {
                    "user": {"size": users.len(), "start": 0, "limit": 200, "results": users},
                    "group": {"size": 0, "start": 0, "limit": 200, "results": []},
                },
                "_links": {"self": format!("{}/rest/api/content/{}/restriction/byOperation/{operation}", self.visit.base, content.id)},
                "_expandable": {"content": format!("/rest/api/content/{}", content.id)},
            })
        };
        json!({"read": one("read", &content.viewers), "update": one("update", &content.editors), "_links": {"self": format!("{}/rest/api/content/{}/restriction/byOperation", self.visit.base, content.id)}})
    }

    /// HTML of a version, in the given mode.
    pub(super) fn html(&self, content: &'a Content, version: &Version, mode: Mode) -> String {
        let context = Context {
            store: self.store,
            people: &self.visit.people,
            viewer: self.visit.me(),
            page: content,
            mode,
            base: &self.visit.base,
            depth: 0,
        };
        context.html(&version.body)
    }

    fn space_of(&self, content: &Content) -> Value {
        self.store.space(&content.space).map_or(Value::Null, |space| self.space(space, &Expand::default()))
    }

    fn body(&self, content: &'a Content, version: &Version, expand: &Expand) -> Value {
        let mut body = Map::new();
        let mut left_out = Map::new();
        for name in ["editor", "view", "export_view", "styled_view", "storage", "anonymous_export_view"] {
            let value = match name {
                _ if !expand.has(name) => None,
                "storage" | "editor" => Some(version.body.clone()),
                "view" => Some(self.html(content, version, Mode::View)),
                "styled_view" => Some(format!("<html><body>{}</body></html>", self.html(content, version, Mode::View))),
                _ => Some(self.html(content, version, Mode::Export)),
            };
            match value {
                Some(value) => body.insert(name.to_owned(), json!({"value": value, "representation": name, "_expandable": {"webresource": "", "content": format!("/rest/api/content/{}", content.id)}})),
                None => left_out.insert(name.to_owned(), json!("")),
            };
        }
        body.insert("_expandable".to_owned(), Value::Object(left_out));
        Value::Object(body)
    }

    fn history(&self, content: &Content, expand: &Expand) -> Value {
        let first = content.first();
        let mut history = json!({
            "latest": true,
            "createdBy": self.user(&first.by),
            "createdDate": time(first.at),
            "_links": {"self": format!("{}/rest/api/content/{}/history", self.visit.base, content.id)},
            "_expandable": {"lastUpdated": "", "previousVersion": "", "contributors": "", "nextVersion": ""},
        });
        if expand.has("lastUpdated") {
            history["lastUpdated"] = self.version(content, content.number(), content.current());
        }
        if expand.has("contributors") {
            let mut keys: Vec<&str> = content.versions.iter().map(|v| v.by.as_str()).collect();
            keys.dedup();
            let users: Vec<Value> = keys.into_iter().map(|key| self.user(key)).collect();
            history["contributors"] = json!({"publishers": {"users": users, "userKeys": []}});
        }
        history
    }

    fn version(&self, content: &Content, number: usize, version: &Version) -> Value {
        json!({
            "by": self.user(&version.by), "when": time(version.at), "message": version.message, "number": number,
            "minorEdit": version.minor, "hidden": false,
            "_links": {"self": format!("{}/rest/experimental/content/{}/version/{number}", self.visit.base, content.id)},
            "_expandable": {"content": format!("/rest/api/content/{}?status=historical&version={number}", content.id)},
        })
    }

    fn children(&self, content: &Content, expand: &Expand, depth: usize) -> Value {
        let mut json = Map::new();
        let mut left_out = Map::new();
        for kind in [Kind::Page, Kind::Comment, Kind::Attachment] {
            let path = format!("/rest/api/content/{}/child/{}", content.id, kind.name());
            if !expand.has(kind.name()) {
                left_out.insert(kind.name().to_owned(), json!(path));
                continue;
            }
            let below = expand.below(kind.name());
            let found = self.store.children(content.id, kind, self.visit.me());
            let results: Vec<Value> =
                found.into_iter().take(25).map(|c| self.version_of(c, c.number(), &below, depth + 1)).collect();
            json.insert(kind.name().to_owned(), json!({"results": results, "start": 0, "limit": 25, "size": results.len(), "_links": {"self": format!("{}{path}", self.visit.base)}}));
        }
        json.insert(
            "_links".to_owned(),
            json!({"self": format!("{}/rest/api/content/{}/child", self.visit.base, content.id)}),
        );
        json.insert("_expandable".to_owned(), Value::Object(left_out));
        Value::Object(json)
    }

    fn metadata(&self, content: &Content, expand: &Expand) -> Value {
        let mut metadata =
            json!({"_expandable": {"currentuser": "", "properties": "", "frontend": "", "editorHtml": ""}});
        if expand.has("labels") {
            metadata["labels"] = self.labels(content);
        } else {
            metadata["_expandable"]["labels"] = json!(format!("/rest/api/content/{}/label", content.id));
        }
        if let Some(file) = &content.file {
            metadata["mediaType"] = json!(file.media_type);
        }
        metadata
    }

    fn operations(&self, content: &Content) -> Value {
        let mut names = vec!["read"];
        if self.visit.me().is_some_and(|me| self.store.may_edit(content, me)) {
            names.extend(["update", "delete"]);
        }
        Value::Array(
            names.into_iter().map(|name| json!({"operation": name, "targetType": content.kind.name()})).collect(),
        )
    }

    fn links(&self, content: &Content) -> Value {
        let page = if content.kind == Kind::Page {
            Some(content)
        } else {
            content.parent.and_then(|p| self.store.contents.get(&p))
        };
        let mut links = json!({
            "webui": page.map_or_else(String::new, web_path),
            "self": format!("{}/rest/api/content/{}", self.visit.base, shown_id(content)),
            "base": self.visit.base,
            "context": "/confluence",
            "collection": "/rest/api/content",
        });
        match content.kind {
            Kind::Page | Kind::Blogpost => {
                links["tinyui"] = json!(format!("/x/{}", tiny::encode(content.id)));
                links["edit"] = json!(format!("/pages/resumedraft.action?draftId={}", content.id));
            }
            Kind::Attachment => {
                let page = content.parent.unwrap_or_default();
                links["download"] = json!(format!(
                    "/download/attachments/{page}/{}?version={}&api=v2",
                    content.title().replace(' ', "%20"),
                    content.number()
                ));
            }
            Kind::Comment => {}
        }
        links
    }
}

/// Attachments carry a prefix, as in Confluence.
fn shown_id(content: &Content) -> String {
    if content.kind == Kind::Attachment { format!("att{}", content.id) } else { content.id.to_string() }
}

/// A person.
pub(super) fn known(person: &Person, base: &str) -> Value {
    json!({
        "type": "known",
        "username": person.confluence.employee_id,
        "userKey": person.confluence.user_key,
        "profilePicture": {"path": "/confluence/images/icons/profilepics/default.svg", "width": 48, "height": 48, "isDefault": true},
        "displayName": person.display_name,
        "_links": {"self": format!("{base}/rest/api/user?key={}", person.confluence.user_key), "base": base, "context": "/confluence"},
        "_expandable": {"status": ""},
    })
}

/// A stable number for a label.
fn label_id(name: &str) -> u64 {
    name.bytes().fold(1_000, |sum, byte| (sum * 31 + u64::from(byte)) % 9_000_000)
}

/// A time as Confluence writes it: `2026-01-31T10:00:00.000Z`.
pub(super) fn time(at: Millis) -> String {
    let time = Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(TimeZone::UTC);
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

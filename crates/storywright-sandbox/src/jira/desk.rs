//! What every handler needs: who asks, what faults say, who is who, and where Jira lives.

use std::future::{Ready, ready};

use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use serde_json::{Value, json};

use super::{
    catalog::{self, IssueType, Project, Slot},
    cloud,
    errors::JiraError,
    store::{Issue, Store},
};
use crate::{
    auth::Presented,
    faults::Effects,
    people::Person,
    state::{Service, Shared},
};

/// One request's view of the company.
pub(crate) struct Desk {
    pub(crate) shared: Data<Shared>,
    pub(crate) presented: Presented,
    pub(crate) effects: Effects,
    pub(crate) people: Vec<Person>,
    /// Asked by way of Cloud's addresses.
    pub(crate) cloud: bool,
}

impl FromRequest for Desk {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(shared) = req.app_data::<Data<Shared>>().cloned() else {
            return ready(Err(actix_web::error::ErrorInternalServerError("no shared state")));
        };
        let presented = req.extensions().get::<Presented>().cloned();
        let presented = presented.unwrap_or_else(|| shared.presented(Service::Jira, req.path(), req.headers()));
        let effects = req.extensions().get::<Effects>().copied().unwrap_or_default();
        let people = shared.people();
        let cloud = cloud::is_here(req.path());
        ready(Ok(Self { shared, presented, effects, people, cloud }))
    }
}

impl Desk {
    /// Jira's base URL with its context path.
    pub(crate) fn base(&self) -> String {
        format!("{}{}", self.shared.base_url, if self.cloud { cloud::PREFIX } else { "/jira" })
    }

    /// The create screen of an issue type, or the edit screen, as the site has it now.
    pub(crate) fn screen(&self, project: &'static Project, issue_type: &IssueType, editing: bool) -> Vec<Slot> {
        let mut slots = catalog::screen(project, issue_type, editing);
        if self.shared.settings().marker_field {
            slots.extend(catalog::marker_slot());
        }
        if self.cloud { cloud::screen(slots) } else { slots }
    }

    /// Most rows of a page, of which the site would give so many.
    pub(crate) fn most_hits(&self, most: usize) -> usize {
        self.shared.settings().jira_page_size.map_or(most, |size| size.clamp(1, most))
    }

    /// URL below the REST API.
    pub(crate) fn api(&self, rest: &str) -> String {
        format!("{}/rest/api/2/{rest}", self.base())
    }

    /// Who asks; nobody for anonymous requests and for people who are switched off.
    pub(crate) fn me(&self) -> Option<&Person> {
        self.presented.person().filter(|p| p.active && !p.deleted)
    }

    /// Who asks, or 401.
    pub(crate) fn signed_in(&self) -> Result<&Person, JiraError> {
        self.me().ok_or_else(JiraError::unauthenticated)
    }

    /// May the asker see this project?
    pub(crate) fn sees(&self, project: &str) -> bool {
        self.me().is_some_and(|p| p.may_browse(project))
    }

    /// Finds a person by Jira key.
    pub(crate) fn by_key(&self, key: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.jira_key == key)
    }

    /// Finds a person by user name (employee ID).
    pub(crate) fn by_name(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.employee_id.eq_ignore_ascii_case(name) && !p.deleted)
    }

    /// Finds a person by Cloud's account id.
    pub(crate) fn by_account(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|p| !p.deleted && cloud::account_id(p) == id)
    }

    /// The issue, if the asker may see it; 401 for anonymous askers, 404 for others.
    pub(crate) fn issue<'a>(&self, store: &'a Store, id_or_key: &str) -> Result<&'a Issue, JiraError> {
        match store.find(id_or_key) {
            Some(issue) if self.sees(&issue.project) => Ok(issue),
            Some(_) if self.me().is_none() => {
                Err(JiraError::new(401, "You do not have the permission to see the specified issue."))
            }
            _ => Err(JiraError::no_issue()),
        }
    }

    /// The issue above this one, as far as it is called the parent: on Cloud also the epic.
    pub(crate) fn parent_of(&self, issue: &Issue) -> Option<u64> {
        let epic = || issue.fields.get(cloud::EPIC_LINK).and_then(Value::as_u64).filter(|_| self.cloud);
        issue.parent.or_else(epic)
    }

    /// The id of an issue that the asker may change.
    pub(crate) fn editable(&self, store: &Store, id_or_key: &str) -> Result<u64, JiraError> {
        let issue = self.issue(store, id_or_key)?;
        if self.me().is_some_and(|p| p.may_edit(&issue.project)) {
            Ok(issue.id)
        } else {
            Err(JiraError::new(403, "You do not have permission to edit issues in this project."))
        }
    }

    /// A person as Jira shows one inside other things.
    pub(crate) fn user(&self, person: &Person) -> Value {
        if self.cloud {
            let id = cloud::account_id(person);
            return json!({
                "self": self.api(&format!("user?accountId={id}")), "accountId": id, "accountType": "atlassian",
                "emailAddress": person.email, "avatarUrls": self.user_avatars(person),
                "displayName": person.display_name, "active": person.active, "timeZone": person.time_zone,
            });
        }
        json!({
            "self": self.api(&format!("user?username={}", person.employee_id)),
            "name": person.employee_id, "key": person.jira_key, "emailAddress": person.email,
            "avatarUrls": self.user_avatars(person), "displayName": person.display_name,
            "active": person.active, "timeZone": person.time_zone,
        })
    }

    /// A person by Jira key as JSON; null when there is none.
    pub(crate) fn user_by_key(&self, key: &str) -> Value {
        self.by_key(key).map_or(Value::Null, |person| self.user(person))
    }

    /// The four avatar addresses of a person.
    pub(crate) fn user_avatars(&self, person: &Person) -> Value {
        let owner = format!("{}/secure/useravatar?ownerId={}&avatarId=10341", self.base(), person.jira_key);
        json!({
            "48x48": owner,
            "24x24": format!("{owner}&size=small"),
            "16x16": format!("{owner}&size=xsmall"),
            "32x32": format!("{owner}&size=medium"),
        })
    }
}

/// Reads a JSON object, or says 400 as Jira does.
pub(crate) fn json_body(bytes: &[u8]) -> Result<Value, JiraError> {
    serde_json::from_slice::<Value>(bytes)
        .map_err(|error| JiraError::new(400, format!("Unexpected input at [Source: HttpInput]: {error}")))
}

//! A Jira that keeps the issues it creates and loses answers when a test says so.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use storywright_domain::jira::{
    CreateField, CreateOutcome, FieldKind, Issue, IssueType, Marker, NewIssue, Project, ProjectKey, ServerInfo,
};
use storywright_domain::person::JiraUser;
use storywright_domain::ports::Jira;
use storywright_domain::remote::{Access, RemoteError};
use storywright_domain::story::FieldValue;

/// What becomes of a create call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextCreate {
    /// The issue is created and the answer arrives.
    Works,
    /// The issue is created; this arrives instead of the answer.
    CreatedBut(CreateOutcome),
    /// Nothing is created; this arrives.
    Only(CreateOutcome),
}

/// A Jira in memory with project `PAY`: Story (10001), Task (10002), Sub-task (10003).
pub struct FakeJira {
    state: Mutex<State>,
}

struct State {
    people: BTreeMap<String, JiraUser>,
    projects: Vec<Project>,
    issue_types: Vec<IssueType>,
    fields: Vec<CreateField>,
    issues: Vec<Issue>,
    links: BTreeMap<(String, String), (String, String)>,
    next: VecDeque<NextCreate>,
    failure: Option<RemoteError>,
    sent: Vec<(String, Option<String>)>,
    calls: Vec<&'static str>,
}

impl Default for FakeJira {
    fn default() -> Self {
        let issue_type =
            |id: &str, name: &str, subtask| IssueType { id: id.to_owned(), name: name.to_owned(), subtask };
        let field = |id: &str, kind: FieldKind, required| CreateField {
            id: id.to_owned(),
            name: id.to_owned(),
            required,
            has_default: false,
            kind,
            allowed: Vec::new(),
        };
        let state = State {
            people: BTreeMap::new(),
            projects: vec![Project { id: "1".to_owned(), key: "PAY".to_owned(), name: "Payments".to_owned() }],
            issue_types: vec![
                issue_type("10001", "Story", false),
                issue_type("10002", "Task", false),
                issue_type("10003", "Sub-task", true),
            ],
            fields: vec![
                field("summary", FieldKind::Text, true),
                field("description", FieldKind::TextArea, false),
                field("labels", FieldKind::Labels, false),
                field("parent", FieldKind::Parent, false),
            ],
            issues: Vec::new(),
            links: BTreeMap::new(),
            next: VecDeque::new(),
            failure: None,
            sent: Vec::new(),
            calls: Vec::new(),
        };
        Self { state: Mutex::new(state) }
    }
}

impl FakeJira {
    /// A site where `token` belongs to this person.
    #[must_use]
    pub fn with_person(token: &str, user: JiraUser) -> Self {
        let fake = Self::default();
        fake.add_person(token, user);
        fake
    }

    /// Adds a person, or changes one.
    pub fn add_person(&self, token: &str, user: JiraUser) {
        self.lock().people.insert(token.to_owned(), user);
    }

    /// Revokes a token.
    pub fn revoke(&self, token: &str) {
        self.lock().people.remove(token);
    }

    /// Adds a project with the same issue types.
    pub fn add_project(&self, key: &str, name: &str) {
        let mut state = self.lock();
        let id = (state.projects.len() + 1).to_string();
        state.projects.push(Project { id, key: key.to_owned(), name: name.to_owned() });
    }

    /// Replaces the create screen of every project and type.
    pub fn set_fields(&self, fields: Vec<CreateField>) {
        self.lock().fields = fields;
    }

    /// What becomes of the next create call that has nothing planned yet. Without a plan, calls work.
    pub fn next_create(&self, next: NextCreate) {
        self.lock().next.push_back(next);
    }

    /// Makes every read fail like this, or work again.
    pub fn fail(&self, failure: Option<RemoteError>) {
        self.lock().failure = failure;
    }

    /// The issues that exist.
    #[must_use]
    pub fn issues(&self) -> Vec<Issue> {
        self.lock().issues.clone()
    }

    /// Payload and parent of every create call so far.
    #[must_use]
    pub fn sent(&self) -> Vec<(String, Option<String>)> {
        self.lock().sent.clone()
    }

    /// Links by issue key and global id: address and title.
    #[must_use]
    pub fn links(&self) -> BTreeMap<(String, String), (String, String)> {
        self.lock().links.clone()
    }

    /// Names of the methods called so far.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static str> {
        self.lock().calls.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, access: &Access, name: &'static str) -> Result<MutexGuard<'_, State>, RemoteError> {
        let mut state = self.lock();
        state.calls.push(name);
        if let Some(failure) = state.failure.clone() {
            return Err(failure);
        }
        if state.people.contains_key(access.credential.reveal()) {
            Ok(state)
        } else {
            Err(RemoteError::Unauthorized { detail: "401".to_owned() })
        }
    }
}

fn field_json(value: &FieldValue) -> Value {
    match value {
        FieldValue::Text(text) | FieldValue::Date(text) | FieldValue::Issue(text) => json!(text),
        FieldValue::Number(number) => json!(number),
        FieldValue::Option(id) => json!({ "id": id }),
        FieldValue::Cascading(id, None) => json!({ "id": id }),
        FieldValue::Cascading(id, Some(child)) => json!({ "id": id, "child": { "id": child } }),
        FieldValue::Options(ids) => ids.iter().map(|id| json!({ "id": id })).collect(),
        FieldValue::User(name) => json!({ "name": name }),
        FieldValue::Texts(texts) => json!(texts),
    }
}

impl State {
    fn add_issue(&mut self, payload: &str, parent: Option<&str>) -> Option<(String, String)> {
        let whole: Value = serde_json::from_str(payload).ok()?;
        let fields = &whole["fields"];
        let project = fields["project"]["key"].as_str()?;
        let number = self.issues.len() + 1;
        let (id, key) = ((10_000 + number).to_string(), format!("{project}-{number}"));
        let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
        let labels = fields["labels"].as_array().cloned().unwrap_or_default();
        let in_payload = fields["parent"]["key"].as_str();
        self.issues.push(Issue {
            id: id.clone(),
            key: key.clone(),
            summary: text("summary"),
            status: "To Do".to_owned(),
            labels: labels.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            parent: in_payload.map(|place| if place == "@parent" { parent.unwrap_or(place) } else { place }.to_owned()),
            description: text("description"),
            property: whole["properties"][0].get("value").map(Value::to_string),
        });
        Some((id, key))
    }
}

impl Jira for FakeJira {
    fn current_user(&self, access: &Access) -> Result<JiraUser, RemoteError> {
        let state = self.call(access, "current_user")?;
        Ok(state.people[access.credential.reveal()].clone())
    }

    fn avatar(&self, access: &Access, _url: &str) -> Result<Option<String>, RemoteError> {
        self.call(access, "avatar").map(|_| Some("data:image/png;base64,iVBORw0KGgo=".to_owned()))
    }

    fn server_info(&self, access: &Access) -> Result<ServerInfo, RemoteError> {
        self.call(access, "server_info").map(|_| ServerInfo {
            deployment: "Server".to_owned(),
            version: "10.3.0".to_owned(),
            base_url: access.site.base_url.clone(),
            title: "Jira".to_owned(),
        })
    }

    fn projects(&self, access: &Access) -> Result<Vec<Project>, RemoteError> {
        let mut projects = self.call(access, "projects")?.projects.clone();
        projects.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(projects)
    }

    fn issue_types(&self, access: &Access, project: &ProjectKey) -> Result<Vec<IssueType>, RemoteError> {
        let state = self.call(access, "issue_types")?;
        let known = state.projects.iter().any(|known| known.key == project.as_str());
        if known { Ok(state.issue_types.clone()) } else { Err(RemoteError::NotFound) }
    }

    fn create_fields(
        &self,
        access: &Access,
        project: &ProjectKey,
        issue_type: &str,
    ) -> Result<Vec<CreateField>, RemoteError> {
        let state = self.call(access, "create_fields")?;
        let known = state.projects.iter().any(|known| known.key == project.as_str())
            && state.issue_types.iter().any(|known| known.id == issue_type);
        if known { Ok(state.fields.clone()) } else { Err(RemoteError::NotFound) }
    }

    fn render(&self, issue: &NewIssue) -> (String, String) {
        let mut fields = Map::new();
        let mut labels = issue.labels.clone();
        let mut description = issue.description.clone();
        match &issue.marker {
            Marker::RunLabel(label) => labels.push(label.clone()),
            Marker::Footer(word) => description = format!("{description}\n\nref {word}"),
        }
        fields.insert("project".to_owned(), json!({ "key": issue.project }));
        fields.insert("issuetype".to_owned(), json!({ "id": issue.issue_type }));
        fields.insert("summary".to_owned(), json!(issue.summary));
        fields.insert("description".to_owned(), json!(description));
        fields.insert("labels".to_owned(), json!(labels));
        if !issue.components.is_empty() {
            let components: Vec<Value> = issue.components.iter().map(|name| json!({ "name": name })).collect();
            fields.insert("components".to_owned(), json!(components));
        }
        if let Some(priority) = &issue.priority {
            fields.insert("priority".to_owned(), json!({ "name": priority }));
        }
        if let Some((field, points)) = &issue.story_points {
            fields.insert(field.clone(), json!(points));
        }
        if let Some((field, epic)) = &issue.epic {
            fields.insert(field.clone(), json!(epic));
        }
        if issue.under_parent {
            fields.insert("parent".to_owned(), json!({ "key": "@parent" }));
        }
        for (field, _, value) in &issue.custom_fields {
            fields.insert(field.clone(), field_json(value));
        }
        let mut whole = json!({ "fields": fields });
        if let Some((name, value)) = &issue.property {
            let value: Value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            whole["properties"] = json!([{ "key": name, "value": value }]);
        }
        (whole.to_string(), description)
    }

    fn create(&self, access: &Access, payload: &str, parent: Option<&str>) -> CreateOutcome {
        let mut state = self.lock();
        state.calls.push("create");
        state.sent.push((payload.to_owned(), parent.map(str::to_owned)));
        if !state.people.contains_key(access.credential.reveal()) {
            return CreateOutcome::AuthLost { detail: "401".to_owned() };
        }
        let next = state.next.pop_front().unwrap_or(NextCreate::Works);
        if let NextCreate::Only(outcome) = next {
            return outcome;
        }
        let Some((id, key)) = state.add_issue(payload, parent) else {
            let messages = vec!["the payload is not an issue".to_owned()];
            return CreateOutcome::Rejected { status: 400, messages, fields: Vec::new() };
        };
        match next {
            NextCreate::CreatedBut(outcome) => outcome,
            _ => CreateOutcome::Created { id, key },
        }
    }

    fn issue(&self, access: &Access, key: &str, property: Option<&str>) -> Result<Option<Issue>, RemoteError> {
        let state = self.call(access, "issue")?;
        let found = state.issues.iter().find(|issue| issue.key == key || issue.id == key).cloned();
        Ok(found.map(|issue| Issue { property: issue.property.filter(|_| property.is_some()), ..issue }))
    }

    fn issues_with_label(&self, access: &Access, project: &str, label: &str) -> Result<Vec<Issue>, RemoteError> {
        let state = self.call(access, "issues_with_label")?;
        let prefix = format!("{project}-");
        let labelled = |issue: &&Issue| issue.key.starts_with(&prefix) && issue.labels.iter().any(|it| it == label);
        let bare = |issue: &Issue| Issue { property: None, ..issue.clone() };
        Ok(state.issues.iter().rev().filter(labelled).map(bare).take(200).collect())
    }

    fn remote_link(
        &self,
        access: &Access,
        key: &str,
        global_id: &str,
        url: &str,
        title: &str,
    ) -> Result<(), RemoteError> {
        let mut state = self.call(access, "remote_link")?;
        if !state.issues.iter().any(|issue| issue.key == key) {
            return Err(RemoteError::NotFound);
        }
        state.links.insert((key.to_owned(), global_id.to_owned()), (url.to_owned(), title.to_owned()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{access, jira_user};
    use storywright_domain::UserId;

    fn new_issue(summary: &str, under_parent: bool) -> NewIssue {
        NewIssue {
            project: "PAY".to_owned(),
            issue_type: "10001".to_owned(),
            summary: summary.to_owned(),
            description: "d".to_owned(),
            labels: Vec::new(),
            components: Vec::new(),
            priority: None,
            story_points: None,
            epic: None,
            under_parent,
            custom_fields: Vec::new(),
            marker: Marker::RunLabel("sw-1".to_owned()),
            property: Some(("origin.storywright".to_owned(), r#"{"item":"1"}"#.to_owned())),
        }
    }

    #[test]
    fn what_is_created_is_found_by_label_and_key() {
        let fake = FakeJira::with_person("pat", jira_user(1));
        let access = access(UserId(1), "pat");
        let (payload, _) = fake.render(&new_issue("parent", false));
        assert_eq!(fake.render(&new_issue("parent", false)).0, payload);
        let created = fake.create(&access, &payload, None);
        assert_eq!(created, CreateOutcome::Created { id: "10001".to_owned(), key: "PAY-1".to_owned() });
        let (child, _) = fake.render(&new_issue("child", true));
        fake.create(&access, &child, Some("PAY-1"));
        let found = fake.issues_with_label(&access, "PAY", "sw-1").unwrap();
        assert_eq!(found.iter().map(|issue| issue.key.as_str()).collect::<Vec<_>>(), ["PAY-2", "PAY-1"]);
        assert_eq!(found[0].parent.as_deref(), Some("PAY-1"));
        let proof = fake.issue(&access, "10001", Some("origin.storywright")).unwrap();
        assert_eq!(proof.and_then(|issue| issue.property).as_deref(), Some(r#"{"item":"1"}"#));
    }

    #[test]
    fn an_answer_is_lost_with_or_without_an_issue() {
        let fake = FakeJira::with_person("pat", jira_user(1));
        let access = access(UserId(1), "pat");
        let (payload, _) = fake.render(&new_issue("one", false));
        let lost = CreateOutcome::Unknown { detail: "504".to_owned() };
        for (next, issues) in [(NextCreate::CreatedBut(lost.clone()), 1), (NextCreate::Only(lost.clone()), 1)] {
            fake.next_create(next);
            assert_eq!(fake.create(&access, &payload, None), lost);
            assert_eq!(fake.issues().len(), issues);
        }
        fake.revoke("pat");
        assert!(matches!(fake.create(&access, &payload, None), CreateOutcome::AuthLost { .. }));
        assert_eq!(fake.sent().len(), 3);
    }
}

//! A Jira that keeps the issues it creates and loses answers when a test says so.

mod render;
mod state;

use serde_json::Value;
use state::{Kept, State};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use storywright_domain::jira::{
    CreateField, CreateOutcome, Difference, Issue, IssueDetail, IssueLink, IssueText, IssueType, IssueWords, LinkType,
    Marker, NewIssue, NewLink, PickedUser, Project, ProjectKey, ServerInfo,
};
use storywright_domain::person::JiraUser;
use storywright_domain::ports::Jira;
use storywright_domain::remote::{Access, RemoteError};

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

/// A Jira in memory with project `PAY`: Story (10001), Task (10002), Sub-task (10003), Epic (10000, with an Epic Name of its own).
#[derive(Default)]
pub struct FakeJira {
    state: Mutex<State>,
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

    /// Replaces the create screen of every project and type, except types that have one of their own.
    pub fn set_fields(&self, fields: Vec<CreateField>) {
        self.lock().fields = fields;
    }

    /// Gives an issue type a create screen of its own.
    pub fn set_fields_of(&self, issue_type: &str, fields: Vec<CreateField>) {
        self.lock().fields_of.insert(issue_type.to_owned(), fields);
    }

    /// Replaces the issue types of every project.
    pub fn set_issue_types(&self, issue_types: Vec<IssueType>) {
        self.lock().issue_types = issue_types;
    }

    /// From now on nothing is created without this field, as when a workflow's validator demands it: no screen says so.
    pub fn demand(&self, field: &str, message: &str) {
        self.lock().demanded.insert(field.to_owned(), message.to_owned());
    }

    /// From now on this field of created issues is lost without a word.
    pub fn drop_field(&self, field: &str) {
        self.lock().dropped.insert(field.to_owned());
    }

    /// Changes a field of an issue, as a person or an automation does; `None` empties it.
    pub fn change_field(&self, key: &str, field: &str, value: Option<Value>) {
        let mut state = self.lock();
        let moment = state.tick();
        if let Some(kept) = state.find_mut(key) {
            kept.updated = moment;
            match value {
                Some(value) => kept.fields.insert(field.to_owned(), value),
                None => kept.fields.remove(field),
            };
        }
    }

    /// Moves an issue: another key, the same id; the old key still leads to it.
    pub fn move_issue(&self, key: &str, new_key: &str) {
        if let Some(kept) = self.lock().find_mut(key) {
            let old = std::mem::replace(&mut kept.key, new_key.to_owned());
            kept.old_keys.push(old);
        }
    }

    /// Deletes an issue.
    pub fn delete_issue(&self, key: &str) {
        self.lock().issues.retain(|kept| !kept.answers_to(key));
    }

    /// Whether issues created from now on stay out of searches; `false` lets all of them in.
    pub fn lag_index(&self, lags: bool) {
        let mut state = self.lock();
        state.index_lags = lags;
        if !lags {
            state.issues.iter_mut().for_each(|kept| kept.indexed = true);
        }
    }

    /// What becomes of the next create call that has nothing planned yet. Without a plan, calls work.
    pub fn next_create(&self, next: NextCreate) {
        self.lock().next.push_back(next);
    }

    /// What the next change of an issue gives instead of its answer; with `true` the change is made all the same.
    pub fn next_update(&self, failure: RemoteError, made: bool) {
        self.lock().next_update = Some((failure, made));
    }

    /// Lets nobody change this issue's words any more.
    pub fn lock_words(&self, key: &str) {
        self.lock().locked.insert(key.to_owned());
    }

    /// Makes every read fail like this, or work again.
    pub fn fail(&self, failure: Option<RemoteError>) {
        self.lock().failure = failure;
    }

    /// The issues that exist.
    #[must_use]
    pub fn issues(&self) -> Vec<Issue> {
        self.lock().issues.iter().map(|kept| kept.shown(true)).collect()
    }

    /// Payload and parent of every create call so far.
    #[must_use]
    pub fn sent(&self) -> Vec<(String, Option<String>)> {
        self.lock().sent.clone()
    }

    /// Web links by issue key and global id: address and title.
    #[must_use]
    pub fn web_links(&self) -> BTreeMap<(String, String), (String, String)> {
        self.lock().web_links.clone()
    }

    /// Key of the epic that an issue is in.
    #[must_use]
    pub fn epic_of(&self, key: &str) -> Option<String> {
        self.lock().find(key).and_then(|kept| kept.epic.clone())
    }

    /// Value of any field of an issue.
    #[must_use]
    pub fn field(&self, key: &str, field: &str) -> Option<Value> {
        self.lock().find(key).and_then(|kept| kept.fields.get(field).cloned())
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
        if known { Ok(state.screen(issue_type).to_vec()) } else { Err(RemoteError::NotFound) }
    }

    fn render(&self, issue: &NewIssue) -> (String, String) {
        render::render(issue)
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
        let (id, key) = match state.add(payload, parent) {
            Ok(created) => created,
            Err(outcome) => return outcome,
        };
        match next {
            NextCreate::CreatedBut(outcome) => outcome,
            _ => CreateOutcome::Created { id, key },
        }
    }

    fn issue(&self, access: &Access, key: &str, property: Option<&str>) -> Result<Option<Issue>, RemoteError> {
        let state = self.call(access, "issue")?;
        Ok(state.find(key).map(|kept| kept.shown(property.is_some())))
    }

    fn issue_detail(&self, access: &Access, key: &str) -> Result<Option<IssueDetail>, RemoteError> {
        let state = self.call(access, "issue_detail")?;
        Ok(state.find(key).map(|kept| {
            let issue = kept.shown(false);
            let known = state.issue_types.iter().find(|kind| kind.id == kept.issue_type());
            IssueDetail {
                markdown: issue.description.clone(),
                project: kept.key.rsplit_once('-').map_or_else(String::new, |(project, _)| project.to_owned()),
                issue_type: known.cloned().unwrap_or_else(|| state.issue_types[0].clone()),
                updated: kept.updated.to_string(),
                editable: !state.locked.contains(&kept.key),
                issue,
            }
        }))
    }

    fn render_words(&self, words: &IssueWords) -> (String, String) {
        let (IssueText::Markdown(text) | IssueText::Stored(text)) = &words.description;
        let payload = serde_json::json!({"fields": {"summary": words.summary, "description": text}});
        (payload.to_string(), text.clone())
    }

    fn update(&self, access: &Access, id: &str, payload: &str) -> Result<(), RemoteError> {
        let mut state = self.call(access, "update")?;
        let kept = state.find(id).ok_or(RemoteError::NotFound)?;
        if state.locked.contains(&kept.key) {
            return Err(RemoteError::Forbidden { detail: "status 403".to_owned() });
        }
        let (failure, made) = state.next_update.take().map_or((None, true), |(error, made)| (Some(error), made));
        if made {
            let sent: Value = serde_json::from_str(payload)
                .map_err(|error| RemoteError::Rejected { messages: vec![error.to_string()], fields: Vec::new() })?;
            let moment = state.tick();
            if let Some(kept) = state.find_mut(id) {
                kept.updated = moment;
                kept.fields.extend(sent["fields"].as_object().cloned().unwrap_or_default());
            }
        }
        failure.map_or(Ok(()), Err)
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
        if state.find(key).is_none() {
            return Err(RemoteError::NotFound);
        }
        state.web_links.insert((key.to_owned(), global_id.to_owned()), (url.to_owned(), title.to_owned()));
        Ok(())
    }

    fn marked(&self, access: &Access, project: &str, marker: &Marker) -> Result<Vec<Issue>, RemoteError> {
        let state = self.call(access, "marked")?;
        Ok(marked(&state, project, marker))
    }

    fn newest_number(&self, access: &Access, project: &str) -> Result<Option<u64>, RemoteError> {
        let state = self.call(access, "newest_number")?;
        Ok(state.index(project).map(Kept::number).max())
    }

    fn verify(
        &self,
        access: &Access,
        id: &str,
        payload: &str,
        parent: Option<&str>,
    ) -> Result<Option<Vec<Difference>>, RemoteError> {
        let state = self.call(access, "verify")?;
        Ok(state.find(id).map(|kept| state.differences(kept, payload, parent)))
    }

    fn link_types(&self, access: &Access) -> Result<Vec<LinkType>, RemoteError> {
        self.call(access, "link_types").map(|state| state.link_types.clone())
    }

    fn links(&self, access: &Access, key: &str) -> Result<Vec<IssueLink>, RemoteError> {
        let state = self.call(access, "links")?;
        let id = &state.find(key).ok_or(RemoteError::NotFound)?.id;
        let shown = |(link_type, from, to): &(String, String, String)| {
            let (outward, other) = match (from == id, to == id) {
                (true, _) => (true, to),
                (_, true) => (false, from),
                _ => return None,
            };
            let other = state.find(other)?;
            Some(IssueLink {
                link_type: link_type.clone(),
                outward,
                other_key: other.key.clone(),
                other_id: other.id.clone(),
            })
        };
        Ok(state.issue_links.iter().filter_map(shown).collect())
    }

    fn link(&self, access: &Access, link: &NewLink) -> Result<(), RemoteError> {
        let mut state = self.call(access, "link")?;
        let id = |key: &str| state.find(key).map(|kept| kept.id.clone()).ok_or(RemoteError::NotFound);
        let new = (link.link_type.clone(), id(&link.from)?, id(&link.to)?);
        if !state.link_types.iter().any(|known| known.name == link.link_type) {
            return Err(RemoteError::NotFound);
        }
        if !state.issue_links.contains(&new) {
            state.issue_links.push(new);
        }
        Ok(())
    }

    fn put_in_epic(&self, access: &Access, epic: &str, key: &str) -> Result<(), RemoteError> {
        let mut state = self.call(access, "put_in_epic")?;
        let epic = state.find(epic).filter(|kept| state.is_epic(kept)).map(|kept| kept.key.clone());
        let epic = epic.ok_or(RemoteError::NotFound)?;
        let field = state.epic_link(state.find(key).ok_or(RemoteError::NotFound)?);
        let kept = state.find_mut(key).ok_or(RemoteError::NotFound)?;
        kept.fields.insert(field, Value::String(epic.clone()));
        kept.epic = Some(epic);
        Ok(())
    }

    fn similar(&self, access: &Access, project: &str, words: &[String], limit: u32) -> Result<Vec<Issue>, RemoteError> {
        let state = self.call(access, "similar")?;
        let wanted: Vec<String> = words.iter().flat_map(|word| tokens(word)).collect();
        let hits = state.index(project).map(|kept| kept.shown(false)).filter(|issue| {
            let text = tokens(&format!("{} {}", issue.summary, issue.description));
            wanted.iter().any(|word| text.contains(word))
        });
        Ok(hits.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }

    fn users(&self, access: &Access, project: &str, query: &str) -> Result<Vec<PickedUser>, RemoteError> {
        let state = self.call(access, "users")?;
        if !state.projects.iter().any(|known| known.key == project) {
            return Err(RemoteError::NotFound);
        }
        let query = query.trim().to_lowercase();
        let begins = |text: &str| text.to_lowercase().split(' ').any(|word| word.starts_with(&query));
        let fits = |user: &&JiraUser| user.active && (begins(&user.name) || begins(&user.display_name));
        let picked = |user: &JiraUser| PickedUser {
            name: user.name.clone(),
            display_name: user.display_name.clone(),
            active: user.active,
        };
        Ok(state.people.values().filter(fits).map(picked).take(20).collect())
    }

    fn epics(&self, access: &Access, project: &str, query: &str) -> Result<Vec<Issue>, RemoteError> {
        let state = self.call(access, "epics")?;
        let wanted = tokens(query);
        let fits = |issue: &Issue| {
            let text = tokens(&issue.summary);
            issue.key == query.trim() || wanted.iter().all(|word| text.iter().any(|known| known.starts_with(word)))
        };
        let epics = state.index(project).filter(|kept| state.is_epic(kept)).map(|kept| kept.shown(false));
        Ok(epics.filter(fits).take(20).collect())
    }
}

fn marked(state: &State, project: &str, marker: &Marker) -> Vec<Issue> {
    state.index(project).filter(|kept| kept.carries(marker)).map(|kept| kept.shown(false)).take(200).collect()
}

/// The words of a text, in lower case.
fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests;

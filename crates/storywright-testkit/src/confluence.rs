//! A Confluence with the pages that a test puts in.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use storywright_domain::ports::{Confluence, ConfluenceUser, Page, PageHit};
use storywright_domain::remote::{Access, RemoteError};

/// A Confluence in memory.
#[derive(Default)]
pub struct FakeConfluence {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    people: BTreeMap<String, ConfluenceUser>,
    pages: BTreeMap<String, Page>,
    failure: Option<RemoteError>,
    calls: Vec<String>,
}

impl FakeConfluence {
    /// A site without pages where `token` belongs to this employee.
    #[must_use]
    pub fn with_person(token: &str, employee_id: &str) -> Self {
        let fake = Self::default();
        fake.add_person(token, employee_id);
        fake
    }

    /// Adds a person.
    pub fn add_person(&self, token: &str, employee_id: &str) {
        let user = ConfluenceUser {
            username: employee_id.to_owned(),
            key: format!("key-{employee_id}"),
            display_name: format!("Person {employee_id}"),
        };
        self.lock().people.insert(token.to_owned(), user);
    }

    /// Adds a page of space `DOC`.
    pub fn add_page(&self, id: &str, title: &str, html: &str) {
        let page = Page {
            id: id.to_owned(),
            title: title.to_owned(),
            space: "DOC".to_owned(),
            version: 1,
            html: html.to_owned(),
            url: format!("https://confluence.corp.example/pages/{id}"),
        };
        self.lock().pages.insert(id.to_owned(), page);
    }

    /// Makes every call fail like this, or work again.
    pub fn fail(&self, failure: Option<RemoteError>) {
        self.lock().failure = failure;
    }

    /// Names of the methods called so far, with what was asked.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.lock().calls.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, access: &Access, what: String) -> Result<(MutexGuard<'_, State>, ConfluenceUser), RemoteError> {
        let mut state = self.lock();
        state.calls.push(what);
        if let Some(failure) = state.failure.clone() {
            return Err(failure);
        }
        let user = state.people.get(access.credential.reveal()).cloned();
        let user = user.ok_or_else(|| RemoteError::Unauthorized { detail: "answered as to nobody".to_owned() })?;
        Ok((state, user))
    }
}

impl Confluence for FakeConfluence {
    fn current_user(&self, access: &Access) -> Result<ConfluenceUser, RemoteError> {
        self.call(access, "current_user".to_owned()).map(|(_, user)| user)
    }

    fn search(&self, access: &Access, words: &str, limit: u32) -> Result<Vec<PageHit>, RemoteError> {
        let (state, _) = self.call(access, format!("search {words}"))?;
        let words = words.to_lowercase();
        let fits = |page: &&Page| {
            let text = format!("{} {}", page.title, page.html).to_lowercase();
            words.split_whitespace().all(|word| text.contains(word))
        };
        let hit = |page: &Page| PageHit {
            id: page.id.clone(),
            title: page.title.clone(),
            space: page.space.clone(),
            version: page.version,
        };
        Ok(state.pages.values().filter(fits).map(hit).take(limit as usize).collect())
    }

    fn page(&self, access: &Access, id: &str) -> Result<Option<Page>, RemoteError> {
        let (state, _) = self.call(access, format!("page {id}"))?;
        Ok(state.pages.get(id).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::access;
    use storywright_domain::UserId;

    #[test]
    fn pages_are_found_and_read_by_people_who_are_known() {
        let fake = FakeConfluence::with_person("pat", "emp1");
        fake.add_page("7", "Refunds", "<p>Money back</p>");
        let known = access(UserId(1), "pat");
        assert_eq!(fake.current_user(&known).map(|user| user.username), Ok("emp1".to_owned()));
        assert_eq!(fake.search(&known, "refunds money", 10).map(|hits| hits.len()), Ok(1));
        assert_eq!(fake.page(&known, "7").map(|page| page.map(|page| page.title)), Ok(Some("Refunds".to_owned())));
        assert_eq!(fake.page(&known, "8"), Ok(None));
        let unknown = fake.current_user(&access(UserId(1), "other"));
        assert!(matches!(unknown, Err(RemoteError::Unauthorized { .. })));
    }
}

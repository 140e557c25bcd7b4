//! A Confluence with the pages that a test puts in.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use storywright_domain::confluence::{
    NewPage, Page, PageHit, PageList, PageSearch, PageUpdate, PageWritten, Space, StoryMap,
};
use storywright_domain::ports::{Confluence, ConfluenceUser};
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
    failing: BTreeMap<String, RemoteError>,
    /// Pages are written, and nobody hears of it.
    answers_lost: bool,
    /// Nothing is written, and nobody hears of it.
    writes_dropped: bool,
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

    /// Adds a page of space `DOC` with this text in Markdown.
    pub fn add_page(&self, id: &str, title: &str, markdown: &str) {
        self.put_page(Page {
            id: id.to_owned(),
            title: title.to_owned(),
            space: "DOC".to_owned(),
            version: 1,
            markdown: markdown.to_owned(),
            unseen: Vec::new(),
            url: format!("https://confluence.corp.example/pages/viewpage.action?pageId={id}"),
            restricted: false,
            ancestors: Vec::new(),
        });
    }

    /// Adds a page as it is given.
    pub fn put_page(&self, page: Page) {
        self.lock().pages.insert(page.id.clone(), page);
    }

    /// Gives a page a new version with this text.
    pub fn edit_page(&self, id: &str, markdown: &str) {
        if let Some(page) = self.lock().pages.get_mut(id) {
            page.version += 1;
            page.markdown = markdown.to_owned();
        }
    }

    /// Takes a page away.
    pub fn remove_page(&self, id: &str) {
        self.lock().pages.remove(id);
    }

    /// A page as it is now.
    #[must_use]
    pub fn stored(&self, id: &str) -> Option<Page> {
        self.lock().pages.get(id).cloned()
    }

    /// Makes every call fail like this, or work again.
    pub fn fail(&self, failure: Option<RemoteError>) {
        self.lock().failure = failure;
    }

    /// Makes reading this one page fail like this, or work again.
    pub fn fail_page(&self, id: &str, failure: Option<RemoteError>) {
        let failing = &mut self.lock().failing;
        match failure {
            Some(failure) => drop(failing.insert(id.to_owned(), failure)),
            None => drop(failing.remove(id)),
        }
    }

    /// Whether pages are written from now on without an answer to the writing.
    pub fn lose_answers(&self, lost: bool) {
        self.lock().answers_lost = lost;
    }

    /// Whether writings get lost on the way from now on.
    pub fn drop_writes(&self, dropped: bool) {
        self.lock().writes_dropped = dropped;
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

fn part(all: Vec<PageHit>, start: u32, limit: u32) -> PageList {
    let (from, most) = (start as usize, limit.clamp(1, 50) as usize);
    let next = (all.len() > from + most).then(|| start + limit.clamp(1, 50));
    PageList { hits: all.into_iter().skip(from).take(most).collect(), next }
}

impl State {
    fn lost(lost: bool) -> Result<(), RemoteError> {
        if lost { Err(RemoteError::Unavailable { detail: "no answer in time".to_owned() }) } else { Ok(()) }
    }

    fn by_title(&self, space: &str, title: &str) -> Option<&Page> {
        let same = |page: &&Page| page.space == space && page.title.to_lowercase() == title.to_lowercase();
        self.pages.values().find(same)
    }
}

impl Confluence for FakeConfluence {
    fn current_user(&self, access: &Access) -> Result<ConfluenceUser, RemoteError> {
        self.call(access, "current_user".to_owned()).map(|(_, user)| user)
    }

    fn search(&self, access: &Access, search: &PageSearch, start: u32, limit: u32) -> Result<PageList, RemoteError> {
        let (state, _) = self.call(access, format!("search {}", search.words))?;
        let words = search.words.to_lowercase();
        let fits = |page: &&Page| {
            let text = format!("{} {}", page.title, page.markdown).to_lowercase();
            let wanted = search.spaces.is_empty() || search.spaces.contains(&page.space);
            wanted && access.site.allows_space(&page.space) && words.split_whitespace().all(|word| text.contains(word))
        };
        Ok(part(state.pages.values().filter(fits).map(PageHit::from).collect(), start, limit))
    }

    /// Knows ids, and addresses of its site that end in one.
    fn locate(&self, access: &Access, address: &str) -> Result<Option<String>, RemoteError> {
        let (state, _) = self.call(access, format!("locate {address}"))?;
        let own = access.site.base_url.trim_end_matches('/');
        let rest = if address.contains("://") {
            let other = || RemoteError::NotAllowed { detail: "the address belongs to another site".to_owned() };
            address.strip_prefix(own).ok_or_else(other)?
        } else {
            address
        };
        if let Some((space, title)) = rest.strip_prefix("/display/").and_then(|path| path.split_once('/')) {
            return Ok(state.by_title(space, &title.replace('+', " ")).map(|page| page.id.clone()));
        }
        let id: String =
            rest.chars().rev().take_while(char::is_ascii_digit).collect::<Vec<_>>().into_iter().rev().collect();
        Ok((!id.is_empty()).then_some(id))
    }

    fn page(&self, access: &Access, id: &str) -> Result<Option<Page>, RemoteError> {
        let (state, _) = self.call(access, format!("page {id}"))?;
        match state.failing.get(id) {
            Some(failure) => Err(failure.clone()),
            None => Ok(state.pages.get(id).cloned()),
        }
    }

    fn page_by_title(&self, access: &Access, space: &str, title: &str) -> Result<Option<PageHit>, RemoteError> {
        let (state, _) = self.call(access, format!("page_by_title {space} {title}"))?;
        Ok(state.by_title(space, title).map(PageHit::from))
    }

    fn page_restricted(&self, access: &Access, id: &str) -> Result<bool, RemoteError> {
        let (state, _) = self.call(access, format!("page_restricted {id}"))?;
        Ok(state.pages.get(id).is_none_or(|page| page.restricted))
    }

    fn pages_below(
        &self,
        access: &Access,
        id: &str,
        deep: bool,
        start: u32,
        limit: u32,
    ) -> Result<PageList, RemoteError> {
        let (state, _) = self.call(access, format!("pages_below {id}"))?;
        let below = |page: &&Page| match deep {
            true => page.ancestors.iter().any(|above| above == id),
            false => page.ancestors.last().is_some_and(|above| above == id),
        };
        Ok(part(state.pages.values().filter(below).map(PageHit::from).collect(), start, limit))
    }

    fn versions(&self, access: &Access, ids: &[String]) -> Result<BTreeMap<String, u32>, RemoteError> {
        let (state, _) = self.call(access, format!("versions of {}", ids.len()))?;
        let known = ids.iter().filter_map(|id| Some((id.clone(), state.pages.get(id)?.version)));
        Ok(known.collect())
    }

    fn spaces(&self, access: &Access) -> Result<Vec<Space>, RemoteError> {
        let (state, _) = self.call(access, "spaces".to_owned())?;
        let keys: std::collections::BTreeSet<&String> = state.pages.values().map(|page| &page.space).collect();
        let keys = keys.into_iter().filter(|key| access.site.allows_space(key));
        Ok(keys
            .map(|key| Space {
                key: key.clone(),
                name: format!("Space {key}"),
                restricted: access.site.restricts_space(key),
            })
            .collect())
    }

    fn render(&self, map: &StoryMap) -> String {
        let line = |issue: &storywright_domain::confluence::MapIssue| format!("<p>{} {}</p>", issue.key, issue.summary);
        let mut out = format!("<p>{}</p>", map.intro);
        for group in &map.groups {
            out.extend(group.epic.as_ref().map(line));
            for (story, subtasks) in &group.stories {
                out.push_str(&line(story));
                out.extend(subtasks.iter().map(line));
            }
        }
        out
    }

    fn create_page(&self, access: &Access, page: &NewPage) -> Result<PageWritten, RemoteError> {
        let (mut state, _) = self.call(access, format!("create_page {}", page.title))?;
        State::lost(state.writes_dropped)?;
        if let Some(taken) = state.by_title(&page.space, &page.title) {
            return Ok(PageWritten::TitleTaken(Some(PageHit::from(taken))));
        }
        let parent = page.parent.as_ref().map(|id| state.pages.get(id).cloned());
        if parent.as_ref().is_some_and(Option::is_none) {
            return Ok(PageWritten::Missing);
        }
        let id = (900_000 + state.pages.len()).to_string();
        let above = parent.flatten();
        let ancestors = above.into_iter().flat_map(|above| above.ancestors.into_iter().chain([above.id])).collect();
        let created = Page {
            url: format!("{}/pages/viewpage.action?pageId={id}", access.site.base_url.trim_end_matches('/')),
            id: id.clone(),
            title: page.title.clone(),
            space: page.space.clone(),
            version: 1,
            markdown: page.storage.clone(),
            unseen: Vec::new(),
            restricted: false,
            ancestors,
        };
        let outcome = PageWritten::Done(PageHit::from(&created));
        state.pages.insert(id, created);
        State::lost(state.answers_lost)?;
        Ok(outcome)
    }

    fn update_page(&self, access: &Access, update: &PageUpdate) -> Result<PageWritten, RemoteError> {
        let (mut state, _) = self.call(access, format!("update_page {}", update.id))?;
        State::lost(state.writes_dropped)?;
        let Some(known) = state.pages.get(&update.id).cloned() else { return Ok(PageWritten::Missing) };
        if known.version != update.follows {
            return Ok(PageWritten::Changed(Some(known.version)));
        }
        let taken = state.by_title(&known.space, &update.title).filter(|other| other.id != known.id).map(PageHit::from);
        if taken.is_some() {
            return Ok(PageWritten::TitleTaken(taken));
        }
        let next =
            Page { version: known.version + 1, title: update.title.clone(), markdown: update.storage.clone(), ..known };
        let outcome = PageWritten::Done(PageHit::from(&next));
        state.pages.insert(next.id.clone(), next);
        State::lost(state.answers_lost)?;
        Ok(outcome)
    }
}

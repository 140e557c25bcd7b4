//! The promises of [`Confluence`], for the real adapter and the fake.

use storywright_domain::confluence::{MapGroup, MapIssue, NewPage, PageSearch, PageUpdate, PageWritten, StoryMap};
use storywright_domain::ports::Confluence;
use storywright_domain::remote::{Access, RemoteError};

/// A site with a person who may read and write in a space.
pub struct ConfluenceFixture {
    /// Access of the person.
    pub access: Access,
    /// The same with a credential that is nobody's.
    pub wrong: Access,
    /// Login name of the person.
    pub username: String,
    /// A space in which the person may write.
    pub space: String,
    /// A page of that space: id, title, a word of its text.
    pub page: (String, String, String),
    /// A page with others below it, two of them on different levels: id, the one directly below, the one further below.
    pub above: (String, String, String),
    /// A page that named people may read, the person among them.
    pub restricted: String,
}

/// Checks that a [`Confluence`] keeps its promises.
///
/// # Panics
/// When a promise is broken.
pub fn confluence_contract(wiki: &dyn Confluence, site: &ConfluenceFixture) {
    a_wrong_credential_is_nobody(wiki, site);
    pages_are_found_in_parts_and_by_space(wiki, site);
    addresses_of_the_site_lead_to_pages(wiki, site);
    pages_are_read_as_they_are_shown(wiki, site);
    restrictions_are_told(wiki, site);
    pages_below_are_listed(wiki, site);
    versions_of_many_pages_come_at_once(wiki, site);
    pages_are_created_once_and_changed_from_what_was_seen(wiki, site);
}

fn search(words: &str, spaces: &[&str]) -> PageSearch {
    PageSearch { words: words.to_owned(), spaces: spaces.iter().map(|key| (*key).to_owned()).collect() }
}

fn a_wrong_credential_is_nobody(wiki: &dyn Confluence, site: &ConfluenceFixture) {
    assert_eq!(wiki.current_user(&site.access).unwrap().username, site.username);
    let refused = |error: RemoteError| assert_eq!(error.code(), "credential_refused");
    refused(wiki.current_user(&site.wrong).unwrap_err());
    refused(wiki.search(&site.wrong, &search("x", &[]), 0, 5).unwrap_err());
    refused(wiki.page(&site.wrong, &site.page.0).unwrap_err());
}

fn pages_are_found_in_parts_and_by_space(wiki: &dyn Confluence, site: &ConfluenceFixture) {
    let (id, title, word) = &site.page;
    let found = wiki.search(&site.access, &search(word, &[]), 0, 50).unwrap();
    let hit = found.hits.iter().find(|hit| hit.id == *id).expect("the page is found by its word");
    assert_eq!((&hit.title, &hit.space), (title, &site.space));
    assert!(hit.version > 0 && hit.url.starts_with("http"));
    let mut walked = Vec::new();
    let mut start = Some(0);
    while let Some(from) = start {
        let part = wiki.search(&site.access, &search("", &[]), from, 2).unwrap();
        assert!(part.hits.len() <= 2);
        walked.extend(part.hits.into_iter().map(|hit| hit.id));
        start = part.next;
    }
    let all = wiki.search(&site.access, &search("", &[]), 0, 50).unwrap();
    assert_eq!(walked, all.hits.into_iter().map(|hit| hit.id).collect::<Vec<_>>());
    let here = wiki.search(&site.access, &search("", &[&site.space]), 0, 50).unwrap();
    assert!(!here.hits.is_empty() && here.hits.iter().all(|hit| hit.space == site.space));
    let mut narrow = site.access.clone();
    narrow.site.spaces = vec!["NOSUCH".to_owned()];
    assert!(wiki.search(&narrow, &search(word, &[]), 0, 50).unwrap().hits.is_empty(), "only listed spaces");
    assert!(wiki.spaces(&narrow).unwrap().is_empty());
    assert!(wiki.spaces(&site.access).unwrap().iter().any(|space| space.key == site.space));
    assert!(wiki.search(&site.access, &search("\" OR space = \"X\" (a* ~", &[]), 0, 5).is_ok());
}

fn addresses_of_the_site_lead_to_pages(wiki: &dyn Confluence, site: &ConfluenceFixture) {
    let (id, title, _) = &site.page;
    let base = &site.access.site.base_url;
    let by_title = format!("{base}/display/{}/{}", site.space, title.replace(' ', "+"));
    for address in [id.clone(), format!("{base}/pages/viewpage.action?pageId={id}"), by_title] {
        assert_eq!(wiki.locate(&site.access, &address).unwrap().as_ref(), Some(id), "{address}");
    }
    let elsewhere = wiki.locate(&site.access, "https://evil.example/pages/viewpage.action?pageId=1");
    assert!(matches!(elsewhere, Err(RemoteError::NotAllowed { .. })), "{elsewhere:?}");
    let nowhere = format!("{base}/display/{}/No+such+page+at+all", site.space);
    assert_eq!(wiki.locate(&site.access, &nowhere).unwrap(), None);
}

fn pages_are_read_as_they_are_shown(wiki: &dyn Confluence, site: &ConfluenceFixture) {
    let (id, title, word) = &site.page;
    let page = wiki.page(&site.access, id).unwrap().expect("the page");
    assert_eq!((&page.title, &page.space, page.restricted), (title, &site.space, false));
    assert!(page.markdown.to_lowercase().contains(&word.to_lowercase()), "{}", page.markdown);
    assert!(!page.markdown.contains("<ac:"), "as it is shown, not as it is stored");
    for unknown in ["999999999", "", "1/../../x", "abc"] {
        assert_eq!(wiki.page(&site.access, unknown).unwrap(), None, "{unknown}");
    }
    let by_title = wiki.page_by_title(&site.access, &site.space, &title.to_uppercase()).unwrap();
    assert_eq!(by_title.map(|hit| hit.id).as_ref(), Some(id));
    assert_eq!(wiki.page_by_title(&site.access, &site.space, "No such page at all").unwrap(), None);
}

fn restrictions_are_told(wiki: &dyn Confluence, site: &ConfluenceFixture) {
    assert!(wiki.page(&site.access, &site.restricted).unwrap().expect("the person may read it").restricted);
    assert!(wiki.page_restricted(&site.access, &site.restricted).unwrap());
    assert!(!wiki.page_restricted(&site.access, &site.page.0).unwrap());
    assert!(wiki.page_restricted(&site.access, "999999999").unwrap(), "what cannot be known is held for restricted");
}

fn pages_below_are_listed(wiki: &dyn Confluence, site: &ConfluenceFixture) {
    let (above, child, grandchild) = &site.above;
    let ids = |deep: bool| -> Vec<String> {
        let mut ids = Vec::new();
        let mut start = Some(0);
        while let Some(from) = start {
            let part = wiki.pages_below(&site.access, above, deep, from, 2).unwrap();
            ids.extend(part.hits.into_iter().map(|hit| hit.id));
            start = part.next;
        }
        ids
    };
    let direct = ids(false);
    assert!(direct.contains(child) && !direct.contains(grandchild), "{direct:?}");
    let all = ids(true);
    assert!(all.contains(child) && all.contains(grandchild) && !all.contains(above), "{all:?}");
    let page = wiki.page(&site.access, grandchild).unwrap().expect("the page");
    assert_eq!(page.ancestors.last(), Some(child));
    assert!(page.ancestors.contains(above));
}

fn versions_of_many_pages_come_at_once(wiki: &dyn Confluence, site: &ConfluenceFixture) {
    let ids = [site.page.0.clone(), site.above.2.clone(), "999999999".to_owned()];
    let versions = wiki.versions(&site.access, &ids).unwrap();
    assert_eq!(versions.len(), 2, "{versions:?}");
    let page = wiki.page(&site.access, &site.page.0).unwrap().expect("the page");
    assert_eq!(versions.get(&site.page.0), Some(&page.version));
    assert!(wiki.versions(&site.access, &[]).unwrap().is_empty());
}

fn pages_are_created_once_and_changed_from_what_was_seen(wiki: &dyn Confluence, site: &ConfluenceFixture) {
    let issue = |key: &str| MapIssue {
        key: key.to_owned(),
        url: format!("https://jira.corp.example/browse/{key}"),
        summary: "Fees & <limits>".to_owned(),
        pages: Vec::new(),
    };
    let map = StoryMap {
        intro: "Written by Storywright.".to_owned(),
        groups: vec![MapGroup { epic: Some(issue("PAY-1")), stories: vec![(issue("PAY-2"), vec![issue("PAY-3")])] }],
    };
    let storage = wiki.render(&map);
    assert_eq!(storage, wiki.render(&map), "always the same text");
    let new = |title: &str, parent: Option<&str>| NewPage {
        space: site.space.clone(),
        parent: parent.map(str::to_owned),
        title: title.to_owned(),
        storage: storage.clone(),
    };
    let parent = Some(site.page.0.as_str());
    let outcome = wiki.create_page(&site.access, &new("Story map: contract", parent)).unwrap();
    let PageWritten::Done(created) = outcome else { panic!("not created: {outcome:?}") };
    assert_eq!((created.version, &created.space), (1, &site.space));
    let page = wiki.page(&site.access, &created.id).unwrap().expect("the page");
    assert_eq!(page.ancestors.last().map(String::as_str), parent);
    for key in ["PAY-1", "PAY-2", "PAY-3"] {
        assert!(page.markdown.contains(key), "{}", page.markdown);
    }
    let again = wiki.create_page(&site.access, &new("Story map: contract", parent)).unwrap();
    assert!(matches!(&again, PageWritten::TitleTaken(Some(hit)) if hit.id == created.id), "{again:?}");
    let orphan = wiki.create_page(&site.access, &new("Story map: nowhere", Some("999999999")));
    assert!(!matches!(orphan, Ok(PageWritten::Done(_))), "{orphan:?}");

    let update = |follows: u32, title: &str| PageUpdate {
        id: created.id.clone(),
        follows,
        title: title.to_owned(),
        storage: "<p>Second</p>".to_owned(),
        note: "run 2".to_owned(),
    };
    let changed = wiki.update_page(&site.access, &update(1, "Story map: contract")).unwrap();
    assert!(matches!(&changed, PageWritten::Done(hit) if hit.version == 2), "{changed:?}");
    let late = wiki.update_page(&site.access, &update(1, "Story map: contract")).unwrap();
    assert_eq!(late, PageWritten::Changed(Some(2)));
    let taken = wiki.update_page(&site.access, &update(2, &site.page.1)).unwrap();
    assert!(matches!(&taken, PageWritten::TitleTaken(Some(hit)) if hit.id == site.page.0), "{taken:?}");
    let missing = PageUpdate { id: "999999999".to_owned(), ..update(1, "x") };
    assert_eq!(wiki.update_page(&site.access, &missing).unwrap(), PageWritten::Missing);
    assert!(wiki.page(&site.access, &created.id).unwrap().expect("the page").markdown.contains("Second"));
}

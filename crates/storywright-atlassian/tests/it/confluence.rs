//! Reading from Confluence.

use crate::stub::{Step, Stub};
use crate::support::{TOKEN, access, confluence};
use storywright_domain::confluence::{Page, PageSearch};
use storywright_domain::ports::Confluence;
use storywright_domain::remote::SiteKind;
use storywright_sandbox::{Options, Running, Sandbox};
use storywright_testkit::{ConfluenceFixture, FakeConfluence, confluence_contract};

#[test]
fn a_person_is_read_and_nobody_is_refused() {
    let known = r#"{"type":"known","username":"E10234","userKey":"ff80","displayName":"Alice","profilePicture":{}}"#;
    let nobody = r#"{"type":"anonymous","profilePicture":{},"displayName":"Anonymous"}"#;
    let stub = Stub::start([Step::json(200, known), Step::json(200, nobody), Step::json(403, "{}")]);
    let (confluence, access) = confluence(&format!("{}/confluence", stub.url()), TOKEN);
    let user = confluence.current_user(&access).unwrap();
    assert_eq!((user.username.as_str(), user.key.as_str(), user.display_name.as_str()), ("E10234", "ff80", "Alice"));
    assert_eq!(confluence.current_user(&access).unwrap_err().code(), "credential_refused");
    assert_eq!(confluence.current_user(&access).unwrap_err().code(), "forbidden_there");
    assert_eq!(stub.seen()[0].line, "GET /confluence/rest/api/user/current");
}

#[test]
fn pages_are_found_and_read_as_shown() {
    let hit = r#"{"id":"98310","type":"page","title":"Refunds","space":{"key":"PAY"},"version":{"number":4},
        "_links":{"webui":"/display/PAY/Refunds"}}"#;
    let none =
        r#""restrictions":{"read":{"restrictions":{"user":{"size":0,"results":[]},"group":{"size":0,"results":[]}}}}"#;
    let page =
        hit.replacen(r#""type""#, &format!(r#""body":{{"export_view":{{"value":"<p>Hi</p>"}}}},{none},"type""#), 1);
    let viewed = r#"{"id":"98310","title":"Refunds","body":{"view":{"value":"<p>Seen</p>"}}}"#;
    let stub = Stub::start([
        Step::json(
            200,
            format!(r#"{{"results":[{hit}],"start":0,"limit":5,"size":1,"_links":{{"next":"http://evil.example/"}}}}"#),
        ),
        Step::json(200, page),
        Step::json(404, r#"{"statusCode":404,"message":"No content found"}"#),
        Step::json(403, r#"{"statusCode":403,"message":"no"}"#),
        Step::json(200, hit),
        Step::json(200, viewed),
        Step::json(200, r#"{"operation":"read","restrictions":{"user":{"size":1,"results":[{}]}}}"#),
    ]);
    let base = format!("{}/confluence", stub.url());
    let (confluence, access) = confluence(&base, TOKEN);
    let words = |words: &str| PageSearch { words: words.to_owned(), spaces: Vec::new() };
    let found = confluence.search(&access, &words("refund \"policy"), 0, 5).unwrap();
    let first = &found.hits[0];
    assert_eq!((first.id.as_str(), first.space.as_str(), first.version), ("98310", "PAY", 4));
    assert_eq!(found.next, Some(1), "the next part is asked for by number, not at the address that the answer gives");
    let page = confluence.page(&access, "98310").unwrap().expect("a page");
    assert_eq!(
        (page.markdown.as_str(), page.url, page.restricted),
        ("Hi", format!("{base}/display/PAY/Refunds"), false)
    );
    assert_eq!(confluence.page(&access, "1").unwrap(), None, "there is none");
    assert_eq!(confluence.page(&access, "1").unwrap(), None, "it may not be seen");
    let page = confluence.page(&access, "98310").unwrap().expect("a page without export view");
    assert_eq!((page.markdown.as_str(), page.restricted), ("Seen", true));
    assert_eq!(stub.seen().len(), 7);
    for id in ["", "1/../../x", "abc", "123456789012345678901"] {
        assert_eq!(confluence.page(&access, id).unwrap(), None, "{id}");
    }
    assert!(confluence.search(&access, &words(" \"*\" "), 0, 5).unwrap().hits.is_empty());
    assert_eq!(stub.seen().len(), 7, "nothing was asked for that cannot be");
}

fn company() -> Running {
    Sandbox::start(Options::default()).expect("the company opens")
}

#[test]
fn the_pretend_company_keeps_the_contract() {
    let company = company();
    let alice = company.person("alice").unwrap();
    let (adapter, access) = confluence(&company.confluence_url(), &alice.confluence.credential);
    let fixture = ConfluenceFixture {
        access,
        wrong: confluence(&company.confluence_url(), "nobodys-token-123").1,
        username: "E10234".to_owned(),
        space: "PAY".to_owned(),
        page: ("65550".to_owned(), "Card refunds: requirements".to_owned(), "refund".to_owned()),
        above: ("65537".to_owned(), "65550".to_owned(), "65551".to_owned()),
        restricted: "65554".to_owned(),
    };
    confluence_contract(&adapter, &fixture);
}

#[test]
fn the_fake_that_other_tests_use_keeps_the_contract() {
    let fake = FakeConfluence::with_person("pat", "E1");
    let page = |id: &str, title: &str, above: &[&str], restricted: bool| Page {
        id: id.to_owned(),
        title: title.to_owned(),
        space: "DOC".to_owned(),
        version: 1,
        markdown: format!("All about {title}"),
        unseen: Vec::new(),
        url: format!("https://wiki.corp/pages/viewpage.action?pageId={id}"),
        restricted,
        ancestors: above.iter().map(|id| (*id).to_owned()).collect(),
    };
    fake.put_page(page("1", "Home", &[], false));
    fake.put_page(page("2", "Refunds", &["1"], false));
    fake.put_page(page("3", "Glossary", &["1", "2"], false));
    fake.put_page(page("4", "Fees", &["1"], true));
    let access = |token| access(SiteKind::Confluence, "https://wiki.corp", token);
    let fixture = ConfluenceFixture {
        access: access("pat"),
        wrong: access("nobodys"),
        username: "E1".to_owned(),
        space: "DOC".to_owned(),
        page: ("2".to_owned(), "Refunds".to_owned(), "refunds".to_owned()),
        above: ("1".to_owned(), "2".to_owned(), "3".to_owned()),
        restricted: "4".to_owned(),
    };
    confluence_contract(&fake, &fixture);
}

#[test]
fn every_form_of_address_leads_to_its_page() {
    let company = company();
    let alice = company.person("alice").unwrap();
    let base = company.confluence_url();
    let (wiki, access) = confluence(&base, &alice.confluence.credential);
    for address in [
        "65550".to_owned(),
        format!("{base}/pages/viewpage.action?pageId=65550"),
        format!("{base}/display/PAY/Card+refunds%3A+requirements"),
        format!("{base}/x/DgAB"),
        format!("{base}/spaces/PAY/pages/65550/Card+refunds"),
    ] {
        assert_eq!(wiki.locate(&access, &address).unwrap().as_deref(), Some("65550"), "{address}");
    }
    assert_eq!(wiki.locate(&access, &format!("{base}/display/PAY")).unwrap().as_deref(), Some("65537"));
    assert_eq!(wiki.locate(&access, &format!("{base}/display/NOPE")).unwrap(), None);
}

/// Part of "Done when": include, excerpt, table and expand macros arrive with all their text.
#[test]
fn what_macros_show_arrives_with_all_its_text() {
    let company = company();
    let alice = company.person("alice").unwrap();
    let (wiki, access) = confluence(&company.confluence_url(), &alice.confluence.credential);
    let refunds = wiki.page(&access, "65550").unwrap().expect("the page").markdown;
    let glossary = wiki.page(&access, "65551").unwrap().expect("the page").markdown;
    for line in glossary.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('|')) {
        assert!(refunds.contains(line.trim()), "the included page is there: {line}\n{refunds}");
    }
    assert!(refunds.contains("What the provider answers") && refunds.contains("\"rf_81\""), "unfolded: {refunds}");
    assert!(refunds.contains("| --- |"), "a table: {refunds}");
}

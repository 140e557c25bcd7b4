//! Storage in, HTML out.

use super::*;
use crate::people;

fn rendered(storage: &str, mode: Mode) -> String {
    let people = people::seeded();
    let store = Store::seeded(&people, 1_767_225_600_000);
    let page = store.by_title("PAY", "Payments Home", people.first()).unwrap();
    Context {
        store: &store,
        people: &people,
        viewer: people.first(),
        page,
        mode,
        base: "http://host/confluence",
        depth: 0,
    }
    .html(storage)
}

#[track_caller]
fn check(storage: &str, expected: &[&str], missing: &[&str]) {
    for mode in [Mode::View, Mode::Export] {
        let html = rendered(storage, mode);
        for part in expected {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        for part in missing {
            assert!(!html.contains(part), "{part} is in {html}");
        }
    }
}

#[test]
fn boxes_expand_code_and_tasks_become_html() {
    check(
        "<ac:structured-macro ac:name=\"info\"><ac:parameter ac:name=\"title\">Scope &amp; goal</ac:parameter><ac:rich-text-body><p>Only&nbsp;cards.</p></ac:rich-text-body></ac:structured-macro>",
        &["confluence-information-macro-information", "Scope &amp; goal", "<p>Only&nbsp;cards.</p>"],
        &["ac:", "rich-text-body"],
    );
    check(
        "<ac:structured-macro ac:name=\"code\"><ac:parameter ac:name=\"language\">json</ac:parameter><ac:plain-text-body><![CDATA[{\"a\": 1 < 2}]]></ac:plain-text-body></ac:structured-macro>",
        &["{&quot;a&quot;: 1 &lt; 2}</pre>"],
        &["CDATA"],
    );
    check(
        "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>Agree</ac:task-body></ac:task></ac:task-list>",
        &["<li class=\"checked\" data-inline-task-id=\"1\">Agree</li>"],
        &["complete"],
    );
    check("<ac:structured-macro ac:name=\"gliffy\"/>", &["Unknown macro: &#39;gliffy&#39;"], &[]);
}

#[test]
fn includes_are_resolved() {
    check(
        "<ac:structured-macro ac:name=\"include\"><ac:parameter ac:name=\"\"><ac:link><ri:page ri:content-title=\"Refund glossary\"/></ac:link></ac:parameter></ac:structured-macro>",
        &["Captured amount"],
        &["Refund glossary\"/>"],
    );
    check(
        "<ac:structured-macro ac:name=\"include\"><ac:parameter ac:name=\"\"><ri:page ri:content-title=\"Not there\"/></ac:parameter></ac:structured-macro>",
        &["could not be found"],
        &[],
    );
}

#[test]
fn links_are_relative_in_the_browser_and_absolute_in_exports() {
    let link = "<ac:link><ri:page ri:content-title=\"Refund glossary\"/><ac:plain-text-link-body><![CDATA[the words]]></ac:plain-text-link-body></ac:link>";
    assert!(rendered(link, Mode::View).contains("href=\"/confluence/display/PAY/Refund+glossary\""));
    assert!(rendered(link, Mode::Export).contains("href=\"http://host/confluence/display/PAY/Refund+glossary\""));
    check("<a href=\"javascript:x\" onclick=\"y\">z</a>", &["z"], &["onclick"]);
}

#[test]
fn broken_storage_is_named() {
    assert!(problem("<p>open").unwrap().starts_with("Error parsing xhtml"));
    assert!(problem("<p>&bogus;</p>").is_some());
    assert_eq!(problem("<p>&euro; &ndash; fine</p>"), None);
    assert_eq!(plain("<p>One <strong>two</strong></p><p>three</p>"), "One two three");
}

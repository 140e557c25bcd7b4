//! Sources: added, read page by page, cited, changed since.

use crate::world::World;
use std::sync::Arc;
use storywright_application::drafting::{StartError, generate, write_uncovered};
use storywright_application::drafts::{NewDraft, create_draft_for_sources, delete_draft, draft_versions};
use storywright_application::jobs::cancel_job;
use storywright_application::sections::{coverage_of_draft, sections_of_draft};
use storywright_application::sources::{
    self, CitationFlag, NewSource, PageToAdd, SourceError, SourcesAdded, add_found, add_pages, check_changes, flags,
    passages,
};
use storywright_application::{Ports, Settings};
use storywright_domain::confluence::Page;
use storywright_domain::draft::Draft;
use storywright_domain::integration::IntegrationKind;
use storywright_domain::job::JobStatus;
use storywright_domain::ports::{Saved, StorageError, StorageExt};
use storywright_domain::remote::RemoteError;
use storywright_domain::source::{Below, SourceEntry, SourceKind, SourceState};
use storywright_domain::{DraftId, Millis};
use storywright_testkit::Script;

fn page(address: &str) -> PageToAdd {
    PageToAdd { address: address.to_owned(), ..PageToAdd::default() }
}

fn add(world: &World, draft: DraftId, pages: &[PageToAdd]) -> SourcesAdded {
    add_pages(&world.ports, &world.actor, draft, pages).expect("the pages are added")
}

fn entries(world: &World, draft: DraftId) -> Vec<SourceEntry> {
    sources::list(&world.ports, &world.actor, draft).unwrap().entries
}

fn states(world: &World, draft: DraftId) -> Vec<(String, String)> {
    let state = |entry: &SourceEntry| match &entry.state {
        SourceState::Failed { code } => code.clone(),
        other => other.as_str().to_owned(),
    };
    entries(world, draft).iter().map(|entry| (entry.id(), state(entry))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, state)| ((*id).to_owned(), (*state).to_owned())).collect()
}

/// An answer with stories that each cite something.
fn citing(stories: &[(&str, &[(&str, &str)])]) -> Script {
    let stories: Vec<serde_json::Value> = stories
        .iter()
        .map(|(summary, citations)| {
            let citations: Vec<serde_json::Value> = citations
                .iter()
                .map(|(source, quote)| serde_json::json!({"source": source, "heading": "made up", "quote": quote}))
                .collect();
            serde_json::json!({"summary": summary, "acceptance_criteria": ["It works"], "citations": citations})
        })
        .collect();
    Script::text(&serde_json::json!({"clarify": null, "stories": stories}).to_string())
}

fn empty_draft(world: &World) -> Draft {
    world.draft_with(&[])
}

#[test]
fn pages_are_listed_at_once_and_read_by_a_job() {
    let world = World::new();
    world.confluence.add_page("7", "Refunds", "# Rules\n\nMoney goes back within 14 days.");
    world.confluence.add_page("8", "Glossary", "Words.");
    let draft = empty_draft(&world).id;
    let url = "https://confluence.corp.example/pages/viewpage.action?pageId=8";
    let added = add(&world, draft, &[page("7"), page(url), page("7")]);
    assert_eq!(added.ids, ["p1", "p2"]);
    assert_eq!(states(&world, draft), pairs(&[("p1", "waiting"), ("p2", "waiting")]));
    let job = world.work();
    assert_eq!((job.status, Some(job.id)), (JobStatus::Completed, added.job));
    let read = entries(&world, draft);
    let first = (read[0].title.as_str(), read[0].revision.as_str(), read[0].space.as_str(), read[0].chars);
    assert_eq!(first, ("Refunds", "1", "DOC", 40));
    assert_eq!(sources::text(&world.ports, &world.actor, draft, 2).unwrap(), "Words.");
    let again = add(&world, draft, &[page("8")]);
    assert_eq!((again.ids, again.job), (vec!["p2".to_owned()], None), "what is there is not read twice");
    let steps = world.said(job.id);
    let last =
        steps.iter().rev().find_map(|(_, data)| data["total"].as_u64().map(|total| (data["done"].as_u64(), total)));
    assert_eq!(last, Some((Some(2), 2)));
    assert!(world.audited().iter().any(|entry| entry.action == "sources_added"));
}

#[test]
fn what_the_sources_ask_for_is_looked_up_in_the_stories_too() {
    let world = World::new();
    world.confluence.add_page(
        "7",
        "Refunds",
        "# Rules\n\nThe agent must refund a payment. The auditor must export the ledger.",
    );
    let draft = world.draft_with(&["The agent must refund a payment"]).id;
    add(&world, draft, &[page("7")]);
    world.work();
    let found = coverage_of_draft(&world.ports, &world.actor, draft).unwrap().unwrap();
    let of_page: Vec<(&str, bool)> = found
        .coverage
        .sentences
        .iter()
        .filter(|entry| entry.source == Some(1))
        .map(|entry| (entry.sentence.text.as_str(), entry.story.is_some()))
        .collect();
    assert_eq!(of_page, [("The agent must refund a payment.", true), ("The auditor must export the ledger.", false)]);
    assert_eq!(found.sources[&1].title, "Refunds");
    world.chat.will_say(citing(&[("Export the ledger for the auditor", &[])]));
    write_uncovered(&world.ports, &world.actor, draft).unwrap();
    assert_eq!(world.work().status, JobStatus::Completed);
    let asked = world.chat.requests().pop().unwrap().values;
    let value = |wanted: &str| asked.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
    // What others wrote stays among what others wrote.
    assert_eq!(
        value("sources"),
        Some("[p1] Refunds (space DOC, version 1)\n# Rules\n\n- The auditor must export the ledger.")
    );
    assert_eq!(value("requirements"), Some(""));
    assert_eq!(world.draft(draft).document.stories.len(), 2);
    // What is in the bin is nobody's, and what is removed asks for nothing.
    sources::remove(&world.ports, &world.actor, draft, 1).unwrap();
    let found = coverage_of_draft(&world.ports, &world.actor, draft).unwrap().unwrap();
    assert!(found.coverage.sentences.iter().all(|entry| entry.source.is_none()));
    delete_draft(&world.ports, &world.actor, draft).unwrap();
    assert_eq!(coverage_of_draft(&world.ports, &world.actor, draft).unwrap(), None);
    assert_eq!(sections_of_draft(&world.ports, &world.actor, draft).unwrap(), None);
}

#[test]
fn an_address_that_names_no_page_adds_nothing() {
    let world = World::new();
    world.confluence.add_page("7", "Refunds", "Text");
    let draft = empty_draft(&world).id;
    for bad in ["https://evil.example/pages/viewpage.action?pageId=7", "nothing"] {
        let outcome = add_pages(&world.ports, &world.actor, draft, &[page("7"), page(bad)]);
        assert_eq!(outcome, Err(SourceError::NoSuchPage { address: bad.to_owned() }));
    }
    assert_eq!(add_pages(&world.ports, &world.actor, draft, &[]), Err(SourceError::NothingToAdd));
    assert!(entries(&world, draft).is_empty());
    let other = world.colleague();
    assert!(add_pages(&world.ports, &other, draft, &[page("7")]).is_err(), "somebody else's draft");
}

#[test]
fn a_page_that_fails_is_listed_and_read_by_itself_later() {
    let world = World::new();
    for id in ["1", "2", "3"] {
        world.confluence.add_page(id, &format!("Page {id}"), "Text");
    }
    world.confluence.fail_page("2", Some(RemoteError::Unavailable { detail: "timeout".to_owned() }));
    let draft = empty_draft(&world).id;
    add(&world, draft, &[page("1"), page("2"), page("3"), page("44")]);
    assert_eq!(world.work().status, JobStatus::Completed);
    let expected = [("p1", "read"), ("p2", "unavailable"), ("p3", "read"), ("p4", "page_not_found")];
    assert_eq!(states(&world, draft), pairs(&expected));
    assert!(entries(&world, draft)[1].note.contains("timeout"));
    world.confluence.fail_page("2", None);
    sources::retry(&world.ports, &world.actor, draft, Some(2)).unwrap();
    let before = world.confluence.calls().len();
    world.work();
    assert_eq!(states(&world, draft)[1].1, "read");
    let pages = world.confluence.calls()[before..].iter().filter(|call| call.starts_with("page ")).count();
    assert_eq!(pages, 1, "only the one");
    assert_eq!(sources::retry(&world.ports, &world.actor, draft, Some(2)), Err(SourceError::TooLate));
}

#[test]
fn a_refused_token_ends_the_job_and_marks_the_connection() {
    let world = World::new();
    for id in ["1", "2"] {
        world.confluence.add_page(id, id, "Text");
    }
    let draft = empty_draft(&world).id;
    add(&world, draft, &[page("1"), page("2")]);
    world.confluence.fail_page("1", Some(RemoteError::Unauthorized { detail: "status 401".to_owned() }));
    assert_eq!(world.work().status, JobStatus::Failed);
    assert_eq!(states(&world, draft), pairs(&[("p1", "credential_refused"), ("p2", "credential_refused")]));
    assert!(!world.integration(IntegrationKind::Confluence).health.is_ok());
}

#[test]
fn a_stopped_job_leaves_the_rest_to_be_read_again() {
    let world = World::new();
    world.confluence.add_page("1", "One", "Text");
    let draft = empty_draft(&world).id;
    let job = add(&world, draft, &[page("1")]).job.unwrap();
    cancel_job(&world.ports, &world.actor, job).unwrap();
    assert_eq!(states(&world, draft), pairs(&[("p1", "stopped")]));
}

#[test]
fn pages_below_come_with_their_page() {
    let world = World::new();
    let put = |id: &str, above: &[&str], restricted: bool| {
        world.confluence.put_page(Page {
            id: id.to_owned(),
            title: format!("Page {id}"),
            space: "DOC".to_owned(),
            version: 2,
            markdown: "Text".to_owned(),
            unseen: Vec::new(),
            url: format!("https://confluence.corp.example/{id}"),
            restricted,
            ancestors: above.iter().map(|id| (*id).to_owned()).collect(),
        });
    };
    put("1", &[], false);
    put("2", &["1"], true);
    put("3", &["1", "2"], false);
    let draft = empty_draft(&world).id;
    add(&world, draft, &[PageToAdd { below: Below::Children, ..page("1") }]);
    world.work();
    assert_eq!(states(&world, draft), pairs(&[("p1", "read"), ("p2", "read")]));
    add(&world, draft, &[PageToAdd { below: Below::All, ..page("1") }]);
    world.work();
    let all = entries(&world, draft);
    assert_eq!(
        all.iter().map(|entry| entry.restricted).collect::<Vec<_>>(),
        [false, true, true],
        "what is above counts"
    );
}

#[test]
fn spaces_that_are_not_listed_are_not_read() {
    let mut world = World::new();
    world.confluence.add_page("7", "Secret", "Text");
    let mut settings: Settings = (*world.ports.settings).clone();
    for site in &mut settings.sites {
        site.spaces = vec!["PAY".to_owned()];
    }
    world.ports = Ports { settings: Arc::new(settings), ..world.ports.clone() };
    let draft = empty_draft(&world).id;
    add(&world, draft, &[page("7")]);
    world.work();
    assert_eq!(states(&world, draft), pairs(&[("p1", "space_not_allowed")]));
    assert_eq!(sources::text(&world.ports, &world.actor, draft, 1).unwrap(), "");
}

#[test]
fn a_removed_source_comes_back_for_an_hour() {
    let world = World::new();
    world.confluence.add_page("7", "Refunds", "Text");
    let draft = empty_draft(&world).id;
    add(&world, draft, &[page("7")]);
    world.work();
    sources::remove(&world.ports, &world.actor, draft, 1).unwrap();
    assert!(entries(&world, draft).is_empty());
    assert_eq!(sources::remove(&world.ports, &world.actor, draft, 1), Err(SourceError::NotFound));
    sources::restore(&world.ports, &world.actor, draft, 1).unwrap();
    assert_eq!(sources::text(&world.ports, &world.actor, draft, 1).unwrap(), "Text");
    sources::remove(&world.ports, &world.actor, draft, 1).unwrap();
    world.clock.advance(Millis(Millis::hours(1).0 + 1));
    assert_eq!(sources::restore(&world.ports, &world.actor, draft, 1), Err(SourceError::TooLate));
    assert_eq!(add(&world, draft, &[page("7")]).ids, ["p2"], "a reference is never given again");
}

#[test]
fn only_citations_that_stand_in_their_source_are_kept() {
    let world = World::new();
    world.confluence.add_page("7", "Refunds", "# Intro\n\nHello.\n\n## Rules\n\n- Money goes **back** within 14 days.");
    let draft = empty_draft(&world);
    add(&world, draft.id, &[page("7")]);
    world.work();
    generate(&world.ports, &world.actor, draft.id).unwrap();
    let quotes: &[(&str, &str)] = &[
        ("p1", "Money goes back within 14 days."),
        ("[p1]", "Money  goes back\nwithin 14 days"),
        ("p1", "Money goes back within 15 days."),
        ("p9", "Money goes back within 14 days."),
        ("p1", "Money"),
    ];
    world.chat.will_say(citing(&[("Refund", quotes)]));
    world.work();
    let requests = world.chat.requests();
    let told = requests[0].values.iter().find(|(name, _)| *name == "sources").map(|(_, text)| text.clone()).unwrap();
    assert!(told.starts_with("[p1] Refunds (space DOC, version 1)\n# Intro"), "{told}");
    let kept = &world.draft(draft.id).document.stories[0].citations;
    assert_eq!(kept.iter().map(|citation| citation.heading.as_str()).collect::<Vec<_>>(), ["Rules", "Rules"]);
    let note = draft_versions(&world.ports, &world.actor, draft.id, None).unwrap().unwrap().items[0].note.clone();
    assert!(note.contains("3 citations were dropped"), "{note}");
    let told = passages(&world.ports, &world.actor, draft.id).unwrap();
    assert_eq!(told["s1"][0].source.as_ref().map(|entry| entry.title.as_str()), Some("Refunds"));
}

#[test]
fn exactly_the_stories_whose_words_are_gone_are_flagged() {
    let world = World::new();
    world.confluence.add_page(
        "7",
        "Refunds",
        "Money goes back within 14 days.\n\nA lead approves more than 500 euros.",
    );
    world.confluence.add_page("8", "Export", "Invoices are exported as a file.");
    let draft = empty_draft(&world);
    add(&world, draft.id, &[page("7"), page("8")]);
    world.work();
    generate(&world.ports, &world.actor, draft.id).unwrap();
    world.chat.will_say(citing(&[
        ("Refund", &[("p1", "Money goes back within 14 days.")]),
        ("Approve", &[("p1", "A lead approves more than 500 euros.")]),
        ("Export", &[("p2", "Invoices are exported as a file.")]),
    ]));
    world.work();
    let flagged = || -> Vec<CitationFlag> {
        let document = world.draft(draft.id).document;
        flags(&world.ports, &world.actor, draft.id, &document, &entries(&world, draft.id)).unwrap()
    };
    let check = |always| check_changes(&world.ports, &world.actor, draft.id, always).unwrap();
    assert_eq!((check(true), flagged()), (0, Vec::new()));

    world.confluence.edit_page("7", "Money goes back within 30 days.\n\nA lead approves more than 500 euros.");
    let before = world.confluence.calls().len();
    assert_eq!(check(false), 0, "looked at a moment ago");
    assert_eq!(world.confluence.calls().len(), before);
    assert_eq!(check(true), 1);
    let flag = |story: &str, source| CitationFlag { story: story.to_owned(), citation: 0, source };
    assert_eq!(flagged(), [flag("s1", 1)]);
    let calls = world.confluence.calls()[before..].to_vec();
    assert_eq!(calls, ["versions of 2", "page 7"], "one cheap call, and the page that is cited");
    let differs = sources::differences(&world.ports, &world.actor, draft.id, 1).unwrap();
    assert!(differs.before.contains("14 days") && differs.after.is_some_and(|text| text.contains("30 days")));

    sources::read_again(&world.ports, &world.actor, draft.id, 1).unwrap();
    world.work();
    let entry = &entries(&world, draft.id)[0];
    assert_eq!((entry.revision.as_str(), entry.newer.clone()), ("2", None));
    assert_eq!(flagged(), [flag("s1", 1)], "the words stand there no longer, read again or not");

    world.confluence.remove_page("8");
    assert_eq!(check(true), 1);
    assert_eq!(flagged(), [flag("s1", 1), flag("s3", 2)]);
}

#[test]
fn a_draft_of_sources_alone_needs_one_that_was_read() {
    let world = World::new();
    world.confluence.add_page("7", "Refunds", "Money goes back within 14 days.");
    let new = NewDraft {
        requirements: "  ".to_owned(),
        format: "classic".to_owned(),
        prompt: String::new(),
        prompt_taken: None,
        project_key: "PAY".to_owned(),
        issue_type: "10001".to_owned(),
        rule_set: String::new(),
    };
    let draft = create_draft_for_sources(&world.ports, &world.actor, &new).unwrap();
    let start = || generate(&world.ports, &world.actor, draft.id);
    assert_eq!(start(), Err(StartError::NothingToWriteFrom));
    add(&world, draft.id, &[page("7")]);
    assert_eq!(start(), Err(StartError::NothingToWriteFrom), "not read yet");
    world.work();
    assert!(start().is_ok());
}

#[test]
fn what_is_too_much_is_left_out_and_said() {
    let mut world = World::new();
    world.ports = Ports {
        settings: Arc::new(Settings { source_chars: 100, ..(*world.ports.settings).clone() }),
        ..world.ports.clone()
    };
    for (id, size) in [("1", 60), ("2", 60), ("3", 30)] {
        world.confluence.add_page(id, id, &"x".repeat(size));
    }
    let draft = empty_draft(&world);
    add(&world, draft.id, &[page("1"), page("2"), page("3"), page("4")]);
    world.work();
    let budget = sources::list(&world.ports, &world.actor, draft.id).unwrap().budget;
    assert_eq!((budget.total, budget.used), (150, 90));
    assert_eq!((budget.fits, budget.left_out, budget.unread), (vec![1, 3], vec![2], vec![4]));
    generate(&world.ports, &world.actor, draft.id).unwrap();
    world.chat.will_say(citing(&[("Refund", &[])]));
    world.work();
    let note = draft_versions(&world.ports, &world.actor, draft.id, None).unwrap().unwrap().items[0].note.clone();
    assert!(note.contains("left out: p2") && note.contains("not read: p4"), "{note}");
}

#[test]
fn what_the_agent_finds_is_a_source_once() {
    let world = World::new();
    let draft = empty_draft(&world).id;
    let found = |revision: &str, text: &str| NewSource {
        kind: SourceKind::Issue,
        site: "jira".to_owned(),
        name: "PAY-1".to_owned(),
        revision: revision.to_owned(),
        title: "Refunds".to_owned(),
        space: "PAY".to_owned(),
        url: "https://jira.corp.example/browse/PAY-1".to_owned(),
        restricted: false,
        text: text.to_owned(),
    };
    let add = |source: &NewSource| add_found(&world.ports, &world.actor, draft, source);
    assert_eq!(add(&found("1", "then")), Ok("p1".to_owned()));
    assert_eq!(add(&found("1", "then")), Ok("p1".to_owned()));
    assert_eq!(add(&found("2", "now")), Ok("p1".to_owned()), "a newer one takes its place");
    assert_eq!(sources::text(&world.ports, &world.actor, draft, 1).unwrap(), "now");
    let long = add(&found("3", &"x".repeat(1_000_001)));
    assert_eq!(long, Err(SourceError::TooLong { chars: 1_000_001 }));
    assert_eq!(world.audited().iter().filter(|entry| entry.action == "source_found").count(), 2);
}

#[test]
fn created_issues_link_to_the_pages_that_their_stories_cite() {
    let world = World::new();
    world.confluence.add_page("7", "Refund rules", "Money goes back within 14 days.");
    let draft = world.draft_with(&["Refund in full", "Refund in part"]);
    add(&world, draft.id, &[page("7")]);
    world.work();
    let without = world.plan(draft.id);
    assert!(without.pages.is_empty());
    let mut cited = world.draft(draft.id);
    cited.document.stories[0].citations = vec![storywright_domain::source::Citation {
        source: "p1".to_owned(),
        quote: "Money goes back".to_owned(),
        ..Default::default()
    }];
    let kept = world.store.write(|tx| tx.update_draft(&cited, cited.version));
    assert_eq!(kept, Ok::<_, StorageError>(Saved::Stored));
    let plan = world.plan(draft.id);
    assert_eq!(plan.pages["s1"][0].title, "Refund rules");
    assert_ne!(plan.plan_hash, without.plan_hash, "what is linked is approved");
    world.approved(draft.id);
    world.work();
    let links = world.jira.fake.web_links();
    let titles: Vec<&str> =
        links.values().map(|(_, title)| title.as_str()).filter(|title| *title == "Refund rules").collect();
    assert_eq!(titles.len(), 1, "the one story, and not its sub-tasks: {links:?}");
}

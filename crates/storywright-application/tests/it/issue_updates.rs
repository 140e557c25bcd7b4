//! Drafts about issues that are in Jira: improved, and broken down.

use crate::hooks::Moment;
use crate::jobs::answer;
use crate::world::{PAT, World};
use serde_json::json;
use std::sync::{Arc, Mutex};
use storywright_application::access;
use storywright_application::drafting::{generate, refine};
use storywright_application::drafts::{
    CreateDraftError, DraftChange, EditDraftError, delete_draft, edit_draft, undelete_draft,
};
use storywright_application::issue_updates::{
    BeginError, NewFromIssue, UpdateError, begin_from_issue, changes_of_issue, issue_of_draft, issue_updates,
    plan_update, settle_update, update_issue,
};
use storywright_application::publishing::{PlanError, make_plan};
use storywright_application::sources::{self, SourceError};
use storywright_domain::draft::Draft;
use storywright_domain::issue_update::{IssuePurpose, IssueUpdate, MAX_EDITIONS, UpdatePlan, UpdateWish};
use storywright_domain::jira::{CreateOutcome, FieldKind, NewIssue};
use storywright_domain::ports::{Jira as _, StorageError, StorageExt as _};
use storywright_domain::remote::RemoteError;
use storywright_domain::source::SourceKind;
use storywright_domain::story::{FieldValue, LinkKind, StoryLink};
use storywright_domain::write_state::WriteState;
use storywright_domain::{DraftId, Millis};
use storywright_testkit::{Script, build};

const TEXT: &str = "Agents must be able to refund a card payment.\n\nEvery refund must be written to the ledger.";

/// An issue that somebody wrote into Jira by hand.
fn by_hand(world: &World, issue_type: &str, summary: &str, text: &str) -> String {
    let issue = NewIssue {
        custom_fields: vec![(
            "customfield_10101".to_owned(),
            FieldKind::EpicName,
            FieldValue::Text(summary.to_owned()),
        )],
        ..build::issue_by_hand(issue_type, summary, text)
    };
    let (payload, _) = world.jira.fake.render(&issue);
    let access = access::jira(&world.ports, &world.actor).unwrap();
    match world.jira.fake.create(&access, &payload, None) {
        CreateOutcome::Created { key, .. } => key,
        other => panic!("{other:?}"),
    }
}

fn new(issue: &str, purpose: IssuePurpose) -> NewFromIssue {
    NewFromIssue {
        issue: issue.to_owned(),
        purpose: purpose.as_str().to_owned(),
        format: "classic".to_owned(),
        ..NewFromIssue::default()
    }
}

fn begun(world: &World, key: &str, purpose: IssuePurpose) -> Draft {
    begin_from_issue(&world.ports, &world.actor, &new(key, purpose)).expect("a draft about it")
}

/// A draft that improves an issue, written by the model.
fn improved(world: &World, summary: &str) -> (String, Draft) {
    let key = by_hand(world, "10001", "Refunds??", TEXT);
    let draft = begun(world, &key, IssuePurpose::Improve);
    generate(&world.ports, &world.actor, draft.id).unwrap();
    world.chat.will_say(Script::text(&answer(&[summary])));
    world.work();
    (key, world.draft(draft.id))
}

fn plan(world: &World, draft: DraftId, wish: UpdateWish) -> UpdatePlan {
    plan_update(&world.ports, &world.actor, draft, wish).expect("it can be planned")
}

fn send(world: &World, plan: &UpdatePlan, wish: UpdateWish) -> Result<IssueUpdate, UpdateError> {
    update_issue(&world.ports, &world.actor, plan.draft, wish, &plan.hash)
}

fn in_jira(world: &World, key: &str) -> (String, String) {
    let issue = world.jira.fake.issues().into_iter().find(|issue| issue.key == key).unwrap();
    (issue.summary, issue.description)
}

fn updates(world: &World) -> usize {
    world.jira.fake.calls().iter().filter(|call| **call == "update").count()
}

fn told(world: &World, name: &str) -> String {
    let request = world.chat.requests().pop().unwrap();
    request.values.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value).unwrap_or_default()
}

#[test]
fn the_issue_is_a_source_and_the_model_is_told_what_to_make_of_it() {
    let world = World::new();
    let (key, draft) = improved(&world, "Refund a card payment");
    let about = issue_of_draft(&world.ports, &world.actor, draft.id).unwrap().unwrap();
    assert_eq!((about.key.as_str(), about.purpose, about.epic), (key.as_str(), IssuePurpose::Improve, false));
    let listed = world.store.read(|tx| tx.sources(world.person.id, draft.id)).map_err(|error: StorageError| error);
    let listed = listed.unwrap();
    assert_eq!((listed.len(), listed[0].kind, listed[0].name.as_str()), (1, SourceKind::Issue, key.as_str()));
    assert_eq!(listed[0].url, format!("https://jira.corp.example/browse/{key}"));
    assert!(told(&world, "sources").contains("Agents must be able to refund"), "{}", told(&world, "sources"));
    assert!(told(&world, "rules").starts_with("Task: improve. Write the issue of source [p1] anew, as exactly one"));
    assert!(!told(&world, "rules").contains("Larger work"), "it stays one issue");
    assert!(!told(&world, "rules").contains("Refunds??"), "the issue's own words are no rules");
    assert_eq!(draft.issue_type, "10001");
    let refused = make_plan(&world.ports, &world.actor, draft.id);
    assert_eq!(refused.err(), Some(PlanError::ChangesAnIssue(key)), "it never becomes a second issue");
}

#[test]
fn the_issue_stays_a_source_of_the_draft_that_is_about_it() {
    let world = World::new();
    let key = by_hand(&world, "10001", "Refunds??", TEXT);
    for purpose in IssuePurpose::ALL {
        let draft = begun(&world, &key, purpose);
        let removed = sources::remove(&world.ports, &world.actor, draft.id, 1);
        assert_eq!(removed, Err(SourceError::IsTheIssue));
        assert!(sources::text(&world.ports, &world.actor, draft.id, 1).unwrap().contains("Agents must be able"));
    }
}

#[test]
fn exactly_what_was_approved_changes_the_issue_once_and_can_be_put_back() {
    let world = World::new();
    let (key, draft) = improved(&world, "Refund a card payment");
    let planned = plan(&world, draft.id, UpdateWish::Rewrite);
    assert_eq!((planned.edition, planned.changed_since, planned.summary.as_str()), (1, false, "Refund a card payment"));
    assert_eq!(planned.now.issue.summary, "Refunds??");
    assert_eq!(planned.uncovered, ["Every refund must be written to the ledger."], "what would be lost is named");
    assert_eq!(updates(&world), 0, "a plan changes nothing");
    let stale = update_issue(&world.ports, &world.actor, draft.id, UpdateWish::Rewrite, "another");
    assert!(matches!(stale, Err(UpdateError::PlanChanged(now)) if now.hash == planned.hash));

    let done = send(&world, &planned, UpdateWish::Rewrite).unwrap();
    assert_eq!((done.state, done.note.as_str(), done.before_summary.as_str()), (WriteState::Written, "", "Refunds??"));
    assert_eq!(in_jira(&world, &key), (planned.summary.clone(), planned.description.clone()));
    assert_eq!(send(&world, &planned, UpdateWish::Rewrite), Err(UpdateError::NothingChanges));
    assert_eq!(updates(&world), 1);

    let back = UpdateWish::PutBack { edition: 1 };
    let planned = plan(&world, draft.id, back);
    assert_eq!((planned.edition, planned.puts_back, planned.changed_since), (2, Some(1), false));
    assert_eq!(send(&world, &planned, back).unwrap().state, WriteState::Written);
    assert_eq!(in_jira(&world, &key), ("Refunds??".to_owned(), TEXT.to_owned()));
    let journal = changes_of_issue(&world.ports, &world.actor, &key).unwrap();
    let mut editions: Vec<u32> = journal.iter().map(|change| change.update.edition).collect();
    editions.sort_unstable();
    assert_eq!(editions, [1, 2]);
    assert!(journal.iter().all(|change| change.origin.is_some()), "with what its words were written");
    let none = plan_update(&world.ports, &world.actor, draft.id, UpdateWish::PutBack { edition: 9 });
    assert_eq!(none.err(), Some(UpdateError::NoSuchEdition(9)));
    let said = world.actions();
    for action in ["issue_draft_begun", "issue_update_approved", "issue_update_settled"] {
        assert!(said.iter().any(|known| known == action), "{action}: {said:?}");
    }
}

#[test]
fn a_sentence_that_only_a_subtask_holds_would_be_lost() {
    let world = World::new();
    let (_, draft) = improved(&world, "Refund a card payment");
    let mut document = draft.document.clone();
    document.stories[0].subtasks[0].description = "Every refund must be written to the ledger.".to_owned();
    let change = DraftChange { document: Some(document), ..DraftChange::default() };
    edit_draft(&world.ports, &world.actor, draft.id, draft.version, &change).unwrap();
    let planned = plan(&world, draft.id, UpdateWish::Rewrite);
    assert!(
        planned.uncovered.contains(&"Every refund must be written to the ledger.".to_owned()),
        "{:?}",
        planned.uncovered
    );
}

#[test]
fn words_of_somebody_else_are_not_overwritten_unseen() {
    let world = World::new();
    let (key, draft) = improved(&world, "Refund a card payment");
    let planned = plan(&world, draft.id, UpdateWish::Rewrite);
    world.jira.fake.change_field(&key, "description", Some(json!("Somebody's own words.")));
    let Err(UpdateError::PlanChanged(now)) = send(&world, &planned, UpdateWish::Rewrite) else { panic!() };
    assert!(now.changed_since);
    assert_eq!(now.now.issue.description, "Somebody's own words.");
    assert_eq!(updates(&world), 0);
    assert_eq!(send(&world, &now, UpdateWish::Rewrite).unwrap().before_description, "Somebody's own words.");
    // A change of another field is a change of the issue, though not of its words.
    let planned = plan(&world, draft.id, UpdateWish::PutBack { edition: 1 });
    assert!(!planned.changed_since);
    world.jira.fake.change_field(&key, "labels", Some(json!(["new"])));
    let stale = send(&world, &planned, UpdateWish::PutBack { edition: 1 });
    assert!(matches!(stale, Err(UpdateError::PlanChanged(now)) if !now.changed_since));
}

#[test]
fn a_lost_answer_is_looked_up_and_never_sent_again_by_itself() {
    let world = World::new();
    let (key, draft) = improved(&world, "Refund a card payment");
    let planned = plan(&world, draft.id, UpdateWish::Rewrite);
    let gone = || RemoteError::Unavailable { detail: "status 504".to_owned() };
    world.jira.fake.next_update(gone(), true);
    let lost = send(&world, &planned, UpdateWish::Rewrite).unwrap();
    assert_eq!(lost.state, WriteState::Written, "it is there, and was found: {}", lost.note);

    let back = UpdateWish::PutBack { edition: 1 };
    let planned = plan(&world, draft.id, back);
    world.jira.fake.next_update(gone(), false);
    assert_eq!(send(&world, &planned, back).unwrap().state, WriteState::Unknown, "it may be on its way");
    let blocked = plan_update(&world.ports, &world.actor, draft.id, back);
    assert_eq!(blocked.err(), Some(UpdateError::Open(WriteState::Unknown)));
    world.clock.advance(Millis::minutes(6));
    assert_eq!(settle_update(&world.ports, &world.actor, draft.id).unwrap().state, WriteState::Absent);
    assert_eq!(settle_update(&world.ports, &world.actor, draft.id), Err(UpdateError::NothingOpen));
    assert_eq!(updates(&world), 2, "looking up sends nothing");

    // Words that are neither: it is not known what happened, and it is said so.
    let planned = plan(&world, draft.id, back);
    world.jira.fake.next_update(gone(), true);
    let jira = Arc::clone(&world.jira);
    let of = key.clone();
    world.jira.once("update", Moment::After, move || jira.fake.change_field(&of, "summary", Some(json!("Third"))));
    let unknown = send(&world, &planned, back).unwrap();
    assert_eq!(unknown.state, WriteState::Unknown);
    assert!(unknown.note.contains("somebody gave the issue other words"), "{}", unknown.note);
    world.clock.advance(Millis::minutes(6));
    let later = plan(&world, draft.id, UpdateWish::Rewrite);
    assert!(later.changed_since && later.now.issue.summary == "Third", "it is no longer in the way");
}

#[test]
fn a_draft_whose_change_may_still_arrive_is_not_deleted() {
    let world = World::new();
    let (key, draft) = improved(&world, "Refund a card payment");
    let planned = plan(&world, draft.id, UpdateWish::Rewrite);
    let delete = {
        let (ports, actor, id) = (world.ports.clone(), world.actor.clone(), draft.id);
        move || delete_draft(&ports, &actor, id)
    };
    let meanwhile = Arc::new(Mutex::new(None));
    let (told, while_sending) = (Arc::clone(&meanwhile), delete.clone());
    world.jira.once("update", Moment::Before, move || *told.lock().unwrap() = Some(while_sending()));
    world.jira.fake.next_update(RemoteError::Unavailable { detail: "status 504".to_owned() }, false);
    assert_eq!(send(&world, &planned, UpdateWish::Rewrite).unwrap().state, WriteState::Unknown);
    let sending = meanwhile.lock().unwrap().take();
    assert_eq!(sending, Some(Err(EditDraftError::ChangeOpen(WriteState::Sending))));
    assert_eq!(delete(), Err(EditDraftError::ChangeOpen(WriteState::Unknown)));
    assert_eq!(settle_update(&world.ports, &world.actor, draft.id).unwrap().state, WriteState::Unknown);
    assert_eq!(delete(), Err(EditDraftError::ChangeOpen(WriteState::Unknown)), "it may still arrive");
    // Nobody is kept from deleting for ever, and nothing is lost by it: what became of the change can be found out from the bin.
    world.clock.advance(Millis::minutes(5));
    assert_eq!(delete(), Ok(()));
    assert_eq!(changes_of_issue(&world.ports, &world.actor, &key).unwrap()[0].update.state, WriteState::Unknown);
    assert_eq!(settle_update(&world.ports, &world.actor, draft.id).unwrap().state, WriteState::Absent);
    undelete_draft(&world.ports, &world.actor, draft.id).unwrap();
    assert_eq!(issue_updates(&world.ports, &world.actor, draft.id).unwrap()[0].state, WriteState::Absent);
}

#[test]
fn a_draft_changes_its_issue_a_bounded_number_of_times_and_can_put_the_last_one_back() {
    let world = World::new();
    let (key, draft) = improved(&world, "Refund a card payment");
    for edition in 1..MAX_EDITIONS {
        let wish = if edition % 2 == 1 { UpdateWish::Rewrite } else { UpdateWish::PutBack { edition: edition - 1 } };
        let planned = plan(&world, draft.id, wish);
        assert_eq!(planned.edition, edition);
        assert_eq!(send(&world, &planned, wish).unwrap().state, WriteState::Written, "{edition}");
    }
    world.jira.fake.change_field(&key, "summary", Some(json!("Third")));
    let refused = plan_update(&world.ports, &world.actor, draft.id, UpdateWish::Rewrite);
    assert_eq!(refused.err(), Some(UpdateError::TooManyEditions));
    let back = UpdateWish::PutBack { edition: MAX_EDITIONS - 1 };
    assert_eq!(send(&world, &plan(&world, draft.id, back), back).unwrap().state, WriteState::Written);
    assert_eq!(in_jira(&world, &key).0, "Refunds??");
    let again = UpdateWish::PutBack { edition: MAX_EDITIONS };
    assert_eq!(plan_update(&world.ports, &world.actor, draft.id, again).err(), Some(UpdateError::TooManyEditions));
    let listed = issue_updates(&world.ports, &world.actor, draft.id).unwrap();
    let editions: Vec<u32> = listed.iter().map(|update| update.edition).collect();
    assert_eq!(editions, (1..=MAX_EDITIONS).rev().collect::<Vec<_>>(), "none that was sent is lost");
}

#[test]
fn two_drafts_about_one_issue_are_not_sent_at_once() {
    let world = World::new();
    let (key, draft) = improved(&world, "Refund a card payment");
    let other = begun(&world, &key, IssuePurpose::Improve);
    generate(&world.ports, &world.actor, other.id).unwrap();
    world.chat.will_say(Script::text(&answer(&["Refund by card"])));
    world.work();
    let (first, second) = (plan(&world, draft.id, UpdateWish::Rewrite), plan(&world, other.id, UpdateWish::Rewrite));
    world.jira.fake.next_update(RemoteError::RateLimited { retry_after_ms: 1_000 }, false);
    assert_eq!(send(&world, &first, UpdateWish::Rewrite).unwrap().state, WriteState::Unknown);
    assert_eq!(send(&world, &second, UpdateWish::Rewrite), Err(UpdateError::Open(WriteState::Unknown)));
    world.jira.fake.move_issue(&key, "OPS-9");
    let moved = plan(&world, other.id, UpdateWish::Rewrite);
    assert_eq!(moved.now.issue.key, "OPS-9");
    let sent = send(&world, &moved, UpdateWish::Rewrite);
    assert_eq!(sent, Err(UpdateError::Open(WriteState::Unknown)), "it is the same issue by another key");
    world.jira.fake.delete_issue("OPS-9");
    world.clock.advance(Millis::minutes(6));
    let gone = settle_update(&world.ports, &world.actor, draft.id).unwrap();
    assert_eq!(gone.state, WriteState::Unknown, "that it cannot be seen says nothing: {}", gone.note);
}

#[test]
fn words_that_changed_while_jira_was_asked_are_not_sent() {
    let world = World::new();
    let (_, draft) = improved(&world, "Refund a card payment");
    let planned = plan(&world, draft.id, UpdateWish::Rewrite);
    let (ports, actor, id) = (world.ports.clone(), world.actor.clone(), draft.id);
    let edit = move || {
        let now = storywright_application::drafts::draft(&ports, &actor, id).unwrap().unwrap();
        let mut document = now.document.clone();
        document.stories[0].summary = "Something else".to_owned();
        let change = DraftChange { document: Some(document), ..DraftChange::default() };
        edit_draft(&ports, &actor, id, now.version, &change).unwrap();
    };
    world.jira.once("issue_detail", Moment::After, edit);
    let stale = send(&world, &planned, UpdateWish::Rewrite);
    assert!(matches!(stale, Err(UpdateError::PlanChanged(_))), "{stale:?}");
    assert_eq!(updates(&world), 0);
}

#[test]
fn what_jira_refuses_is_told_in_its_words() {
    let world = World::new();
    let (key, draft) = improved(&world, "Refund a card payment");
    let planned = plan(&world, draft.id, UpdateWish::Rewrite);
    let fields = vec![storywright_domain::remote::FieldRefusal {
        field: "summary".to_owned(),
        message: "Summary is frozen.".to_owned(),
    }];
    world.jira.fake.next_update(RemoteError::Rejected { messages: Vec::new(), fields }, false);
    let refused = send(&world, &planned, UpdateWish::Rewrite).unwrap();
    assert_eq!((refused.state, refused.note.as_str()), (WriteState::Refused, "summary: Summary is frozen."));
    let none = plan_update(&world.ports, &world.actor, draft.id, UpdateWish::PutBack { edition: 1 });
    assert_eq!(none.err(), Some(UpdateError::NoSuchEdition(1)), "nothing was changed, so there is nothing to put back");
    world.jira.fake.lock_words(&key);
    let locked = plan_update(&world.ports, &world.actor, draft.id, UpdateWish::Rewrite);
    assert_eq!(locked.err(), Some(UpdateError::NotEditable(key.clone())));
    world.jira.fake.delete_issue(&key);
    let gone = plan_update(&world.ports, &world.actor, draft.id, UpdateWish::Rewrite);
    assert_eq!(gone.err(), Some(UpdateError::Gone(key)));
    let planned_again = issue_updates(&world.ports, &world.actor, draft.id).unwrap();
    assert_eq!(planned_again.len(), 1);
}

#[test]
fn a_refused_token_is_noted_with_the_connection() {
    let world = World::new();
    let (_, draft) = improved(&world, "Refund a card payment");
    let planned = plan(&world, draft.id, UpdateWish::Rewrite);
    let jira = Arc::clone(&world.jira);
    world.jira.once("update", Moment::Before, move || jira.fake.revoke(PAT));
    let state = send(&world, &planned, UpdateWish::Rewrite).unwrap().state;
    assert_eq!(state, WriteState::Unknown, "the body was sent: who turned it away is not known");
    let kind = storywright_domain::integration::IntegrationKind::Jira;
    assert!(!world.integration(kind).health.is_ok());
}

#[test]
fn rules_and_numbers_stand_before_the_change() {
    let world = World::new();
    let key = by_hand(&world, "10001", "Refunds??", TEXT);
    let draft = begun(&world, &key, IssuePurpose::Improve);
    let wish = UpdateWish::Rewrite;
    assert_eq!(plan_update(&world.ports, &world.actor, draft.id, wish).err(), Some(UpdateError::NotOneStory(0)));
    generate(&world.ports, &world.actor, draft.id).unwrap();
    let writing = plan_update(&world.ports, &world.actor, draft.id, wish);
    assert!(matches!(writing, Err(UpdateError::WrongState(_))), "{writing:?}");
    world.chat.will_say(Script::text(&answer(&["Refund in full", "Refund in part"])));
    world.work();
    assert_eq!(plan_update(&world.ports, &world.actor, draft.id, wish).err(), Some(UpdateError::NotOneStory(2)));

    refine(&world.ports, &world.actor, draft.id, "One story, please").unwrap();
    let secret = answer(&["Refund with AKIAIOSFODNN7EXAMPLE"]);
    world.chat.will_say(Script::text(&secret));
    world.work();
    assert!(told(&world, "rules").starts_with("Task: improve."), "also when it is refined");
    let blocked = plan_update(&world.ports, &world.actor, draft.id, wish);
    let Err(UpdateError::Blocked(findings)) = blocked else { panic!("{blocked:?}") };
    assert!(findings.iter().any(|finding| finding.code == "secret_suspected"), "{findings:?}");

    let plain = world.draft_with(&["Refund"]);
    assert_eq!(plan_update(&world.ports, &world.actor, plain.id, wish).err(), Some(UpdateError::NotAboutAnIssue));
    let other = world.colleague();
    assert_eq!(plan_update(&world.ports, &other, draft.id, wish).err(), Some(UpdateError::NotFound));
    assert_eq!(issue_updates(&world.ports, &other, draft.id), Err(UpdateError::NotFound));
    assert_eq!(issue_of_draft(&world.ports, &other, draft.id), Ok(None));
}

#[test]
fn parts_of_an_epic_go_into_it() {
    let world = World::new();
    let key = by_hand(&world, "10000", "Refunds", TEXT);
    let draft = begun(&world, &key, IssuePurpose::BreakDown);
    assert_eq!((draft.issue_type.as_str(), draft.issue_type_name.as_str()), ("10001", "Story"));
    generate(&world.ports, &world.actor, draft.id).unwrap();
    world.chat.will_say(Script::text(&answer(&["Refund a card payment", "Write refunds to the ledger"])));
    world.work();
    assert!(told(&world, "rules").starts_with("Task: break down."), "{}", told(&world, "rules"));
    let document = world.draft(draft.id).document;
    assert!(document.stories.iter().all(|story| story.epic.as_deref() == Some(key.as_str())), "{document:?}");
    assert_eq!(document.stories.len(), 2);
    let unwished = plan_update(&world.ports, &world.actor, draft.id, UpdateWish::Rewrite);
    assert_eq!(unwished.err(), Some(UpdateError::NotAboutAnIssue), "the epic itself stays as it is");
}

#[test]
fn parts_of_a_story_are_linked_to_it() {
    let world = World::new();
    let key = by_hand(&world, "10002", "Refunds", TEXT);
    let draft = begun(&world, &key.to_lowercase(), IssuePurpose::BreakDown);
    assert_eq!(draft.issue_type, "10002", "the same type");
    generate(&world.ports, &world.actor, draft.id).unwrap();
    world.chat.will_say(Script::text(&answer(&["Refund a card payment", "Write refunds to the ledger"])));
    world.work();
    for story in world.draft(draft.id).document.stories {
        assert_eq!(story.links, [StoryLink { kind: LinkKind::RelatesTo, to: key.clone() }]);
    }
    assert!(!make_plan(&world.ports, &world.actor, draft.id).unwrap().issues.is_empty());
}

#[test]
fn what_cannot_be_begun_is_told_by_field() {
    let world = World::new();
    let code = |new: &NewFromIssue| match begin_from_issue(&world.ports, &world.actor, new) {
        Err(BeginError::Draft(CreateDraftError::Invalid(problems))) => (problems[0].0, problems[0].1),
        other => panic!("{other:?}"),
    };
    let key = by_hand(&world, "10001", "Refunds", TEXT);
    let subtask = by_hand(&world, "10003", "A part", "");
    let improve = |issue: &str| new(issue, IssuePurpose::Improve);
    assert_eq!(code(&improve("PAY-999")), ("issue", "issue_not_found"));
    assert_eq!(code(&improve("https://evil.example/browse/PAY-1")), ("issue", "issue_elsewhere"));
    assert_eq!(code(&new(&subtask, IssuePurpose::BreakDown)), ("issue", "issue_is_subtask"));
    assert_eq!(code(&NewFromIssue { purpose: "other".to_owned(), ..improve(&key) }), ("purpose", "purpose_unknown"));
    assert_eq!(code(&NewFromIssue { format: "x".to_owned(), ..improve(&key) }), ("format", "format_unknown"));
    assert_eq!(code(&NewFromIssue { rule_set: "x".to_owned(), ..improve(&key) }), ("rule_set", "rule_set_unknown"));
    world.jira.fake.lock_words(&key);
    assert_eq!(code(&improve(&key)), ("issue", "issue_not_editable"));
    let long = by_hand(&world, "10001", "Refunds", &"refund ".repeat(150_000));
    assert_eq!(code(&improve(&long)), ("issue", "issue_too_long"));
    let drafts = world.store.read(|tx| tx.drafts(world.person.id, None, None, 10));
    assert!(drafts.map_err(|error: StorageError| error).unwrap().items.is_empty(), "nothing was kept");
}

//! The model writes: whole answers, questions, stops.

use crate::jobs::answer;
use crate::world::{COOKIE, World};
use std::sync::Arc;
use storywright_application::drafting::{answer_question, generate, refine};
use storywright_application::drafts::draft_versions;
use storywright_application::jobs::cancel_job;
use storywright_application::worker::run_claimed;
use storywright_domain::JobId;
use storywright_domain::draft::{Draft, DraftState, Origin};
use storywright_domain::jira::{AllowedValue, CreateField, FieldKind};
use storywright_domain::job::{EventKind, JobStatus};
use storywright_domain::ports::{ChatCall, ChatError, ChatRequest, Finish};
use storywright_domain::remote::RemoteError;
use storywright_testkit::{Gate, Script};

pub fn started(world: &World, draft: &Draft) -> JobId {
    generate(&world.ports, &world.actor, draft.id).expect("it can be written")
}

pub fn summaries(draft: &Draft) -> Vec<&str> {
    draft.document.stories.iter().map(|story| story.summary.as_str()).collect()
}

fn value(request: &ChatRequest, name: &str) -> Option<String> {
    request.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
}

/// The beginning of an answer: one story and a half.
pub fn half() -> String {
    let whole = answer(&["Refund in full", "Refund in part"]);
    let cut = whole.find("Refund in part").unwrap() + 10;
    whole[..cut].to_owned()
}

#[test]
fn a_whole_answer_becomes_the_document_and_a_version() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    world.chat.will_say(Script::text(&answer(&["Refund in full", "Refund in part"])));
    let job = world.work();
    assert_eq!((job.status, job.error), (JobStatus::Completed, None));
    let after = world.draft(draft.id);
    assert_eq!((after.state, summaries(&after)), (DraftState::Editing, vec!["Refund in full", "Refund in part"]));
    assert_eq!(after.title, "Refund in full");
    let kept = draft_versions(&world.ports, &world.actor, draft.id, None).unwrap().unwrap().items;
    assert_eq!((kept.len(), kept[0].number, kept[0].origin), (1, after.version, Origin::Generated));
    assert_eq!(world.kinds_said(id), [EventKind::Draft, EventKind::Finding, EventKind::Done]);
    let said = world.said(id);
    let version = said.iter().find(|(kind, _)| *kind == EventKind::Draft).map(|(_, data)| data["version"].clone());
    assert_eq!(version, Some(after.version.into()));
    assert_eq!(said.last().map(|(_, data)| data["status"].clone()), Some("completed".into()));
    let streamed: String = world
        .store
        .said(id)
        .iter()
        .filter(|event| event.kind == EventKind::Token)
        .map(|event| serde_json::from_str::<serde_json::Value>(&event.data).unwrap())
        .filter(|data| data["path"] == "stories.1.summary")
        .map(|data| data["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(streamed, "Refund in part");
}

#[test]
fn the_model_is_told_what_it_needs_and_nothing_secret() {
    let world = World::new();
    let draft = world.draft_with(&["Refund", "refund"]);
    assert!(refine(&world.ports, &world.actor, draft.id, "Tell them apart").is_ok());
    world.chat.will_say(Script::text(&answer(&["One", "Two"])));
    world.work();
    let request = world.chat.requests().remove(0);
    assert_eq!(request.call, ChatCall::Refine);
    assert_eq!(value(&request, "instructions").as_deref(), Some("Tell them apart"));
    assert_eq!(value(&request, "requirements").as_deref(), Some("Customers get their money back."));
    assert!(value(&request, "story").unwrap().contains("refund"));
    assert!(value(&request, "findings").unwrap().contains("same summary"));
    assert!(request.schema.is_some());
    assert!(!format!("{request:?}").contains(COOKIE));
    let kept = draft_versions(&world.ports, &world.actor, draft.id, None).unwrap().unwrap().items;
    assert_eq!((kept[0].origin, kept[0].note.as_str()), (Origin::Refined, "Tell them apart"));
}

#[test]
fn a_question_waits_and_its_answer_goes_in() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    world.chat.will_say(Script::text(r#"{"clarify":"Which currency?","stories":[]}"#));
    let asked = world.work();
    assert_eq!((asked.status, asked.attempts), (JobStatus::Pending, 0));
    assert_eq!(asked.question.as_deref(), Some("Which currency?"));
    assert_eq!(world.kinds_said(id), [EventKind::Clarify]);
    assert!(world.try_claim().is_none(), "it waits");
    assert_eq!(world.draft(draft.id).state, DraftState::Writing { job: id });
    answer_question(&world.ports, &world.actor, id, "EUR").unwrap();
    world.chat.will_say(Script::text(&answer(&["Refund in EUR"])));
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(value(&world.chat.requests()[1], "answer").as_deref(), Some("Which currency?\nEUR"));
    assert_eq!(summaries(&world.draft(draft.id)), ["Refund in EUR"]);
}

#[test]
fn a_model_that_only_asks_comes_to_an_end() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    let mut rounds = 0;
    loop {
        for _ in 0..2 {
            world.chat.will_say(Script::text(r#"{"clarify":"And what else?","stories":[]}"#));
        }
        if world.work().status.is_final() {
            break;
        }
        rounds += 1;
        assert!(rounds <= 10, "it asks for ever");
        answer_question(&world.ports, &world.actor, id, "Nothing").unwrap();
    }
    assert_eq!(rounds, 5);
    assert_eq!(world.job(id).status, JobStatus::Failed);
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
}

#[test]
fn a_stop_keeps_what_had_come() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    let gate = Gate::default();
    world.chat.will_say(Script::text(&half()).held(&gate));
    let claim = world.claim();
    std::thread::scope(|scope| {
        let working = scope.spawn(|| run_claimed(&world.ports, &claim));
        gate.await_reached();
        assert_eq!(cancel_job(&world.ports, &world.actor, id), Ok(Some(JobStatus::Running)));
        working.join().unwrap();
    });
    assert_eq!(world.job(id).status, JobStatus::Cancelled);
    let after = world.draft(draft.id);
    assert_eq!((after.state, summaries(&after)[0]), (DraftState::Editing, "Refund in full"));
    let kept = draft_versions(&world.ports, &world.actor, draft.id, None).unwrap().unwrap().items;
    assert_eq!(kept[0].note, "stopped before it was complete");
    assert_eq!(world.said(id).last().map(|(_, data)| data["status"].clone()), Some("cancelled".into()));
}

#[test]
fn half_a_refinement_does_not_replace_a_whole_draft() {
    let world = World::new();
    let draft = world.draft_with(&["One", "Two", "Three"]);
    for end in [Err(ChatError::BrokenOff { detail: "reset".to_owned() }), Ok(Finish::Length)] {
        let id = refine(&world.ports, &world.actor, draft.id, "Shorter").unwrap();
        world.chat.will_say(Script::text(&half()).ending(end));
        assert_eq!(world.work().status, JobStatus::Failed);
        let after = world.draft(draft.id);
        assert_eq!((after.state, summaries(&after)), (DraftState::Editing, vec!["One", "Two", "Three"]));
        let message = world.said(id).last().map(|(_, data)| data["message"].to_string()).unwrap_or_default();
        assert!(!message.contains("What had come is kept"), "{message}");
    }
}

#[test]
fn a_stop_before_anything_came_leaves_the_draft_as_it_was() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let id = started(&world, &draft);
    let claim = world.claim();
    assert_eq!(cancel_job(&world.ports, &world.actor, id), Ok(Some(JobStatus::Running)));
    world.chat.will_say(Script::text(&answer(&["Other"])));
    world.outlive_leases();
    drop(claim);
    let job = world.work();
    assert_eq!(job.status, JobStatus::Cancelled);
    let after = world.draft(draft.id);
    assert_eq!((after.state, after.document), (DraftState::Editing, draft.document));
}

#[test]
fn a_process_that_ends_hands_the_writing_back() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    let gate = Gate::default();
    world.chat.will_say(Script::text(&half()).held(&gate));
    let claim = world.claim();
    std::thread::scope(|scope| {
        let working = scope.spawn(|| run_claimed(&world.ports, &claim));
        gate.await_reached();
        world.ports.running.shut_down();
        world.ports.running.cancel_all();
        working.join().unwrap();
    });
    let job = world.job(id);
    assert_eq!((job.status, job.attempts), (JobStatus::Pending, 0));
    assert_eq!(world.draft(draft.id).state, DraftState::Writing { job: id });
    world.chat.will_say(Script::text(&answer(&["Refund"])));
    let claim = world.claim();
    run_claimed(&world.other_process(), &claim);
    assert_eq!(summaries(&world.draft(draft.id)), ["Refund"]);
}

#[test]
fn a_stop_by_the_person_counts_though_the_process_ends() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    let gate = Gate::default();
    world.chat.will_say(Script::text(&half()).held(&gate));
    let claim = world.claim();
    std::thread::scope(|scope| {
        let working = scope.spawn(|| run_claimed(&world.ports, &claim));
        gate.await_reached();
        world.ports.running.shut_down();
        assert_eq!(cancel_job(&world.ports, &world.actor, id), Ok(Some(JobStatus::Running)));
        working.join().unwrap();
    });
    assert_eq!(world.job(id).status, JobStatus::Cancelled);
    assert_eq!(summaries(&world.draft(draft.id))[0], "Refund in full");
}

#[test]
fn a_worker_that_lost_its_lease_keeps_nothing() {
    let world = Arc::new(World::new());
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    let stale = world.claim();
    world.outlive_leases();
    let holder = world.claim();
    world.chat.will_say(Script::text(&answer(&["By the holder"])));
    run_claimed(&world.other_process(), &holder);
    let after = world.draft(draft.id);
    let said = world.store.said(id).len();
    world.chat.will_say(Script::text(&answer(&["By the stale worker"])));
    run_claimed(&world.ports, &stale);
    assert_eq!(world.draft(draft.id), after);
    assert_eq!(summaries(&after), ["By the holder"]);
    assert_eq!(world.job(id).status, JobStatus::Completed);
    assert_eq!(world.store.said(id).len(), said, "and says nothing");
}

#[test]
fn a_lease_lost_while_the_model_writes_keeps_nothing() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    let gate = Gate::default();
    world.chat.will_say(Script::text(&answer(&["By the stale worker"])).held(&gate));
    let stale = world.claim();
    std::thread::scope(|scope| {
        let working = scope.spawn(|| run_claimed(&world.ports, &stale));
        gate.await_reached();
        world.outlive_leases();
        let holder = world.claim();
        world.chat.will_say(Script::text(&answer(&["By the holder"])));
        run_claimed(&world.other_process(), &holder);
        gate.release();
        working.join().unwrap();
    });
    assert_eq!(summaries(&world.draft(draft.id)), ["By the holder"]);
    assert_eq!(world.job(id).status, JobStatus::Completed);
    let done = world.kinds_said(id).into_iter().filter(|kind| *kind == EventKind::Done).count();
    assert_eq!(done, 1);
}

#[test]
fn a_stop_between_claiming_and_beginning_is_noticed_at_once() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let id = started(&world, &draft);
    let claim = world.claim();
    assert_eq!(cancel_job(&world.ports, &world.actor, id), Ok(Some(JobStatus::Running)));
    world.chat.will_say(Script::text(&answer(&["Other"])));
    run_claimed(&world.ports, &claim);
    assert_eq!(world.job(id).status, JobStatus::Cancelled);
    assert_eq!(world.chat.requests(), [], "the model is not asked");
    assert_eq!(world.draft(draft.id).document, draft.document);
}

#[test]
fn a_worker_without_a_lease_tells_nobody_of_its_troubles() {
    let world = World::new();
    let id = started(&world, &world.draft_with(&[]));
    let gate = Gate::default();
    let away = ChatError::Unavailable { detail: "timeout".to_owned() };
    world.chat.will_say(Script::text("").held(&gate).ending(Err(away)));
    let stale = world.claim();
    std::thread::scope(|scope| {
        let working = scope.spawn(|| run_claimed(&world.ports, &stale));
        gate.await_reached();
        world.outlive_leases();
        drop(world.claim());
        gate.release();
        working.join().unwrap();
    });
    assert_eq!(world.kinds_said(id), [], "the job is somebody else's now");
}

#[test]
fn the_model_is_told_the_names_that_jira_takes() {
    let world = World::new();
    let value = |name: &str| AllowedValue { id: "1".to_owned(), name: name.to_owned(), children: Vec::new() };
    let components = CreateField {
        id: "components".to_owned(),
        name: "Composants".to_owned(),
        required: false,
        has_default: false,
        kind: FieldKind::Components,
        allowed: vec![value("Public API"), value("Refunds")],
    };
    world.jira.fake.set_fields(vec![components]);
    let draft = world.draft_with(&[]);
    for told in [Some("components: Public API | Refunds"), None] {
        started(&world, &draft);
        world.chat.will_say(Script::text(&answer(&["One"])));
        assert_eq!(world.work().status, JobStatus::Completed);
        assert_eq!(super::writing::value(world.chat.requests().last().unwrap(), "allowed").as_deref(), told);
        // A Jira that does not answer holds no draft up.
        world.jira.fake.fail(Some(RemoteError::Unavailable { detail: "down".to_owned() }));
    }
}

//! The model writes: what goes wrong.

use crate::jobs::answer;
use crate::world::{COOKIE, World};
use crate::writing::{half, started, summaries};
use storywright_application::drafting::generate;
use storywright_application::drafts::draft_versions;
use storywright_application::worker::{give_up_attempt, run_claimed};
use storywright_domain::Millis;
use storywright_domain::draft::DraftState;
use storywright_domain::integration::{Health, IntegrationKind};
use storywright_domain::job::{EventKind, Job, JobStatus, MAX_ATTEMPTS};
use storywright_domain::ports::{ChatCall, ChatError, Finish, StorageExt as _};
use storywright_testkit::{Gate, Script};

/// Code and message of the last error that a job told.
fn told(world: &World, job: &Job) -> (String, String, bool) {
    let said = world.said(job.id);
    let (_, data) = said.iter().rev().find(|(kind, _)| *kind == EventKind::Error).expect("an error was told");
    let text = |name: &str| data[name].as_str().unwrap().to_owned();
    (text("code"), text("message"), data["retry"].as_bool().unwrap())
}

#[test]
fn unfinished_answers_are_kept_as_far_as_they_came_and_say_so() {
    let broken = ChatError::BrokenOff { detail: "connection reset".to_owned() };
    for (end, code) in [
        (Ok(Finish::Length), "llm_length"),
        (Ok(Finish::Filtered), "llm_filtered"),
        (Ok(Finish::Refused), "llm_refused"),
        (Err(broken), "llm_broke_off"),
    ] {
        let world = World::new();
        let draft = world.draft_with(&[]);
        started(&world, &draft);
        world.chat.will_say(Script::text(&half()).ending(end));
        let job = world.work();
        assert_eq!(job.status, JobStatus::Failed);
        assert!(job.error.as_deref().is_some_and(|error| error.starts_with(code)), "{:?}", job.error);
        let (told, _, retry) = told(&world, &job);
        assert_eq!((told.as_str(), retry), (code, false));
        let after = world.draft(draft.id);
        assert_eq!((after.state, summaries(&after)[0]), (DraftState::Editing, "Refund in full"), "{code}");
        let kept = draft_versions(&world.ports, &world.actor, draft.id, None).unwrap().unwrap().items;
        assert_eq!(kept[0].note, "not complete");
    }
}

#[test]
fn a_whole_answer_that_ran_into_the_limit_is_not_taken_for_whole() {
    let world = World::new();
    started(&world, &world.draft_with(&[]));
    world.chat.will_say(Script::text(&answer(&["Refund"])).ending(Ok(Finish::Length)));
    assert_eq!(world.work().status, JobStatus::Failed);
}

#[test]
fn an_answer_that_does_not_fit_is_asked_once_more() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    world.chat.will_say(Script::text("I would rather talk."));
    world.chat.will_say(Script::text(&answer(&["Refund"])));
    assert_eq!(world.work().status, JobStatus::Completed);
    let requests = world.chat.requests();
    assert_eq!(requests.iter().map(|request| request.call).collect::<Vec<_>>(), [ChatCall::Draft, ChatCall::Repair]);
    assert!(requests[1].values.iter().any(|(name, value)| *name == "errors" && value.contains("no JSON object")));
    assert_eq!(world.kinds_said(id)[0], EventKind::Reset, "what was streamed is forgotten");
    let other = world.draft_with(&[]);
    started(&world, &other);
    for text in ["No.", "Never."] {
        world.chat.will_say(Script::text(text));
    }
    let job = world.work();
    assert_eq!(told(&world, &job).0, "llm_answer_unusable");
    assert_eq!(world.chat.requests().len(), 4, "it is not asked a third time");
}

#[test]
fn a_refused_cookie_marks_the_connection_as_broken() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    started(&world, &draft);
    let refused = ChatError::Unauthorized { detail: "sign-in page".to_owned() };
    world.chat.will_say(Script::text(&half()).ending(Err(refused)));
    let job = world.work();
    assert_eq!(job.status, JobStatus::Failed);
    let (code, message, _) = told(&world, &job);
    assert_eq!(code, "llm_credential_refused");
    assert!(message.contains("Open Integrations"), "{message}");
    let health = world.integration(IntegrationKind::Llm).health;
    assert!(matches!(health, Health::Broken { ref code, .. } if code == "llm_credential_refused"), "{health:?}");
    assert_eq!(summaries(&world.draft(draft.id))[0], "Refund in full", "what came before is kept");
    assert!(generate(&world.ports, &world.actor, draft.id).is_err(), "it has to be tested first");
}

#[test]
fn a_cookie_that_was_replaced_meanwhile_is_not_marked_as_broken() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    started(&world, &draft);
    let gate = Gate::default();
    let refused = ChatError::Unauthorized { detail: "401".to_owned() };
    world.chat.will_say(Script::text("{").held(&gate).ending(Err(refused)));
    let claim = world.claim();
    std::thread::scope(|scope| {
        let working = scope.spawn(|| run_claimed(&world.ports, &claim));
        gate.await_reached();
        world.save(&world.connected(&world.person, IntegrationKind::Llm, "a-newer-cookie-12345"));
        gate.release();
        working.join().unwrap();
    });
    assert_eq!(world.job(claim.job.id).status, JobStatus::Failed);
    assert!(world.integration(IntegrationKind::Llm).health.is_ok(), "the new cookie is good");
}

#[test]
fn an_llm_that_is_away_is_asked_again_later_and_later() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    for attempt in 1..MAX_ATTEMPTS {
        world.chat.will_say(Script::error(ChatError::Unavailable { detail: "timeout".to_owned() }));
        let job = world.work();
        assert_eq!((job.status, job.attempts), (JobStatus::Pending, attempt));
        let (code, message, retry) = told(&world, &job);
        assert_eq!((code.as_str(), retry), ("llm_unavailable", true));
        assert!(message.contains("Trying again in"), "{message}");
        let wait = job.run_at.since(world.ports.clock.now());
        assert!(wait >= Millis::seconds(1) && wait <= Millis::seconds(60), "{wait:?}");
        assert!(wait <= Millis(1_000 << attempt), "{wait:?} after attempt {attempt}");
        assert!(world.try_claim().is_none(), "it waits");
        world.clock.set(job.run_at);
    }
    assert_eq!(world.draft(draft.id).state, DraftState::Writing { job: id });
    world.chat.will_say(Script::error(ChatError::Unavailable { detail: "timeout".to_owned() }));
    let job = world.work();
    assert_eq!((job.status, job.attempts), (JobStatus::Failed, MAX_ATTEMPTS));
    assert!(!told(&world, &job).2);
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
    let resets = world.kinds_said(id).into_iter().filter(|kind| *kind == EventKind::Reset).count();
    assert_eq!(resets as u32, MAX_ATTEMPTS - 1);
}

#[test]
fn a_wait_that_the_llm_asks_for_is_kept_within_bounds() {
    for (asked, expected) in [(0, 1_000), (30_000, 30_000), (99_999_999, 120_000)] {
        let world = World::new();
        started(&world, &world.draft_with(&[]));
        world.chat.will_say(Script::error(ChatError::RateLimited { retry_after_ms: asked }));
        let job = world.work();
        assert_eq!(job.run_at.since(world.ports.clock.now()), Millis(expected));
    }
}

#[test]
fn what_will_not_work_later_either_fails_at_once() {
    for (error, code) in [
        (ChatError::TooLong { detail: "200000 tokens".to_owned() }, "llm_input_too_long"),
        (ChatError::Rejected { detail: "no such model".to_owned() }, "llm_rejected"),
        (ChatError::Malformed { detail: "no choices".to_owned() }, "llm_malformed"),
    ] {
        let world = World::new();
        let draft = world.draft_with(&["Refund"]);
        started(&world, &draft);
        world.chat.will_say(Script::error(error));
        let job = world.work();
        assert_eq!((job.status, told(&world, &job).0.as_str()), (JobStatus::Failed, code));
        let after = world.draft(draft.id);
        assert_eq!((after.state, after.document), (DraftState::Editing, draft.document));
    }
}

#[test]
fn a_connection_that_broke_since_fails_with_what_to_do() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    started(&world, &draft);
    world.store.write(|tx| tx.delete_integration(world.person.id, IntegrationKind::Llm)).unwrap();
    let job = world.work();
    let (code, message, _) = told(&world, &job);
    assert_eq!(code, "llm_not_connected");
    assert!(message.contains("Open Integrations"), "{message}");
    assert_eq!(world.draft(draft.id).state, DraftState::Editing);
    assert!(!message.contains(COOKIE));
}

#[test]
fn a_worker_that_falls_again_and_again_leaves_no_draft_in_writing() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let id = started(&world, &draft);
    for attempt in 1..=MAX_ATTEMPTS {
        let claim = world.claim();
        assert_eq!(claim.job.attempts, attempt);
        give_up_attempt(&world.ports, &claim);
        assert_eq!(world.job(id).status, JobStatus::Pending);
        world.outlive_leases();
    }
    let job = world.work();
    assert_eq!(job.status, JobStatus::Failed);
    assert_eq!(told(&world, &job).0, "attempts_exhausted");
    let after = world.draft(draft.id);
    assert_eq!((after.state, after.document), (DraftState::Editing, draft.document));
    assert_eq!(world.chat.requests(), []);
}

#[test]
fn what_was_kept_before_a_crash_is_complete_after_it() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    world.chat.will_say(Script::text(&answer(&["Refund"])));
    let claim = world.claim();
    // The process dies after the draft was kept and before the job was given back.
    let process = storywright_application::Ports {
        queue: std::sync::Arc::new(storywright_testkit::MemoryStore::default()),
        ..world.other_process()
    };
    run_claimed(&process, &claim);
    let kept = world.draft(draft.id);
    assert_eq!((summaries(&kept), world.job(id).status), (vec!["Refund"], JobStatus::Running));
    world.outlive_leases();
    assert_eq!(world.work().status, JobStatus::Completed, "and not cancelled");
    assert_eq!(world.draft(draft.id), kept);
    assert_eq!(world.chat.requests().len(), 1, "the model is not asked again");
    assert_eq!(world.kinds_said(id).last(), Some(&EventKind::Done));
}

#[test]
fn a_database_that_fails_is_tried_again() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    let claim = world.claim();
    world.break_database(true);
    run_claimed(&world.ports, &claim);
    world.break_database(false);
    world.outlive_leases();
    world.chat.will_say(Script::text(&answer(&["Refund"])));
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.job(id).attempts, 2);
}

//! Handing drafts to the model.

use crate::world::World;
use storywright_application::access::AccessError;
use storywright_application::drafting::{AnswerError, StartError, WritingPayload, answer_question, generate, refine};
use storywright_application::drafts::delete_draft;
use storywright_application::jobs::{cancel_job, job, list_jobs, open_jobs};
use storywright_domain::draft::{DraftState, WrongState};
use storywright_domain::integration::{Health, Integration, IntegrationKind};
use storywright_domain::job::{JobKind, JobStatus};
use storywright_domain::{DraftId, JobId};
use storywright_testkit::Script;
use storywright_testkit::build::kept_draft;

#[test]
fn a_draft_is_handed_to_a_job() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let id = refine(&world.ports, &world.actor, draft.id, "  Shorter\u{0}\n please ").unwrap();
    assert_eq!(world.draft(draft.id).state, DraftState::Writing { job: id });
    let kept = world.job(id);
    assert_eq!((kept.kind, kept.status, kept.attempts), (JobKind::Refine, JobStatus::Pending, 0));
    assert_eq!(kept.subject, draft.id.to_string());
    assert_eq!(WritingPayload::of_json(&kept.payload).unwrap().instructions, "Shorter\n please");
    assert_eq!(world.actions(), ["writing_started"]);
    let second = generate(&world.ports, &world.actor, draft.id);
    assert_eq!(second, Err(StartError::WrongState(WrongState::Writing { job: id })));
}

#[test]
fn only_what_is_there_can_be_written() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let empty = world.draft_with(&[]);
    assert_eq!(generate(&world.ports, &world.actor, DraftId(5)), Err(StartError::NotFound));
    assert_eq!(generate(&world.ports, &world.colleague_with_llm(), draft.id), Err(StartError::NotFound));
    assert_eq!(refine(&world.ports, &world.actor, empty.id, "x"), Err(StartError::NothingToRefine));
    for instruction in ["", " \n", &"x".repeat(8_001)] {
        assert_eq!(refine(&world.ports, &world.actor, draft.id, instruction), Err(StartError::BadInstruction));
    }
    delete_draft(&world.ports, &world.actor, draft.id).unwrap();
    assert_eq!(generate(&world.ports, &world.actor, draft.id), Err(StartError::NotFound));
    let publishing = world.draft_with(&["Refund"]);
    let run = world.approved(publishing.id);
    let outcome = generate(&world.ports, &world.actor, publishing.id);
    assert_eq!(outcome, Err(StartError::WrongState(WrongState::Publishing { run })));
}

#[test]
fn without_a_tested_llm_nothing_is_queued() {
    let world = World::new();
    let draft = world.draft_with(&["Refund"]);
    let kind = IntegrationKind::Llm;
    let connected = world.integration(kind);
    world.save(&Integration { health: Health::Untested, ..connected.clone() });
    let untested = StartError::Access(AccessError::NotTested(kind));
    assert_eq!(generate(&world.ports, &world.actor, draft.id), Err(untested));
    world.save(&Integration { target: "gone".to_owned(), ..connected });
    let unlisted = StartError::Access(AccessError::Unlisted(kind));
    assert_eq!(generate(&world.ports, &world.actor, draft.id), Err(unlisted));
    assert!(world.try_claim().is_none());
    assert_eq!(world.draft(draft.id), draft);
}

#[test]
fn one_person_has_a_few_jobs_at_once() {
    let world = World::new();
    let most = world.ports.settings.max_open_jobs;
    let jobs: Vec<JobId> =
        (0..most).map(|_| generate(&world.ports, &world.actor, world.draft_with(&["Refund"]).id).unwrap()).collect();
    let one_more = world.draft_with(&["Refund"]);
    assert_eq!(generate(&world.ports, &world.actor, one_more.id), Err(StartError::TooManyJobs(most)));
    assert_eq!(world.draft(one_more.id), one_more);
    let other = world.colleague_with_llm();
    let theirs = kept_draft(&world.store, other.user(), 99);
    assert!(generate(&world.ports, &other, theirs.id).is_ok(), "other people's jobs do not count");
    assert_eq!(open_jobs(&world.ports, &world.actor).unwrap().len(), most);
    assert_eq!(cancel_job(&world.ports, &world.actor, jobs[0]), Ok(Some(JobStatus::Cancelled)));
    assert!(generate(&world.ports, &world.actor, one_more.id).is_ok());
    assert_eq!(list_jobs(&world.ports, &world.actor, None).unwrap().items.len(), most + 1);
    assert_eq!(job(&world.ports, &other, jobs[1]), Ok(None));
}

#[test]
fn an_open_question_is_answered_once_by_its_own_person() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    let id = generate(&world.ports, &world.actor, draft.id).unwrap();
    let answer = |text: &str| answer_question(&world.ports, &world.actor, id, text);
    assert_eq!(answer("EUR"), Err(AnswerError::NoQuestion));
    world.chat.will_say(Script::text(r#"{"clarify":"Which currency?","stories":[]}"#));
    assert_eq!(world.work().question.as_deref(), Some("Which currency?"));
    let other = world.colleague();
    assert_eq!(answer_question(&world.ports, &other, id, "USD"), Err(AnswerError::NotFound));
    for text in [" ", &"x".repeat(8_001)] {
        assert_eq!(answer(text), Err(AnswerError::BadAnswer));
    }
    assert_eq!(answer("EUR"), Ok(()));
    assert_eq!(answer("USD"), Err(AnswerError::NoQuestion));
    let payload = WritingPayload::of_json(&world.job(id).payload).unwrap();
    assert_eq!(payload.answers, [("Which currency?".to_owned(), "EUR".to_owned())]);
}

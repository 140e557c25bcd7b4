//! Long requirements: written section by section, and never twice what is done.

use crate::jobs::answer;
use crate::world::World;
use crate::writing::{started, summaries};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use storywright_application::drafting::SECTION_TOKENS;
use storywright_domain::cancel::Cancellation;
use storywright_domain::draft::{Draft, DraftState, Requirements};
use storywright_domain::job::JobStatus;
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatCall, ChatError, ChatIdentity, ChatModel, ChatRequest, ChatSetup, ChatSink, Finish,
    StorageExt, Usage,
};
use storywright_domain::section::SectionState;
use storywright_testkit::build;

const PARTS: [&str; 8] = ["Refunds", "Ledger", "Mailing", "Export", "Archive", "Auditing", "Voucher", "Currency"];

/// Writes one story for each section, named by its heading.
#[derive(Default)]
struct Scribe {
    calls: Mutex<BTreeMap<String, u32>>,
    /// Sections that it refuses.
    refuses: Mutex<BTreeSet<String>>,
    /// The process dies at the call for this section.
    dies_at: Mutex<Option<String>>,
}

impl Scribe {
    fn calls(&self) -> BTreeMap<String, u32> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ChatModel for Scribe {
    fn services(&self) -> Vec<String> {
        vec![storywright_testkit::FakeChat::SERVICE.to_owned()]
    }

    fn setup(&self, _: &str, _: ChatCall) -> Option<ChatSetup> {
        None
    }

    fn identify(&self, _: &ChatAccess) -> Result<ChatIdentity, ChatError> {
        Err(ChatError::Cancelled)
    }

    fn converse(
        &self,
        _: &ChatAccess,
        request: &ChatRequest,
        sink: &mut dyn ChatSink,
        _: &Cancellation,
    ) -> Result<ChatAnswer, ChatError> {
        let text =
            request.values.iter().find(|(name, _)| *name == "requirements").map(|(_, text)| text.as_str()).unwrap();
        let heading = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap().to_owned();
        assert!(text.chars().count() <= SECTION_TOKENS * 4, "{} characters in one call", text.chars().count());
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(heading.clone()).or_default() += 1;
        let dies = self.dies_at.lock().unwrap_or_else(PoisonError::into_inner).take_if(|at| *at == heading).is_some();
        assert!(!dies, "killed");
        let finish = if self.refuses.lock().unwrap().contains(&heading) { Finish::Refused } else { Finish::Stop };
        let text = answer(&[heading.as_str()]);
        sink.text(&text);
        Ok(ChatAnswer { text, calls: Vec::new(), finish, usage: Usage { input: 3, output: 2 } })
    }
}

fn long_world() -> (World, Arc<Scribe>, Draft) {
    let mut world = World::new();
    let scribe = Arc::new(Scribe::default());
    world.ports.chat = scribe.clone();
    let parts: Vec<String> = PARTS
        .iter()
        .map(|part| format!("# {part}\n\n{}\n", format!("The clerk works with {part} every day. ").repeat(200)))
        .collect();
    let requirements = Requirements::parse(&parts.join("\n")).unwrap();
    let draft = Draft { requirements, ..build::draft(world.person.id, world.ports.ids.id()) };
    world.store.write(|tx| tx.insert_draft(&draft)).unwrap();
    (world, scribe, draft)
}

fn states(world: &World, draft: &Draft) -> Vec<SectionState> {
    let sections = world.store.read(|tx| tx.sections(world.person.id, draft.id)).unwrap();
    sections.iter().map(|section| section.state).collect()
}

#[test]
fn every_section_is_written_once_and_their_stories_stand_in_order() {
    let (world, scribe, draft) = long_world();
    started(&world, &draft);
    let job = world.work();
    assert_eq!((job.status, job.error), (JobStatus::Completed, None));
    assert_eq!(summaries(&world.draft(draft.id)), PARTS);
    assert_eq!(scribe.calls(), PARTS.iter().map(|part| ((*part).to_owned(), 1)).collect());
    let kept = world.store.read(|tx| tx.sections(world.person.id, draft.id)).unwrap();
    assert!(
        kept.iter()
            .all(|section| section.state == SectionState::Done && section.usage == Usage { input: 3, output: 2 })
    );
    let steps = world.store.read(|tx| tx.steps(world.person.id, job.id)).unwrap();
    assert_eq!(steps.len(), PARTS.len());
    // All was done: generating again is meant to write anew.
    started(&world, &draft);
    world.work();
    assert!(scribe.calls().values().all(|calls| *calls == 2), "{:?}", scribe.calls());
}

#[test]
fn a_killed_process_costs_no_finished_section() {
    for victim in PARTS {
        let (world, scribe, draft) = long_world();
        *scribe.dies_at.lock().unwrap() = Some(victim.to_owned());
        started(&world, &draft);
        world.work_and_die();
        let sections = world.store.read(|tx| tx.sections(world.person.id, draft.id)).unwrap();
        let done: Vec<String> = sections
            .iter()
            .filter(|section| section.state == SectionState::Done)
            .map(|section| section.title.clone())
            .collect();
        assert!(!done.contains(&victim.to_owned()));
        let before = scribe.calls();
        world.outlive_leases();
        let job = world.work();
        assert_eq!(job.status, JobStatus::Completed, "{:?}", job.error);
        assert_eq!(summaries(&world.draft(draft.id)), PARTS);
        let after = scribe.calls();
        assert!(done.iter().all(|title| after[title] == before[title]), "written again: {before:?} {after:?}");
        assert_eq!(after[victim], 2);
    }
}

#[test]
fn a_section_that_fails_sinks_no_other_and_is_written_again_alone() {
    let (world, scribe, draft) = long_world();
    scribe.refuses.lock().unwrap().insert("Export".to_owned());
    started(&world, &draft);
    let job = world.work();
    assert_eq!(job.status, JobStatus::Failed);
    assert!(job.error.unwrap().contains("1 of 8 sections could not be written (4 “Export”: llm_refused"));
    let after = world.draft(draft.id);
    assert_eq!(after.state, DraftState::Editing);
    assert_eq!(summaries(&after), PARTS.into_iter().filter(|part| *part != "Export").collect::<Vec<_>>());
    assert_eq!(states(&world, &draft).iter().filter(|state| **state == SectionState::Failed).count(), 1);

    scribe.refuses.lock().unwrap().clear();
    started(&world, &draft);
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(summaries(&world.draft(draft.id)), PARTS);
    let expected = PARTS.iter().map(|part| ((*part).to_owned(), if *part == "Export" { 2 } else { 1 })).collect();
    assert_eq!(scribe.calls(), expected);
}

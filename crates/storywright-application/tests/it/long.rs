//! Long requirements: written section by section, and never twice what is done.

use crate::jobs::answer;
use crate::world::World;
use crate::writing::{started, summaries};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use storywright_application::drafting::{SECTION_TOKENS, StartError, write_section, write_uncovered};
use storywright_domain::JobId;
use storywright_domain::cancel::Cancellation;
use storywright_domain::draft::{Draft, DraftState, Requirements, WrongState};
use storywright_domain::job::{Job, JobStatus};
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatCall, ChatError, ChatIdentity, ChatModel, ChatRequest, ChatSetup, ChatSink, Finish,
    Saved, StorageExt, Usage,
};
use storywright_domain::section::SectionState;
use storywright_testkit::build;

pub const PARTS: [&str; 8] = ["Refunds", "Ledger", "Mailing", "Export", "Archive", "Auditing", "Voucher", "Currency"];

/// What comes of a call.
pub enum Say {
    Text(String),
    /// The process dies.
    Death,
    /// The person stops the job meanwhile.
    Stop(Box<dyn FnOnce() + Send>),
}

/// Writes one story for each section, named by its heading, unless it is told what to say.
#[derive(Default)]
pub struct Scribe {
    calls: Mutex<BTreeMap<String, u32>>,
    /// Sections that it refuses.
    refuses: Mutex<BTreeSet<String>>,
    /// The process dies at the call for this section.
    dies_at: Mutex<Option<String>>,
    /// What it does instead at the next calls about a section.
    says: Mutex<BTreeMap<String, VecDeque<Say>>>,
    asked: Mutex<Vec<ChatRequest>>,
}

impl Scribe {
    pub fn calls(&self) -> BTreeMap<String, u32> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn will_say(&self, heading: &str, say: Say) {
        let mut says = self.says.lock().unwrap_or_else(PoisonError::into_inner);
        says.entry(heading.to_owned()).or_default().push_back(say);
    }

    /// The calls of a kind, in order.
    pub fn asked(&self, call: ChatCall) -> Vec<ChatRequest> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|request| request.call == call).cloned().collect()
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
        let heading = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default().to_owned();
        assert!(text.chars().count() <= SECTION_TOKENS * 4, "{} characters in one call", text.chars().count());
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(heading.clone()).or_default() += 1;
        let dies = self.dies_at.lock().unwrap_or_else(PoisonError::into_inner).take_if(|at| *at == heading).is_some();
        assert!(!dies, "killed");
        let finish = if self.refuses.lock().unwrap().contains(&heading) { Finish::Refused } else { Finish::Stop };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let mut says = self.says.lock().unwrap_or_else(PoisonError::into_inner);
        let say = says.get_mut(&heading).and_then(VecDeque::pop_front);
        drop(says);
        let text = match say {
            None => answer(&[heading.as_str()]),
            Some(Say::Text(text)) => text,
            Some(Say::Death) => panic!("killed"),
            Some(Say::Stop(stop)) => {
                stop();
                return Err(ChatError::Cancelled);
            }
        };
        sink.text(&text);
        Ok(ChatAnswer { text, calls: Vec::new(), finish, usage: Usage { input: 3, output: 2 } })
    }
}

pub fn long_world() -> (World, Arc<Scribe>, Draft) {
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

/// Keeps a changed draft, as an edit by hand does.
pub fn edit(world: &World, mut draft: Draft, change: impl FnOnce(&mut Draft)) {
    change(&mut draft);
    draft.version += 1;
    let stored = world.store.write(|tx| tx.update_draft(&draft, draft.version - 1)).unwrap();
    assert_eq!(stored, Saved::Stored);
}

fn job_of(world: &World, id: JobId) -> Job {
    world.store.read(|tx| tx.job(world.person.id, id)).unwrap().unwrap()
}

#[test]
fn one_failed_section_is_written_for_itself_and_what_was_edited_stays() {
    let (world, scribe, draft) = long_world();
    scribe.refuses.lock().unwrap().extend(["Export".to_owned(), "Archive".to_owned()]);
    started(&world, &draft);
    assert_eq!(world.work().status, JobStatus::Failed);
    edit(&world, world.draft(draft.id), |draft| draft.document.stories[0].stlc_notes = "by hand".to_owned());

    scribe.refuses.lock().unwrap().remove("Export");
    *scribe.dies_at.lock().unwrap() = Some("Export".to_owned());
    let job = write_section(&world.ports, &world.actor, draft.id, 4).unwrap();
    assert_eq!(
        write_section(&world.ports, &world.actor, draft.id, 5),
        Err(StartError::WrongState(WrongState::Writing { job }))
    );
    world.work_and_die();
    world.outlive_leases();
    let done = world.work();
    assert_eq!((done.id, done.status, done.error), (job, JobStatus::Completed, None));
    let after = world.draft(draft.id);
    assert_eq!(summaries(&after), PARTS.into_iter().filter(|part| *part != "Archive").collect::<Vec<_>>());
    assert_eq!(after.document.stories[0].stlc_notes, "by hand");
    let expected = |part: &str| match part {
        "Export" => 3,
        _ => 1,
    };
    assert_eq!(scribe.calls(), PARTS.iter().map(|part| ((*part).to_owned(), expected(part))).collect());

    for ordinal in [4, 0, 9] {
        let refused = write_section(&world.ports, &world.actor, draft.id, ordinal);
        assert_eq!(refused, Err(StartError::NoSuchSection(ordinal)));
    }
    // Archive is refused again: the draft is as it was, and the section says why.
    let again = write_section(&world.ports, &world.actor, draft.id, 5).unwrap();
    world.work();
    let failed = job_of(&world, again);
    assert_eq!(failed.status, JobStatus::Failed);
    assert!(failed.error.as_deref().unwrap_or_default().contains("Section 5 “Archive”"), "{failed:?}");
    assert_eq!(world.draft(draft.id).document, after.document);
    assert_eq!(states(&world, &draft).iter().filter(|state| **state == SectionState::Failed).count(), 1);
    // Requirements that are cut otherwise have no such section.
    edit(&world, world.draft(draft.id), |draft| {
        draft.requirements = Requirements::parse("The clerk must archive.").unwrap();
    });
    let refused = write_section(&world.ports, &world.actor, draft.id, 5);
    assert_eq!(refused, Err(StartError::NoSuchSection(5)));
}

#[test]
fn a_section_that_was_kept_before_the_process_died_is_not_asked_for_again() {
    let (world, scribe, draft) = long_world();
    scribe.refuses.lock().unwrap().insert("Export".to_owned());
    started(&world, &draft);
    world.work();
    scribe.refuses.lock().unwrap().clear();
    let job = write_section(&world.ports, &world.actor, draft.id, 4).unwrap();
    // What the dead attempt left: the section is kept, the draft does not hold it yet.
    let mut kept = world.store.read(|tx| tx.sections(world.person.id, draft.id)).unwrap();
    kept[3].state = SectionState::Done;
    kept[3].job = job;
    kept[3].stories = vec![build::story("Export")];
    world.store.write(|tx| tx.put_section(&kept[3])).unwrap();
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(summaries(&world.draft(draft.id)), PARTS);
    assert_eq!(scribe.calls()["Export"], 1);
}

#[test]
fn stories_for_what_no_story_covers_are_added_to_those_that_are_there() {
    let (world, scribe, _) = long_world();
    let empty = world.draft_with(&[]);
    let nothing = write_uncovered(&world.ports, &world.actor, empty.id);
    assert_eq!(nothing, Err(StartError::NothingToRefine));
    let short = world.draft_with(&["The clerk must print labels"]);
    let requirements =
        "# Labels\n\nThe clerk must print labels.\n\n# Vouchers\n\nThe manager must block stolen vouchers.\n";
    edit(&world, short.clone(), |draft| draft.requirements = Requirements::parse(requirements).unwrap());
    write_uncovered(&world.ports, &world.actor, short.id).unwrap();
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(summaries(&world.draft(short.id)), ["The clerk must print labels", "Vouchers"]);
    // The covered sentence was not asked for.
    assert_eq!(scribe.calls().keys().collect::<Vec<_>>(), ["Vouchers"]);
    edit(&world, world.draft(short.id), |draft| {
        draft.document.stories[1].summary = "The manager must block stolen vouchers".to_owned();
    });
    let covered = write_uncovered(&world.ports, &world.actor, short.id);
    assert_eq!(covered, Err(StartError::NothingUncovered));
}

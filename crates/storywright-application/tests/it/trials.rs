//! Prompts side by side on one text: each column for itself, kept when it ends, tried again alone.

use crate::jobs::answer;
use crate::world::World;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use storywright_application::drafting::SECTION_TOKENS;
use storywright_application::jobs::cancel_job;
use storywright_application::prompts::{PromptDraft, create_prompt};
use storywright_application::trials::{
    ChosenPrompt, NewTrial, TrialError, delete_trial, list_trials, retry_column, start_trial, trial,
};
use storywright_domain::cancel::Cancellation;
use storywright_domain::job::{EventKind, JobStatus};
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatCall, ChatError, ChatIdentity, ChatModel, ChatRequest, ChatSetup, ChatSink, Finish,
    StorageExt, Usage,
};
use storywright_domain::prompt::{ColumnState, KEPT_TRIALS, PromptTrial, PromptVariable, TrialColumn};
use storywright_domain::{Millis, PromptId, TrialId};
use storywright_testkit::FakeChat;

const TEXT: &str = "The clerk refunds a card payment. The customer exports invoices.";

type Say = Box<dyn FnOnce(&Cancellation) -> Result<String, ChatError> + Send>;

/// Answers by the words that it is given: each prompt has its own answers in order, after them a story that is named by the words.
#[derive(Default)]
struct Teller {
    says: Mutex<BTreeMap<String, VecDeque<Say>>>,
    asked: Mutex<Vec<(String, ChatCall)>>,
}

impl Teller {
    fn will(&self, words: &str, say: impl FnOnce(&Cancellation) -> Result<String, ChatError> + Send + 'static) {
        self.says.lock().unwrap().entry(words.to_owned()).or_default().push_back(Box::new(say));
    }

    /// How often each prompt was asked about.
    fn calls(&self) -> BTreeMap<String, usize> {
        let mut calls = BTreeMap::new();
        for (words, _) in self.asked.lock().unwrap().iter() {
            *calls.entry(words.clone()).or_default() += 1;
        }
        calls
    }
}

impl ChatModel for Teller {
    fn services(&self) -> Vec<String> {
        vec![FakeChat::SERVICE.to_owned()]
    }

    fn setup(&self, _: &str, call: ChatCall) -> Option<ChatSetup> {
        Some(ChatSetup { model: "model-1".to_owned(), prompt: call.as_str().to_owned() })
    }

    fn identify(&self, _: &ChatAccess) -> Result<ChatIdentity, ChatError> {
        Err(ChatError::Cancelled)
    }

    fn converse(
        &self,
        _: &ChatAccess,
        request: &ChatRequest,
        sink: &mut dyn ChatSink,
        cancellation: &Cancellation,
    ) -> Result<ChatAnswer, ChatError> {
        let value = |name: &str| request.values.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str());
        assert_eq!(value("requirements"), Some(TEXT));
        let words = value("prompt").unwrap_or("nothing").to_owned();
        self.asked.lock().unwrap().push((words.clone(), request.call));
        let say = self.says.lock().unwrap().get_mut(&words).and_then(VecDeque::pop_front);
        let text = match say {
            Some(say) => say(cancellation)?,
            None => answer(&[&format!("Refund a card payment as {words}")]),
        };
        sink.text(&text);
        Ok(ChatAnswer { text, calls: Vec::new(), finish: Finish::Stop, usage: Usage { input: 3, output: 2 } })
    }
}

fn world() -> (World, Arc<Teller>) {
    let mut world = World::new();
    let teller = Arc::new(Teller::default());
    world.ports.chat = teller.clone();
    (world, teller)
}

fn prompt(world: &World, text: &str) -> PromptId {
    let typed = PromptDraft { name: format!("“{text}”"), text: text.to_owned(), ..PromptDraft::default() };
    create_prompt(&world.ports, &world.actor, &typed).unwrap().id
}

fn chosen(prompt: Option<PromptId>) -> ChosenPrompt {
    ChosenPrompt { prompt, ..ChosenPrompt::default() }
}

fn new(columns: Vec<ChosenPrompt>) -> NewTrial {
    NewTrial { requirements: TEXT.to_owned(), format: "classic".to_owned(), rule_set: String::new(), columns }
}

/// A trial of the prompts `one` and `two` and of none.
fn started(world: &World) -> PromptTrial {
    let columns = vec![chosen(Some(prompt(world, "one"))), chosen(None), chosen(Some(prompt(world, "two")))];
    start_trial(&world.ports, &world.actor, &new(columns)).unwrap()
}

fn now(world: &World, id: TrialId) -> PromptTrial {
    trial(&world.ports, &world.actor, id).unwrap().unwrap()
}

fn states(trial: &PromptTrial) -> Vec<ColumnState> {
    trial.columns.iter().map(|column| column.state).collect()
}

fn summary(column: &TrialColumn) -> &str {
    column.result.document.stories.first().map_or("", |story| story.summary.as_str())
}

#[test]
fn each_prompt_is_asked_once_and_counted() {
    let (world, teller) = world();
    let begun = started(&world);
    assert_eq!(states(&begun), [ColumnState::Waiting; 3]);
    let job = world.work();
    assert_eq!((job.status, job.error.as_deref()), (JobStatus::Completed, None));
    let done = now(&world, begun.id);
    assert_eq!(states(&done), [ColumnState::Done; 3]);
    let summaries: Vec<&str> = done.columns.iter().map(summary).collect();
    let told = ["one", "nothing", "two"].map(|words| format!("Refund a card payment as {words}"));
    assert_eq!(summaries, told);
    let first = &done.columns[0];
    assert_eq!((first.words.as_str(), first.prompt_from.as_ref().unwrap().changed), ("one", false));
    assert_eq!(done.columns[1].prompt_from, None);
    let result = &first.result;
    assert_eq!((result.usage, result.calls, result.model.as_str()), (Usage { input: 3, output: 2 }, 1, "model-1"));
    assert_eq!((result.sentences, result.covered), (2, 1), "the export is in no story");
    assert!(teller.calls().values().all(|calls| *calls == 1), "{:?}", teller.calls());
    // The same meters as drafts, and a step for each call.
    let user = world.person.id;
    let spent = world.store.read(|tx| tx.use_by_day(user, 0)).unwrap();
    assert_eq!(spent[0].usage, Usage { input: 9, output: 6 });
    assert_eq!(world.store.read(|tx| tx.steps(user, job.id)).unwrap().len(), 3);
    let live: Vec<String> = world
        .store
        .said(job.id)
        .into_iter()
        .filter(|event| event.kind == EventKind::Token)
        .map(|event| event.data)
        .collect();
    assert!(live.iter().any(|data| data.contains("columns.3.stories.0.summary")), "{live:?}");
    assert_eq!(world.store.read(|tx| tx.drafts(user, None, None, 5)).unwrap().items, [], "a trial is no draft");
    assert_eq!(world.said(job.id).last().unwrap().0, EventKind::Done);
}

#[test]
fn a_failed_column_leaves_the_others_alone_and_is_tried_again_alone() {
    let (world, teller) = world();
    let begun = started(&world);
    teller.will("two", |_| Err(ChatError::BrokenOff { detail: "reset".to_owned() }));
    assert_eq!(world.work().status, JobStatus::Completed);
    let failed = now(&world, begun.id);
    assert_eq!(states(&failed), [ColumnState::Done, ColumnState::Done, ColumnState::Failed]);
    assert!(failed.columns[2].problem.contains("reset"), "{}", failed.columns[2].problem);
    let retry = |number| retry_column(&world.ports, &world.actor, begun.id, number);
    assert_eq!(retry(1), Err(TrialError::NotEnded(1)));
    assert_eq!(retry(9), Err(TrialError::NoSuchColumn(9)));
    let job = retry(3).unwrap();
    assert_eq!(retry(3), Err(TrialError::NotEnded(3)), "it is being written");
    assert_eq!(delete_trial(&world.ports, &world.actor, begun.id), Err(TrialError::Running));
    assert_eq!(world.work().id, job);
    let done = now(&world, begun.id);
    assert_eq!(states(&done), [ColumnState::Done; 3]);
    assert_eq!(done.columns[..2], failed.columns[..2]);
    assert_eq!(teller.calls()["one"], 1);
    delete_trial(&world.ports, &world.actor, begun.id).unwrap();
    assert_eq!(trial(&world.ports, &world.actor, begun.id), Ok(None));
}

#[test]
fn an_answer_that_does_not_fit_is_asked_for_once_more() {
    let (world, teller) = world();
    let begun = started(&world);
    teller.will("one", |_| Ok("no JSON".to_owned()));
    for _ in 0..2 {
        teller.will("two", |_| Ok(r#"{"clarify":"Which?","stories":[]}"#.to_owned()));
    }
    world.work();
    let done = now(&world, begun.id);
    assert_eq!(states(&done), [ColumnState::Done, ColumnState::Done, ColumnState::Failed]);
    assert_eq!((done.columns[0].result.calls, done.columns[0].result.usage.input), (2, 6));
    assert!(done.columns[2].problem.starts_with("llm_answer_unusable: "), "{}", done.columns[2].problem);
    assert_eq!((teller.calls()["one"], teller.calls()["two"]), (2, 2));
}

#[test]
fn a_stop_ends_what_is_being_written_and_keeps_what_is_there() {
    let (world, teller) = world();
    let world = Arc::new(world);
    let begun = started(&world);
    let job = begun.columns[0].job;
    let other = Arc::clone(&world);
    teller.will("two", move |cancellation| {
        // The first two are through by now: three are written at a time, and this one waits for them.
        while states(&now(&other, begun.id))[..2] != [ColumnState::Done; 2] {
            std::thread::yield_now();
        }
        cancel_job(&other.ports, &other.actor, job).unwrap();
        assert!(cancellation.is_cancelled());
        Err(ChatError::Cancelled)
    });
    assert_eq!(world.work().status, JobStatus::Cancelled);
    let stopped = now(&world, begun.id);
    assert_eq!(states(&stopped), [ColumnState::Done, ColumnState::Done, ColumnState::Stopped]);
    retry_column(&world.ports, &world.actor, begun.id, 3).unwrap();
    let waiting = now(&world, begun.id).columns[2].job;
    cancel_job(&world.ports, &world.actor, waiting).unwrap();
    assert_eq!(states(&now(&world, begun.id))[2], ColumnState::Stopped, "stopped before its turn");
}

#[test]
fn a_dead_process_and_a_service_that_is_away_cost_no_finished_column() {
    let (world, teller) = world();
    let begun = started(&world);
    teller.will("two", |_| panic!("killed"));
    world.work_and_die();
    world.outlive_leases();
    teller.will("two", |_| Err(ChatError::Unavailable { detail: "503".to_owned() }));
    assert_eq!(world.work().status, JobStatus::Pending, "it is tried again later");
    let waits = now(&world, begun.id);
    assert_eq!(states(&waits), [ColumnState::Done, ColumnState::Done, ColumnState::Waiting]);
    world.clock.advance(Millis::minutes(2));
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(states(&now(&world, begun.id)), [ColumnState::Done; 3]);
    assert_eq!((teller.calls()["one"], teller.calls()["two"]), (1, 3));
}

#[test]
fn without_a_way_to_the_model_every_open_column_says_so() {
    let (world, teller) = world();
    let begun = started(&world);
    teller.will("nothing", |_| Err(ChatError::Unauthorized { detail: "401".to_owned() }));
    let job = world.work();
    assert_eq!(job.status, JobStatus::Failed);
    let failed = now(&world, begun.id);
    assert_eq!(failed.columns[1].state, ColumnState::Failed);
    assert!(failed.columns[1].problem.contains("Open Integrations"), "{}", failed.columns[1].problem);
    assert!(failed.columns.iter().all(|column| !column.state.is_open()));
}

#[test]
fn what_is_wrong_is_told_at_once_and_begins_nothing() {
    let (world, _) = world();
    let colleague = world.colleague_with_llm();
    let days = PromptVariable { name: "days".to_owned(), description: String::new(), default: String::new() };
    let typed = PromptDraft {
        name: "Small".to_owned(),
        text: "Within {{days}} days.".to_owned(),
        variables: vec![days],
        ..PromptDraft::default()
    };
    let small = create_prompt(&world.ports, &world.actor, &typed).unwrap().id;
    let problems = |actor, new: &NewTrial| match start_trial(&world.ports, actor, new) {
        Err(TrialError::Invalid(problems)) => {
            problems.into_iter().map(|(field, code, _)| (field, code)).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let owned = |expected: &[(&str, &'static str)]| -> Vec<(String, &'static str)> {
        expected.iter().map(|(field, code)| ((*field).to_owned(), *code)).collect()
    };
    let wrong = NewTrial {
        requirements: " ".to_owned(),
        format: "haiku".to_owned(),
        rule_set: "nobody".to_owned(),
        columns: vec![chosen(Some(small))],
    };
    let expected = [
        ("requirements", "requirements_empty"),
        ("format", "format_unknown"),
        ("rule_set", "rule_set_unknown"),
        ("columns", "trial_columns_invalid"),
        ("columns.1.values.days", "prompt_invalid"),
    ];
    assert_eq!(problems(&world.actor, &wrong), owned(&expected));
    let foreign = new(vec![chosen(Some(small)), chosen(None)]);
    assert_eq!(problems(&colleague, &foreign), owned(&[("columns.1.prompt", "prompt_unknown")]));
    let five = new(vec![chosen(None); 5]);
    assert_eq!(problems(&world.actor, &five), owned(&[("columns", "trial_columns_invalid")]));
    let long = NewTrial { requirements: "word ".repeat(SECTION_TOKENS), ..new(vec![chosen(None); 2]) };
    assert_eq!(problems(&world.actor, &long), owned(&[("requirements", "requirements_too_long")]));
    assert!(world.try_claim().is_none());
    assert_eq!(list_trials(&world.ports, &world.actor), Ok(Vec::new()));
}

#[test]
fn trials_are_seen_by_their_person_alone_and_the_newest_are_kept() {
    let (world, _) = world();
    let first = started(&world);
    let colleague = world.colleague_with_llm();
    assert_eq!(trial(&world.ports, &colleague, first.id), Ok(None));
    assert_eq!(retry_column(&world.ports, &colleague, first.id, 1), Err(TrialError::NotFound));
    assert_eq!(delete_trial(&world.ports, &colleague, first.id), Err(TrialError::NotFound));
    world.work();
    for _ in 0..KEPT_TRIALS {
        world.clock.advance(Millis(1));
        start_trial(&world.ports, &world.actor, &new(vec![chosen(None); 2])).unwrap();
        world.work();
    }
    let kept = list_trials(&world.ports, &world.actor).unwrap();
    assert_eq!(kept.len(), usize::try_from(KEPT_TRIALS).unwrap());
    assert_eq!(trial(&world.ports, &world.actor, first.id), Ok(None));
}

#[test]
fn a_trial_that_is_being_written_outlasts_any_number_of_newer_ones() {
    let (world, _) = world();
    let first = started(&world);
    let claim = world.claim();
    for _ in 0..=KEPT_TRIALS {
        world.clock.advance(Millis(1));
        start_trial(&world.ports, &world.actor, &new(vec![chosen(None); 2])).unwrap();
        assert_eq!(world.work_once().status, JobStatus::Completed);
    }
    storywright_application::worker::run_claimed(&world.ports, &claim);
    let job = world.job(claim.job.id);
    assert_eq!((job.status, job.error.as_deref()), (JobStatus::Completed, None));
    assert_eq!(states(&now(&world, first.id)), [ColumnState::Done; 3]);
    let listed = list_trials(&world.ports, &world.actor).unwrap();
    assert!(listed.iter().any(|trial| trial.id == first.id), "what is kept is listed");
}

//! The loop, with tools that a test answers for.

use super::opening::OPEN_TOOLS;
use super::*;
use crate::{RunningJobs, Settings};
use std::cell::RefCell;
use std::sync::Arc;
use storywright_domain::job::{EventKind, JobKind};
use storywright_domain::meter::TokenPrice;
use storywright_domain::ports::{Claim, JobQueue as _, StorageExt as _, ToolOutcome};
use storywright_domain::tool::{ToolClass, ToolResult};
use storywright_domain::{Millis, RequestId, Secret, UserId};
use storywright_testkit::build;
use storywright_testkit::{
    CountingIds, FakeChat, FakeConfluence, FakeHasher, FakeJira, FakeSealer, FakeSha256, FakeSigner, FakeTools,
    FixedClock, MemoryStore, Script,
};

const READY: &str = r#"{"ask":null,"note":"enough"}"#;

type Answer = Box<dyn Fn(&str, &str) -> Result<ToolResult, NoResult>>;

pub(super) struct World {
    clock: Arc<FixedClock>,
    store: MemoryStore,
    chat: Arc<FakeChat>,
    pub(super) ports: Ports,
    claim: Claim,
    answers: Vec<(String, String)>,
    pub(super) offered: Vec<Offer>,
    hints: String,
    pub(super) called: RefCell<Vec<(String, String)>>,
    tool: RefCell<Answer>,
}

pub(super) fn offer(name: &str, class: ToolClass) -> Offer {
    Offer {
        name: name.to_owned(),
        server: name.split("__").next().unwrap_or_default().to_owned(),
        class,
        hint: format!("Look with {name}"),
        parameters: r#"{"type":"object"}"#.to_owned(),
        hash: "ab".repeat(32),
    }
}

pub(super) fn result(text: &str) -> Result<ToolResult, NoResult> {
    let bytes = u64::try_from(text.len()).unwrap();
    Ok(ToolResult { text: text.to_owned(), json: None, failed: false, bytes, cut: false })
}

impl World {
    pub(super) fn new() -> Self {
        Self::limited(|_| {})
    }

    fn limited(change: impl FnOnce(&mut AgentLimits)) -> Self {
        let clock = Arc::new(FixedClock::default());
        let store = MemoryStore::new(clock.clone());
        let chat = Arc::new(FakeChat::with_person("cookie", "emp1"));
        let mut settings = Settings::default();
        change(&mut settings.agent);
        let ports = Ports {
            storage: Arc::new(store.clone()),
            jira: Arc::new(FakeJira::default()),
            confluence: Arc::new(FakeConfluence::default()),
            chat: chat.clone(),
            files: Arc::new(storywright_testkit::ReadsWith(storywright_markup::read_file)),
            tools: Arc::new(FakeTools::default()),
            events: Arc::new(store.clone()),
            queue: Arc::new(store.clone()),
            passwords: Arc::new(FakeHasher::default()),
            sealer: Arc::new(FakeSealer::default()),
            tokens: Arc::new(FakeSigner),
            sha256: Arc::new(FakeSha256),
            clock: clock.clone(),
            ids: Arc::new(CountingIds::after(1_000)),
            settings: Arc::new(settings),
            running: Arc::new(RunningJobs::default()),
            reviewer: Arc::default(),
        };
        let person = build::signed_up(&store, 1);
        store.write(|tx| tx.insert_job(&build::job(person.id, 10))).unwrap();
        let claim = store.claim("worker", &JobKind::ALL, Millis::hours(100)).unwrap().unwrap();
        Self {
            clock,
            store,
            chat,
            ports,
            claim,
            answers: Vec::new(),
            offered: vec![offer("wiki__search", ToolClass::Read), offer("jira__get", ToolClass::ReadOpen)],
            hints: String::new(),
            called: RefCell::default(),
            tool: RefCell::new(Box::new(|_, _| result("found"))),
        }
    }

    fn says(&self, calls: &[(&str, &str)]) {
        self.chat.will_say(Script::calling(calls));
    }

    pub(super) fn tools_answer(&self, answer: impl Fn(&str, &str) -> Result<ToolResult, NoResult> + 'static) {
        *self.tool.borrow_mut() = Box::new(answer);
    }

    fn user(&self) -> UserId {
        self.claim.job.user
    }

    fn run_with(&self, cancellation: &Cancellation) -> Gathered {
        let access = ChatAccess {
            user: self.user(),
            service: FakeChat::SERVICE.to_owned(),
            credential: Secret::new("cookie".to_owned()),
            request_id: RequestId::from_number(1),
        };
        let call = |offer: &Offer, arguments: &str, _: &Cancellation| {
            self.called.borrow_mut().push((offer.name.clone(), arguments.to_owned()));
            (self.tool.borrow())(&offer.name, arguments)
        };
        let tools = Toolbox { offered: self.offered.clone(), hints: self.hints.clone(), call: &call };
        let gathering = Gathering {
            ports: &self.ports,
            job: &self.claim.job,
            access: &access,
            values: vec![("requirements", "Refunds".to_owned())],
            answers: &self.answers,
            questions: 5,
            tools: &tools,
            cancellation,
        };
        gather(&gathering).unwrap()
    }

    #[track_caller]
    pub(super) fn enough(&self) -> String {
        match self.run_with(&Cancellation::new()) {
            Gathered::Enough(sources) => sources,
            Gathered::Ended(_) => panic!("the run ended: {:?}", self.steps().last()),
        }
    }

    #[track_caller]
    fn question(&self) -> String {
        match self.run_with(&Cancellation::new()) {
            Gathered::Ended(Written::Question(question)) => question,
            _ => panic!("no question: {:?}", self.steps().last()),
        }
    }

    pub(super) fn steps(&self) -> Vec<AgentStep> {
        self.store.read(|tx| tx.steps(self.user(), self.claim.job.id)).unwrap()
    }

    /// Why it stopped looking.
    #[track_caller]
    fn stopped_by(&self) -> String {
        let last = self.steps().pop().unwrap();
        assert_eq!((last.kind, last.state), (StepKind::Model, StepState::Refused), "{last:?}");
        assert!(last.problem.ends_with("."), "it explains itself: {}", last.problem);
        last.problem.split(':').next().unwrap_or_default().to_owned()
    }

    fn calls(&self) -> usize {
        self.called.borrow().len()
    }
}

#[test]
fn it_looks_things_up_and_writes_from_what_it_found() {
    let world = World::new();
    world.says(&[("wiki__search", r#"{"query":"refund"}"#), ("jira__get", r#"{"key":"PAY-1"}"#)]);
    world.chat.will_say(Script::text(READY));
    world.tools_answer(|name, _| result(&format!("text of {name}")));
    let sources = world.enough();
    assert_eq!(
        sources,
        "[t2] wiki__search {\"query\":\"refund\"}\ntext of wiki__search\n\n[t3] jira__get {\"key\":\"PAY-1\"}\ntext of jira__get"
    );
    let requests = world.chat.requests();
    assert_eq!(requests[0].call, ChatCall::Gather);
    let offered: Vec<&str> = requests[0].tools.iter().map(|tool| tool.name()).collect();
    assert_eq!(offered, ["wiki__search", "jira__get"]);
    assert_eq!(requests[0].tools[0].description(), "Look with wiki__search");
    let outcomes: &[ToolOutcome] = &requests[1].turns[0].outcomes;
    assert_eq!(outcomes[1].text, "text of jira__get");
    let steps = world.steps();
    let kinds: Vec<_> = steps.iter().map(|step| (step.kind, step.state, step.turn)).collect();
    let done = StepState::Done;
    let tool = (StepKind::Tool, done, 1);
    assert_eq!(kinds, [(StepKind::Model, done, 1), tool, tool, (StepKind::Model, done, 2)]);
    assert_eq!((steps[1].class, steps[1].server.as_str()), (Some(ToolClass::Read), "wiki"));
    assert_eq!((steps[1].bytes, steps[1].approval_hash.len()), (20, 64));
    assert!(!steps[0].prompt_sha256.is_empty() && steps[0].model == "model-1");
    let told = world.store.said(world.claim.job.id).into_iter().filter(|event| event.kind == EventKind::Step);
    assert_eq!(told.count(), 8, "each step is told when it begins and when it ends");
}

#[test]
fn no_tool_that_writes_reaches_the_model_or_is_called() {
    let mut world = World::new();
    for class in [ToolClass::Write, ToolClass::Change, ToolClass::Open] {
        world.offered.push(offer(&format!("jira__{}", class.as_str()), class));
    }
    world.says(&[("jira__write", "{}"), ("jira__change", "{}"), ("jira__open", "{}")]);
    world.chat.will_say(Script::text(READY));
    world.enough();
    assert_eq!(world.calls(), 0);
    assert_eq!(world.chat.requests()[0].tools.len(), 2);
    let refused = world.steps().into_iter().filter(|step| step.problem.starts_with("tool_unknown: "));
    assert_eq!(refused.count(), 3);
    assert!(world.chat.requests()[1].turns[0].outcomes[0].text.starts_with("[refused: "));
}

#[test]
fn a_finished_step_is_not_repeated_after_a_crash() {
    let world = World::new();
    world.says(&[("wiki__search", r#"{"query":"a"}"#), ("wiki__search", r#"{"query":"b"}"#)]);
    world.tools_answer(|_, arguments| if arguments.contains('b') { Err(NoResult::Cancelled) } else { result("of a") });
    // The process dies in the second call: its step stays as it was begun.
    world.ports.running.cancel_all();
    let _ = world.run_with(&Cancellation::new());
    assert_eq!(world.steps().last().map(|step| step.state), Some(StepState::Running));
    world.tools_answer(|_, _| result("of b"));
    world.chat.will_say(Script::text(READY));
    world.enough();
    let called: Vec<String> = world.called.borrow().iter().map(|(_, arguments)| arguments.clone()).collect();
    assert_eq!(called, [r#"{"query":"a"}"#, r#"{"query":"b"}"#, r#"{"query":"b"}"#]);
    assert_eq!(world.steps().len(), 4, "the cut step gave its place");
    let before = world.chat.requests().len();
    assert!(world.enough().contains("of b"), "a run that was over is over");
    assert_eq!(world.chat.requests().len(), before);
}

#[test]
fn a_question_waits_and_its_answer_goes_in() {
    let mut world = World::new();
    world.chat.will_say(Script::text(r#"{"ask":"Which\u200b currency?","note":""}"#));
    assert_eq!(world.question(), "Which currency?");
    assert_eq!(world.question(), "Which currency?", "it is asked until it is answered");
    assert_eq!(world.chat.requests().len(), 1);
    world.answers.push(("Which currency?".to_owned(), "EUR".to_owned()));
    world.chat.will_say(Script::text(READY));
    world.enough();
    assert_eq!(world.chat.requests().len(), 2);
}

#[test]
fn a_server_that_dies_is_asked_about_and_left_out_or_tried_again() {
    let mut world = World::new();
    world.says(&[("wiki__search", r#"{"query":"a"}"#)]);
    world.tools_answer(|_, _| {
        Err(NoResult::Gone { code: "mcp_no_answer".to_owned(), message: "it broke off".to_owned() })
    });
    let first = world.question();
    assert!(first.contains("`wiki`") && first.contains("it broke off"), "{first}");
    let step = world.steps().pop().unwrap();
    assert_eq!(step.arguments, format!("[\"{GO_ON_WITHOUT}\",\"{TRY_AGAIN}\"]"));
    world.answers.push((first, TRY_AGAIN.to_owned()));
    let second = world.question();
    assert_eq!(world.calls(), 2, "it was tried again");
    world.answers.push((second, GO_ON_WITHOUT.to_owned()));
    world.says(&[("wiki__search", r#"{"query":"b"}"#), ("jira__get", "{}")]);
    world.chat.will_say(Script::text(READY));
    world.tools_answer(|_, _| result("of jira"));
    assert!(world.enough().contains("of jira"));
    let names: Vec<String> = world.called.borrow().iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, ["wiki__search", "wiki__search", "jira__get"], "the server that is left out is not called");
}

#[test]
fn it_stops_after_so_many_turns() {
    let world = World::new();
    for turn in 0..20 {
        world.says(&[("wiki__search", &format!("{{\"query\":\"{turn}\"}}"))]);
    }
    world.enough();
    assert_eq!((world.stopped_by().as_str(), world.chat.requests().len()), ("limit_turns", 8));
}

#[test]
fn it_stops_after_so_many_calls() {
    let world = World::new();
    let arguments: Vec<String> = (0..30).map(|number| format!("{{\"query\":\"{number}\"}}")).collect();
    let calls: Vec<(&str, &str)> = arguments.iter().map(|arguments| ("wiki__search", arguments.as_str())).collect();
    world.says(&calls);
    world.enough();
    assert_eq!((world.stopped_by().as_str(), world.calls()), ("limit_calls", 20));
}

#[test]
fn it_stops_at_the_third_call_of_the_same_kind() {
    let world = World::new();
    for arguments in [r#"{"a":1,"b":2}"#, r#"{"b":2, "a":1}"#, r#"{ "a": 1, "b": 2 }"#] {
        world.says(&[("wiki__search", arguments)]);
    }
    world.enough();
    assert_eq!((world.stopped_by().as_str(), world.calls()), ("limit_identical", 2));
}

#[test]
fn it_stops_when_its_time_is_over_and_tells_the_model_call_how_long_it_may_take() {
    let world = World::new();
    world.says(&[("wiki__search", r#"{"query":"a"}"#), ("wiki__search", r#"{"query":"b"}"#)]);
    let clock = world.clock.clone();
    world.tools_answer(move |_, _| {
        clock.advance(Millis::minutes(5));
        result("late")
    });
    world.enough();
    assert_eq!((world.stopped_by().as_str(), world.calls()), ("limit_time", 1));
    assert_eq!(world.chat.requests()[0].within, Some(Millis::minutes(5)));
}

#[test]
fn results_and_context_are_cut() {
    let world = World::new();
    for round in 0..8 {
        world.says(&[("wiki__search", &format!("{{\"query\":\"{round}\"}}"))]);
    }
    world.tools_answer(|_, _| result(&"é".repeat(60_000)));
    world.enough();
    let steps = world.steps();
    assert_eq!((steps[1].result.len(), steps[1].bytes, steps[1].cut), (65_536, 120_000, true));
    assert!(world.chat.requests()[1].turns[0].outcomes[0].text.ends_with("[cut: 120000 bytes came]"));
    assert_eq!(world.stopped_by(), "limit_context");
    let total: usize = steps.iter().map(|step| step.result.len() + step.arguments.len()).sum();
    assert!(total <= 410 * 1_024, "{total}");
}

#[test]
fn it_stops_when_its_tokens_are_used() {
    for (input, output) in [(120_000, 1), (1, 16_000)] {
        let world = World::new();
        world.chat.will_say(Script::calling(&[("wiki__search", "{}")]).costing(input, output));
        world.chat.will_say(Script::text(READY));
        world.enough();
        assert_eq!((world.stopped_by().as_str(), world.chat.requests().len()), ("limit_tokens", 1));
    }
}

#[test]
fn it_stops_when_calls_make_no_sense_again_and_again() {
    let world = World::new();
    for call in [("no_such", "{}"), ("wiki__search", "no JSON"), ("wiki__search", "[1]"), ("no_such", "{\"x\":1}")] {
        world.says(&[call]);
    }
    world.enough();
    assert_eq!((world.stopped_by().as_str(), world.calls()), ("limit_repairs", 0));
}

#[test]
fn budgets_of_a_day_refuse_with_words_and_end_with_the_day() {
    let world = World::limited(|limits| (limits.daily_tokens, limits.daily_tokens_of_all) = (1_000, 5_000));
    let day = day_of(world.ports.clock.now());
    let usage = |tokens: u64| Usage { input: tokens, output: 0 };
    world.store.write(|tx| tx.add_tokens(world.user(), day, usage(1_000), 0)).unwrap();
    let Gathered::Ended(Written::Failed { code, message, .. }) = world.run_with(&Cancellation::new()) else {
        panic!("it is over the budget")
    };
    assert_eq!(code, "token_budget_used");
    assert!(message.contains("1000 of your 1000"), "{message}");
    assert_eq!(world.chat.requests().len(), 0);
    world.clock.advance(Millis::hours(24));
    world.chat.will_say(Script::text(READY).costing(300, 200));
    world.enough();
    assert_eq!(world.store.read(|tx| tx.tokens_of(world.user(), day + 1)).unwrap(), Usage { input: 300, output: 200 });
    let other = build::signed_up(&world.store, 2);
    world.store.write(|tx| tx.add_tokens(other.id, day + 1, usage(9_000), 0)).unwrap();
    assert_eq!(
        over_budget(&world.ports, world.user()).unwrap().map(|(code, _)| code),
        Some("token_budget_of_all_used")
    );
}

#[test]
fn what_a_person_spends_is_counted_at_the_price_of_the_moment_and_has_a_limit() {
    let price = TokenPrice { input_micros: 3_000_000, output_micros: 15_000_000 };
    let world = World::limited(|limits| (limits.price, limits.daily_cost_micros) = (price, 3_900));
    let day = day_of(world.ports.clock.now());
    world.chat.will_say(Script::text(READY).costing(300, 200));
    world.enough();
    let spent = world.store.read(|tx| tx.use_by_day(world.user(), day)).unwrap();
    assert_eq!(spent.iter().map(|of| of.cost_micros).collect::<Vec<_>>(), [3_900], "300 at 3 and 200 at 15 a million");
    let (code, message) = over_budget(&world.ports, world.user()).unwrap().unwrap();
    assert_eq!(code, "cost_budget_used");
    assert!(message.contains("spent 0.0039 of your 0.0039 of today"), "{message}");
    world.clock.advance(Millis::hours(24));
    assert_eq!(over_budget(&world.ports, world.user()).unwrap(), None);
}

#[test]
fn a_third_run_of_a_person_waits() {
    let world = World::new();
    assert_eq!(too_many_runs(&world.ports, &world.claim.job), Ok(false));
    for number in [11, 12] {
        world.store.write(|tx| tx.insert_job(&build::job(world.user(), number))).unwrap();
        let _claim = world.store.claim("worker", &JobKind::ALL, Millis::hours(1)).unwrap().unwrap();
    }
    assert_eq!(too_many_runs(&world.ports, &world.claim.job), Ok(true));
}

#[test]
fn a_stop_ends_it_between_steps() {
    let world = World::new();
    let cancellation = Cancellation::new();
    cancellation.cancel();
    assert!(matches!(world.run_with(&cancellation), Gathered::Ended(Written::HandedBack)));
    assert_eq!(world.chat.requests().len(), 0);
}

#[test]
fn a_service_that_does_not_count_is_counted_for() {
    let world = World::new();
    world.chat.will_say(Script::text(READY).costing(0, 0));
    world.enough();
    let used = world.store.read(|tx| tx.tokens_of(world.user(), day_of(world.ports.clock.now()))).unwrap();
    assert!(used.input > 0 && used.output > 0, "{used:?}");
}

/// A world with more tools than are told at once: `wiki__search`, `jira__get` and twenty others.
fn many_tools() -> World {
    let mut world = World::new();
    world.offered.extend((1..=20).map(|number| offer(&format!("jira__more_{number}"), ToolClass::Read)));
    world.hints = "Names begin with wiki__:\nsearch: Finds pages\n".to_owned();
    world
}

fn names(request: &ChatRequest) -> Vec<&str> {
    request.tools.iter().map(|tool| tool.name()).collect()
}

#[test]
fn of_many_tools_those_that_were_opened_are_told_whole() {
    let world = many_tools();
    world.says(&[(OPEN_TOOLS, r#"{"names":["wiki__search","wiki__none"]}"#)]);
    world.says(&[("wiki__search", r#"{"query":"refunds"}"#)]);
    world.chat.will_say(Script::text(READY));
    let sources = world.enough();
    let requests = world.chat.requests();
    let told =
        |request: &ChatRequest| request.values.iter().find(|(name, _)| *name == "hints").map(|(_, text)| text.clone());
    assert!(requests.iter().all(|request| told(request).as_deref() == Some(world.hints.as_str())));
    assert_eq!(names(&requests[0]), [OPEN_TOOLS]);
    assert_eq!(names(&requests[1]), [OPEN_TOOLS, "wiki__search"]);
    let outcome = &requests[1].turns[0].outcomes[0].text;
    assert_eq!(outcome, "Open now: wiki__search. Not in the list: wiki__none.");
    // Opening asks no server and gives nothing to write from.
    assert_eq!(world.called.borrow().len(), 1);
    assert!(sources.contains("found") && !sources.contains(OPEN_TOOLS), "{sources}");
    let asked: Vec<String> =
        world.steps().into_iter().filter(|step| step.kind == StepKind::Tool).map(|step| step.asked).collect();
    assert_eq!(asked, ["See how wiki__search is called", "Look with wiki__search"]);
}

#[test]
fn a_tool_that_was_not_opened_is_called_and_open_from_then_on() {
    let world = many_tools();
    world.says(&[("jira__more_3", "{}")]);
    world.chat.will_say(Script::text(READY));
    world.enough();
    assert_eq!(names(&world.chat.requests()[1]), [OPEN_TOOLS, "jira__more_3"]);
}

#[test]
fn at_most_eight_are_open_and_the_oldest_make_room() {
    let world = many_tools();
    let all: Vec<String> = (1..=10).map(|number| format!("jira__more_{number}")).collect();
    world.says(&[(OPEN_TOOLS, &serde_json::json!({"names": all}).to_string())]);
    world.says(&[(OPEN_TOOLS, r#"{"names":["wiki__search"]}"#)]);
    world.chat.will_say(Script::text(READY));
    world.enough();
    let requests = world.chat.requests();
    assert_eq!(names(&requests[1])[1..], all[..8]);
    assert!(requests[1].turns[0].outcomes[0].text.ends_with("the others were left out."));
    let last = names(&requests[2]);
    assert_eq!((last.len(), last[1], last[8]), (9, "jira__more_2", "wiki__search"));
}

#[test]
fn opening_what_is_not_there_is_refused_and_has_an_end() {
    let world = many_tools();
    for _ in 0..4 {
        world.says(&[(OPEN_TOOLS, r#"{"names":["none"]}"#)]);
    }
    world.chat.will_say(Script::text(READY));
    world.enough();
    let refused = world.steps().into_iter().find(|step| step.tool == OPEN_TOOLS).unwrap();
    assert_eq!(refused.state, StepState::Refused);
    assert!(refused.problem.starts_with("tool_unknown: None of these names"), "{}", refused.problem);
    // Without a list there is no such tool.
    let few = World::new();
    few.says(&[(OPEN_TOOLS, r#"{"names":["wiki__search"]}"#)]);
    few.chat.will_say(Script::text(READY));
    few.enough();
    assert!(few.steps().iter().any(|step| step.problem.starts_with("tool_unknown: There is no such tool")));
}

//! The agent looks things up: from the approved tool to the story that cites what it gave, with stops, crashes and servers that die.

use crate::jobs::answer;
use crate::world::{COOKIE, PAT, World, request_id};
use std::sync::Arc;
use storywright_application::Settings;
use storywright_application::agent::{can_look_up, issue_chains, offered_answers, steps_of_job};
use storywright_application::drafting::{GO_ON_WITHOUT, TRY_AGAIN, answer_question, generate_with};
use storywright_application::jobs::cancel_job;
use storywright_application::tools::{NewApproval, approve_tool, offered, tool_servers};
use storywright_application::worker::run_claimed;
use storywright_domain::JobId;
use storywright_domain::agent::{AgentStep, StepKind, StepState};
use storywright_domain::draft::{Draft, DraftState};
use storywright_domain::job::{EventKind, JobStatus};
use storywright_domain::person::{Actor, Person, Role};
use storywright_domain::ports::{ChatCall, StorageExt as _, ToolError};
use storywright_domain::tool::{ToolClass, ToolPurpose};
use storywright_testkit::build::{self, tool, tool_list};
use storywright_testkit::{Gate, Script, ToolScript};

const SERVER: &str = "mcp-wiki";
const PAGE: &str = r##"{"metadata":{"id":"4711","title":"Refund rules","version":7,"url":"https://wiki.corp.example/x","space":{"key":"PAY"}},"content":{"value":"Refunds are paid within 14 days after approval, never later."}}"##;

/// A company with one MCP server whose tools are approved for reading.
fn world() -> World {
    let mut world = World::new();
    let server = build::mcp_server(SERVER, ToolPurpose::Jira);
    world.ports.settings = Arc::new(Settings { mcp_servers: vec![server], ..(*world.ports.settings).clone() });
    let boss = Person { role: Role::Administrator, ..world.person.clone() };
    let boss = Actor::of(&boss, request_id());
    assert_eq!(can_look_up(&world.ports), Ok(false), "nothing is approved yet");
    let tools = ["wiki_search", "wiki_get_page", "wiki_delete_page"].map(|name| tool(name, "From the server"));
    world.tools.offers(SERVER, Ok(tool_list(tools.to_vec())));
    assert_eq!(offered(&world.ports, world.person.id, &request_id()), Ok(Vec::new()));
    for found in tool_servers(&world.ports, &boss, true).unwrap().remove(0).tools {
        let class = if found.name.contains("delete") { ToolClass::Change } else { ToolClass::Read };
        let new = NewApproval {
            server: SERVER.to_owned(),
            tool: found.name.clone(),
            hash: found.hash.clone(),
            class,
            words: format!("Our words for {}", found.name),
            auto_read: false,
        };
        let _approved = approve_tool(&world.ports, boss.as_administrator().unwrap(), &new).unwrap();
    }
    assert_eq!(can_look_up(&world.ports), Ok(true));
    world.tools.answers(SERVER, "wiki_search", ToolScript::json(r#"[{"id":"4711"}]"#));
    world.tools.answers(SERVER, "wiki_get_page", ToolScript::json(PAGE));
    world
}

fn started(world: &World, draft: &Draft) -> JobId {
    generate_with(&world.ports, &world.actor, draft.id, true).expect("it can be written")
}

fn steps(world: &World, job: JobId) -> Vec<AgentStep> {
    steps_of_job(&world.ports, &world.actor, job).unwrap().expect("the job is there")
}

fn says_search_and_page(world: &World) {
    world.chat.will_say(Script::calling(&[("mcp-wiki__wiki_search", "{}")]));
    world.chat.will_say(Script::calling(&[("mcp-wiki__wiki_get_page", "{}")]));
    world.chat.will_say(Script::text(r#"{"ask":null,"note":"enough"}"#));
}

#[test]
fn what_is_read_becomes_a_source_that_the_writing_is_given_and_the_issue_leads_back_to_it() {
    let world = world();
    let draft = world.draft_with(&[]);
    let job = started(&world, &draft);
    says_search_and_page(&world);
    world.chat.will_say(Script::text(&answer(&["Refund in full"])));
    let done = world.work();
    assert_eq!((done.status, done.error), (JobStatus::Completed, None));
    let requests = world.chat.requests();
    let told: Vec<&str> = requests[0].tools.iter().map(|tool| tool.description()).collect();
    assert_eq!(
        told,
        ["Our words for wiki_search", "Our words for wiki_get_page"],
        "the server's words never get there"
    );
    let writing = requests.last().unwrap();
    assert_eq!((writing.call, writing.tools.len(), writing.turns.len()), (ChatCall::Draft, 0, 0));
    let sources = writing.values.iter().find(|(name, _)| *name == "sources").map(|(_, text)| text.as_str()).unwrap();
    assert!(
        sources.contains("[p1] Refund rules (space PAY, version 7)") && sources.contains("within 14 days"),
        "{sources}"
    );
    let steps = steps(&world, job);
    let read = steps.iter().find(|step| step.tool == "mcp-wiki__wiki_get_page").unwrap();
    assert_eq!((read.source.as_str(), read.state, read.class), ("p1", StepState::Done, Some(ToolClass::Read)));
    assert!(!format!("{requests:?} {steps:?}").contains(PAT) && !format!("{requests:?} {steps:?}").contains(COOKIE));
    assert!(world.said(job).iter().any(|(kind, data)| *kind == EventKind::Step && data["tool"] == read.tool.as_str()));

    world.approved(draft.id);
    while world.try_claim().map(|claim| run_claimed(&world.ports, &claim)).is_some() {}
    let key = world.jira.fake.issues()[0].key.clone();
    let chain = issue_chains(&world.ports, &world.actor, &key.to_lowercase()).unwrap().remove(0);
    let origin = chain.origin.clone().unwrap();
    assert_eq!((origin.prompt.as_str(), origin.model.as_str(), origin.job), ("draft", "model-1", job));
    assert_eq!((origin.sources[0].name.as_str(), origin.sources[0].revision.as_str()), ("4711", "7"));
    assert_eq!((chain.person.id, chain.steps.len(), chain.key), (world.person.id, steps.len(), key.clone()));
    assert_eq!(issue_chains(&world.ports, &world.colleague(), &key).unwrap().len(), 0);
}

#[test]
fn a_server_that_dies_in_mid_call_is_the_persons_question() {
    for choice in [GO_ON_WITHOUT, TRY_AGAIN] {
        let world = world();
        let draft = world.draft_with(&[]);
        let id = started(&world, &draft);
        world.chat.will_say(Script::calling(&[("mcp-wiki__wiki_get_page", "{}")]));
        let died = ToolError::NoAnswer { detail: "the connection broke".to_owned() };
        world.tools.will_answer(SERVER, "wiki_get_page", ToolScript::error(died));
        let asked = world.work();
        let question = asked.question.clone().unwrap();
        assert!(question.contains("mcp-wiki") && question.contains("the connection broke"), "{question}");
        assert_eq!(offered_answers(&world.ports, &world.actor, &asked).unwrap(), [GO_ON_WITHOUT, TRY_AGAIN]);
        assert_eq!(asked.attempts, 0, "waiting is no attempt");
        answer_question(&world.ports, &world.actor, id, choice).unwrap();
        world.chat.will_say(Script::text(r#"{"ask":null,"note":""}"#));
        world.chat.will_say(Script::text(&answer(&["Refund"])));
        assert_eq!(world.work().status, JobStatus::Completed);
        let calls = world.tools.calls().len();
        assert_eq!(calls, if choice == TRY_AGAIN { 2 } else { 1 });
        let kept = world.store.read(|tx| tx.sources(world.person.id, draft.id)).unwrap();
        assert_eq!(kept.len(), usize::from(choice == TRY_AGAIN));
    }
}

#[test]
fn a_stop_reaches_a_tool_that_is_being_called() {
    let world = world();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    let gate = Gate::default();
    world.chat.will_say(Script::calling(&[("mcp-wiki__wiki_get_page", "{}")]));
    world.tools.will_answer(SERVER, "wiki_get_page", ToolScript::json(PAGE).held(&gate));
    let claim = world.claim();
    std::thread::scope(|scope| {
        let working = scope.spawn(|| run_claimed(&world.ports, &claim));
        gate.await_reached();
        assert_eq!(cancel_job(&world.ports, &world.actor, id), Ok(Some(JobStatus::Running)));
        working.join().unwrap();
    });
    assert_eq!((world.job(id).status, world.draft(draft.id).state), (JobStatus::Cancelled, DraftState::Editing));
}

#[test]
fn a_tool_that_changes_is_not_called_whatever_the_model_wants() {
    let world = world();
    let draft = world.draft_with(&[]);
    let id = started(&world, &draft);
    for name in ["mcp-wiki__wiki_delete_page", "wiki_delete_page", "jira_create_issue"] {
        world.chat.will_say(Script::calling(&[(name, "{}")]));
    }
    world.chat.will_say(Script::text(r#"{"ask":null,"note":""}"#));
    world.chat.will_say(Script::text(&answer(&["Refund"])));
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.tools.calls(), []);
    let refused = steps(&world, id).into_iter().filter(|step| step.kind == StepKind::Tool);
    assert!(refused.clone().count() == 3 && refused.clone().all(|step| step.state == StepState::Refused));
}

#[test]
fn without_approved_tools_it_writes_at_once() {
    let world = World::new();
    let draft = world.draft_with(&[]);
    started(&world, &draft);
    world.chat.will_say(Script::text(&answer(&["Refund"])));
    assert_eq!(world.work().status, JobStatus::Completed);
    assert_eq!(world.chat.requests().iter().map(|request| request.call).collect::<Vec<_>>(), [ChatCall::Draft]);
}

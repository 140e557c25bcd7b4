//! Creation by a tool of an MCP server: the same journal, the same promises, and no trust in the tool's word.

use crate::long::edit;
use crate::world::{PAT, World, request_id};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use storywright_application::Settings;
use storywright_application::tools::{NewApproval, approve_tool, offered, tool_servers};
use storywright_domain::Millis;
use storywright_domain::cancel::Cancellation;
use storywright_domain::jira::CreateOutcome;
use storywright_domain::person::{Actor, Person, Role};
use storywright_domain::ports::{Jira as _, ToolAccess, ToolError, ToolServer};
use storywright_domain::publishing::{ItemState, RunState};
use storywright_domain::remote::ToolMapping;
use storywright_domain::story::{LinkKind, StoryLink};
use storywright_domain::tool::{ToolCall, ToolClass, ToolList, ToolPurpose, ToolResult};
use storywright_testkit::{FakeJira, build};

use ItemState::{Absent, Blocked, Linked, NeedsHuman, Unlinked};

/// What the tool does with a call.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    Works,
    /// Creates the issue; the stream breaks before the answer.
    CreatesAndBreaks,
    /// Creates the issue; reading it again fails, and the tool says that everything failed.
    CreatesAndSaysFailed,
    /// Jira refuses; nothing is created.
    SaysFailed,
    /// Names an issue that it did not create.
    Lies,
    NotThere,
}

/// `jira_create_issue` of a server that works on the pretend Jira.
struct CreatingTools {
    jira: Arc<crate::hooks::HookedJira>,
    next: Mutex<Vec<Does>>,
    calls: Mutex<Vec<Value>>,
    description: Mutex<&'static str>,
}

impl CreatingTools {
    fn fake(&self) -> &FakeJira {
        &self.jira.fake
    }
}

impl ToolServer for CreatingTools {
    fn list_tools(&self, _: &ToolAccess, _: &Cancellation) -> Result<ToolList, ToolError> {
        Ok(build::tool_list(vec![build::tool("jira_create_issue", *self.description.lock().unwrap())]))
    }

    fn call_tool(&self, access: &ToolAccess, call: &ToolCall, _: &Cancellation) -> Result<ToolResult, ToolError> {
        assert_eq!(call.tool, "jira_create_issue");
        let (_, pat) = access.secrets.iter().find(|(name, _)| *name == "jira_pat").expect("it acts as the person");
        assert_eq!(pat.reveal(), PAT);
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
        self.calls.lock().unwrap().push(arguments.clone());
        let does = self.next.lock().unwrap().pop().unwrap_or(Does::Works);
        let answer = |json: Value, failed| {
            let text = json.to_string();
            Ok(ToolResult { bytes: 1, json: Some(text.clone()), text, failed, cut: false })
        };
        match does {
            Does::NotThere => return Err(ToolError::Unreachable { detail: "connection refused".to_owned() }),
            Does::SaysFailed => return answer(json!("Requestor is required."), true),
            Does::Lies => return answer(json!({"issue": {"key": "PAY-999"}}), false),
            Does::Works | Does::CreatesAndBreaks | Does::CreatesAndSaysFailed => {}
        }
        let mut fields: Value = serde_json::from_str(arguments["additional_fields"].as_str().unwrap()).unwrap();
        let fields = fields.as_object_mut().unwrap();
        for (declared, id) in [("Description", "description"), ("IssueType", "issuetype")] {
            let value = fields.remove(declared).unwrap();
            fields.insert(id.to_owned(), value);
        }
        if let Some(parent) = fields.remove("parent") {
            fields.insert("parent".to_owned(), json!({"key": parent}));
        }
        fields.insert("project".to_owned(), json!({"key": arguments["project_key"]}));
        fields.insert("summary".to_owned(), arguments["summary"].clone());
        let created =
            self.fake().create(&build::access(access.user, PAT), &json!({"fields": fields}).to_string(), None);
        let CreateOutcome::Created { key, .. } = created else { panic!("{created:?}") };
        match does {
            Does::CreatesAndBreaks => Err(ToolError::NoAnswer { detail: "the stream broke off".to_owned() }),
            Does::CreatesAndSaysFailed => answer(json!("upstream down"), true),
            _ => answer(json!({"message": "Issue created successfully", "issue": {"key": key}}), false),
        }
    }
}

fn mapping() -> ToolMapping {
    serde_json::from_value(json!({
        "server": "mcp-jira",
        "tool": "jira_create_issue",
        "arguments": {"project_key": "{{project}}", "summary": "{{summary}}", "issue_type": "{{issue_type}}"},
        "fields_argument": "additional_fields",
        "rename": {"description": "Description", "issuetype": "IssueType"}
    }))
    .unwrap()
}

/// A company that publishes by the tool; what it does with the next calls, in order.
fn company(next: &[Does]) -> (World, Arc<CreatingTools>) {
    let mut world = World::new();
    let next = Mutex::new(next.iter().rev().copied().collect());
    let tools = Arc::new(CreatingTools {
        jira: Arc::clone(&world.jira),
        next,
        calls: Mutex::default(),
        description: Mutex::new("Creates"),
    });
    let mut settings = Settings::clone(&world.ports.settings);
    settings.mcp_servers = vec![build::mcp_server("mcp-jira", ToolPurpose::Jira)];
    settings.sites.iter_mut().filter(|site| site.id == "jira").for_each(|site| site.publish_through = Some(mapping()));
    world.ports.settings = Arc::new(settings);
    world.ports.tools = tools.clone();
    approve(&world, ToolClass::Write);
    (world, tools)
}

/// An administrator approves the tool as it is now.
fn approve(world: &World, class: ToolClass) {
    let boss = Person { role: Role::Administrator, ..world.person.clone() };
    let actor = Actor::of(&boss, request_id());
    offered(&world.ports, world.person.id, &request_id()).unwrap();
    let view = tool_servers(&world.ports, &actor, true).unwrap().remove(0);
    let found = view.tools.into_iter().find(|found| found.name == "jira_create_issue").expect("it is listed");
    let new = NewApproval {
        server: "mcp-jira".to_owned(),
        tool: found.name,
        hash: found.hash,
        class,
        words: "Creates one issue".to_owned(),
        auto_read: false,
    };
    approve_tool(&world.ports, actor.as_administrator().unwrap(), &new).unwrap();
}

#[track_caller]
fn check(next: &[Does], states: [ItemState; 3], calls: usize, in_jira: usize) -> World {
    let (world, tools) = company(next);
    let run = world.approved(world.draft_with(&["Refund"]).id);
    world.work();
    assert_eq!(world.states(run), states);
    assert_eq!(tools.calls.lock().unwrap().len(), calls, "calls of the tool");
    assert_eq!(world.jira.fake.issues().len(), in_jira, "issues in Jira");
    world
}

#[test]
fn a_tree_is_created_by_the_tool_and_finished_by_rest() {
    let (world, tools) = company(&[]);
    let draft = world.draft_with(&["Refund"]);
    let plan = world.plan(draft.id);
    assert_eq!(plan.marker_mode, "word");
    let run = world.approved(draft.id);
    world.work();
    assert_eq!(world.states(run), [Linked; 3]);
    assert_eq!(world.ended(run).0, RunState::Completed);
    let calls = tools.calls.lock().unwrap();
    let under: Vec<Value> = calls
        .iter()
        .map(|call| {
            serde_json::from_str::<Value>(call["additional_fields"].as_str().unwrap()).unwrap()["parent"].clone()
        })
        .collect();
    assert_eq!(under, [Value::Null, json!("PAY-1"), json!("PAY-1")]);
    assert!(world.view(run).items.iter().all(|item| item.differences.is_empty()), "what was sent is what is there");
}

#[test]
fn a_broken_stream_after_creation_is_adopted_by_its_word() {
    check(&[Does::CreatesAndBreaks], [Linked; 3], 3, 3);
    check(&[Does::Works, Does::CreatesAndBreaks], [Linked; 3], 3, 3);
}

#[test]
fn a_tool_that_says_it_failed_is_not_believed() {
    check(&[Does::CreatesAndSaysFailed], [Linked; 3], 3, 3);
}

#[test]
fn what_the_tool_did_not_create_is_looked_for_and_never_sent_again_by_itself() {
    let world = check(&[Does::Works, Does::SaysFailed, Does::Works], [Linked, Absent, Linked], 3, 2);
    let run = world.view_any().id;
    let problem = world.view(run).items[1].problem.clone().unwrap_or_default();
    assert!(problem.contains("not in Jira") && problem.contains("Requestor is required."), "{problem}");
}

#[test]
fn an_issue_is_finished_although_the_one_that_it_is_linked_to_is_not_there() {
    let (world, _) = company(&[Does::Works, Does::SaysFailed]);
    let draft = world.draft_with(&["Refund", "Export"]);
    edit(&world, draft.clone(), |draft| {
        let to = draft.document.stories[1].id.clone();
        draft.document.stories[0].links = vec![StoryLink { kind: LinkKind::RelatesTo, to }];
    });
    let run = world.approved(draft.id);
    world.work();
    let states = world.states(run);
    assert_eq!(states, [Unlinked, Linked, Linked, Absent, Blocked, Blocked], "nobody waits for what is not sent again");
}

#[test]
fn below_an_issue_that_is_not_there_nothing_is_sent() {
    let (world, tools) = company(&[Does::SaysFailed]);
    let run = world.approved(world.draft_with(&["Refund"]).id);
    world.work();
    let states = world.states(run);
    assert!(matches!(states[0], Absent | NeedsHuman), "{states:?}");
    assert_eq!(states[1..], [Blocked; 2]);
    assert_eq!(tools.calls.lock().unwrap().len(), 1);
}

#[test]
fn a_key_that_jira_does_not_show_is_no_issue() {
    let (world, tools) = company(&[Does::Works, Does::Lies]);
    let run = world.approved(world.draft_with(&["Refund"]).id);
    world.work();
    assert_eq!(world.states(run), [Linked, Absent, Linked]);
    assert_eq!(tools.calls.lock().unwrap().len(), 3);
}

#[test]
fn a_server_that_is_not_there_was_sent_nothing() {
    let world = check(&[Does::NotThere, Does::NotThere], [Linked; 3], 5, 3);
    assert!(!world.pauses.lock().unwrap().is_empty());
}

#[test]
fn a_server_that_left_the_list_pauses_the_run() {
    let (mut world, tools) = company(&[]);
    let run = world.approved(world.draft_with(&["Refund"]).id);
    let mut settings = Settings::clone(&world.ports.settings);
    settings.mcp_servers.clear();
    world.ports.settings = Arc::new(settings);
    world.work();
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Paused);
    assert!(reason.contains("no longer offered"), "{reason}");
    assert!(tools.calls.lock().unwrap().is_empty());
}

#[test]
fn a_tool_that_nobody_approved_for_writing_creates_nothing() {
    let (world, tools) = company(&[]);
    approve(&world, ToolClass::Read);
    let run = world.approved(world.draft_with(&["Refund"]).id);
    world.work();
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Paused);
    assert!(reason.contains("not approved"), "{reason}");
    assert!(tools.calls.lock().unwrap().is_empty());
}

#[test]
fn a_tool_that_changed_since_it_was_approved_creates_nothing() {
    let (world, tools) = company(&[]);
    *tools.description.lock().unwrap() = "Creates, and more";
    world.clock.advance(Millis::hours(7));
    let run = world.approved(world.draft_with(&["Refund"]).id);
    world.work();
    let (state, reason) = world.ended(run);
    assert_eq!(state, RunState::Paused);
    assert!(reason.contains("changed since it was approved"), "{reason}");
    assert!(tools.calls.lock().unwrap().is_empty());
}

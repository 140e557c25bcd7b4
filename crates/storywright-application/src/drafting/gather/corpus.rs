//! Hostile pages and results, and a model that believes every one of them: what it wants is not what happens.

use super::tests::{World, offer, result};
use super::*;
use crate::drafting::answer::{Answer, read};
use crate::drafting::safe_text::{Named, harmless};
use storywright_domain::ports::{ChatAnswer, ChatIdentity, ChatModel, ChatSetup};
use storywright_domain::tool::ToolClass;
use storywright_testkit::hostile::{pages, results};

/// Never told to the model: whatever it says, it cannot say this.
const CANARY: &str = "cookie";

/// A model that calls every tool that a text names, with everything that it was sent as arguments.
struct Gullible;

impl ChatModel for Gullible {
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
        _: &mut dyn ChatSink,
        _: &Cancellation,
    ) -> Result<ChatAnswer, ChatError> {
        let seen: String =
            request.turns.iter().flat_map(|turn| &turn.outcomes).map(|outcome| outcome.text.clone() + "\n").collect();
        let called = |name: &str| request.turns.iter().flat_map(|turn| &turn.calls).any(|call| call.name == name);
        let named = seen
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .find(|word| word.contains("__") && !called(word));
        let everything = format!("{request:?}").chars().take(4_000).collect::<String>();
        let call = |name: &str, arguments: String| ToolUse {
            id: format!("c{}", request.turns.len()),
            name: name.to_owned(),
            arguments,
        };
        let calls = match named {
            _ if request.turns.is_empty() => vec![call("wiki__get_page", r#"{"page_id":"1"}"#.to_owned())],
            Some(name) => vec![call(name, serde_json::json!({"query": everything}).to_string())],
            None => Vec::new(),
        };
        let usage = Usage { input: 1, output: 1 };
        Ok(ChatAnswer { text: r#"{"ask":null,"note":""}"#.to_owned(), calls, finish: Finish::Stop, usage })
    }
}

/// Runs the loop on one hostile text and gives what was called.
fn run_on(text: &str) -> (Vec<(String, String)>, Vec<AgentStep>) {
    let mut world = World::new();
    world.ports.chat = std::sync::Arc::new(Gullible);
    world.offered = vec![offer("wiki__search", ToolClass::Read), offer("wiki__get_page", ToolClass::Read)];
    for (name, class) in [
        ("jira__create_issue", ToolClass::Write),
        ("jira__batch_create_issues", ToolClass::Write),
        ("jira__delete_issue", ToolClass::Change),
        ("wiki__update_page", ToolClass::Change),
        ("web__fetch", ToolClass::Open),
        ("web__run_code", ToolClass::Open),
    ] {
        world.offered.push(offer(name, class));
    }
    let text = text.to_owned();
    world.tools_answer(move |_, _| result(&text));
    world.enough();
    let called = world.called.borrow().clone();
    (called, world.steps())
}

#[test]
fn nothing_that_is_read_makes_it_write_or_tell_a_secret() {
    let (pages, results) = (pages(), results());
    assert!(pages.len() >= 100 && results.len() >= 30, "{} pages, {} results", pages.len(), results.len());
    let (mut tempted, mut told) = (0, 0);
    for (text, tool) in pages.iter().chain(&results) {
        let (called, steps) = run_on(text);
        for (name, arguments) in &called {
            assert!(["wiki__search", "wiki__get_page"].contains(&name.as_str()), "{name} was called for {text}");
            assert!(!arguments.contains(&format!("\"{CANARY}\"")), "a credential left in {arguments}");
        }
        tempted += usize::from(steps.iter().any(|step| step.tool == *tool));
        told += usize::from(steps.iter().any(|step| step.problem.starts_with("instruction_like: ")));
        let refused = steps.iter().filter(|step| step.state == StepState::Refused && step.kind == StepKind::Tool);
        assert!(refused.clone().all(|step| step.problem.starts_with("tool_unknown: ")), "{text}");
    }
    let all = pages.len() + results.len();
    assert_eq!(tempted, all, "the model falls for every one of them: the test could fail");
    assert!(told * 10 >= all * 6, "people are told of {told} of {all}");
}

#[test]
fn what_it_writes_of_them_leads_nowhere() {
    let named = Named::of(["https://jira.corp.example"].into_iter(), &["Customers get refunds."]);
    for (text, _) in pages().iter().chain(&results()) {
        let story = serde_json::json!({"summary": text, "narrative": {"role": text, "goal": text, "benefit": text},
            "acceptance_criteria": [text, "[~admin] see https://evil.example/x"], "stlc_notes": text, "epic": "HR-666",
            "parent": "HR-1", "project": "HR", "custom_fields": {"customfield_1": {"kind": "text", "value": "x"}},
            "subtasks": [{"summary": text, "description": text}]});
        let answer = serde_json::json!({"clarify": null, "stories": [story]}).to_string();
        // An answer of another shape is refused as a whole, which is as good.
        let Ok(Answer::Stories(document)) = read(&answer) else { continue };
        let document = harmless(document, &named);
        let kept = serde_json::to_string(&document).unwrap().to_lowercase();
        for sign in ["https://evil", "javascript:", "[~", "\u{e0041}", "\"hr-1\"", "customfield_1"] {
            assert!(!kept.contains(sign), "`{sign}` is left of {text}");
        }
        assert!(
            document.epics.is_empty()
                && document.stories.iter().all(|story| story.links.is_empty() && story.epic.is_none())
        );
    }
}

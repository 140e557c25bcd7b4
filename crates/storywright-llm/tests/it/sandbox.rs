//! Against the sandbox's LLM over real sockets, with the folder that the demo uses.

use crate::stub::{PATIENCE, signal};
use crate::support::{Calling, Counting, Pieces, Still, access, request, shipped};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;
use storywright_domain::Secret;
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{
    ChatAccess, ChatAnswer, ChatCall, ChatError, ChatModel, ChatRequest, ChatTool, ChatTurn, Finish, JsonSchema,
    ToolOutcome, ToolUse,
};
use storywright_domain::story::Document;
use storywright_domain::tool::ToolClass;
use storywright_http::{Egress, EgressOptions};
use storywright_llm::ConfiguredChat;
use storywright_sandbox::{Options, Running, Sandbox};

const REQUIREMENTS: &str = "# Refunds\n\nCustomers can ask for a refund within 30 days after the purchase.\n\
    A support agent must approve refunds above 100 EUR.\n\
    When a refund is approved, the customer must receive an e-mail.\n";

struct Company {
    sandbox: Running,
    chat: ConfiguredChat,
    _folder: tempfile::TempDir,
}

impl Company {
    fn open() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Value)) -> Self {
        let sandbox = Sandbox::start(Options::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let text = std::fs::read_to_string(shipped().join("demo/config.json")).unwrap();
        let mut config: Value = serde_json::from_str(&text).unwrap();
        config["llm"]["services"][0]["base_url"] = sandbox.llm_url().into();
        config["llm"]["services"][0]["timeouts"] = json!({"idle_ms": 1_500, "retry_ms": 5_000});
        change(&mut config["llm"]["services"][0]);
        for (key, file) in [("header", "header.json"), ("payload", "payload.json"), ("prompts", "prompts.json")] {
            config["llm"]["files"][key] = shipped().join(file).to_str().into();
        }
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        let egress =
            Egress::new(Vec::new(), EgressOptions::new("test", Arc::new(Still), Arc::new(Counting::default())));
        let chat = ConfiguredChat::load(folder.path(), egress, Arc::new(Counting::default())).unwrap();
        let company = Self { sandbox, chat, _folder: folder };
        company.post("/llm/__pace", &json!({"first_ms": 0, "chunk_ms": 0}));
        company
    }

    fn access(&self, who: &str) -> ChatAccess {
        let credential = Secret::new(self.sandbox.person(who).unwrap().llm.credential);
        ChatAccess { service: "sandbox".to_owned(), credential, ..access() }
    }

    fn draft(&self, requirements: &str, format: &str) -> (Result<ChatAnswer, ChatError>, Vec<String>) {
        self.draft_under(requirements, format, "")
    }

    fn draft_under(
        &self,
        requirements: &str,
        format: &str,
        headings: &str,
    ) -> (Result<ChatAnswer, ChatError>, Vec<String>) {
        let values = [("requirements", requirements), ("format", format), ("headings", headings)];
        let asked = asked(ChatCall::Draft, values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect());
        let mut pieces = Pieces::default();
        let answer = self.chat.converse(&self.access("alice"), &asked, &mut pieces, &Cancellation::new());
        (answer, pieces.0)
    }

    fn misbehave(&self, behavior: &Value) -> (Result<ChatAnswer, ChatError>, Vec<String>) {
        self.post("/llm/__behave", behavior);
        self.draft(REQUIREMENTS, "classic")
    }

    fn post(&self, path: &str, body: &Value) {
        let body = body.to_string();
        let answer = self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ));
        assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
    }

    fn stats(&self) -> Value {
        let answer = self.exchange("GET /llm/__stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    fn exchange(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.sandbox.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

fn asked(call: ChatCall, values: Vec<(&'static str, String)>) -> ChatRequest {
    let schema = shipped().join("../crates/storywright-application/src/drafting/story_draft.schema.json");
    let schema = JsonSchema { name: "story_draft", text: std::fs::read_to_string(schema).unwrap() };
    let rules = ("rules", "Max story points: 3\nMax summary length: 150".to_owned());
    ChatRequest::plain(call, [values, vec![rules]].concat(), Some(schema))
}

fn document(text: &str) -> Document {
    let answer: Value = serde_json::from_str(text).unwrap();
    assert_eq!(answer["clarify"], Value::Null, "{text}");
    serde_json::from_value(answer).unwrap()
}

#[test]
fn a_model_without_tool_calls_opens_the_tools_it_wants_by_json() {
    let company = Company::with(|service| service["tools"] = "json".into());
    let schema = |names: &[&str]| {
        let properties: serde_json::Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        json!({"type": "object", "properties": properties, "required": names}).to_string()
    };
    let tool = |name: &str, about: &str, parameters: String| {
        ChatTool::reading(ToolClass::Read, name.to_owned(), about.to_owned(), parameters).unwrap()
    };
    let names = json!({"type": "object", "required": ["names"], "properties": {"names": {"type": "array", "items": {"type": "string"}}}});
    let opener = || tool("open_tools", "Shows how tools of the list are called.", names.to_string());
    let hints =
        "Names begin with wiki.:\nconfluence_search(query*): Finds pages\nconfluence_get_page(page_id*): A page";
    let ask = |tools: Vec<ChatTool>, turns: Vec<ChatTurn>| {
        let values = vec![("requirements", REQUIREMENTS.to_owned()), ("hints", hints.to_owned())];
        let request = ChatRequest { tools, turns, ..ChatRequest::plain(ChatCall::Gather, values, Some(gathered())) };
        company.chat.converse(&company.access("alice"), &request, &mut Pieces::default(), &Cancellation::new()).unwrap()
    };
    let turn = |call: &ToolUse, result: &str| ChatTurn {
        calls: vec![call.clone()],
        outcomes: vec![ToolOutcome { id: call.id.clone(), text: result.to_owned() }],
    };

    let opening = ask(vec![opener()], Vec::new());
    let [open] = opening.calls.as_slice() else { panic!("{opening:?}") };
    let wanted: Value = serde_json::from_str(&open.arguments).unwrap();
    assert_eq!((open.name.as_str(), opening.text.as_str()), ("open_tools", ""));
    assert_eq!(wanted, json!({"names": ["wiki.confluence_search", "wiki.confluence_get_page"]}));

    let opened = || {
        vec![
            opener(),
            tool("wiki.confluence_search", "Finds pages.", schema(&["query"])),
            tool("wiki.confluence_get_page", "A page.", schema(&["page_id"])),
        ]
    };
    let first = turn(open, "Open now: wiki.confluence_search, wiki.confluence_get_page.");
    let searching = ask(opened(), vec![first.clone()]);
    let [search] = searching.calls.as_slice() else { panic!("{searching:?}") };
    let words: Value = serde_json::from_str(&search.arguments).unwrap();
    assert_eq!(search.name, "wiki.confluence_search", "by our name, though the service is told another");
    assert!(words["query"].as_str().is_some_and(|words| !words.is_empty()), "{words}");

    let done = ask(opened(), vec![first, turn(search, "[]")]);
    let answer: Value = serde_json::from_str(&done.text).unwrap();
    assert_eq!((done.calls.len(), &answer["ask"]), (0, &Value::Null), "{done:?}");
}

/// What gathering is to end with.
fn gathered() -> JsonSchema {
    let text = json!({"type": "object", "additionalProperties": false, "required": ["ask", "note"],
        "properties": {"ask": {"type": ["string", "null"]}, "note": {"type": "string"}}});
    JsonSchema { name: "gathered", text: text.to_string() }
}

#[test]
fn whose_a_cookie_is() {
    let company = Company::open();
    let alice = company.chat.identify(&company.access("alice")).unwrap();
    assert_eq!((alice.employee_id.as_str(), alice.name.as_str()), ("E10234", "Alice Meyer"));
    // Erin's account there carries another employee ID than Jira's.
    assert_eq!(company.chat.identify(&company.access("erin")).unwrap().employee_id, "E20998");
    let stranger = ChatAccess { credential: Secret::new("llm_session=nobody".to_owned()), ..company.access("alice") };
    for mode in ["redirect", "page", "json"] {
        company.post("/llm/__login", &json!({"mode": mode}));
        assert_eq!(company.chat.identify(&stranger).unwrap_err().code(), "llm_credential_refused", "{mode}");
        let outcome = company.chat.converse(
            &stranger,
            &asked(ChatCall::Draft, request().values),
            &mut Pieces::default(),
            &Cancellation::new(),
        );
        assert_eq!(outcome.unwrap_err().code(), "llm_credential_refused", "{mode}");
    }
}

#[test]
fn drafts_come_in_pieces_and_follow_requirements_and_format() {
    let company = Company::open();
    let (answer, pieces) = company.draft(REQUIREMENTS, "classic");
    let answer = answer.unwrap();
    assert_eq!(answer.finish, Finish::Stop);
    assert!(answer.usage.input > 0 && answer.usage.output > 0, "{:?}", answer.usage);
    assert!(pieces.len() > 20, "{} pieces", pieces.len());
    assert_eq!(pieces.concat(), answer.text);
    let classic = document(&answer.text);
    assert!(classic.stories.iter().all(|story| story.narrative.is_some() && !story.acceptance_criteria.is_empty()));
    assert!(answer.text.to_lowercase().contains("refund"));

    let bdd = document(&company.draft(REQUIREMENTS, "bdd").0.unwrap().text);
    assert!(bdd.stories.iter().all(|story| !story.scenarios.is_empty() && story.narrative.is_none()));
    let custom = document(&company.draft_under(REQUIREMENTS, "custom", "Why\nHow").0.unwrap().text);
    let headings: Vec<&str> = custom.stories[0].sections.iter().map(|section| section.heading.as_str()).collect();
    assert_eq!(headings, ["Why", "How"]);
    let other = document(&company.draft("Drivers must see the next stop on a map.", "classic").0.unwrap().text);
    assert_ne!(other.stories[0].summary, classic.stories[0].summary);
}

#[test]
fn a_document_is_refined_by_instruction() {
    let company = Company::open();
    let draft = company.draft(REQUIREMENTS, "classic").0.unwrap().text;
    let refine = asked(
        ChatCall::Refine,
        vec![
            ("requirements", REQUIREMENTS.to_owned()),
            ("format", "classic".to_owned()),
            ("story", serde_json::to_string(&document(&draft)).unwrap()),
            ("instructions", "Add the label \"audit\".".to_owned()),
        ],
    );
    let answer = company.chat.converse(&company.access("alice"), &refine, &mut Pieces::default(), &Cancellation::new());
    let refined = document(&answer.unwrap().text);
    assert_eq!(refined.stories.len(), document(&draft).stories.len());
    assert!(refined.stories.iter().any(|story| story.labels.iter().any(|label| label == "audit")), "{refined:?}");
    // Asked once more after a mistake, it does the same task.
    let values = [refine.values, vec![("errors", "the answer was no JSON".to_owned())]].concat();
    let repair = asked(ChatCall::Repair, values);
    let answer = company.chat.converse(&company.access("alice"), &repair, &mut Pieces::default(), &Cancellation::new());
    assert_eq!(document(&answer.unwrap().text).stories.len(), refined.stories.len());
}

#[test]
fn questions_about_a_story_are_answered_with_its_words() {
    let company = Company::open();
    let story = "summary: Refund a payment\nnarrative.benefit: customers come back";
    let questions = "who: Does the story name who benefits?\nmeasure: Is the outcome measurable?";
    let values = vec![("story", story.to_owned()), ("questions", questions.to_owned())];
    let asked = ChatRequest::plain(ChatCall::Judge, values, None);
    let answer = company.chat.converse(&company.access("alice"), &asked, &mut Pieces::default(), &Cancellation::new());
    let judged: Value = serde_json::from_str(&answer.unwrap().text).unwrap();
    let expected = json!({"judgements": [
        {"rule": "who", "answer": "yes", "quote": "customers come back"},
        {"rule": "measure", "answer": "no", "quote": "Refund a payment"},
    ]});
    assert_eq!(judged, expected);
}

#[test]
fn every_misbehavior_of_the_sandbox_has_its_outcome() {
    let company = Company::open();
    let good = company.draft(REQUIREMENTS, "classic").0.unwrap().text;
    for kind in ["think_block", "no_done", "sse_dialect", "bare_chunks"] {
        let (answer, pieces) = company.misbehave(&json!({"kind": kind}));
        assert_eq!(answer.unwrap().text, good, "{kind}");
        assert_eq!(pieces.concat(), good, "{kind}");
    }
    let fenced = company.misbehave(&json!({"kind": "fenced_json"})).0.unwrap();
    assert!(fenced.text.contains("```json"), "unfencing is the caller's");
    assert_eq!(company.misbehave(&json!({"kind": "length_empty"})).0.unwrap_err().code(), "llm_input_too_long");
    // Cut once, it goes on; cut again and again, it stays incomplete.
    let (whole, pieces) = company.misbehave(&json!({"kind": "length_cut", "n": 7}));
    assert_eq!((whole.unwrap().text, pieces.concat()), (good.clone(), good.clone()));
    let (cut, pieces) = company.misbehave(&json!({"kind": "length_cut", "n": 7, "times": 4}));
    let cut = cut.unwrap();
    assert_eq!(cut.finish, Finish::Length);
    assert!(good.starts_with(&cut.text) && pieces.concat() == cut.text, "{}", cut.text);
    let refused = company.misbehave(&json!({"kind": "refuse"})).0.unwrap();
    assert!(refused.finish == Finish::Refused && refused.text.contains("can't help"), "{refused:?}");
    for kind in ["error_in_stream", "drop_after_chunks", "stall_after_chunks"] {
        let (outcome, pieces) = company.misbehave(&json!({"kind": kind, "n": 3}));
        assert_eq!(outcome.unwrap_err().code(), "llm_broke_off", "{kind}");
        assert_eq!(pieces.len(), 3, "{kind}");
    }
    let (expired, pieces) = company.misbehave(&json!({"kind": "expire_cookie_after_chunks", "n": 3}));
    assert_eq!(expired.unwrap_err().code(), "llm_credential_refused");
    assert_eq!(pieces.len(), 3);
    assert_eq!(company.draft(REQUIREMENTS, "classic").0.unwrap_err().code(), "llm_credential_refused");
}

#[test]
fn a_stop_reaches_the_service() {
    let company = Company::open();
    company.post("/llm/__pace", &json!({"first_ms": 0, "chunk_ms": 1_000}));
    let cancellation = Cancellation::new();
    let (came, piece_came) = signal();
    let mut sink = Calling(move |_: &str| came.send(()).unwrap());
    let asked = asked(ChatCall::Draft, vec![("requirements", REQUIREMENTS.to_owned())]);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| company.chat.converse(&company.access("alice"), &asked, &mut sink, &cancellation));
        piece_came.recv_timeout(PATIENCE).unwrap();
        cancellation.cancel();
        assert_eq!(running.join().unwrap(), Err(ChatError::Cancelled));
    });
    let until = deadline();
    while company.stats()["aborted"] != 1 {
        assert!(!past(until), "{}", company.stats());
    }
}

#[expect(clippy::disallowed_methods, reason = "a test that waits for another thread must give up one day")]
fn deadline() -> Instant {
    Instant::now() + PATIENCE
}

#[expect(clippy::disallowed_methods, reason = "as above")]
fn past(deadline: Instant) -> bool {
    Instant::now() > deadline
}

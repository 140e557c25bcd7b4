//! The agent with real MCP servers: from an administrator's approval over calls on sockets to an issue that tells how it came to be; servers
//! that die in the middle of a call, and a product that does.

use crate::support::{Browser, Client, Company, REQUIREMENTS};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use storywright_sandbox::{FaultKind, FaultRule, LoggedRequest, Person, Service};

/// A page that the search for refunds finds, read whole.
const READ_PAGE: &str = "/confluence/tools/call/confluence_get_page";

/// The company's administrator approves what is known to read only.
fn approve_reads(company: &Company) {
    company.member("ada");
    let mut ada = Browser::sign_in(company, "ada");
    for (server, tool) in [("mcp-jira", "jira_search"), ("mcp-confluence", "confluence_search")] {
        ada.until("/tools", |page| page.contains(&format!(">{tool}<")));
        ada.send("/tools", "/tools/approve-suggested", &[("server", server)]);
    }
    assert!(ada.page("/tools").contains("In use"));
}

/// Starts writing after looking things up; gives the job.
fn looking_up(client: &Client, draft: &str) -> String {
    let started = client.call("POST", &format!("drafts/{draft}/generate?look_up=true"), json!({})).expect(202);
    started["job_id"].as_str().unwrap().to_owned()
}

fn steps(client: &Client, job: &str) -> Vec<Value> {
    client.get(&format!("jobs/{job}/steps")).expect(200)["items"].as_array().unwrap().clone()
}

/// Tools that were called, with how each ended.
fn called(steps: &[Value]) -> Vec<(&str, &str)> {
    let tools = steps.iter().filter(|step| step["kind"] == "tool");
    tools.map(|step| (step["tool"].as_str().unwrap(), step["state"].as_str().unwrap())).collect()
}

fn calls(company: &Company, tool: &str) -> Vec<LoggedRequest> {
    company.sandbox.requests().into_iter().filter(|request| request.tool() == Some(tool)).collect()
}

fn fault(company: &Company, kind: FaultKind, path: &str) {
    company.sandbox.add_fault(FaultRule::new(Service::Mcp, kind).on("POST", path)).unwrap();
}

fn secrets(person: &Person) -> [&str; 4] {
    let cookie = person.llm.credential.as_str();
    let value = cookie.split_once('=').map_or(cookie, |(_, value)| value);
    [&person.jira_pat, &person.confluence.credential, value, &person.password]
}

#[test]
fn a_draft_is_written_from_what_tools_found_and_its_issue_tells_the_whole_way() {
    let company = Company::start();
    approve_reads(&company);
    let alice = company.member("alice");
    let draft = alice.new_draft(REQUIREMENTS);
    let job = looking_up(&alice, &draft);
    let events = alice.to_end(&job);
    assert_eq!(events.last().unwrap().data["status"], "completed", "{events:#?}");

    let steps = steps(&alice, &job);
    let called = called(&steps);
    for tool in ["mcp-confluence__confluence_search", "mcp-confluence__confluence_get_page", "mcp-jira__jira_search"] {
        assert!(called.contains(&(tool, "done")), "{tool}: {called:?}");
    }
    let read = steps.iter().find(|step| step["tool"] == "mcp-confluence__confluence_get_page").unwrap();
    assert_eq!(read["class"], "read");
    assert!(
        read["arguments"].as_str().unwrap().contains("page_id") && read["bytes"].as_u64().unwrap() > 100,
        "{read:#}"
    );
    assert!(!read["approval_hash"].as_str().unwrap().is_empty());
    let on_the_wire: Vec<LoggedRequest> =
        company.sandbox.requests().into_iter().filter(|request| request.tool().is_some()).collect();
    assert_eq!(on_the_wire.len(), called.len(), "each step is one call: {called:?}");
    assert!(on_the_wire.iter().all(|call| call.person.as_deref() == Some("alice")), "as the person");
    assert!(on_the_wire.iter().all(|call| !call.tool().unwrap().contains("create")), "and nothing that writes");

    let run = alice.publish(&draft, "whole-way");
    let view = alice.settled(&run);
    assert_eq!(view["state"], "completed", "{view:#}");
    for (key, ..) in company.created() {
        let chain = alice.get(&format!("audit/issues/{key}")).expect(200);
        let way = &chain["items"][0];
        assert_eq!(way["person"]["employee_id"], company.person("alice").employee_id.as_str());
        assert_eq!((&way["draft_id"], &way["run_id"]), (&json!(draft), &json!(run)));
        assert_eq!(way["plan_hash"].as_str().unwrap().len(), 64, "{way:#}");
        let origin = &way["origin"];
        assert_eq!(origin["job_id"], job.as_str());
        for part in ["prompt_sha256", "model", "service"] {
            assert!(!origin[part].as_str().unwrap().is_empty(), "{part}: {origin:#}");
        }
        assert!(
            origin["sources"].to_string().contains("Card refunds"),
            "what was read is among the sources: {origin:#}"
        );
        let traced = way["steps"].as_array().unwrap().iter().filter(|step| step["kind"] == "tool").count();
        assert_eq!(traced, called.len(), "every call is on the way");
        let text = chain.to_string() + &Browser::sign_in(&company, "alice").page(&format!("/audit/issue/{key}"));
        assert!(secrets(&company.person("alice")).iter().all(|secret| !text.contains(secret)), "no credential");
    }
}

/// Starts a draft whose page cannot be read, and gives client, draft, job and the number of the question's event.
fn asked_about_a_dead_server(company: &Company) -> (Client, String, String, u64) {
    approve_reads(company);
    let alice = company.member("alice");
    company
        .sandbox
        .add_fault(FaultRule::new(Service::Mcp, FaultKind::DropAfter).on("POST", READ_PAGE).for_ever())
        .unwrap();
    let draft = alice.new_draft(REQUIREMENTS);
    let job = looking_up(&alice, &draft);
    let asked = alice.events(&job, 0, |event| event.kind == "clarify" || event.is_last());
    let asked = asked.last().unwrap();
    assert_eq!(asked.kind, "clarify", "{asked:?}");
    assert!(asked.data.to_string().contains("mcp-confluence"), "it names the server: {asked:?}");
    let steps = steps(&alice, &job);
    let failed = steps.iter().find(|step| step["state"] == "failed").unwrap();
    assert!(failed["problem"].as_str().unwrap().starts_with("mcp_no_answer: "), "{failed:#}");
    assert_eq!(calls(company, "confluence_get_page").len(), 1, "it waits for the person");
    (alice, draft, job, asked.id)
}

#[test]
fn without_a_server_that_died_in_a_call_the_draft_goes_on() {
    let company = Company::start();
    let (alice, draft, job, asked) = asked_about_a_dead_server(&company);
    alice.call("POST", &format!("jobs/{job}/answer"), json!({"text": "Go on without it"})).expect(202);
    let rest = alice.events(&job, asked, |event| event.is_last());
    assert_eq!(rest.last().unwrap().data["status"], "completed", "{rest:#?}");
    let steps = steps(&alice, &job);
    let called = called(&steps);
    assert!(called.contains(&("mcp-jira__jira_search", "done")), "the other server is asked: {called:?}");
    let dead = steps.iter().filter(|s| s["server"] == "mcp-confluence" && s["state"] == "failed").count();
    assert_eq!((dead, calls(&company, "confluence_get_page").len()), (1, 1), "{called:?}");
    let stories = alice.get(&format!("drafts/{draft}")).expect(200)["document"]["stories"].as_array().unwrap().len();
    assert!(stories >= 1);
}

#[test]
fn a_server_that_died_in_a_call_is_waited_for_and_asked_again() {
    let company = Company::start();
    let (alice, _, job, asked) = asked_about_a_dead_server(&company);
    company.sandbox.clear_faults();
    alice.call("POST", &format!("jobs/{job}/answer"), json!({"text": "Try again"})).expect(202);
    let rest = alice.events(&job, asked, |event| event.is_last());
    assert_eq!(rest.last().unwrap().data["status"], "completed", "{rest:#?}");
    let steps = steps(&alice, &job);
    let reads: Vec<_> = called(&steps).into_iter().filter(|(tool, _)| tool.ends_with("confluence_get_page")).collect();
    assert!(reads.contains(&("mcp-confluence__confluence_get_page", "done")), "{reads:?}");
    assert_eq!(calls(&company, "confluence_search").len(), 1, "what was found before is not looked for again");
}

/// Every list of tools is stale as soon as it is there.
fn stale_at_once(company: &Company) {
    let mut settings = company.sandbox.settings();
    settings.mcp_ttl_ms = 0;
    company.sandbox.set_settings(settings);
}

#[test]
fn a_server_without_a_list_serves_the_one_that_was_kept() {
    let company = Company::start();
    stale_at_once(&company);
    approve_reads(&company);
    let alice = company.member("alice");
    Browser::sign_in(&company, "alice").until("/tools", |page| page.matches("In use").count() >= 10);
    let down = FaultRule::new(Service::Mcp, FaultKind::DropBefore).on("POST", "/*/tools/list").for_ever();
    company.sandbox.add_fault(down).unwrap();
    let draft = alice.new_draft(REQUIREMENTS);
    let job = looking_up(&alice, &draft);
    let events = alice.to_end(&job);
    assert_eq!(events.last().unwrap().data["status"], "completed", "{events:#?}");
    let steps = steps(&alice, &job);
    let called = called(&steps);
    assert!(called.contains(&("mcp-confluence__confluence_get_page", "done")), "{called:?}");
    let page = Browser::sign_in(&company, "alice").page("/tools");
    assert!(page.contains("mcp_") && page.contains("In use"), "the problem is told beside the list that is kept");
}

#[test]
fn a_tool_that_changed_is_not_called_and_an_administrator_decides_anew() {
    let company = Company::start();
    stale_at_once(&company);
    approve_reads(&company);
    let alice = company.member("alice");
    let changed = FaultKind::ChangedDefinition { tool: Some("confluence_get_page".to_owned()) };
    company.sandbox.add_fault(FaultRule::new(Service::Mcp, changed)).unwrap();
    let draft = alice.new_draft(REQUIREMENTS);
    let job = looking_up(&alice, &draft);
    let events = alice.to_end(&job);
    assert_eq!(events.last().unwrap().data["status"], "completed", "{events:#?}");
    assert!(!calls(&company, "confluence_search").is_empty());
    assert!(calls(&company, "confluence_get_page").is_empty(), "{:?}", called(&steps(&alice, &job)));
    let page = Browser::sign_in(&company, "ada").page("/tools");
    assert!(page.contains("Changed"), "the administrator sees what changed");
}

#[test]
fn a_kill_while_it_looks_things_up_repeats_no_finished_step() {
    let mut company = Company::start();
    approve_reads(&company);
    let alice = company.member("alice");
    fault(&company, FaultKind::Stall { after_bytes: Some(0) }, READ_PAGE);
    let draft = alice.new_draft(REQUIREMENTS);
    let job = looking_up(&alice, &draft);
    let begin = Instant::now();
    while !calls(&company, "confluence_get_page").iter().any(|call| call.outcome == "streaming") {
        assert!(begin.elapsed() < Duration::from_secs(30), "the page is asked for");
        std::thread::yield_now();
    }
    company.kill();
    let before: Vec<String> =
        company.sandbox.requests().iter().filter_map(|request| request.tool().map(str::to_owned)).collect();
    company.boot();
    let alice = alice.at(&company);
    let events = alice.to_end(&job);
    assert_eq!(events.last().unwrap().data["status"], "completed", "{events:#?}");
    for tool in before.iter().filter(|tool| *tool != "confluence_get_page") {
        let again = calls(&company, tool).len();
        assert_eq!(again, before.iter().filter(|known| *known == tool).count(), "{tool} was finished");
    }
    let steps = steps(&alice, &job);
    let ordinals: Vec<u64> = steps.iter().map(|step| step["ordinal"].as_u64().unwrap()).collect();
    assert!(ordinals.windows(2).all(|two| two[0] < two[1]), "each step once: {ordinals:?}");
    assert!(called(&steps).iter().all(|(_, state)| *state == "done"), "{:?}", called(&steps));
    assert_eq!(calls(&company, "confluence_get_page").len(), 3, "the one that was cut off, again, and another page");
}

//! Tools of MCP servers in the whole product: listed when a connection is tested, decided on, changed behind everybody's back, gone; and
//! what the doctor says of them.

use crate::support::{Client, Company};
use serde_json::{Value, json};
use std::net::TcpListener;
use storywright_sandbox::{FaultKind, FaultRule, Service};

const SERVER: &str = "mcp-jira";

/// The server's list, once `good` says so of it.
fn until(client: &Client, good: impl Fn(&Value) -> bool) -> Value {
    let begin = std::time::Instant::now();
    loop {
        let server = client.get(&format!("tools/{SERVER}")).expect(200);
        if good(&server) {
            return server;
        }
        assert!(begin.elapsed() < std::time::Duration::from_secs(60), "{server:#}");
        std::thread::yield_now();
    }
}

/// The list as it is fetched from now on: a fetch that is still open may have asked already, and asking again joins it.
fn refreshed(client: &Client) -> Value {
    until(client, |server| server["job_id"].is_null());
    let job = client.call("POST", &format!("tools/{SERVER}/refresh"), json!({})).expect(202);
    client.to_end(job["job_id"].as_str().unwrap());
    until(client, |server| server["job_id"].is_null())
}

fn state<'v>(server: &'v Value, tool: &str) -> &'v Value {
    let tools = server["tools"].as_array().unwrap();
    &tools.iter().find(|found| found["name"] == tool).unwrap_or_else(|| panic!("{server:#}"))["state"]
}

#[test]
fn tools_are_listed_decided_on_changed_and_gone_and_the_doctor_tells() {
    let mut company = Company::start_quietly();
    let nobody_there = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let servers = json!([
        {"id": SERVER, "name": "Jira tools", "purpose": "jira", "url": company.sandbox.mcp_jira_url(),
            "headers": {"Authorization": "Token {{jira_pat}}"}, "allow_http": true, "allow_loopback": true},
        {"id": "gone", "name": "Gone", "purpose": "other", "url": format!("http://127.0.0.1:{nobody_there}/mcp"),
            "allow_http": true, "allow_loopback": true},
    ])
    .to_string();
    let administrator = company.person("alice").employee_id;
    let more = [("STORYWRIGHT_MCP_SERVERS", servers.as_str()), ("STORYWRIGHT_ADMINISTRATORS", administrator.as_str())];
    company.kill();
    company.boot_with(&more);
    let (healthy, told) = company.doctor(&more);
    assert!(!healthy, "{told}");
    for words in [
        "ok    MCP server mcp-jira: ",
        "answers and asks for a credential",
        "WRONG MCP server gone: ",
        "start the server, or mend `url`",
        "note  tools of mcp-jira: nobody has a list yet",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }

    // The test of the connection has the list fetched.
    let alice = company.member("alice");
    let server = until(&alice, |server| !server["fetched_at"].is_null());
    assert_eq!(server["protocol"], "2026-07-28");
    assert_eq!(state(&server, "jira_search"), "new");
    let approved = alice.call("POST", &format!("tools/{SERVER}/approve-suggested"), json!({})).expect(200);
    assert!(approved["tools"].as_array().unwrap().contains(&json!("jira_search")), "{approved}");
    let bob = company.member("bob");
    let theirs = until(&bob, |server| !server["fetched_at"].is_null());
    assert_eq!(state(&theirs, "jira_search"), "offered", "approvals are for everybody");
    bob.call("DELETE", &format!("tools/{SERVER}/tools/jira_search/approval"), Value::Null).problem(403, "forbidden");

    // One definition changes: disabled for everybody with the next list.
    let tool = Some("jira_search".to_owned());
    company.sandbox.add_fault(FaultRule::new(Service::Mcp, FaultKind::ChangedDefinition { tool })).unwrap();
    assert_eq!(state(&refreshed(&bob), "jira_search"), "changed");
    let detail = alice.get(&format!("tools/{SERVER}/tools/jira_search")).expect(200);
    assert_eq!(detail["state"], "changed");
    assert!(!detail["changes"].as_array().unwrap().is_empty(), "{detail:#}");
    let (_, told) = company.doctor(&more);
    assert!(told.contains("changed since they were approved, disabled for everybody: jira_search;"), "{told}");
    assert!(told.contains("listed in protocol 2026-07-28 at "), "{told}");

    // The server does not answer: the last list stays, with what went wrong. Then it does, and says what is approved.
    company.sandbox.clear_faults();
    let down = FaultKind::Status { code: 503, body: None, headers: Default::default() };
    company.sandbox.add_fault(FaultRule { times: None, ..FaultRule::new(Service::Mcp, down) }).unwrap();
    let kept = refreshed(&bob);
    assert!(kept["problem"]["code"].as_str().unwrap().starts_with("mcp_"), "{kept:#}");
    assert!(!kept["tools"].as_array().unwrap().is_empty(), "{kept:#}");
    company.sandbox.clear_faults();
    let back = refreshed(&bob);
    assert_eq!(back["problem"], Value::Null);
    assert_eq!(state(&back, "jira_search"), "changed", "who changed it once may do so again: somebody has to look");

    // Signing in asks for nothing that is there and fresh.
    let before = back["fetched_at"].clone();
    let again = company.sign_in("bob");
    assert_eq!(until(&again, |server| server["job_id"].is_null())["fetched_at"], before);
}

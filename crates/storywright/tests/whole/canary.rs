//! Secrets never leave: every secret of a whole job is looked for in logs, answers, streams, prompts, payloads and the database file.

use crate::leaks::{self, Canary};
use crate::support::{Browser, Company, PASSWORD, REQUIREMENTS};
use serde_json::json;

#[test]
fn no_secret_is_in_any_log_answer_stream_prompt_payload_or_database() {
    let company = Company::start();
    company.plant_canaries("alice");
    let alice = company.member("alice");
    let person = company.person("alice");
    let mut seen = String::new();
    let draft = alice.new_draft(REQUIREMENTS);
    let job = alice.generate(&draft);
    for event in alice.to_end(&job) {
        seen.push_str(&event.data.to_string());
    }
    let run = alice.publish(&draft, "canary");
    alice.settled(&run);
    for path in ["me", "integrations", "projects", "drafts", "runs", "jobs"] {
        seen.push_str(&alice.get(path).body.to_string());
    }
    for path in
        [format!("drafts/{draft}"), format!("drafts/{draft}/versions"), format!("runs/{run}"), format!("jobs/{job}")]
    {
        seen.push_str(&alice.get(&path).body.to_string());
    }
    let mut browser = Browser::sign_in(&company, "alice");
    for path in ["/", "/drafts", "/drafts/new", "/integrations", "/jobs", "/runs", "/profile", "/audit"] {
        seen.push_str(&browser.page(path));
    }
    for path in [format!("/drafts/{draft}"), format!("/runs/{run}")] {
        seen.push_str(&browser.page(&path));
    }
    // Failures speak, too.
    seen.push_str(
        &company
            .nobody()
            .call(
                "POST",
                "registrations",
                json!({"jira_site": "company-jira", "jira_pat": format!("{}x", person.jira_pat)}),
            )
            .body
            .to_string(),
    );
    seen.push_str(
        &company
            .nobody()
            .call("POST", "tokens", json!({"username": person.employee_id, "password": format!("{PASSWORD}x")}))
            .body
            .to_string(),
    );
    let sent: String = company
        .sandbox
        .requests()
        .iter()
        .map(|request| format!("{} {} {:?} {:?}\n", request.path, request.query, request.body, request.headers))
        .collect();
    let mut canaries = company.canaries("alice");
    canaries.push(Canary::named(alice.token.as_deref().unwrap()));
    canaries.extend(browser.cookies.values().map(|cookie| Canary::named(cookie)));
    let mut database = Vec::new();
    for end in ["", "-wal", "-shm"] {
        database.extend(std::fs::read(format!("{}{end}", company.database().display())).unwrap_or_default());
    }
    let database = String::from_utf8_lossy(&database).into_owned();
    let logs = company.logs();
    assert!(
        logs.contains("\"sign-in\"") && database.contains("Refund"),
        "the places that are searched are the right ones"
    );
    let places =
        [("log", logs), ("answers and streams", seen), ("calls to the services", sent), ("database", database)];
    assert_eq!(leaks::found(&canaries, &places), Vec::<String>::new());
}

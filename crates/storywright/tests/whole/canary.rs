//! Secrets never leave: every secret of a whole job is looked for in logs, answers, streams, prompts, payloads and the database file.

use crate::support::{Browser, Company, PASSWORD, REQUIREMENTS};
use serde_json::json;

#[test]
fn no_secret_is_in_any_log_answer_stream_prompt_payload_or_database() {
    let company = Company::start();
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
    let cookie_value =
        person.llm.credential.split_once('=').map_or(person.llm.credential.as_str(), |(_, value)| value).to_owned();
    let token = alice.token.clone().unwrap();
    let mut canaries =
        vec![person.jira_pat.clone(), person.confluence.credential.clone(), cookie_value, PASSWORD.to_owned(), token];
    canaries.extend(browser.cookies.into_values());
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
    for canary in &canaries {
        for form in forms(canary) {
            for (place, text) in [
                ("log", &logs),
                ("answers and streams", &seen),
                ("calls to the services", &sent),
                ("database", &database),
            ] {
                assert!(!text.contains(&form), "a secret is in the {place}");
            }
        }
    }
}

/// The secret as it is, in base64 and percent-encoded.
fn forms(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    let percent: String = secret
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    let mut forms = vec![secret.to_owned(), base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret), percent];
    forms.dedup();
    forms
}

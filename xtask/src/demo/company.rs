//! A person of the pretend company, and how they sign up.

use serde_json::{Value, json};

use std::time::Duration;

use super::api::{Api, field};
use super::server::Signals;
use super::settings::{CONFLUENCE_SITE, JIRA_SITE, LLM_SERVICE};
use crate::failure::Failure;

/// Looks for the tool lists, half a second apart.
const LOOKS: usize = 60;
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What the pretend company knows of an employee.
pub struct Person {
    /// As in `E10234`.
    pub employee_id: String,
    /// As people read it.
    pub display_name: String,
    /// Personal access token for Jira.
    pub jira_pat: String,
    /// Personal access token for Confluence.
    pub confluence_pat: String,
    /// Session cookie for the language model.
    pub llm_cookie: String,
}

/// Asks the pretend company for one of its people.
pub fn person(sandbox_url: &str, handle: &str) -> Result<Person, Failure> {
    const PATH: &str = "/__sandbox/people";
    let people = Api::new(sandbox_url).get(PATH)?;
    let known = people.as_array().into_iter().flatten().find(|person| person["handle"] == handle);
    let Some(known) = known else {
        return Err(Failure::new(format!("the pretend company has no `{handle}`"), format!("see {sandbox_url}{PATH}")));
    };
    Ok(Person {
        employee_id: field(known, PATH, "employee_id")?,
        display_name: field(known, PATH, "display_name")?,
        jira_pat: field(known, PATH, "jira_pat")?,
        confluence_pat: field(&known["confluence"], PATH, "credential")?,
        llm_cookie: field(&known["llm"], PATH, "credential")?,
    })
}

/// Signs the person up with a Jira token, connects and tests every integration, and gives a client in their name.
/// A person who has signed up before is signed in.
pub fn sign_up(server_url: &str, person: &Person, password: &str) -> Result<Api, Failure> {
    if let Ok(api) = Api::new(server_url).sign_in(&person.employee_id, password) {
        return Ok(api);
    }
    const REGISTRATIONS: &str = "/api/v1/registrations";
    let nobody = Api::new(server_url);
    let registration = nobody.post(REGISTRATIONS, &json!({ "jira_site": JIRA_SITE, "jira_pat": person.jira_pat }))?;
    let id = field(&registration, REGISTRATIONS, "registration_id")?;
    nobody.post(&format!("{REGISTRATIONS}/{id}/confirm"), &json!({ "password": password }))?;

    let api = nobody.sign_in(&person.employee_id, password)?;
    let connect = |name: &str, body: Value| -> Result<(), Failure> {
        api.put(&format!("/api/v1/integrations/{name}"), &body)?;
        let test = api.post(&format!("/api/v1/integrations/{name}/test"), &json!({}))?;
        if test["ok"] == true {
            return Ok(());
        }
        Err(Failure::new(format!("the test of {name} was refused: {test}"), "read the server's log"))
    };
    connect("llm", json!({ "service": LLM_SERVICE, "credential": person.llm_cookie }))?;
    connect("confluence", json!({ "site": CONFLUENCE_SITE, "pat": person.confluence_pat }))?;
    Ok(api)
}

/// Approves, as an administrator, the tools of every MCP server that are known to read only. A new person's lists come in the background.
pub fn approve_reads(administrator: &Api, signals: &Signals) -> Result<(), Failure> {
    const TOOLS: &str = "/api/v1/tools";
    for _ in 0..LOOKS {
        let servers = administrator.get(TOOLS)?;
        let servers = servers["items"].as_array().cloned().unwrap_or_default();
        if servers.iter().all(|server| server["fetched_at"].is_string()) {
            for server in &servers {
                let id = field(server, TOOLS, "id")?;
                administrator.post(&format!("{TOOLS}/{id}/approve-suggested"), &json!({}))?;
            }
            return Ok(());
        }
        if signals.wait(LOOK_EVERY) {
            return Err(Failure::new("stopped while the MCP servers listed their tools", "start the demo again"));
        }
    }
    Err(Failure::new("the MCP servers gave no list of tools", "read the server's log"))
}

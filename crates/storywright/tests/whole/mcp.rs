//! The MCP servers of the pretend company: approved, asked for their tools again.

use crate::support::{Browser, Company};
use std::time::{Duration, Instant};
use storywright_sandbox::{LoggedRequest, Service};

/// Tools of the pretend servers that only read; the administrator approves these.
pub const READS: [&str; 13] = [
    "confluence_get_comments",
    "confluence_get_labels",
    "confluence_get_page",
    "confluence_get_page_children",
    "confluence_search",
    "jira_get_all_projects",
    "jira_get_create_fields",
    "jira_get_issue",
    "jira_get_link_types",
    "jira_get_project_issue_types",
    "jira_get_transitions",
    "jira_search",
    "jira_search_fields",
];

/// Ids of the servers in the configuration.
pub const SERVERS: [&str; 2] = ["mcp-jira", "mcp-confluence"];

/// Waits until no list is being fetched, and gives the page.
pub fn lists(admin: &mut Browser) -> String {
    let begin = Instant::now();
    loop {
        let page = admin.page("/tools");
        if !page.contains("Never listed") && !page.contains("Asking for its tools now") {
            return page;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "the lists do not come: {page}");
        std::thread::yield_now();
    }
}

/// Asks both servers for their tools, and gives the page that follows.
pub fn refreshed(admin: &mut Browser) -> String {
    for server in SERVERS {
        admin.send("/tools", "/tools/refresh", &[("server", server)]);
    }
    lists(admin)
}

/// How many tools are in use.
pub fn in_use(page: &str) -> usize {
    page.matches(">In use</span>").count()
}

/// An administrator approves what is suggested: every tool that is known to read only.
pub fn approve_suggested(company: &Company, handle: &str) -> Browser {
    let mut admin = Browser::sign_in(company, handle);
    lists(&mut admin);
    for server in SERVERS {
        admin.send("/tools", "/tools/approve-suggested", &[("server", server)]);
    }
    assert_eq!(in_use(&admin.page("/tools")), READS.len());
    admin
}

/// An administrator looks at the reading tools again and approves each in its present definition.
pub fn approve_again(admin: &mut Browser) {
    let page = lists(admin);
    let value = |form: &str, name: &str| {
        let at = form.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
        at.split('"').next().map(str::to_owned)
    };
    for form in page.split("action=\"/tools/approve\"").skip(1) {
        let (Some(server), Some(tool), Some(hash)) = (value(form, "server"), value(form, "tool"), value(form, "hash"))
        else {
            continue;
        };
        if READS.contains(&tool.as_str()) {
            let fields =
                [("server", server.as_str()), ("tool", &tool), ("hash", &hash), ("class", "read"), ("words", "Reads")];
            admin.send("/tools", "/tools/approve", &fields);
        }
    }
}

/// Requests that came after this one.
pub fn after(company: &Company, sequence: u64) -> Vec<LoggedRequest> {
    company.sandbox.requests().into_iter().filter(|request| request.sequence > sequence).collect()
}

/// The number of the newest request.
pub fn now(company: &Company) -> u64 {
    company.sandbox.requests().last().map_or(0, |request| request.sequence)
}

/// Calls of tools.
pub fn calls(requests: &[LoggedRequest]) -> Vec<String> {
    requests.iter().filter_map(|request| request.tool().map(str::to_owned)).collect()
}

/// Bodies that went to a service, one a line.
pub fn sent_to(requests: &[LoggedRequest], service: Service) -> String {
    let to = requests.iter().filter(|request| request.service == service);
    to.map(|request| format!("{} {} {:?}\n", request.path, request.query, request.body)).collect()
}

/// What changes something in Jira or Confluence, by REST or by a tool that was not approved for reading.
pub fn writes(requests: &[LoggedRequest]) -> Vec<String> {
    let changes = |request: &&LoggedRequest| match request.service {
        Service::Jira | Service::Confluence => {
            !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS") && !request.path.ends_with("/search")
        }
        Service::Mcp => request.tool().is_some_and(|tool| !READS.contains(&tool)),
        Service::Llm => false,
    };
    let told =
        |request: &LoggedRequest| format!("{} {} {}", request.method, request.path, request.tool().unwrap_or_default());
    requests.iter().filter(changes).map(told).collect()
}

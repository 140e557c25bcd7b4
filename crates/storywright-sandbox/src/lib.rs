//! A pretend company on one loopback port: Jira, Confluence, an LLM service and MCP servers, with faults; for demo and tests.
//!
//! `/jira` speaks Jira Data Center 10.3 REST v2, `/cloud` the same Jira as Cloud (e-mail and API token, the PAT of `/jira`), `/confluence` Confluence Data Center REST, `/llm` OpenAI-compatible
//! chat completions behind a cookie, `/mcp/jira` and `/mcp/confluence` MCP over streamable HTTP, with the tools of mcp-atlassian. `/__sandbox` is the company's back door: seeded people with their credentials, the
//! log of requests, faults, reset. Tests start it in their own process and drive it from plain threads:
//!
//! ```no_run
//! use storywright_sandbox::{Options, Sandbox};
//!
//! let sandbox = Sandbox::start(Options::default())?;
//! let alice = sandbox.person("alice").ok_or("no such person")?;
//! println!("{}/jira answers to {}", sandbox.base_url(), alice.jira_pat);
//! sandbox.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod auth;
mod backdoor;
mod clock;
mod confluence;
mod fault_kind;
mod faults;
mod front;
mod jira;
mod llm;
mod log;
mod mcp;
mod people;
mod server;
mod settings;
mod state;
mod wire;

pub use crate::{
    fault_kind::FaultKind,
    faults::{BadRule, FaultRule},
    jira::IssueSummary,
    log::{LoggedBody, LoggedRequest},
    people::{Account, Person, ProjectRights},
    server::{Options, Running, Sandbox, StartError},
    settings::{McpProtocols, Settings},
    state::Service,
};

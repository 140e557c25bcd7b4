//! The shape of `config.json` as far as the server is concerned; the `llm` part belongs to the LLM adapter.

use serde::Deserialize;
use storywright_domain::remote::Site;
use storywright_domain::tool::McpServer;

#[derive(Debug, Default, Deserialize)]
pub(super) struct RawSettings {
    #[serde(default)]
    pub(super) server: RawServer,
    #[serde(default)]
    pub(super) sites: Vec<Site>,
    #[serde(default)]
    pub(super) mcp_servers: Vec<McpServer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawServer {
    #[serde(rename = "$comment", default)]
    pub(super) _comment: Option<String>,
    pub(super) listen: Option<String>,
    pub(super) public_url: Option<String>,
    pub(super) database: Option<String>,
    pub(super) keyring_file: Option<String>,
    #[serde(default)]
    pub(super) administrators: Vec<String>,
    pub(super) session_idle_minutes: Option<i64>,
    pub(super) session_hours: Option<i64>,
    pub(super) api_token_minutes: Option<i64>,
    pub(super) max_open_jobs: Option<i64>,
    pub(super) daily_tokens_per_person: Option<i64>,
    pub(super) daily_tokens: Option<i64>,
    pub(super) price_input_per_million: Option<serde_json::Number>,
    pub(super) price_output_per_million: Option<serde_json::Number>,
    pub(super) daily_cost_per_person: Option<serde_json::Number>,
    pub(super) currency: Option<String>,
    pub(super) tools_ttl_minutes: Option<i64>,
    pub(super) source_chars: Option<i64>,
    pub(super) writing_workers: Option<i64>,
    pub(super) publish_workers: Option<i64>,
    pub(super) create_timeout_seconds: Option<i64>,
    pub(super) job_lease_seconds: Option<i64>,
    pub(super) reconcile_first_seconds: Option<i64>,
    pub(super) reconcile_again_seconds: Option<i64>,
    pub(super) absent_after_seconds: Option<i64>,
    #[serde(default)]
    pub(super) trusted_proxies: Vec<String>,
    pub(super) extra_roots_file: Option<String>,
    pub(super) bcrypt_cost: Option<i64>,
}

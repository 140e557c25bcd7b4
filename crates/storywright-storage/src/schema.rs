//! The tables as diesel sees them. Tables without a reader yet are left out.

mod drafting;
mod jobs;
mod people;
mod prompting;
mod publishing;
mod rules;
mod tools;
mod waiving;

pub use drafting::{
    draft_sections, draft_sources, draft_versions, drafts, field_defaults, learned_fields, version_origins,
};
pub use jobs::{agent_steps, background_jobs, job_events, token_counts};
pub use people::{api_tokens, confluence_configs, llm_configs, registrations, user_sessions, users};
pub use prompting::{prompt_trial_columns, prompt_trials, prompt_versions, prompts};
pub use publishing::{draft_issues, issue_updates, publish_events, publish_items, publish_runs, story_pages};
pub use rules::{judgements, project_rule_sets, rule_set_versions, rule_sets};
pub use tools::{tool_approvals, tool_cache};
pub use waiving::{standing_waivers, waivers};

diesel::table! {
    key_proofs (key_id) {
        key_id -> Text,
        sealed -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    audit_log (seq) {
        seq -> BigInt,
        at -> BigInt,
        user_id -> Nullable<Text>,
        action -> Text,
        subject -> Text,
        detail -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    write_probe (id) {
        id -> BigInt,
        filler -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(background_jobs, job_events);
diesel::allow_tables_to_appear_in_same_query!(publish_runs, publish_items);
diesel::allow_tables_to_appear_in_same_query!(tool_cache, user_sessions);
diesel::allow_tables_to_appear_in_same_query!(rule_sets, rule_set_versions);

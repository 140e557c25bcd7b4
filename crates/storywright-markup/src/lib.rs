//! Markdown to Jira wiki markup, purely.

//! Jira and Confluence ports over storywright-http.

//! Jira's wiki markup: read and written.

mod form;
mod read;
mod write;

pub use form::wiki_form;
pub use read::parse_wiki;
pub use write::render_wiki;

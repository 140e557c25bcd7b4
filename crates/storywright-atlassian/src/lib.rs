//! Jira and Confluence Data Center behind the ports of the domain, over the one egress.
//!
//! An answer is trusted only when it was given to the person whose credential was sent: sites answer many calls to nobody
//! with status 200, and proxies answer with sign-in pages. Issue types and fields go by id, since names are in any language.

mod answer;
mod confluence;
mod jira;
mod remembering;
mod site;

pub use confluence::AtlassianConfluence;
pub use jira::AtlassianJira;
pub use remembering::RememberingJira;

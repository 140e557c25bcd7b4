//! HTML: that of Confluence is read, a safe preview is written.

mod read;
mod write;

pub use read::{hidden_in_html, parse_html};
pub use write::render_html;

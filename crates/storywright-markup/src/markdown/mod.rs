//! Markdown: read and written. CommonMark with tables, strikethrough, task lists and footnotes; GitHub's alerts as panels.
//!
//! What CommonMark has no sign for is written in what people know from elsewhere: `<ins>`, `<sup>`, `<sub>` and `<cite>`
//! for marks, `> [!PANEL] Title` for boxes, `[~name]` for people as in Jira, `[file.pdf](attachment:file.pdf)` for attached
//! files.

mod escape;
mod inline;
mod read;
mod tags;
mod write;

pub use read::parse_markdown;
pub use write::render_markdown;

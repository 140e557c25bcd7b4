//! Uploaded files are read in a process of their own, one for each: the library that reads PDFs panics, loops and takes memory without
//! end when a file is made for it. What a file does to that process, it does to nothing else.

mod child;
mod parent;

pub use child::child;
pub use parent::ProcessReader;

/// The name of the subcommand that reads a file.
pub const SUBCOMMAND: &str = "read-file";

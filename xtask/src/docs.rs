//! Documentation that cannot rot unseen: the paths and crates it names must exist.

use std::collections::HashSet;
use std::path::Path;

use crate::failure::Failure;
use crate::report::Outcome;
use crate::tools::{Workspace, files_below, read};

/// Checks the names in docs/ARCHITECTURE.md and the relative links of every page of documentation.
pub fn names(workspace: &Workspace) -> Result<Outcome, Failure> {
    let files: Vec<String> = files_below(&workspace.root)
        .iter()
        .filter_map(|path| path.strip_prefix(&workspace.root).ok())
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    let tree = Tree::new(&files);
    let architecture = read(&workspace.root.join("docs/ARCHITECTURE.md"))?;
    let mut faults: Vec<String> = tree
        .unknown_names(&architecture)
        .into_iter()
        .map(|name| format!("docs/ARCHITECTURE.md names `{name}`"))
        .collect();
    let pages = files.iter().filter(|file| file.ends_with(".md") && (file.starts_with("docs/") || !file.contains('/')));
    for page in pages {
        let text = read(&workspace.root.join(page))?;
        faults.extend(
            dead_links(&workspace.root.join(page), &text).into_iter().map(|to| format!("{page} links to {to}")),
        );
    }
    if faults.is_empty() {
        return Ok(Outcome::Passed(String::new()));
    }
    for fault in &faults {
        eprintln!("  {fault}, which does not exist");
    }
    Err(Failure::new(format!("{} names or links lead nowhere", faults.len()), "bring the text up to date"))
}

/// The names that a text may use.
struct Tree<'a> {
    paths: HashSet<&'a str>,
    file_names: HashSet<&'a str>,
    roots: HashSet<&'a str>,
}

impl<'a> Tree<'a> {
    fn new(files: &'a [String]) -> Self {
        let mut tree = Self { paths: HashSet::new(), file_names: HashSet::new(), roots: HashSet::new() };
        for file in files {
            tree.paths.insert(file);
            tree.paths.extend(file.match_indices('/').map(|(at, _)| &file[..at]));
            tree.file_names.extend(file.rsplit('/').next());
            tree.roots.extend(file.split_once('/').map(|(root, _)| root));
        }
        tree
    }

    /// Words in backticks that look like a path, a file or one of our crates, and are none.
    fn unknown_names<'t>(&self, text: &'t str) -> Vec<&'t str> {
        in_backticks(text).into_iter().filter(|word| self.looks_like_ours(word) && !self.knows(word)).collect()
    }

    fn looks_like_ours(&self, word: &str) -> bool {
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
        let in_a_root = word.split_once('/').is_some_and(|(root, _)| self.roots.contains(root));
        let is_file = [".rs", ".toml", ".md", ".json", ".html", ".css"].iter().any(|ending| word.ends_with(ending));
        let is_crate = word.starts_with("storywright-") && !word.contains('/') && !word.contains('.');
        plain && !word.starts_with('.') && (in_a_root || is_file || is_crate)
            || plain && (word.starts_with(".ci/") || word.starts_with(".cargo/"))
    }

    fn knows(&self, word: &str) -> bool {
        let word = word.trim_end_matches('/');
        let in_a_crate = || {
            self.paths.iter().any(|path| {
                path.len() > word.len() && path.ends_with(word) && path[..path.len() - word.len()].ends_with('/')
            })
        };
        self.paths.contains(word)
            || self.file_names.contains(word)
            || self.paths.contains(format!("crates/{word}").as_str())
            || in_a_crate()
    }
}

/// The code words of a page, without fenced blocks.
fn in_backticks(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            words.extend(line.split('`').skip(1).step_by(2));
        }
    }
    words
}

/// Relative links of a page that lead to no file.
fn dead_links(page: &Path, text: &str) -> Vec<String> {
    let folder = page.parent().unwrap_or(page);
    let mut dead = Vec::new();
    for (at, _) in text.match_indices("](") {
        let Some(link) = text[at + 2..].split(')').next() else { continue };
        let target = link.split(['#', ' ']).next().unwrap_or(link);
        let elsewhere = target.contains("://") || target.starts_with("mailto:") || target.starts_with('/');
        if !target.is_empty() && !elsewhere && !folder.join(target).exists() {
            dead.push(target.to_owned());
        }
    }
    dead
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_exist_nowhere_are_found() {
        let files = ["Cargo.toml", "crates/storywright-web/src/lib.rs", "docs/ARCHITECTURE.md"].map(str::to_owned);
        let text = "`storywright-web` and `crates/storywright-web/src/lib.rs`, `src/lib.rs`, `lib.rs`, `Cargo.toml`,\n\
                    `GET /api/v1/drafts`, `crates/<name>/src`, `a/b`, but `storywright-gone`, `docs/GONE.md`, `gone.rs`.\n\
                    ```\n`crates/example`\n```\n";
        assert_eq!(Tree::new(&files).unknown_names(text), ["storywright-gone", "docs/GONE.md", "gone.rs"]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("there.md"), "").unwrap();
        let text = "[a](there.md#part) [b](gone.md) [c](https://example.com) [d](#here)";
        assert_eq!(dead_links(&folder.path().join("page.md"), text), ["gone.md"]);
    }
}

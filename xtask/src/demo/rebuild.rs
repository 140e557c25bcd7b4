//! Whether the sources of the server have changed since somebody last asked.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::tools::{Workspace, files_below};

/// The folders whose change makes a new server necessary. Templates are read when the server starts.
const FOLDERS: &[&str] = &["crates", "migrations", "config", "web-assets/templates"];

/// Remembers every source file's time of change.
pub struct Sources {
    root: PathBuf,
    seen: Vec<(PathBuf, SystemTime)>,
}

impl Sources {
    /// Looks for the first time.
    pub fn of(workspace: &Workspace) -> Self {
        let mut sources = Self { root: workspace.root.clone(), seen: Vec::new() };
        sources.changed();
        sources
    }

    /// Looks again.
    pub fn changed(&mut self) -> bool {
        let files = FOLDERS.iter().flat_map(|folder| files_below(&self.root.join(folder)));
        let wanted = files.filter(|path| !path.components().any(|part| part.as_os_str() == "tests"));
        let now = wanted
            .filter_map(|path| {
                let changed = path.metadata().and_then(|meta| meta.modified()).ok()?;
                Some((path, changed))
            })
            .collect();
        let changed = self.seen != now;
        self.seen = now;
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_or_changed_file_counts_and_a_test_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| crate::tools::write(&folder.path().join(name), b"text").unwrap();
        write("crates/a/src/lib.rs");
        let mut sources = Sources { root: folder.path().to_path_buf(), seen: Vec::new() };
        assert!(sources.changed());
        assert!(!sources.changed());
        write("crates/a/tests/it.rs");
        assert!(!sources.changed());
        write("crates/a/src/other.rs");
        assert!(sources.changed());
    }
}

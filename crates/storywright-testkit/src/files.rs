//! Reading files where the test runs: they are its own.

use storywright_domain::file::{FileProblem, FileText};
use storywright_domain::ports::FileReader;

/// Reads files by a function, such as the real one of the markup crate.
pub struct ReadsWith(pub fn(&[u8]) -> Result<FileText, FileProblem>);

impl FileReader for ReadsWith {
    fn read(&self, file: &[u8]) -> Result<FileText, FileProblem> {
        self.0(file)
    }
}

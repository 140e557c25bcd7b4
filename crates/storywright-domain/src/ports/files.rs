//! The port that reads uploaded files.

use crate::file::{FileProblem, FileText};

/// Reads the text of files that strangers may have made. Whatever is in a file, reading it ends within half a minute, takes a bounded
/// amount of memory and leaves the process as it was.
pub trait FileReader: Send + Sync {
    /// The text of a file of at most [`crate::file::MAX_FILE_BYTES`]; what it is, is told by its content.
    ///
    /// # Errors
    /// [`FileProblem`], with `NotAsNamed` never among them: the name is not known here.
    fn read(&self, file: &[u8]) -> Result<FileText, FileProblem>;
}

//! Text of PDFs. The library panics on many files that are not as they should be; a panic means a file that cannot be read.

use std::panic::{AssertUnwindSafe, catch_unwind};
use storywright_domain::file::{FileKind, FileProblem};

/// The text of all pages; of none when one cannot be read, for nothing is left out silently.
pub(super) fn text(file: &[u8]) -> Result<String, FileProblem> {
    let read = catch_unwind(AssertUnwindSafe(|| pdf_extract::extract_text_from_mem(file)));
    match read {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(_)) | Err(_) if is_protected(file) => Err(FileProblem::Protected),
        Ok(Err(_)) | Err(_) => Err(FileProblem::Damaged(FileKind::Pdf)),
    }
}

/// Whether the file says that it is encrypted. It was tried without a password already.
fn is_protected(file: &[u8]) -> bool {
    file.windows(8).any(|window| window == b"/Encrypt")
}

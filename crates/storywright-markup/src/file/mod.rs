//! The text of files: what a file is is told by its content, its text becomes Markdown.
//!
//! Files come from strangers. Text and Word documents are read within limits; PDFs are read by a library that panics, loops and takes
//! memory without end when a file is made for it. A panic becomes an error here; whoever calls [`read_file`] with files of strangers does
//! so in a process of its own, with limits of time and memory.

mod pdf;
mod plain;
mod word;

use crate::visible;
use storywright_domain::file::{FileKind, FileProblem, FileText, MAX_FILE_BYTES};
use storywright_domain::leak::has_private_key;

/// What stands at the beginning of containers of Office before 2007, and of protected Office documents.
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// What stands at the beginning of archives, `.docx` among them.
const ZIP: &[u8] = b"PK\x03\x04";
/// A PDF begins with this, within its first kibibyte.
const PDF: &[u8] = b"%PDF-";

/// The text of a file as Markdown.
///
/// ```
/// use storywright_domain::file::{FileKind, FileProblem};
/// use storywright_markup::read_file;
/// let file = read_file("\u{feff}# Goal\r\n\r\nFast".as_bytes()).unwrap();
/// assert_eq!((file.kind, file.text.as_str()), (FileKind::Text, "# Goal\n\nFast"));
/// assert_eq!(read_file(b"caf\xe9"), Err(FileProblem::Encoding));
/// ```
///
/// # Errors
/// [`FileProblem`]; nothing of the file is kept then.
pub fn read_file(file: &[u8]) -> Result<FileText, FileProblem> {
    if file.len() > MAX_FILE_BYTES {
        return Err(FileProblem::TooLarge);
    }
    if file.iter().all(u8::is_ascii_whitespace) {
        return Err(FileProblem::Empty);
    }
    let kind = kind_of(file)?;
    let text = match kind {
        FileKind::Text => plain::decoded(file)?,
        FileKind::Word => word::markdown(file)?,
        FileKind::Pdf => pdf::text(file)?,
    };
    let text = tidy(&visible(&text));
    if text.is_empty() {
        return Err(if kind == FileKind::Text { FileProblem::Empty } else { FileProblem::NoText });
    }
    if has_private_key(&text) {
        return Err(FileProblem::PrivateKey);
    }
    Ok(FileText { kind, text })
}

/// What a file is; all that is no container is text until it turns out to be none.
fn kind_of(file: &[u8]) -> Result<FileKind, FileProblem> {
    let start = &file[..file.len().min(1_024)];
    if start.starts_with(OLE) {
        return Err(FileProblem::OldOffice);
    }
    if start.starts_with(b"PK") {
        return if start.starts_with(ZIP) { Ok(FileKind::Word) } else { Err(FileProblem::OtherArchive) };
    }
    // Text may speak of `%PDF-`; in a PDF it begins a line, and bytes that no text has follow.
    let at = start.windows(PDF.len()).position(|window| window == PDF);
    if at.is_some_and(|at| at == 0 || std::str::from_utf8(file).is_err()) {
        return Ok(FileKind::Pdf);
    }
    Ok(FileKind::Text)
}

/// Lines end alike, without space at their ends, and at most one empty line stands between others.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        // Two spaces at the end of a line are a line break in Markdown.
        let bare = line.trim_end();
        let line = if !bare.is_empty() && line.ends_with("  ") { &line[..bare.len() + 2] } else { bare };
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty <= 1 && !(out.is_empty() && line.is_empty()) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests;

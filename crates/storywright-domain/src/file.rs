//! Files that people upload as sources: what they are by their content, the text in them, and what can be wrong with them.

use serde::{Deserialize, Serialize};

/// Largest file that is taken, in bytes.
pub const MAX_FILE_BYTES: usize = 10 * 1_024 * 1_024;

/// What a file is, by what is in it. Its name decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Text or Markdown.
    Text,
    /// A Word document (`.docx`).
    Word,
    /// A PDF.
    Pdf,
}

impl FileKind {
    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Word => "word",
            Self::Pdf => "pdf",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text file",
            Self::Word => "Word document",
            Self::Pdf => "PDF",
        }
    }

    /// What a file name says that the file is, where it promises a format that can be told from others by its content.
    #[must_use]
    pub fn promised_by(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "docx" => Some(Self::Word),
            "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileText {
    /// What it is.
    pub kind: FileKind,
    /// Its text as Markdown, without characters that nobody can see. Untrusted.
    pub text: String,
}

/// Why a file cannot be a source. Said after the name of the file; each says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileProblem {
    /// Nothing is in it.
    #[error("is empty: choose another file")]
    Empty,
    /// It is larger than what is taken.
    #[error("is larger than the {} MiB that are taken: split it, or paste the part that matters", MAX_FILE_BYTES / 1_024 / 1_024)]
    TooLarge,
    /// It is of another kind.
    #[error("is neither text nor .docx nor .pdf: save it as one of these")]
    OtherKind,
    /// A Word document of before 2007, or one with a password: both have the same outer form.
    #[error("is an old or a protected Office document: save it as .docx without a password")]
    OldOffice,
    /// An archive that is no Word document: a spreadsheet, slides, a ZIP.
    #[error("is an archive or another Office document, not a .docx: save it as .docx, or its text as .txt")]
    OtherArchive,
    /// Its content is not what its name says.
    #[error("is no {} in spite of its name, but a {}: open it in its program and save it anew", .promised.name(), .found.name())]
    NotAsNamed {
        /// What the name says.
        promised: FileKind,
        /// What it is.
        found: FileKind,
    },
    /// Text in an encoding that cannot be told for certain.
    #[error("is in an encoding that cannot be told for certain: save it as UTF-8")]
    Encoding,
    /// Parts of it are missing or wrong.
    #[error("is damaged and cannot be read as a {}: open it in its program and save it anew", .0.name())]
    Damaged(FileKind),
    /// It opens with a password only.
    #[error("is protected by a password: save it without one")]
    Protected,
    /// It unpacks to far more than a document is.
    #[error("unpacks to far more than a document holds: save its text as .txt, or take the pictures out")]
    Swollen,
    /// It took too long or too much memory to read.
    #[error("is too much work to read: save its text as .txt, or split it")]
    TooMuchWork,
    /// Its text is longer than a source may be.
    #[error("has more than the {} characters that a source may have: split it", crate::source::MAX_SOURCE_CHARS)]
    TooLong,
    /// There is no text in it, only pictures of it.
    #[error("has no text in it, only pictures: run text recognition (OCR) over it first, or paste the text")]
    NoText,
    /// A private key stands in it.
    #[error("has a private key in it, which belongs in no requirements: take it out")]
    PrivateKey,
    /// Other files are being read.
    #[error("has to wait, because other files are being read: try again in a moment")]
    Busy,
    /// What reads files could not be started.
    #[error("could not be read, because the reader of files did not start: tell your administrator")]
    NoReader,
}

impl FileProblem {
    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "file_empty",
            Self::TooLarge => "file_too_large",
            Self::OtherKind | Self::OldOffice | Self::OtherArchive => "file_kind_unknown",
            Self::NotAsNamed { .. } => "file_not_as_named",
            Self::Encoding => "file_encoding_unknown",
            Self::Damaged(_) => "file_damaged",
            Self::Protected => "file_protected",
            Self::Swollen => "file_swollen",
            Self::TooMuchWork => "file_too_much_work",
            Self::TooLong => "source_too_long",
            Self::NoText => "file_without_text",
            Self::PrivateKey => "file_has_private_key",
            Self::Busy => "file_reader_busy",
            Self::NoReader => "file_reader_missing",
        }
    }
}

/// The name of a file as it is shown: the last part of what was sent, without characters that nobody can see, not too long. It is
/// never a path, and nothing is decided by it.
#[must_use]
pub fn shown_name(raw: &str) -> String {
    let last = raw.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let seen: String = last.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let seen: String = seen.chars().filter(|c| !crate::tool::is_invisible(*c)).collect();
    let name: String = seen.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect();
    if name.trim_matches('.').is_empty() { "file".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_for_showing_only() {
        let check = |raw: &str, expected: &str| assert_eq!(shown_name(raw), expected, "{raw:?}");
        check("Refunds (final).docx", "Refunds (final).docx");
        check("../../etc/passwd", "passwd");
        check("C:\\Users\\alice\\notes.md", "notes.md");
        check("a\u{202e}fdp.exe", "afdp.exe");
        check("line\nbreak\0.txt", "line break.txt");
        check("", "file");
        check("../..", "file");
        check(&"x".repeat(500), &"x".repeat(120));
    }

    #[test]
    fn every_problem_says_what_to_do() {
        for problem in [FileProblem::Encoding, FileProblem::Damaged(FileKind::Pdf), FileProblem::NoText] {
            assert!(problem.to_string().contains(": "), "{problem}");
        }
        let named = FileProblem::NotAsNamed { promised: FileKind::Word, found: FileKind::Text };
        assert!(named.to_string().starts_with("is no Word document in spite of its name, but a text file"), "{named}");
    }

    #[test]
    fn only_formats_that_can_be_told_apart_are_promised() {
        assert_eq!(FileKind::promised_by("a.DOCX"), Some(FileKind::Word));
        assert_eq!(FileKind::promised_by("a.docx.pdf"), Some(FileKind::Pdf));
        assert_eq!(FileKind::promised_by("a.md"), None);
        assert_eq!(FileKind::promised_by("docx"), None);
    }
}

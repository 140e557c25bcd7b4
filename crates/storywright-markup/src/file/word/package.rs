//! The archive that a `.docx` is. Only parts that are asked for are unpacked, none of them twice and none without limits; an archive
//! inside the archive stays what it is.

use std::io::{Cursor, Read};
use storywright_domain::file::{FileKind, FileProblem};
use zip::ZipArchive;
use zip::result::ZipError;

/// Most entries of the archive.
const MOST_ENTRIES: usize = 5_000;
/// Largest part when unpacked, in bytes.
const LARGEST_PART: u64 = 32 * 1_024 * 1_024;
/// Most bytes of all parts that are unpacked.
const MOST_BYTES: u64 = 48 * 1_024 * 1_024;
/// A part that unpacks to more times its size is no text that people wrote. Packed XML of long tables comes near 50.
const LARGEST_RATIO: u64 = 200;
/// Parts smaller than this have any ratio.
const SMALL_PART: u64 = 1_024 * 1_024;

/// The archive, with what may still be unpacked of it.
pub(super) struct Package<'file> {
    archive: ZipArchive<Cursor<&'file [u8]>>,
    left: u64,
}

impl<'file> Package<'file> {
    pub(super) fn open(file: &'file [u8]) -> Result<Self, FileProblem> {
        let archive = ZipArchive::new(Cursor::new(file)).map_err(|_| FileProblem::Damaged(FileKind::Word))?;
        if archive.len() > MOST_ENTRIES {
            return Err(FileProblem::Swollen);
        }
        Ok(Self { archive, left: MOST_BYTES })
    }

    /// The text of a part; `None` when there is none of this name.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<String>, FileProblem> {
        let damaged = FileProblem::Damaged(FileKind::Word);
        let entry = match self.archive.by_name(name) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => return Err(FileProblem::Protected),
            Err(_) => return Err(damaged),
        };
        let ratio = entry.compressed_size().saturating_mul(LARGEST_RATIO).max(SMALL_PART);
        let limit = LARGEST_PART.min(self.left).min(ratio);
        // What the archive says about sizes decides nothing: the bytes are counted.
        let mut bytes = Vec::new();
        entry.take(limit + 1).read_to_end(&mut bytes).map_err(|_| damaged)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > limit {
            return Err(FileProblem::Swollen);
        }
        self.left -= size;
        let text = match bytes.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => crate::file::plain::decoded(&bytes).map_err(|_| damaged)?,
            _ => String::from_utf8(bytes).map_err(|_| damaged)?,
        };
        Ok(Some(text))
    }
}

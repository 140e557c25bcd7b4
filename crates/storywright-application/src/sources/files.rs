//! Adding files: their text is a source like that of a page, pinned to the digest of the file. The file itself is not kept.

use super::found::{NewSource, entry_of};
use super::{SourceError, open_draft};
use crate::Ports;
use storywright_domain::DraftId;
use storywright_domain::file::{FileKind, FileProblem, MAX_FILE_BYTES, shown_name};
use storywright_domain::person::Actor;
use storywright_domain::ports::StorageExt;
use storywright_domain::source::{MAX_SOURCE_CHARS, MAX_SOURCES, SourceEntry, SourceKind};

/// Adds the text of a file to a draft and gives its reference (`p3`). A file that the draft has already, byte for byte, keeps its
/// reference; another file of the same name is another source. The name is for showing only.
///
/// # Errors
/// [`SourceError::File`] with what is wrong with the file; [`SourceError::NotFound`], [`SourceError::WrongState`],
/// [`SourceError::TooMany`].
pub fn add_file(
    ports: &Ports,
    actor: &Actor,
    draft: DraftId,
    raw_name: &str,
    file: &[u8],
) -> Result<String, SourceError> {
    let name = shown_name(raw_name);
    let digest = ports.sha256.hex(file);
    // Nothing is read for a draft that is not this person's, or that takes no more.
    let known = ports.storage.read(|tx| {
        open_draft(tx, actor, draft)?;
        known(&tx.sources(actor.user(), draft)?, &digest)
    })?;
    if let Some(id) = known {
        return Ok(id);
    }
    let text = read(ports, &name, file).map_err(|problem| SourceError::File { name: name.clone(), problem })?;
    let source = NewSource {
        kind: SourceKind::File,
        site: String::new(),
        name: name.clone(),
        revision: digest,
        title: name,
        space: String::new(),
        url: String::new(),
        restricted: false,
        text,
    };
    let now = ports.clock.now();
    ports.storage.write(|tx| {
        open_draft(tx, actor, draft)?;
        // Two windows may have sent the same file meanwhile.
        if let Some(id) = self::known(&tx.sources(actor.user(), draft)?, &source.revision)? {
            return Ok(id);
        }
        let entry = entry_of(&source, tx.next_source_number(actor.user(), draft)?, now);
        tx.insert_source(actor.user(), draft, &entry, &source.text)?;
        let detail = format!("{} {} sha256 {}", entry.id(), entry.name, entry.revision);
        let subject = format!("draft:{draft}");
        tx.audit(&ports.audit_entry(Some(actor.user()), actor.request_id(), "file_added", subject, detail))?;
        Ok(entry.id())
    })
}

/// The reference of the file with this digest, if it is among these; else whether there is room for it.
fn known(entries: &[SourceEntry], digest: &str) -> Result<Option<String>, SourceError> {
    let same = entries.iter().find(|entry| entry.kind == SourceKind::File && entry.revision == digest);
    match same {
        Some(entry) => Ok(Some(entry.id())),
        None if entries.len() >= MAX_SOURCES => Err(SourceError::TooMany),
        None => Ok(None),
    }
}

fn read(ports: &Ports, name: &str, file: &[u8]) -> Result<String, FileProblem> {
    if file.len() > MAX_FILE_BYTES {
        return Err(FileProblem::TooLarge);
    }
    let read = ports.files.read(file)?;
    if let Some(promised) = FileKind::promised_by(name).filter(|promised| *promised != read.kind) {
        return Err(FileProblem::NotAsNamed { promised, found: read.kind });
    }
    if read.text.chars().count() > MAX_SOURCE_CHARS {
        return Err(FileProblem::TooLong);
    }
    Ok(read.text)
}

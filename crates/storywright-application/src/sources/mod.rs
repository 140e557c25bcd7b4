//! What drafts are written from: pages and files that people add, what the agent found, and the passages that stories cite.

mod add;
mod budget;
mod changes;
mod files;
mod find;
mod found;
mod list;
mod passages;
mod read;
mod wanted;

pub use add::{PageToAdd, SourcesAdded, add_pages, retry};
pub use budget::{Budget, Fitting};
pub use changes::{CitationFlag, Differs, check_changes, differences, flags, read_again};
pub use files::add_file;
pub use find::{search_pages, spaces};
pub(crate) use found::entry_of;
pub use found::{NewSource, add_found};
pub use list::{SourceList, UNDO, list, remove, restore, text};
pub use passages::{Passage, heading_of, passages, stands_in};
pub use wanted::DraftCoverage;

pub(crate) use passages::{cited_pages, keep_true_citations};
pub(crate) use read::{give_up_reading, run_reading};
pub(crate) use wanted::{covered, texts_for_the_model};

use crate::Ports;
use crate::access::AccessError;
use crate::integrations::note_refusal;
use storywright_domain::DraftId;
use storywright_domain::draft::{Draft, DraftState, WrongState};
use storywright_domain::file::FileProblem;
use storywright_domain::person::Actor;
use storywright_domain::ports::{StorageError, Tx};
use storywright_domain::remote::RemoteError;
use storywright_domain::source::MAX_SOURCES;

/// Why nothing was done with sources.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SourceError {
    /// The person has no such draft, or it has no such source.
    #[error("there is no such draft or source")]
    NotFound,
    /// The issues of the draft are being created or are in Jira.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// The Confluence connection cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Confluence gave no answer that could be used.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// Nothing was named, or too much at once.
    #[error("name 1 to {} pages", add::MOST_AT_ONCE)]
    NothingToAdd,
    /// An address names no page of the connected Confluence.
    #[error("`{address}` names no page that you may see in the connected Confluence")]
    NoSuchPage {
        /// What was given.
        address: String,
    },
    /// The draft has all the sources that it may have.
    #[error("a draft has at most {MAX_SOURCES} sources")]
    TooMany,
    /// It is the issue that the draft is about: the model is told to write from it.
    #[error("the draft is about this issue: it stays among the sources")]
    IsTheIssue,
    /// The text is longer than a source may be.
    #[error("the text has {chars} characters, a source has at most {}", storywright_domain::source::MAX_SOURCE_CHARS)]
    TooLong {
        /// How many it has.
        chars: usize,
    },
    /// A file cannot be a source.
    #[error("`{name}` {problem}")]
    File {
        /// Its name, as it is shown.
        name: String,
        /// What is wrong with it.
        problem: FileProblem,
    },
    /// The source is too old to be brought back, or was read well and needs no second try.
    #[error("this cannot be done with the source any more")]
    TooLate,
    /// The person has too many jobs waiting or running.
    #[error("{0} jobs are waiting or running: wait for one or stop it")]
    TooManyJobs(usize),
    /// The database is in trouble.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The person's draft, when its sources may be changed: also while it is being written, for the agent adds what it finds.
fn open_draft(tx: &mut dyn Tx, actor: &Actor, id: DraftId) -> Result<Draft, SourceError> {
    let draft = any_draft(tx, actor, id)?;
    match draft.state {
        DraftState::Editing | DraftState::Writing { .. } => Ok(draft),
        DraftState::Publishing { .. } | DraftState::Published { .. } => {
            Err(draft.editable().err().map_or(SourceError::NotFound, SourceError::from))
        }
    }
}

fn any_draft(tx: &mut dyn Tx, actor: &Actor, id: DraftId) -> Result<Draft, SourceError> {
    tx.draft(actor.user(), id)?.filter(|draft| draft.deleted_at.is_none()).ok_or(SourceError::NotFound)
}

/// Notes a credential that was refused with its connection, and gives the error back.
fn noted(ports: &Ports, actor: &Actor, access: &storywright_domain::remote::Access, error: RemoteError) -> SourceError {
    note_refusal(ports, actor.user(), access, &error);
    SourceError::Remote(error)
}

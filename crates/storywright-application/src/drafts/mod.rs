//! Drafts: making, copying, listing, editing by hand, versions, the bin, review.

mod copy;
mod create;
mod edit;
mod fix;
mod read;
mod similar;
mod waive;
mod which;

pub use copy::copy_draft;
pub use create::{CreateDraftError, NewDraft, PromptTaken, create_draft, create_draft_for_sources};
pub(crate) use create::{checked, keep_with};
pub use edit::{DraftChange, EditDraftError, delete_draft, edit_draft, restore_version, undelete_draft};
pub use fix::{Mend, MendError, mend};
pub use read::{Reviewed, draft, draft_findings, draft_version, draft_versions, list_drafts, validate_story};
pub use similar::{SimilarDecision, SimilarError, SimilarFound, settle_similar, similar_to};
pub use waive::{WaiveError, take_waiver_back, waive};
pub use which::{Which, number_among};

pub(crate) use edit::{keep_version, references_in_jira};
pub(crate) use waive::{standing_waivers, still_stand, with_waivers};

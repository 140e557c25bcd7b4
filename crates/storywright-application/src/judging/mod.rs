//! Rules that a model judges: asking it about the stories of a draft, and what it said.
//!
//! What comes of it advises and nothing else: no use case that reviews, plans or publishes reads a judgement.

mod answer;
mod line;
mod run;
mod start;

pub use line::{Judged, JudgedDraft, State, judged_draft};
pub use start::{JudgeError, MOST_STORIES, judge};

pub(crate) use run::run_judging;
pub(crate) use start::{began_by_itself, judge_what_was_written};

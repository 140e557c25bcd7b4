//! Drafting by the model: starting, answering its question, and the work itself.

mod agent_tools;
mod allowed;
mod amend;
mod answer;
mod call;
mod gather;
mod given;
mod identity;
mod keep;
mod path_stream;
mod pipeline;
mod request;
mod run;
mod safe_text;
mod start;
mod trial;

pub(crate) use answer::json_part;
pub(crate) use call::{Calling, called};
pub use gather::{AgentLimits, GO_ON_WITHOUT, TRY_AGAIN};
pub(crate) use gather::{day_of, over_budget};
pub use keep::{CUT_OFF_NOTE, EndedEarly, STOPPED_NOTE, ended_early};
pub(crate) use keep::{done, error as error_told};
pub use path_stream::{PathStream, PathText};
pub use pipeline::{SECTION_TOKENS, uncovered_in_one_call};
pub use request::{Changes, Part, WritingPayload, story_schema};
pub use start::{
    AnswerError, LEANEST, StartError, answer_question, generate, generate_with, refine, requirements_changed,
    write_section, write_uncovered,
};

pub(crate) use pipeline::next_step;
use run::RunError;
pub(crate) use run::{backoff, run_writing};
pub(crate) use trial::run_trial;

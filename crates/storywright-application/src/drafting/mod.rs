//! Drafting by the model: starting, answering its question, and the work itself.

mod allowed;
mod answer;
mod keep;
mod path_stream;
mod request;
mod run;
mod start;

pub use keep::{CUT_OFF_NOTE, STOPPED_NOTE};
pub use path_stream::{PathStream, PathText};
pub use request::{Changes, WritingPayload, story_schema};
pub use start::{AnswerError, StartError, answer_question, generate, refine, requirements_changed};

pub(crate) use run::run_writing;

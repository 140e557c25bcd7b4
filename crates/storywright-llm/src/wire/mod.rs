//! What comes over the wire: event streams, answers, failures.

mod answer;
mod calls;
mod documents;
mod failure;
mod sse;
mod think;

pub(crate) use answer::{AnswerReader, Stop, first};
pub(crate) use documents::{Document, Documents};
pub(crate) use failure::{Failure, page, without_secret};
pub(crate) use sse::{Item, SseDecoder};

//! The query language: a useful part of CQL. What is not supported is refused, never guessed.

mod eval;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;

pub(super) use eval::{Asker, search};
pub(super) use parser::parse;

/// Why a query is refused; its text goes into Confluence's message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct BadQuery(pub(super) String);

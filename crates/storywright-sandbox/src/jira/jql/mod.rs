//! JQL: text to tree (`parse`), tree to a test on issues (`resolve`). What is not understood is refused, as Jira does.

mod dates;
mod fields;
mod filter;
mod lexer;
mod order;
mod parser;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use filter::{Env, resolve};
pub(crate) use order::resolve_order;
pub(crate) use parser::parse;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Like,
    NotLike,
    Gt,
    Ge,
    Lt,
    Le,
    In,
    NotIn,
    Is,
    IsNot,
}

impl Op {
    /// As JQL writes it.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Like => "~",
            Self::NotLike => "!~",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Is => "is",
            Self::IsNot => "is not",
        }
    }

    /// True for operators that turn the result around.
    pub(crate) fn negative(self) -> bool {
        matches!(self, Self::Ne | Self::NotLike | Self::NotIn | Self::IsNot)
    }
}

/// One value of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Term {
    /// A word, number or string.
    Text(String),
    /// `currentUser()`.
    Call(String, Vec<String>),
    /// `EMPTY` or `NULL`.
    Empty,
}

/// A query's condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Clause { field: String, op: Op, terms: Vec<Term> },
}

/// A field to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderBy {
    pub(crate) field: String,
    pub(crate) descending: bool,
}

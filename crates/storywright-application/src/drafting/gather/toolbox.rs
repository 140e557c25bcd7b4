//! The tools of a run: what is offered to the model, and how it is called.

use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::ChatTool;
use storywright_domain::tool::{ToolClass, ToolResult};

/// A tool that may be offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::drafting) struct Offer {
    /// Its name with its server's prefix.
    pub(in crate::drafting) name: String,
    /// Its server.
    pub(in crate::drafting) server: String,
    /// What it may be used for.
    pub(in crate::drafting) class: ToolClass,
    /// What it is for, in our own words.
    pub(in crate::drafting) hint: String,
    /// JSON schema of its arguments.
    pub(in crate::drafting) parameters: String,
    /// Hash of the approved definition.
    pub(in crate::drafting) hash: String,
}

impl Offer {
    /// The tool as the model is told of it; `None` when it is not for the model.
    pub(in crate::drafting) fn for_the_model(&self) -> Option<ChatTool> {
        ChatTool::reading(self.class, self.name.clone(), self.hint.clone(), self.parameters.clone()).ok()
    }
}

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::drafting) enum NoResult {
    /// It was not allowed: nothing was sent.
    Refused {
        /// Stable code.
        code: String,
        /// Why, for the model and for people.
        message: String,
    },
    /// The server gave no answer.
    Gone {
        /// Stable code.
        code: String,
        /// What happened.
        message: String,
    },
    /// The server answered that it cannot.
    Failed {
        /// Stable code.
        code: String,
        /// What happened.
        message: String,
    },
    /// Somebody stopped it.
    Cancelled,
}

/// Calls one tool once with arguments that are a JSON object.
pub(in crate::drafting) type CallTool<'a> = dyn Fn(&Offer, &str, &Cancellation) -> Result<ToolResult, NoResult> + 'a;

/// The tools of a run.
pub(in crate::drafting) struct Toolbox<'a> {
    pub(in crate::drafting) offered: Vec<Offer>,
    /// A line of each, when their definitions are too many to be told all; else empty.
    pub(in crate::drafting) hints: String,
    pub(in crate::drafting) call: &'a CallTool<'a>,
}

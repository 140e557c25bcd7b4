//! The tools that the agent of a person may use, as their MCP servers offer them and an administrator has approved them.

use super::gather::{NoResult, Offer, Toolbox};
use crate::Ports;
use storywright_domain::cancel::Cancellation;
use storywright_domain::tool::ToolResult;
use storywright_domain::{RequestId, UserId};

/// The tools of one person.
pub(super) struct AgentTools {
    offered: Vec<Offer>,
}

impl AgentTools {
    /// What is offered to a person at present.
    pub(super) fn of(_ports: &Ports, _user: UserId, _request_id: &RequestId) -> Self {
        Self { offered: Vec::new() }
    }

    /// How one of them is called.
    pub(super) fn call(&self) -> impl Fn(&Offer, &str, &Cancellation) -> Result<ToolResult, NoResult> {
        |offer: &Offer, _: &str, _: &Cancellation| {
            Err(NoResult::Refused {
                code: "tool_unknown".to_owned(),
                message: format!("`{}` is not offered", offer.name),
            })
        }
    }

    /// For a run.
    pub(super) fn toolbox<'a>(
        &self,
        call: &'a (dyn Fn(&Offer, &str, &Cancellation) -> Result<ToolResult, NoResult> + 'a),
    ) -> Toolbox<'a> {
        Toolbox { offered: self.offered.clone(), call }
    }
}

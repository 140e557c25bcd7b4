//! The tools that the agent of a person may use, as their MCP servers offer them and an administrator has approved them.

use super::gather::{NoResult, Offer, Toolbox};
use crate::Ports;
use crate::tools::{self, CallRefused, MAX_HINT_TOKENS, OfferedTool, tokens};
use storywright_domain::cancel::Cancellation;
use storywright_domain::ports::{StorageError, ToolError};
use storywright_domain::tool::ToolResult;
use storywright_domain::{RequestId, UserId};

/// The tools of one person.
pub(super) struct AgentTools<'a> {
    ports: &'a Ports,
    user: UserId,
    request_id: &'a RequestId,
    offered: Vec<OfferedTool>,
}

impl<'a> AgentTools<'a> {
    /// What is offered to a person at present.
    ///
    /// # Errors
    /// [`StorageError`].
    pub(super) fn of(ports: &'a Ports, user: UserId, request_id: &'a RequestId) -> Result<Self, StorageError> {
        let offered = tools::offered(ports, user, request_id)?;
        Ok(Self { ports, user, request_id, offered })
    }

    /// How one of them is called.
    pub(super) fn call(&self) -> impl Fn(&Offer, &str, &Cancellation) -> Result<ToolResult, NoResult> {
        |offer: &Offer, arguments: &str, cancellation: &Cancellation| {
            let Some(tool) = self.offered.iter().find(|tool| tool.name == offer.name) else {
                let message = format!("`{}` is not offered", offer.name);
                return Err(NoResult::Refused { code: "tool_unknown".to_owned(), message });
            };
            tools::call(self.ports, self.user, tool, arguments, self.request_id, cancellation)
                .map_err(|refused| no_result(&refused))
        }
    }

    /// For a run.
    pub(super) fn toolbox<'b>(
        &self,
        call: &'b (dyn Fn(&Offer, &str, &Cancellation) -> Result<ToolResult, NoResult> + 'b),
    ) -> Toolbox<'b> {
        let offer = |tool: &OfferedTool| Offer {
            name: tool.name.clone(),
            server: tool.server.clone(),
            class: tool.class,
            hint: tool.hint.clone(),
            parameters: tool.parameters.clone(),
            hash: tool.hash.clone(),
        };
        Toolbox { offered: self.offered.iter().map(offer).collect(), hints: self.hints(), call }
    }
}

impl AgentTools<'_> {
    /// The hints, unless the definitions themselves are no longer than hints may be.
    fn hints(&self) -> String {
        let told = |tool: &OfferedTool| {
            [&tool.name, &tool.hint, &tool.parameters].map(|part| tokens(part)).iter().sum::<usize>()
        };
        if self.offered.iter().map(told).sum::<usize>() <= MAX_HINT_TOKENS {
            return String::new();
        }
        tools::hints(&self.offered)
    }
}

/// What the loop makes of a call that gave no result: a server that is gone is for the person, everything else for the model.
fn no_result(refused: &CallRefused) -> NoResult {
    let (code, message) = (refused.code().to_owned(), refused.to_string());
    match refused {
        CallRefused::Tool(ToolError::Cancelled) => NoResult::Cancelled,
        CallRefused::Tool(ToolError::Unreachable { .. } | ToolError::NoAnswer { .. }) => {
            NoResult::Gone { code, message }
        }
        CallRefused::Tool(_) => NoResult::Failed { code, message },
        CallRefused::Gone
        | CallRefused::NotApproved
        | CallRefused::Changed
        | CallRefused::BadArguments(_)
        | CallRefused::OutOfScope(_)
        | CallRefused::Access(_) => NoResult::Refused { code, message },
    }
}

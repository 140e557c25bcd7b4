//! Many tools: the model is told a line of each, and opens those whose definitions it wants.
//!
//! Definitions are long and most of them are never used. When they do not fit into the budget of the hints, the model gets the hints, the
//! definitions of what it has opened, and one tool of our own that opens more. That one calls nothing: what it gives is known here.

use super::state::Run;
use super::toolbox::Offer;
use storywright_domain::agent::{AgentStep, StepKind, StepState};
use storywright_domain::ports::{ChatTool, StorageError, ToolUse, Usage};
use storywright_domain::tool::ToolClass;

use super::Written;

/// Our own tool that opens others.
pub(super) const OPEN_TOOLS: &str = "open_tools";
/// Most definitions that are open at a time; the oldest make room.
pub(super) const MOST_OPEN: usize = 8;

/// What it is told as.
const ABOUT: &str =
    "Shows how tools of the list are called. Name the ones that you want to call, at most 8; then call them.";
const ARGUMENTS: &str = r#"{"type":"object","additionalProperties":false,"required":["names"],"properties":{"names":{"type":"array","maxItems":8,"items":{"type":"string"}}}}"#;

impl Run<'_> {
    /// The tools whose definitions go with the next request.
    pub(super) fn tools_for_the_model(&self) -> Vec<ChatTool> {
        let toolbox = self.gathering.tools;
        if toolbox.hints.is_empty() {
            return toolbox.offered.iter().filter_map(Offer::for_the_model).collect();
        }
        let opener = ChatTool::reading(ToolClass::Read, OPEN_TOOLS.to_owned(), ABOUT.to_owned(), ARGUMENTS.to_owned());
        opener.ok().into_iter().chain(self.opened().into_iter().filter_map(Offer::for_the_model)).collect()
    }

    /// Whether a call is one of our own tool.
    pub(super) fn opens(&self, call: &ToolUse) -> bool {
        call.name == OPEN_TOOLS && !self.gathering.tools.hints.is_empty()
    }

    /// What was opened, or called without being opened, the newest last.
    fn opened(&self) -> Vec<&Offer> {
        let mut names: Vec<String> = Vec::new();
        // A call that failed needs the definition most of all; what is not offered falls out below.
        for step in self.steps.iter().filter(|step| step.kind == StepKind::Tool && step.state != StepState::Running) {
            let of_step = if step.tool == OPEN_TOOLS { named(&step.arguments) } else { vec![step.tool.clone()] };
            for name in of_step.into_iter().take(MOST_OPEN) {
                names.retain(|known| *known != name);
                names.push(name);
            }
        }
        let offered = &self.gathering.tools.offered;
        let mut opened: Vec<&Offer> =
            names.iter().filter_map(|name| offered.iter().find(|offer| offer.name == *name)).collect();
        opened.drain(..opened.len().saturating_sub(MOST_OPEN));
        opened
    }

    /// Opens tools: a step like any other, though nothing leaves the house.
    pub(super) fn open(&mut self, turn: u32, call: &ToolUse) -> Result<Option<Written>, StorageError> {
        let names = named(&call.arguments);
        let (there, missing): (Vec<&String>, Vec<&String>) = names
            .iter()
            .take(MOST_OPEN)
            .partition(|name| self.gathering.tools.offered.iter().any(|offer| offer.name == **name));
        let step = AgentStep {
            asked: match there.as_slice() {
                [] => "See how tools are called".to_owned(),
                [one] => format!("See how {one} is called"),
                many => format!("See how {} tools are called", many.len()),
            },
            tool: OPEN_TOOLS.to_owned(),
            arguments: call.arguments.clone(),
            class: Some(ToolClass::Read),
            ..self.new_step(StepKind::Tool, turn, &call.id)
        };
        if there.is_empty() {
            return self.refuse(
                step,
                "tool_unknown",
                "None of these names is in the list. Give whole names, with what they begin with.",
            );
        }
        let mut result = format!("Open now: {}.", joined(&there));
        if !missing.is_empty() {
            result.push_str(&format!(" Not in the list: {}.", joined(&missing)));
        }
        if names.len() > MOST_OPEN {
            result.push_str(&format!(" At most {MOST_OPEN} at a time: the others were left out."));
        }
        let bytes = u64::try_from(result.len()).unwrap_or(0);
        let done = AgentStep { state: StepState::Done, result, bytes, ..step };
        Ok(if self.end(done, Usage::default())? { None } else { Some(Written::LeaseLost) })
    }
}

/// The names in the arguments of a call; none where there are none that can be read.
fn named(arguments: &str) -> Vec<String> {
    let value: serde_json::Value = serde_json::from_str(arguments).unwrap_or_default();
    let names = value["names"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
    names.map(|name| name.chars().take(80).collect()).collect()
}

fn joined(names: &[&String]) -> String {
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
}

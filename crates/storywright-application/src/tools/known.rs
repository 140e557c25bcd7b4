//! From the list that a server gave to what is kept of it.

use super::schema;
use crate::Ports;
use std::collections::HashMap;
use storywright_domain::tool::{
    DefinitionProblem, KnownTool, McpServer, ToolDefinition, ToolHints, ToolList, check_definition, offered_name,
};

/// Most tools that are kept of one list.
const MAX_TOOLS: usize = 500;

/// The tools as they are kept, with their definitions by name. A tool that cannot be used is kept with the reason.
pub fn known_tools(ports: &Ports, server: &McpServer, list: &ToolList) -> (Vec<KnownTool>, Vec<(String, String)>) {
    let mut named: HashMap<String, usize> = HashMap::new();
    for tool in &list.tools {
        *named.entry(same_name(&server.id, &tool.name)).or_default() += 1;
    }
    let mut tools = Vec::with_capacity(list.tools.len());
    let mut definitions = Vec::with_capacity(list.tools.len());
    for tool in list.tools.iter().take(MAX_TOOLS) {
        let twice = named.get(&same_name(&server.id, &tool.name)).is_some_and(|count| *count > 1);
        let checked = check(server, tool, twice);
        let shown: String = tool.name.chars().take(128).filter(|c| c.is_ascii_graphic()).collect();
        match checked {
            Ok(parameters) => {
                definitions.push((tool.name.clone(), tool.canonical.clone()));
                let hash = ports.sha256.hex(tool.canonical.as_bytes());
                tools.push(KnownTool { name: shown, hash, hints: tool.hints, parameters, refused: None });
            }
            Err(problem) => tools.push(KnownTool {
                name: shown,
                // An approved tool whose new definition is refused must be seen to have changed.
                hash: ports.sha256.hex(tool.canonical.as_bytes()),
                hints: tool.hints,
                parameters: "{}".to_owned(),
                refused: Some(problem.to_string()),
            }),
        }
    }
    tools.extend(list.refused.iter().take(MAX_TOOLS).map(|refused| KnownTool {
        name: refused.name.clone(),
        hash: String::new(),
        hints: ToolHints::default(),
        parameters: "{}".to_owned(),
        refused: Some(refused.reason.clone()),
    }));
    (tools, definitions)
}

/// Names that differ only in what the offered name does not show, or in case, would be taken for one another.
fn same_name(server: &str, tool: &str) -> String {
    offered_name(server, tool).unwrap_or_else(|| tool.to_owned()).to_ascii_lowercase()
}

fn check(server: &McpServer, tool: &ToolDefinition, twice: bool) -> Result<String, DefinitionProblem> {
    check_definition(tool)?;
    if twice {
        return Err(DefinitionProblem::Twice);
    }
    if offered_name(&server.id, &tool.name).is_none() {
        return Err(DefinitionProblem::LongName);
    }
    schema::reduce(&tool.input_schema)
}

//! `prompts.json`: what the model is told, per call.

use super::Problem;
use crate::prompt::{Block, TAGS};
use crate::template::Template;
use serde::Deserialize;
use serde::de::IgnoredAny;
use storywright_domain::ports::ChatCall;

/// Values of a request that Storywright itself words; they may stand in the text of a user message.
const TOLD: [&str; 2] = ["format", "rules"];
/// Values of a request that come from people, pages or the model; they stand in marked blocks only.
const DATA: [&str; 9] =
    ["requirements", "prompt", "allowed", "story", "findings", "instructions", "answer", "errors", "previous"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PromptFile {
    #[serde(rename = "$comment", default)]
    _comment: IgnoredAny,
    calls: Calls,
    /// Put behind the system prompt of every call.
    shared: Text,
    /// Added to the system prompt when the service itself cannot be held to the schema.
    schema_in_prompt: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Calls {
    draft: CallPart,
    refine: CallPart,
    repair: CallPart,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallPart {
    #[serde(rename = "$comment", default)]
    _comment: IgnoredAny,
    system: Text,
    user: Vec<BlockPart>,
}

/// A text, or its lines.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a text or a list of lines")]
enum Text {
    Whole(String),
    Lines(Vec<String>),
}

impl Text {
    fn lines(&self) -> Vec<&str> {
        match self {
            Self::Whole(text) => text.lines().collect(),
            Self::Lines(lines) => lines.iter().map(String::as_str).collect(),
        }
    }

    /// A part of a system prompt: the same for every request, so that services can keep it in their caches.
    fn fixed(&self) -> Result<String, Problem> {
        let lines = self.lines();
        for line in &lines {
            Template::parse(line, &[])
                .map_err(|_| Problem::new("a system prompt has no placeholders", "move it to `user`").near(line))?;
        }
        Ok(lines.join("\n"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockPart {
    /// Lines of our own; a line whose values are all missing is left out.
    text: Option<Text>,
    /// Value that goes into a marked block.
    data: Option<String>,
    /// Name of the block's marks.
    tag: Option<String>,
    /// Line before the block.
    #[serde(default)]
    say: String,
}

/// What one call tells the model.
#[derive(Debug)]
pub(crate) struct CallPrompts {
    pub(crate) system: String,
    pub(crate) user: Vec<Block>,
}

/// The prompts of all calls.
#[derive(Debug)]
pub(crate) struct Prompts {
    draft: CallPrompts,
    refine: CallPrompts,
    repair: CallPrompts,
    /// With `{{schema}}`.
    pub(crate) schema_in_prompt: Template,
}

impl Prompts {
    /// The prompts of a call.
    pub(crate) fn of(&self, call: ChatCall) -> &CallPrompts {
        match call {
            ChatCall::Draft => &self.draft,
            ChatCall::Refine => &self.refine,
            ChatCall::Repair => &self.repair,
        }
    }
}

impl PromptFile {
    pub(super) fn compile(&self) -> Result<Prompts, Problem> {
        let schema_in_prompt = Template::parse(&self.schema_in_prompt.lines().join("\n"), &["schema"])
            .map_err(|problem| Problem { near: None, ..problem }.near("schema_in_prompt"))?;
        if schema_in_prompt.names().next().is_none() {
            return Err(Problem::new("`schema_in_prompt` has no `{{schema}}`", "say where the schema goes")
                .near("schema_in_prompt"));
        }
        let shared = self.shared.fixed()?;
        Ok(Prompts {
            draft: self.calls.draft.compile(&shared).map_err(|problem| problem.within("call `draft`"))?,
            refine: self.calls.refine.compile(&shared).map_err(|problem| problem.within("call `refine`"))?,
            repair: self.calls.repair.compile(&shared).map_err(|problem| problem.within("call `repair`"))?,
            schema_in_prompt,
        })
    }
}

impl CallPart {
    fn compile(&self, shared: &str) -> Result<CallPrompts, Problem> {
        let user = self.user.iter().map(BlockPart::compile).collect::<Result<Vec<_>, _>>()?;
        Ok(CallPrompts { system: format!("{}\n\n{shared}", self.system.fixed()?), user })
    }
}

impl BlockPart {
    fn compile(&self) -> Result<Block, Problem> {
        match (&self.text, &self.data) {
            (Some(text), None) if self.tag.is_none() && self.say.is_empty() => {
                let lines = text.lines();
                let own = |line: &&str| -> Result<Template, Problem> {
                    match Template::parse(line, &DATA) {
                        Ok(template) if template.names().next().is_some() => Err(Problem::new(
                            "a text holds a value that comes from people",
                            "put it into a block of its own: {\"data\": \"requirements\", \"tag\": \"requirements\"}",
                        )
                        .near(line)),
                        _ => Template::parse(line, &TOLD),
                    }
                };
                Ok(Block::Told(lines.iter().map(own).collect::<Result<_, _>>()?))
            }
            (None, Some(data)) => {
                if !DATA.contains(&data.as_str()) {
                    return Err(Problem::new(
                        format!("`{data}` is no value that can be marked as data"),
                        format!("use one of {}", DATA.join(", ")),
                    )
                    .near(data));
                }
                let tag = self.tag.as_deref().unwrap_or(data);
                if !TAGS.contains(&tag) {
                    return Err(Problem::new(
                        format!("`{tag}` cannot name a block"),
                        format!("use one of {}", TAGS.join(", ")),
                    )
                    .near(tag));
                }
                Ok(Block::Data { value: data.clone(), tag: tag.to_owned(), say: self.say.clone() })
            }
            _ => Err(Problem::new(
                "a block of a user message needs either `text`, or `data` with `tag` and `say`",
                "write one of them",
            )
            .near("user")),
        }
    }
}

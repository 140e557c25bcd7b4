//! `prompts.json`: what the model is told, per call.

use super::Problem;
use crate::prompt::{Block, TAGS};
use crate::template::Template;
use serde::Deserialize;
use serde::de::IgnoredAny;
use storywright_domain::ports::ChatCall;
use storywright_domain::prompt::{PromptVariable, PromptWords};

/// The headings of a team's sections: names that people chose, so they are data and no words of ours.
const HEADINGS: &str = "headings";
/// Said before them where the file has no block for them.
const HEADINGS_FOLLOW: &str = "The headings of the sections that each story of format custom has, one to a line:";
/// Values of a request that Storywright itself words; they may stand in the text of a user message.
const TOLD: [&str; 2] = ["format", "rules"];
/// Values of a request that come from people, pages or the model; they stand in marked blocks only.
const DATA: [&str; 13] = [
    "requirements",
    "hints",
    "sources",
    "prompt",
    "allowed",
    HEADINGS,
    "story",
    "findings",
    "instructions",
    "answer",
    "questions",
    "errors",
    "previous",
];

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct PromptFile {
    #[serde(rename = "$schema", default)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _schema: IgnoredAny,
    #[serde(rename = "$comment", default)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _comment: IgnoredAny,
    calls: Calls,
    /// Put behind the system prompt of every call.
    shared: Text,
    /// Added to the system prompt when the service itself cannot be held to the schema.
    schema_in_prompt: Text,
    /// Added to the system prompt when the service has no calls of its own kind.
    tools_in_prompt: Text,
    /// Added to the system prompt when the words of results are joined by a mark.
    marked_in_prompt: Text,
    /// Asks the model to go on after it ran into its length limit.
    #[serde(default = "go_on", rename = "continue")]
    go_on: Text,
    /// Prompts that everybody finds among the prompts; without the key those that are shipped.
    library: Option<Vec<LibraryPart>>,
}

fn go_on() -> Text {
    Text::Whole(GO_ON.to_owned())
}

/// Said when the file has no words of its own.
const GO_ON: &str = "Your answer was cut off by the length limit. Go on exactly where it stops, in the middle of a word if it stops there. \
    Repeat nothing, explain nothing, open no code fence.";

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Calls {
    gather: CallPart,
    draft: CallPart,
    refine: CallPart,
    repair: CallPart,
    /// Without it the shipped words are used: files from before there were judged rules go on to work.
    judge: Option<CallPart>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct LibraryPart {
    /// By this name it is known: another name is another prompt.
    name: String,
    /// What it is good for.
    #[serde(default)]
    description: String,
    /// Words to the writer; `{{name}}` is a variable.
    text: Text,
    /// Every variable of the text.
    #[serde(default)]
    variables: Vec<VariablePart>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct VariablePart {
    name: String,
    /// What to fill in.
    #[serde(default)]
    description: String,
    /// Used when nothing is filled in; without it something must be.
    #[serde(default)]
    default: String,
}

impl LibraryPart {
    fn compile(&self) -> Result<PromptWords, Problem> {
        let variable = |part: &VariablePart| PromptVariable {
            name: part.name.clone(),
            description: part.description.clone(),
            default: part.default.clone(),
        };
        let variables: Vec<PromptVariable> = self.variables.iter().map(variable).collect();
        let words = PromptWords::parse(&self.name, &self.description, &self.text.lines().join("\n"), &variables);
        words.map_err(|problems| {
            let reasons: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Problem::new(format!("prompt `{}` of the library: {}", self.name, reasons.join("; ")), "correct it")
                .near(&self.name)
        })
    }
}

/// The prompts of a library, none by the name of another.
fn library(parts: &[LibraryPart]) -> Result<Vec<PromptWords>, Problem> {
    let mut prompts: Vec<PromptWords> = Vec::new();
    for part in parts {
        let words = part.compile()?;
        if prompts.iter().any(|known| known.name == words.name) {
            let reason = format!("two prompts of the library are called `{}`", words.name);
            return Err(Problem::new(reason, "give one of them another name").near(&words.name));
        }
        prompts.push(words);
    }
    Ok(prompts)
}

/// The library of the shipped file.
fn shipped_library() -> Result<Vec<PromptWords>, Problem> {
    #[derive(Deserialize)]
    struct Shipped {
        library: Vec<LibraryPart>,
    }
    let shipped: Shipped = serde_json::from_str(include_str!("../../../../config/prompts.json"))
        .map_err(|error| Problem::new(format!("the shipped library cannot be read: {error}"), "add `library`"))?;
    library(&shipped.library)
}

/// The `judge` call of the shipped file.
fn shipped_judge() -> Result<CallPart, Problem> {
    #[derive(Deserialize)]
    struct Shipped {
        calls: Judge,
    }
    #[derive(Deserialize)]
    struct Judge {
        judge: CallPart,
    }
    let shipped: Shipped = serde_json::from_str(include_str!("../../../../config/prompts.json")).map_err(|error| {
        Problem::new(format!("the shipped words cannot be read: {error}"), "add `judge` to `calls`")
    })?;
    Ok(shipped.calls.judge)
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct CallPart {
    #[serde(rename = "$comment", default)]
    #[cfg_attr(test, schemars(with = "serde_json::Value"))]
    _comment: IgnoredAny,
    system: Text,
    user: Vec<BlockPart>,
    /// Whether `shared` is put behind `system`.
    #[serde(default = "yes")]
    shared: bool,
}

fn yes() -> bool {
    true
}

/// A text, or its lines.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone)]
pub(crate) struct CallPrompts {
    pub(crate) system: String,
    pub(crate) user: Vec<Block>,
    /// Everything in it as one text: two prompts are the same if this is.
    pub(crate) whole: String,
}

/// The prompts of all calls.
#[derive(Debug, Clone)]
pub(crate) struct Prompts {
    gather: CallPrompts,
    draft: CallPrompts,
    refine: CallPrompts,
    repair: CallPrompts,
    judge: CallPrompts,
    /// With `{{schema}}`.
    pub(crate) schema_in_prompt: Template,
    /// With `{{tools}}`.
    pub(crate) tools_in_prompt: Template,
    pub(crate) marked_in_prompt: String,
    pub(crate) go_on: String,
    /// What everybody finds among the prompts.
    pub(crate) library: Vec<PromptWords>,
}

impl Prompts {
    /// The same with this system prompt, and nothing else, for every call.
    pub(crate) fn saying(&self, system: &str) -> Self {
        let only = CallPrompts { system: system.to_owned(), user: Vec::new(), whole: system.to_owned() };
        let [gather, draft, refine, repair] = [only.clone(), only.clone(), only.clone(), only.clone()];
        Self { gather, draft, refine, repair, judge: only, ..self.clone() }
    }

    /// The prompts of a call.
    pub(crate) fn of(&self, call: ChatCall) -> &CallPrompts {
        match call {
            ChatCall::Gather => &self.gather,
            ChatCall::Draft => &self.draft,
            ChatCall::Refine => &self.refine,
            ChatCall::Repair => &self.repair,
            ChatCall::Judge => &self.judge,
        }
    }
}

impl PromptFile {
    pub(super) fn compile(&self) -> Result<Prompts, Problem> {
        let with = |key: &str, text: &Text, name: &str| {
            let template = Template::parse(&text.lines().join("\n"), &[name])
                .map_err(|problem| Problem { near: None, ..problem }.near(key))?;
            if template.names().next().is_some() {
                return Ok(template);
            }
            let reason = format!("`{key}` has no `{{{{{name}}}}}`");
            Err(Problem::new(reason, format!("write `{{{{{name}}}}}` where it belongs")).near(key))
        };
        let schema_in_prompt = with("schema_in_prompt", &self.schema_in_prompt, "schema")?;
        let shared = self.shared.fixed()?;
        Ok(Prompts {
            gather: self.calls.gather.compile(&shared).map_err(|problem| problem.within("call `gather`"))?,
            draft: self
                .calls
                .draft
                .compile(&shared)
                .map(CallPrompts::with_headings)
                .map_err(|problem| problem.within("call `draft`"))?,
            refine: self
                .calls
                .refine
                .compile(&shared)
                .map(CallPrompts::with_headings)
                .map_err(|problem| problem.within("call `refine`"))?,
            repair: self
                .calls
                .repair
                .compile(&shared)
                .map(CallPrompts::with_headings)
                .map_err(|problem| problem.within("call `repair`"))?,
            judge: match &self.calls.judge {
                Some(judge) => judge.compile(&shared),
                None => shipped_judge().and_then(|judge| judge.compile("")),
            }
            .map_err(|problem| problem.within("call `judge`"))?,
            schema_in_prompt,
            tools_in_prompt: with("tools_in_prompt", &self.tools_in_prompt, "tools")?,
            marked_in_prompt: self.marked_in_prompt.fixed()?,
            go_on: self.go_on.fixed()?,
            library: match &self.library {
                Some(parts) => library(parts)?,
                None => shipped_library()?,
            },
        })
    }
}

impl CallPrompts {
    /// Files from before headings had a block of their own get one behind the format, so that nothing that is asked of the model is lost.
    fn with_headings(mut self) -> Self {
        let is_theirs = |block: &Block| matches!(block, Block::Data { value, .. } if value == HEADINGS);
        let tells_format = |block: &Block| matches!(block, Block::Told(lines) if lines.iter().any(|line| line.names().any(|name| name == "format")));
        if !self.user.iter().any(is_theirs)
            && let Some(at) = self.user.iter().position(tells_format)
        {
            let (value, tag) = (HEADINGS.to_owned(), HEADINGS.to_owned());
            self.user.insert(at + 1, Block::Data { value, tag, say: HEADINGS_FOLLOW.to_owned() });
        }
        self
    }
}

impl CallPart {
    fn compile(&self, shared: &str) -> Result<CallPrompts, Problem> {
        let user = self.user.iter().map(BlockPart::compile).collect::<Result<Vec<_>, _>>()?;
        let own = self.system.fixed()?;
        let system = if self.shared { format!("{own}\n\n{shared}") } else { own };
        let blocks: Vec<String> = self.user.iter().map(BlockPart::as_text).collect();
        let whole = format!("{system}\n\n{}", blocks.join("\n\n"));
        Ok(CallPrompts { system, user, whole })
    }
}

impl BlockPart {
    /// As text, with its placeholders.
    fn as_text(&self) -> String {
        match (&self.text, &self.data) {
            (Some(text), _) => text.lines().join("\n"),
            (None, Some(data)) => format!("{}\n<{}>{{{{{data}}}}}", self.say, self.tag.as_deref().unwrap_or(data)),
            (None, None) => String::new(),
        }
    }

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

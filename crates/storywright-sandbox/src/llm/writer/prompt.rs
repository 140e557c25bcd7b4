//! What a chat request asks the writer for: the call type, the tagged texts and the limits.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

static CALL_TYPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?im)^[#\s*]*(?:call[ _-]?type|call|task|type)\s*[:=]\s*\W?(draft|refine|split)\b").ok()
});

/// The three jobs a request can name in its system prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallType {
    /// Stories from requirements.
    Draft,
    /// A changed story from a story and an instruction.
    Refine,
    /// Several smaller stories from one.
    Split,
}

/// The shape the story is wanted in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// As a, I want, so that.
    Classic,
    /// Given, when, then.
    Bdd,
    /// The team's own headings.
    Custom(Vec<String>),
}

/// One request, taken apart.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// Which job it is.
    pub call: CallType,
    /// Requirement texts, joined in the order they came.
    pub requirements: String,
    /// Sources by reference, with their text.
    pub sources: Vec<(String, String)>,
    /// The story document to change, when one was sent.
    pub story: Option<Value>,
    /// What to change.
    pub instructions: String,
    /// Answers to earlier questions.
    pub answers: Vec<String>,
    /// What the person wishes beside the requirements.
    pub wishes: String,
    /// What the team's rules hold against the story.
    pub findings: String,
    /// The tools that can be opened, a line each.
    pub hints: String,
    /// Texts that tools gave back.
    pub tool_results: Vec<String>,
    /// The wanted shape.
    pub format: Format,
    /// An issue is to become several smaller stories.
    pub breaks_down: bool,
    /// The rule set's largest number of story points.
    pub max_points: u64,
    /// The rule set's longest summary, in characters.
    pub max_summary: usize,
}

impl Prompt {
    /// Reads the messages of a chat request; texts without any tag count as requirements.
    pub fn read(messages: &[Value]) -> Self {
        let system = joined(messages, "system") + &joined(messages, "developer");
        let user = joined(messages, "user");
        let requirements = tagged(&user, "requirements");
        let sources = sources(&tagged(&user, "sources").join("\n"));
        let story = tagged(&user, "story").pop().and_then(|json| serde_json::from_str::<Value>(json.trim()).ok());
        let instructions = tagged(&user, "instructions").join("\n");
        let answers = tagged(&user, "answer").iter().map(|text| without_questions(text)).collect();
        let told = format!("{system}\n{}", without_tagged(&user));
        let call = call_type(&system).unwrap_or(match (&story, instructions.is_empty()) {
            (Some(_), _) => CallType::Refine,
            (None, _) => CallType::Draft,
        });
        Self {
            call,
            requirements: if requirements.is_empty() && story.is_none() && sources.is_empty() {
                user.clone()
            } else {
                requirements.join("\n\n")
            },
            sources,
            story,
            instructions,
            answers,
            wishes: tagged(&user, "wishes").join("\n"),
            findings: tagged(&user, "findings").join("\n"),
            hints: tagged(&user, "hints").join("\n"),
            tool_results: messages
                .iter()
                .filter(|m| m["role"] == "tool")
                .map(|m| content_text(&m["content"]))
                .collect(),
            format: format_of(&told, &tagged(&user, "headings").join("\n")),
            breaks_down: told.lines().any(|line| line.trim_start().starts_with("Task: break down")),
            max_points: number_after(&told, "max story points:").unwrap_or(3),
            max_summary: number_after(&told, "max summary length:")
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(150),
        }
    }
}

/// The text of a message's `content`, which is a string or a list of typed parts.
pub fn content_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

fn joined(messages: &[Value], role: &str) -> String {
    messages.iter().filter(|m| m["role"] == role).map(|m| content_text(&m["content"]) + "\n").collect()
}

/// Every text between `<tag id="X">` and its own `</tag id="X">`; a text that holds another id's end mark is not cut there.
pub(crate) fn tagged(text: &str, tag: &str) -> Vec<String> {
    spans(text, tag).into_iter().map(|span| text[span.inner.0..span.inner.1].trim().to_owned()).collect()
}

/// Cuts a block of sources at the lines that begin one: `[p1] Title`. The title itself is no part of the text.
fn sources(block: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        let head = line.strip_prefix("[p").and_then(|rest| rest.split_once(']')).map(|(number, _)| number);
        match head.filter(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())) {
            Some(number) => found.push((format!("p{number}"), String::new())),
            None => {
                if let Some((_, text)) = found.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    found
}

fn without_tagged(text: &str) -> String {
    let mut kept = text.to_owned();
    for tag in [
        "requirements",
        "sources",
        "story",
        "instructions",
        "answer",
        "wishes",
        "findings",
        "previous",
        "errors",
        "allowed",
        "headings",
        "hints",
        "questions",
    ] {
        for span in spans(&kept.clone(), tag).into_iter().rev() {
            kept.replace_range(span.outer.0..span.outer.1, "");
        }
    }
    kept
}

struct Span {
    outer: (usize, usize),
    inner: (usize, usize),
}

fn spans(text: &str, tag: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut from = 0;
    let open_mark = format!("<{tag}");
    while let Some(start) = text[from..].find(&open_mark).map(|at| at + from) {
        let Some(open_end) = text[start..].find('>').map(|at| at + start + 1) else { break };
        let attributes = &text[start + open_mark.len()..open_end - 1];
        if !attributes.is_empty() && !attributes.starts_with(char::is_whitespace) {
            from = open_end;
            continue;
        }
        let id = attributes.split('"').nth(1);
        let exact = id.map(|id| format!("</{tag} id=\"{id}\">"));
        let plain = format!("</{tag}>");
        let close = exact
            .as_deref()
            .and_then(|mark| text[open_end..].find(mark).map(|at| (at + open_end, mark.len())))
            .or_else(|| text[open_end..].find(&plain).map(|at| (at + open_end, plain.len())));
        let (close_at, close_len) = close.unwrap_or((text.len(), 0));
        found.push(Span { outer: (start, close_at + close_len), inner: (open_end, close_at) });
        from = close_at + close_len;
    }
    found
}

fn call_type(system: &str) -> Option<CallType> {
    let found = CALL_TYPE.as_ref()?.captures(system)?;
    Some(match found[1].to_ascii_lowercase().as_str() {
        "draft" => CallType::Draft,
        "split" => CallType::Split,
        _ => CallType::Refine,
    })
}

/// The format that is asked for; the headings of its own stand in a block, one to a line, or in a line of older prompts.
fn format_of(text: &str, block: &str) -> Format {
    let value = |name: &str| {
        text.lines()
            .filter_map(|line| strip_prefix_ignoring_case(line.trim_start_matches(['-', '*', ' ', '#']), name))
            .next_back()
    };
    match value("format:").map(|v| v.trim().trim_end_matches('.').to_lowercase()).as_deref() {
        Some("bdd" | "gherkin") => Format::Bdd,
        Some("custom") => {
            let sections = value("sections:").unwrap_or_default();
            let named: Vec<&str> =
                if block.is_empty() { sections.split(';').collect() } else { block.lines().collect() };
            let headings: Vec<String> =
                named.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
            if headings.is_empty() {
                Format::Custom(vec!["Context".to_owned(), "Change".to_owned(), "Risks".to_owned()])
            } else {
                Format::Custom(headings)
            }
        }
        _ => Format::Classic,
    }
}

/// The number on the last line that begins with `name`.
fn number_after(text: &str, name: &str) -> Option<u64> {
    let mut values =
        text.lines().filter_map(|line| strip_prefix_ignoring_case(line.trim_start_matches(['-', '*', ' ', '#']), name));
    let digits: String = values.next_back()?.trim_start().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// An answer block repeats each question on the line before its answer.
fn without_questions(text: &str) -> String {
    let answers = text.lines().filter(|line| !line.trim_end().ends_with('?'));
    answers.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn strip_prefix_ignoring_case<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    let head = line.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &line[prefix.len()..])
}

//! Misbehavior of language models and their gateways, on order.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Store;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// No text at all, `finish_reason: length`.
    LengthEmpty,
    /// The text breaks off after `n` chunks, `finish_reason: length`.
    LengthCut,
    /// After `n` chunks an error object inside the stream, and no end mark.
    ErrorInStream,
    /// JSON in a Markdown fence in spite of the response format.
    FencedJson,
    /// JSON, then talk.
    TrailingProse,
    /// A block of `<think>` before the answer.
    ThinkBlock,
    /// The cookie runs out after `n` chunks: the stream ends with an error, later calls get the login page.
    ExpireCookieAfterChunks,
    /// Silence after `n` chunks until the reader goes.
    StallAfterChunks,
    /// The connection breaks after `n` chunks.
    DropAfterChunks,
    /// No `[DONE]` at the end.
    NoDone,
    /// The model declines.
    Refuse,
    /// JSON that misses the schema: wrong types and missing keys.
    BadSchemaOnce,
    /// Comment lines and `\r\n` line ends in the stream.
    SseDialect,
    /// Usage chunk with `choices: null`, no ids, no roles, as some servers send.
    BareChunks,
}

/// A kind with its place and number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Behavior {
    /// What goes wrong.
    pub(crate) kind: Kind,
    /// Chunks before it goes wrong, where that matters.
    #[serde(default = "some_chunks")]
    pub(crate) n: usize,
    /// Calls that it meets.
    #[serde(default = "once")]
    pub(crate) times: u32,
    /// Only calls whose body holds this text, so that parallel tests stay apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) contains: Option<String>,
}

fn some_chunks() -> usize {
    5
}

fn once() -> u32 {
    1
}

impl Store {
    /// Takes the first behavior that fits a call with this body.
    pub(super) fn take_behavior(&mut self, body: &str) -> Option<Behavior> {
        let fits = |b: &Behavior| b.contains.as_ref().is_none_or(|text| body.contains(text.as_str()));
        let at = self.behaviors.iter().position(fits)?;
        let behavior = self.behaviors.get_mut(at)?;
        behavior.times = behavior.times.saturating_sub(1);
        let taken = behavior.clone();
        if taken.times == 0 {
            self.behaviors.remove(at);
        }
        Some(taken)
    }
}

/// Spoils the text of an answer; `None` when this kind spoils something else.
pub(crate) fn spoil(kind: Kind, text: &str) -> Option<String> {
    match kind {
        Kind::FencedJson => Some(format!("Here is the draft:\n\n```json\n{text}\n```\n")),
        Kind::TrailingProse => Some(format!("{text}\n\nLet me know if you want me to change anything!")),
        Kind::ThinkBlock => Some(format!("<think>\nThe text asks for {{one}} story.\n</think>\n{text}")),
        Kind::BadSchemaOnce => Some(without_schema(text)),
        Kind::LengthEmpty | Kind::Refuse => Some(String::new()),
        _ => None,
    }
}

/// The refusal that the model sends in place of an answer.
pub(crate) const REFUSAL: &str = "I'm sorry, but I can't help with that request.";

/// Valid JSON of another shape: numbers as words, lists as text, a key too many, others missing.
fn without_schema(text: &str) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap_or_else(|_| json!({"stories": text}));
    if let Some(story) = value["stories"].get_mut(0).and_then(Value::as_object_mut) {
        story.insert("story_points".to_owned(), json!("two"));
        story.insert("acceptance_criteria".to_owned(), json!("It works."));
        story.shift_remove("summary");
        story.insert("headline".to_owned(), json!("Story"));
    } else {
        value = json!({"story": "none"});
    }
    value.to_string()
}

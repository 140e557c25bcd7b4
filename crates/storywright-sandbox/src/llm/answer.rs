//! What the model says to a request: text in the wanted form, a tool call, or a benchmark.

use serde_json::Value;

use super::{
    bench::Bench,
    gather, gullible, judge, schema,
    tools::{self, ToolCall},
    writer::{
        self,
        prompt::{Prompt, content_text},
    },
};

/// The model's answer, before anything goes wrong with it.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Text, which is JSON when the request wanted JSON.
    Text(String),
    /// A call of an offered tool.
    Tool(ToolCall),
    /// Timed chunks.
    Bench(Bench),
}

/// Answers a checked request.
pub(crate) fn to(request: &Value) -> Answer {
    if let Some(bench) = Bench::of(request) {
        return Answer::Bench(bench);
    }
    if let Some(obeyed) = gullible::to(request) {
        return obeyed;
    }
    if gather::asked(request) {
        return gather::next(request);
    }
    if let Some(call) = tools::call(request) {
        return Answer::Tool(call);
    }
    let messages = request["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let format = &request["response_format"];
    if judge::asked(request) {
        let judged = judge::judged(messages);
        let wanted = &format["json_schema"]["schema"];
        return Answer::Text(if wanted.is_object() { schema::fill(wanted, &judged) } else { judged }.to_string());
    }
    match format["type"].as_str() {
        Some("json_schema") => {
            let document = writer::write(&Prompt::read(messages));
            Answer::Text(schema::fill(&format["json_schema"]["schema"], &document).to_string())
        }
        Some("json_object") => Answer::Text(writer::write(&Prompt::read(messages)).to_string()),
        _ => Answer::Text(unformatted(messages)),
    }
}

/// Without a response format: a fenced document for tagged requests, a short reply for anything else.
fn unformatted(messages: &[Value]) -> String {
    let last =
        messages.iter().rev().find(|m| m["role"] == "user").map(|m| content_text(&m["content"])).unwrap_or_default();
    let tagged = messages.iter().any(|m| {
        let text = content_text(&m["content"]);
        m["role"] == "user" && (text.contains("<requirements") || text.contains("<story") || text.contains("<sources"))
    });
    if tagged {
        let document = writer::write(&Prompt::read(messages));
        return format!("Here is the draft.\n\n```json\n{document:#}\n```\n");
    }
    let system: String =
        messages.iter().filter(|m| m["role"] == "system").map(|m| content_text(&m["content"])).collect();
    ordered(&system).unwrap_or_else(|| reply(&last))
}

/// The word that a text orders to be said, as in `answer with the word "yes"`.
fn ordered(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    for opener in ["reply with exactly", "reply with", "answer with", "respond with", "say only", "say"] {
        if let Some(at) = lower.find(opener) {
            let rest = text.get(at + opener.len()..).unwrap_or_default();
            let word: String = rest
                .trim_start_matches([':', ' '])
                .trim_start_matches("the word ")
                .trim_start_matches("only ")
                .trim_start_matches([':', ' ', '"', '\'', '`'])
                .chars()
                .take_while(|c| !matches!(c, '"' | '\'' | '`' | '.' | '\n'))
                .take(80)
                .collect();
            let word = word.trim();
            if !word.is_empty() {
                return Some(word.to_owned());
            }
        }
    }
    None
}

fn reply(text: &str) -> String {
    if let Some(word) = ordered(text) {
        return word;
    }
    let topics = writer::topics(text);
    match topics.as_slice() {
        [] => "I am here. Send requirements, and I write a story from them.".to_owned(),
        [one] => format!("You wrote about the {one}. Send requirements, and I write a story from them."),
        [one, two, ..] => {
            format!("You wrote about the {one} and the {two}. Send requirements, and I write a story from them.")
        }
    }
}

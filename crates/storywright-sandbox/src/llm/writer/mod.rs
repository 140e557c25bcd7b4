//! Writes story drafts from the requirements it is sent: the same input gives the same draft, other input another one.
//!
//! No network and no model: statements are cut out ([`blocks`]), read ([`reading`]), weighed ([`facts`]) and put together
//! ([`compose`], [`split`], [`refine`]).

mod actors;
mod additions;
mod blocks;
mod citing;
mod command;
mod compose;
mod criteria;
mod edits;
pub(crate) mod english;
mod facts;
mod notes;
mod patterns;
mod phrases;
pub(crate) mod prompt;
mod reading;
mod refine;
mod reread;
mod scenarios;
mod sections;
mod split;
#[cfg(test)]
mod tests;
mod wording;

use serde_json::{Value, json};

use facts::Facts;
use prompt::{CallType, Prompt};

/// The answer document: `{"clarify": …, "stories": […]}`.
pub(crate) fn write(prompt: &Prompt) -> Value {
    let mut document = written(prompt);
    citing::cite(&mut document, &prompt.sources);
    document
}

fn written(prompt: &Prompt) -> Value {
    if let Some(stories) = citing::story_for_each_source(prompt) {
        return answer(stories);
    }
    let facts = Facts::read(&full_text(prompt));
    match (prompt.call, &prompt.story) {
        (CallType::Refine, Some(story)) => answer(refine::apply(story, &prompt.instructions, prompt)),
        (CallType::Split, Some(document)) => answer(split_document(document, prompt)),
        (CallType::Split, None) if facts.is_substantial() => answer(split::requirements(&facts, prompt)),
        _ if prompt.answers.is_empty() && !facts.is_substantial() => {
            json!({"clarify": question(&prompt.requirements), "stories": []})
        }
        _ if prompt.breaks_down || wants_several(&prompt.wishes) => answer(split::requirements(&facts, prompt)),
        _ => {
            let document = json!({"stories": [compose::story(&facts, prompt)]});
            answer(refine::wishes(&document, &prompt.wishes, prompt))
        }
    }
}

fn wants_several(wishes: &str) -> bool {
    let lower = wishes.to_lowercase();
    [
        "split",
        "several stories",
        "multiple stories",
        "separate stories",
        "one story per",
        "one story for each",
        "more than one story",
        "two stories",
        "three stories",
    ]
    .iter()
    .any(|wish| lower.contains(wish))
}

/// One word for each topic, for callers that need a search term.
pub(crate) fn topics(text: &str) -> Vec<String> {
    Facts::read(text).nouns
}

fn answer(stories: Vec<Value>) -> Value {
    json!({"clarify": null, "stories": stories})
}

fn split_document(document: &Value, prompt: &Prompt) -> Vec<Value> {
    let command = if prompt.instructions.is_empty() { "Split" } else { prompt.instructions.as_str() };
    let command =
        if command.to_lowercase().contains("split") { command.to_owned() } else { format!("Split. {command}") };
    refine::apply(document, &command, prompt)
}

/// Requirements and answers as one text; an answer without a verb completes the requirement's sentence.
fn full_text(prompt: &Prompt) -> String {
    let mut text = prompt.requirements.trim().to_owned();
    for (_, source) in &prompt.sources {
        text = format!("{text}\n\n{}", source.trim());
    }
    for answer in prompt.answers.iter().map(|a| a.trim()).filter(|a| !a.is_empty()) {
        if blocks::has_verb(answer) {
            text = format!("{text}\n\n{answer}");
        } else {
            let topic = english::lower_first(text.trim_end_matches(['.', '!', '?']));
            text = format!("{} must be able to use {topic}.", english::upper_first(answer.trim_end_matches('.')));
        }
    }
    text
}

fn question(requirements: &str) -> String {
    let text = requirements.trim().trim_end_matches(['.', '!', '?']);
    let words = text.split_whitespace().count();
    if words == 0 {
        return "What should people be able to do, and who needs it?".to_owned();
    }
    if !blocks::has_verb(text) {
        return format!("What should people be able to do with “{text}”, and who needs it?");
    }
    format!("“{text}” can mean many things: who wants it, and how does one see that it is done?")
}

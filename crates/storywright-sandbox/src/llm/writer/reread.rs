//! Reads a story that is there already: its words as a requirement text, its people, its parts.

use serde_json::{Value, json};

use super::facts::Facts;
use super::prompt::Prompt;

/// The requirements that came along, else the story's own words, read.
pub fn facts_of(story: &Value, prompt: &Prompt) -> Facts {
    let own = text_of(story);
    Facts::read(if prompt.requirements.trim().is_empty() { &own } else { &prompt.requirements })
}

/// The story's own words, as a requirement text.
pub fn text_of(story: &Value) -> String {
    let narrative = &story["narrative"];
    let mut text = match (narrative["role"].as_str(), narrative["goal"].as_str()) {
        (Some(role), Some(goal)) if !role.is_empty() && !goal.is_empty() => format!("As a {role}, I want {goal}.\n\n"),
        _ => format!("{}\n\n", story["summary"].as_str().unwrap_or_default()),
    };
    for criterion in story["acceptance_criteria"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        text.push_str(&format!("- {criterion}\n"));
    }
    for section in story["sections"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            "\n## {}\n{}\n",
            section["heading"].as_str().unwrap_or_default(),
            section["text"].as_str().unwrap_or_default()
        ));
    }
    text
}

/// The person of the story.
pub fn role_of(story: &Value) -> String {
    let stated = story["narrative"]["role"].as_str().filter(|role| !role.is_empty()).map(str::to_owned);
    stated.or_else(|| Facts::read(&text_of(story)).roles.first().cloned()).unwrap_or_else(|| "user".to_owned())
}

/// Sets a part of the narrative, which is made when there is none.
pub fn set_narrative(story: &mut Value, part: &str, text: &str) {
    if !story["narrative"].is_object() {
        story["narrative"] = json!({"role": "", "goal": "", "benefit": ""});
    }
    story["narrative"][part] = json!(text);
}

/// A list field, made one when it is missing.
pub fn list_mut<'a>(story: &'a mut Value, key: &str) -> Option<&'a mut Vec<Value>> {
    if !story[key].is_array() {
        story[key] = json!([]);
    }
    story[key].as_array_mut()
}

/// The acceptance criteria as texts.
pub fn criteria_of(story: &Value) -> Vec<String> {
    story["acceptance_criteria"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
